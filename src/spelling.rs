//! What counts as a word: two letters or more in a row, in small letters. The trainer lists the words of the training text by
//! this rule and the page looks up by it what models write, so that both mean the same.

/// Letters that a word has at least: one alone is as often what an apostrophe left over.
const SHORTEST: usize = 2;

/// The words of a text, in small letters.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let long = |run: &&str| run.chars().nth(SHORTEST - 1).is_some();
    text.split(|c: char| !c.is_alphabetic()).filter(long).map(str::to_lowercase)
}

/// A piece cut from a text, less the letters at its ends: they may be parts of words that go on outside.
pub fn whole(piece: &str) -> &str {
    piece.trim_matches(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn a_word_is_letters_alone_two_at_least() {
        let counted = [
            ("We, the People -- of 1790.", vec!["we", "the", "people", "of"]),
            ("the nation's don't", vec!["the", "nation", "don"]),
            ("a I x U.S. 3rd 1,000th", vec!["rd", "th"]),
            ("co-operate\nnaïve\tÉTAT", vec!["co", "operate", "naïve", "état"]),
            ("1790 -- 12, ;\n\n", vec![]),
            ("", vec![]),
        ];
        for (text, words) in counted {
            assert_eq!(found(text), words, "{text:?}");
        }
    }

    #[test]
    fn pieces_of_words_at_the_ends_do_not_count() {
        assert_eq!(found(whole("ress of the United Sta")), ["of", "the", "united"]);
        assert_eq!(found(whole(" of the United States.")), ["of", "the", "united", "states"]);
        assert_eq!(found(whole("'s end\n")), ["end"]);
        assert_eq!(whole("oneword"), "");
        assert_eq!(whole(""), "");
    }
}
