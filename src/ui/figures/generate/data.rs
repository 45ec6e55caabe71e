//! What models write, as numbers: how probable and how new each stretch of it is.

use std::collections::BTreeSet;

use crate::protocol::task::Continued;
use crate::ui::figure::curves::parts;
use crate::ui::figure::spec::Answer;

/// What one stretch of new tokens is like.
#[derive(Debug, PartialEq)]
pub(super) struct Stretch {
    /// Tokens.
    pub(super) n: usize,
    /// Geometric mean of the probabilities that the model gave them.
    pub(super) probability: f64,
    /// Share of runs of three tokens that had not been written before in this text.
    pub(super) fresh: f64,
}

/// Of every token, whether it ends a run of three that had not been written before.
pub(super) fn first_runs(words: &[String]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    (0..words.len()).map(|i| i >= 2 && seen.insert(&words[i - 2..=i])).collect()
}

/// The new tokens `from..to`.
pub(super) fn stretch(words: &[String], probabilities: &[f32], from: usize, to: usize) -> Option<Stretch> {
    let to = to.min(words.len()).min(probabilities.len());
    if from >= to {
        return None;
    }
    let n = to - from;
    let mean = probabilities[from..to].iter().map(|&p| f64::from(p).ln()).sum::<f64>() / n as f64;
    let first = first_runs(&words[..to]);
    let runs = &first[from.max(2).min(to)..];
    let fresh = runs.iter().filter(|f| **f).count();
    let share = if runs.is_empty() { 1.0 } else { fresh as f64 / runs.len() as f64 };
    Some(Stretch { n, probability: mean.exp(), fresh: share })
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

pub(super) fn halves((id, prompt, answer): &Written) -> (Option<Stretch>, Option<Stretch>) {
    let (words, edge) = (&answer.scored.words, inside(id, *prompt));
    let probabilities = probabilities(answer);
    (stretch(words, probabilities, 0, edge), stretch(words, probabilities, edge, words.len()))
}
