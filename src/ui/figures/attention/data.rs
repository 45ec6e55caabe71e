//! The numbers behind attention over a sentence: what the answer holds for a head, and what follows from it.

use crate::protocol::task::Attend;
use crate::ui::figure::spec::Answer;

/// Heads of every model of the site.
pub(super) const HEADS: usize = 8;
/// Scale of weights, as their square roots. As in the figure of the bias, what is seen best is light.
pub(super) const SHARES: (f32, f32) = (1.0, 0.0);

/// One head's numbers for one text.
pub(super) struct Head<'a> {
    pub(super) scores: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) n: usize,
}

impl Head<'_> {
    /// Weights `[n, n]`: softmax of scores plus bias times `factor`, row by row; zero after the query.
    pub(super) fn weights(&self, factor: f32) -> Vec<f32> {
        let n = self.n;
        let mut out = vec![0.0; n * n];
        for q in 0..n {
            let sum = |k: usize| self.scores[q * n + k] + factor * self.bias[q - k];
            let most = (0..=q).map(sum).fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = (0..=q).map(|k| (sum(k) - most).exp()).sum();
            for k in 0..=q {
                out[q * n + k] = (sum(k) - most).exp() / total;
            }
        }
        out
    }
}

/// The numbers of head `head` (from 0) of `n_head` in the answer to a [`Attend`] task.
pub(super) fn head<'a>(answer: &'a Answer, n_head: usize, head: usize) -> Option<Head<'a>> {
    let n = answer.scored.words.len();
    let of = Attend::read(&answer.values, n_head, n, head)?;
    (n > 0).then_some(Head { scores: of.scores, bias: of.bias, n })
}

pub(super) fn largest(row: &[f32]) -> usize {
    (0..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best })
}

/// Square roots, which keep small weights in sight.
pub(super) fn roots(weights: &[f32]) -> Vec<f32> {
    weights.iter().map(|w| w.sqrt()).collect()
}
