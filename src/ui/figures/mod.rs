//! One file per figure; see [`super::registry`] for their order.

pub mod bias;
pub mod early_tokens;
pub mod slopes;
pub mod extrapolation;
pub mod perplexity;
pub mod what_if;
pub mod reach;
pub mod train_short;
pub mod attention;
pub mod generate;
pub mod verify;
