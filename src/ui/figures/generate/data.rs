//! What models write, as numbers: how much of each stretch is real words, how much of it repeats what came before, how
//! probable it was.

use std::collections::BTreeSet;

use crate::protocol::task::Continued;
use crate::spelling::{whole, words};
use crate::ui::figure::curves::parts;
use crate::ui::figure::spec::Answer;

/// File of the words that count as real.
pub(super) const WORD_LIST: &str = "assets/data/words.txt";

/// The words that count as real.
pub(super) struct RealWords<'a>(Vec<&'a str>);

impl<'a> RealWords<'a> {
    /// From the file: remarks, then one word a line in alphabetical order.
    pub(super) fn read(file: &'a str) -> Self {
        Self(file.lines().filter(|line| !line.starts_with('#')).collect())
    }

    /// Share of them among the whole words of a text; none where it has no whole word.
    pub(super) fn share(&self, text: &str) -> Option<f64> {
        let (mut real, mut all) = (0, 0);
        for word in words(whole(text)) {
            all += 1;
            real += usize::from(self.0.binary_search(&word.as_str()).is_ok());
        }
        (all > 0).then(|| f64::from(real as u32) / f64::from(all))
    }
}

/// What one stretch of new tokens is like.
#[derive(Debug, PartialEq)]
pub(super) struct Counts {
    /// Tokens.
    pub(super) n: usize,
    /// Share of real words among its words; none without a whole word, or without the list.
    pub(super) real: Option<f64>,
    /// Share of runs of three tokens that had been written before in this text.
    pub(super) repeated: f64,
    /// Geometric mean of the probabilities that the model gave them.
    pub(super) probability: f64,
}

/// Of every token, whether it ends a run of three that had not been written before.
fn first_runs(tokens: &[String]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    (0..tokens.len()).map(|i| i >= 2 && seen.insert(&tokens[i - 2..=i])).collect()
}

/// The new tokens `from..to`.
pub(super) fn counts(
    tokens: &[String],
    probabilities: &[f32],
    (from, to): (usize, usize),
    known: Option<&RealWords>,
) -> Option<Counts> {
    let to = to.min(tokens.len()).min(probabilities.len());
    if from >= to {
        return None;
    }
    let n = to - from;
    let mean = probabilities[from..to].iter().map(|&p| f64::from(p).ln()).sum::<f64>() / n as f64;
    let first = first_runs(&tokens[..to]);
    let runs = &first[from.max(2).min(to)..];
    let again = runs.iter().filter(|first| !**first).count();
    let repeated = if runs.is_empty() { 0.0 } else { again as f64 / runs.len() as f64 };
    let real = known.and_then(|known| known.share(&tokens[from..to].concat()));
    Some(Counts { n, real, repeated, probability: mean.exp() })
}

/// One model's text: id, prompt tokens, answer.
pub(super) type Written<'a> = (String, usize, Answer<'a>);

/// New tokens before the total reaches the training length.
pub(super) fn inside(model: &str, prompt: usize) -> usize {
    parts(model).1.unwrap_or(0).saturating_sub(prompt)
}

/// The probability of each new token.
pub(super) fn probabilities<'a>(answer: &'a Answer) -> &'a [f32] {
    Continued::read(&answer.values).map_or(&[], |continued| continued.probabilities)
}

/// Up to the training length, and past it.
pub(super) fn halves((id, prompt, answer): &Written, known: Option<&RealWords>) -> [Option<Counts>; 2] {
    let (tokens, edge) = (&answer.scored.words, inside(id, *prompt));
    let probabilities = probabilities(answer);
    [(0, edge), (edge, tokens.len())].map(|place| counts(tokens, probabilities, place, known))
}
