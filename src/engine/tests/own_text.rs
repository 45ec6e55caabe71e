//! The reader's own text, with the vocabulary that is shipped.

use super::{After, ready};
use crate::config::MAX_TEXT;
use crate::engine::checkpoint::NoPause;
use crate::engine::error::EvaluateError;
use crate::engine::own_text::{PARAGRAPH, START, encode, words};
use crate::protocol::Reason;
use crate::tokenizer::Tokenizer;

fn tokenizer() -> Tokenizer {
    let json = std::fs::read_to_string("assets/data/tokenizer.json").unwrap_or_else(|e| panic!("{e}"));
    Tokenizer::from_json(&json).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn text_in_parts_is_encoded_as_the_whole() -> Result<(), EvaluateError> {
    let t = tokenizer();
    let prose: String =
        (0..20_000).map(|i| format!("Fellow citizens, {} naïve administrations —\n数学 ", i * i)).collect();
    for text in [
        &prose,
        "a",
        " \n x",
        &"a".repeat(200_000),
        &"数".repeat(50_000),
        &" ".repeat(99_999).replace("  ", " \n").replacen(' ', "b", 1),
    ] {
        let stream = ready(encode(&t, text, &mut NoPause))?;
        assert_eq!(stream[0], t.separator());
        assert!(stream[1..] == t.encode(text), "{} bytes", text.len());
        assert_eq!(t.decode(&stream), *text);
    }
    assert_eq!(ready(encode(&t, "a\r\nb", &mut NoPause))?, ready(encode(&t, "a\nb", &mut NoPause))?);
    Ok(())
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let t = tokenizer();
    let refused = |text: &str| match ready(encode(&t, text, &mut NoPause)) {
        Err(EvaluateError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(""), Reason::NoText);
    assert_eq!(refused(" \n\t\u{a0}"), Reason::NoText);
    let too_long = Reason::TextTooLong { n_bytes: MAX_TEXT + 1, most: MAX_TEXT };
    assert_eq!(refused(&"a".repeat(MAX_TEXT + 1)), too_long);
    let cancelled = ready(encode(&t, &"a ".repeat(500_000), &mut After(2)));
    assert!(matches!(cancelled, Err(EvaluateError::Engine(_))));
}

#[test]
fn words_are_the_text_and_separators_have_names() -> Result<(), EvaluateError> {
    let t = tokenizer();
    let mut stream = ready(encode(&t, "We, the naïve people", &mut NoPause))?;
    stream.push(t.separator());
    let all = words(&t, &stream, true);
    assert_eq!((all.len(), all[0].as_str(), all.last().map(String::as_str)), (stream.len(), START, Some(PARAGRAPH)));
    assert_eq!(all[1..all.len() - 1].concat(), "We, the naïve people");
    assert_eq!(words(&t, &stream, false)[0], PARAGRAPH);
    Ok(())
}
