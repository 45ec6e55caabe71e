//! What is measured of a change.

use crate::ui::runs::results::Summary;

/// Input lengths of a model trained at that length, tokens: 1 to 16 times that, no more than there are targets.
pub(super) fn lengths(trained: usize) -> Vec<usize> {
    [1, 2, 4, 8, 16].map(|times| times * trained).into_iter().filter(|l| *l <= TARGETS).collect()
}

/// Targets of every point.
pub(super) const TARGETS: usize = 8_192;

pub(super) fn at(curve: &[(usize, Summary)], length: usize) -> Option<f64> {
    curve.iter().find(|p| p.0 == length).map(|p| p.1.perplexity)
}
