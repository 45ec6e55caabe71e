//! The decoder, in candle: the reference that every other implementation is compared with, and what the trainer trains.
//! [`Inference`] is the same model for running, faster and without gradients.
//! It reads position tables and never asks which method made them. Devices and evaluation protocols are not its concern.

mod decoder;
mod inference;
mod tables;
mod weights;

#[cfg(test)]
mod tests;

pub use decoder::{Block, Decoder, Ops, Segments};
pub use inference::{Attending, Inference, InferenceTables};
pub use tables::{DecoderTables, learned_backward};
pub use weights::{Array, Weights, WeightsError};
