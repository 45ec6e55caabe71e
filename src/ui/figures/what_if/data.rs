//! What is measured of a change.

use crate::ui::runs::results::Summary;

/// Input lengths, tokens.
pub(super) const LENGTHS: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];
/// Targets of every point.
pub(super) const TARGETS: usize = 8_192;
/// Length at which all these models were trained.
pub(super) const TRAINED: usize = 256;

pub(super) fn at(curve: &[(usize, Summary)], length: usize) -> Option<f64> {
    curve.iter().find(|p| p.0 == length).map(|p| p.1.perplexity)
}
