//! The reader's own text as a stream, and tokens as words. A stream of one's own begins with the separator, as every
//! document did in training: without it the first token would have nothing to be predicted from.

use super::checkpoint::Checkpoint;
use super::error::{EngineError, EvaluateError};
use crate::config::MAX_TEXT;
use crate::protocol::Reason;
use crate::tokenizer::Tokenizer;

/// What the separator at the start of a text is called.
pub const START: &str = "(start)";

/// What a separator further on is called: where one document ends and another begins.
pub const PARAGRAPH: &str = "¶";

/// Bytes encoded at a time, some milliseconds of work; a piece without a single space is encoded whole.
const PART: usize = 32 << 10;

/// The stream `[separator, tokens of the text]`. Line breaks of Windows count as the plain ones of the training text.
///
/// # Errors
/// If there is no text or too much of it, or if cancelled.
pub async fn encode(
    tokenizer: &Tokenizer,
    text: &str,
    checkpoint: &mut impl Checkpoint,
) -> Result<Vec<u32>, EvaluateError> {
    if text.trim().is_empty() {
        return Err(Reason::NoText.into());
    }
    if text.len() > MAX_TEXT {
        return Err(Reason::TextTooLong { n_bytes: text.len(), most: MAX_TEXT }.into());
    }
    let text = text.replace("\r\n", "\n");
    let mut stream = vec![tokenizer.separator()];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Before a space or a line break, which begins a piece: no merge crosses it.
        let end = rest.bytes().skip(PART).position(|b| b == b' ' || b == b'\n').map_or(rest.len(), |at| PART + at);
        let (part, after) = rest.split_at(end);
        stream.extend(tokenizer.encode(part));
        rest = after;
        checkpoint.reach(0.0).await.map_err(EngineError::from)?;
    }
    Ok(stream)
}

/// Tokens as words, see [`Tokenizer::words`]; separators by their names. `first` says whether the text starts here.
pub fn words(tokenizer: &Tokenizer, tokens: &[u32], first: bool) -> Vec<String> {
    let mut words = tokenizer.words(tokens);
    for (i, word) in words.iter_mut().enumerate().filter(|(i, _)| tokens[*i] == tokenizer.separator()) {
        word.push_str(if first && i == 0 { START } else { PARAGRAPH });
    }
    words
}
