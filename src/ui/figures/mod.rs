//! One folder per figure; see [`crate::ui::page::registry`] for their order.

pub mod attention;
pub mod bias;
pub mod cost;
pub mod early_tokens;
pub mod extrapolation;
pub mod generate;
pub mod methods;
pub mod paper;
pub mod perplexity;
pub mod reach;
pub mod slopes;
pub mod train_short;
pub mod verify;
pub mod what_if;
