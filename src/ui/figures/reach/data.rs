//! How far a bias alone reaches, by arithmetic; and the lengths, inputs and bins of what is measured.

use crate::config::MAX_LENGTH;

/// Input lengths: one, two, four and eight times the training length, as far as inputs may go.
pub(super) fn lengths(trained: usize) -> Vec<usize> {
    [1, 2, 4, 8].map(|times| times * trained).into_iter().filter(|l| *l <= MAX_LENGTH).collect()
}

/// Inputs that attention is averaged over, at every length.
pub(super) const INPUTS: usize = 8;
/// Lengths at which the effective number of tokens of the bias alone is tabulated.
pub(super) const BIAS_LENGTHS: [usize; 4] = [64, 256, 1_024, 16_384];

/// Distance at which the bias of a head with that slope alone leaves 1 % of the weight of distance 0.
pub fn horizon(slope: f64) -> f64 {
    100f64.ln() / slope
}

/// Effective number of tokens, the exponential of the entropy, of weights e^(−m·d) at distances below `length`.
pub fn effective_tokens(slope: f64, length: usize) -> f64 {
    let weights = || (0..length).map(|d| (-slope * d as f64).exp());
    let total: f64 = weights().sum();
    // A share may be 0 where its weight is not yet.
    let shares = weights().map(|w| w / total).filter(|share| *share > 0.0);
    let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
    entropy.exp()
}

/// Bins of distances: 0, 1, 2–3, 4–7, …
pub fn bins(length: usize) -> usize {
    if length < 2 { 1 } else { 2 + (length - 1).ilog2() as usize }
}

/// Smallest distance of a bin.
pub(super) fn bin_start(bin: usize) -> usize {
    if bin == 0 { 0 } else { 1 << (bin - 1) }
}
