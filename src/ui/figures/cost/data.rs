//! What is measured of speed and memory, and what is known of a method before.

use crate::position::{BiasForm, by_id};

/// Input lengths, tokens.
pub(super) const LENGTHS: [usize; 3] = [256, 1_024, 4_096];
/// Targets of every measurement.
pub(super) const TARGETS: usize = 4_096;
/// Measurements of everything, each on a stretch of its own; the fastest counts, as the least disturbed.
pub(super) const ROUNDS: usize = 3;

/// What was measured of a model at a length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) model: String,
    /// Layers and width: speeds of other shapes cannot be compared.
    pub(super) shape: (usize, usize),
    pub(super) length: usize,
    /// Tokens per second with nothing skipped.
    pub(super) full: Option<f64>,
    /// Tokens per second where keys out of a head's reach are skipped.
    pub(super) skipping: Option<f64>,
    /// Most bytes held beyond weights and text with nothing skipped; 0 where unknown.
    pub(super) bytes: u64,
}

/// Whether a method's bias falls with distance, so that keys far away weigh nothing.
pub(super) fn skips(method: &str) -> bool {
    by_id(method).is_some_and(|m| m.bias_form() == BiasForm::Falls)
}
