//! The words that the training text has more than once: what the page counts as real in what models write.

use std::collections::BTreeMap;

use crate::spelling::words;

/// How often a word is in the training text at least; once may be a slip of the pen.
const LEAST: usize = 2;
/// First line of the list.
const HEAD: &str = "# Words of two letters or more that the training text has at least twice\n";

/// The list for texts: after a remark, one word a line in alphabetical order.
pub fn word_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for word in texts.flat_map(words) {
        *counts.entry(word).or_default() += 1;
    }
    let often = counts.into_iter().filter(|(_, n)| *n >= LEAST);
    often.fold(HEAD.to_string(), |list, (word, _)| list + &word + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_occur_twice_are_listed_once_in_order() {
        let texts = ["We the People, we 2 2.", "The States' people; once. A a"];
        assert_eq!(word_list(texts.into_iter()), format!("{HEAD}people\nthe\nwe\n"));
    }
}
