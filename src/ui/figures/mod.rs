//! One file per figure; see [`super::registry`] for their order.

pub mod bias;
pub mod early_tokens;
pub mod slopes;
pub mod extrapolation;
pub mod perplexity;
