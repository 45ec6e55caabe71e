//! Trains the byte-level BPE vocabulary with the `tokenizers` crate and writes it in the page's own small format.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

use crate::tokenizer::{PIECE_PATTERN, Vocabulary};

const SEPARATOR: &str = "<|separator|>";

/// Trains `n_vocab` tokens, separator and all 256 bytes included, on `texts`.
///
/// # Errors
/// If the `tokenizers` crate refuses.
pub fn train<'a>(texts: impl Iterator<Item = &'a str> + Send, n_vocab: usize) -> Result<(Vocabulary, Tokenizer)> {
    let mut trainer = TrainerWrapper::from(
        BpeTrainer::builder()
            .vocab_size(n_vocab)
            .special_tokens(vec![AddedToken::from(SEPARATOR, true)])
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .show_progress(false)
            .build(),
    );
    let mut tokenizer = Tokenizer::new(BPE::default());
    let pattern = SplitPattern::Regex(PIECE_PATTERN.into());
    let pieces = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|e| anyhow!(e))?;
    let bytes = ByteLevel::new(false, false, false);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![pieces.into(), bytes.into()])));
    tokenizer.train(&mut trainer, texts).map_err(|e| anyhow!(e))?;
    let vocabulary = export(&tokenizer)?;
    Ok((vocabulary, tokenizer))
}

/// The trained vocabulary in the page's format.
fn export(tokenizer: &Tokenizer) -> Result<Vocabulary> {
    let json = tokenizer.to_string(false).map_err(|e| anyhow!(e))?;
    let json: serde_json::Value = serde_json::from_str(&json)?;
    let vocab: HashMap<String, u32> = serde_json::from_value(json["model"]["vocab"].clone())?;
    let merges: Vec<(String, String)> = serde_json::from_value(json["model"]["merges"].clone())?;
    let separator = *vocab.get(SEPARATOR).context("the separator is missing")?;
    let bytes = byte_of_char();
    let mut tokens = vec![String::new(); vocab.len()];
    for (token, &id) in vocab.iter().filter(|&(_, &id)| id != separator) {
        let hex = token.chars().map(|c| bytes.get(&c).map(|b| format!("{b:02x}")));
        tokens[id as usize] = hex.collect::<Option<String>>().with_context(|| format!("token {token:?}"))?;
    }
    let id = |token: &String| vocab.get(token).copied().with_context(|| format!("merge of unknown {token:?}"));
    let merges = merges.iter().map(|(a, b)| Ok((id(a)?, id(b)?, id(&format!("{a}{b}"))?))).collect::<Result<_>>()?;
    Ok(Vocabulary { version: 1, separator, tokens, merges })
}

/// GPT-2's printable stand-ins: bytes that print stand for themselves, the others follow from U+0100 on.
fn byte_of_char() -> HashMap<char, u8> {
    let prints = |b: u8| matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let stand_in = |(i, b): (usize, u8)| Some((char::from_u32(0x100 + i as u32)?, b));
    let printing = (0..=255u8).filter(|&b| prints(b)).map(|b| (b as char, b));
    printing.chain((0..=255u8).filter(|&b| !prints(b)).enumerate().filter_map(stand_in)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::tokenizer;

    proptest::proptest! {
        #![proptest_config(crate::config::random_cases())]

        /// As many strings as there are cases: of words that the vocabulary knows, and of anything.
        #[test]
        fn any_text_is_encoded_as_the_crate_does(
            text in "\\PC{0,60}|(the|union|We |\\n|  |\\t|é|数|[a-z ]|[0-9]){0,40}|[\\x00-\\x7f]{0,60}",
        ) {
            let (ours, reference) = trained();
            let expected = reference.encode(text.as_str(), false).map_err(|e| anyhow!(e)).unwrap();
            proptest::prop_assert_eq!(ours.encode(&text), expected.get_ids());
            proptest::prop_assert_eq!(ours.decode(&ours.encode(&text)), text);
        }
    }

    /// A small vocabulary, trained once.
    fn trained() -> &'static (tokenizer::Tokenizer, Tokenizer) {
        static TRAINED: LazyLock<(tokenizer::Tokenizer, Tokenizer)> = LazyLock::new(|| {
            let text = "We the people of the United States, in order to form a more perfect union 12 — naïve 数学.";
            let corpus: Vec<String> = (0..20).map(|i| format!("{text} {i}{}", &text[i..i + 9])).collect();
            let (vocabulary, reference) = train(corpus.iter().map(String::as_str), 400).unwrap();
            (tokenizer::Tokenizer::new(&vocabulary).unwrap(), reference)
        });
        &TRAINED
    }

    #[test]
    fn the_small_encoder_agrees_with_the_crate_token_for_token() -> Result<()> {
        let text = "We the people of the United States, in order to form a more perfect union,\n\
            establish justice, insure domestic tranquility, provide for the common defence — naïve façade, 数学.";
        let corpus: Vec<String> = (0..20).map(|i| format!("{text} {i}{}", &text[i..i + 9])).collect();
        let (vocabulary, reference) = train(corpus.iter().map(String::as_str), 400)?;
        let ours = tokenizer::Tokenizer::new(&vocabulary)?;
        assert_eq!(ours.n_vocab(), 400);
        let odd = ["", " ", "  \n\n ", "the  the\tthe", "\u{feff}é🦀\0\r\n", "unionunion, thethe 12", text];
        for text in odd.iter().copied().chain(corpus.iter().map(String::as_str)) {
            let expected = reference.encode(text, false).map_err(|e| anyhow!(e))?;
            assert_eq!(ours.encode(text), expected.get_ids(), "{text:?}");
        }
        Ok(())
    }
}
