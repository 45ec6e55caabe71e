//! What would run now.

use crate::protocol::{Job, Protocol};

/// What would run now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) evaluations: Vec<Job>,
    pub(super) n_targets: usize,
    pub(super) protocol: Protocol,
    pub(super) seconds: f64,
    pub(super) stream: String,
    /// Tokens of the reader's own text, if that is what is scored.
    pub(super) own: Option<usize>,
    /// Chosen lengths that the text is too short for.
    pub(super) left_out: Vec<usize>,
}
