//! The decoder, in candle: the reference that every other implementation is compared with, and what the trainer trains.

mod weights;

pub use weights::{Weights, WeightsError, Array};
