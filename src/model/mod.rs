//! The decoder, in candle: the reference that every other implementation is compared with, and what the trainer trains.
//! It reads position tables and never asks which method made them. Devices and evaluation protocols are not its concern.

mod decoder;
mod tables;
mod weights;

#[cfg(test)]
mod tests;

pub use decoder::{Block, Decoder, Ops, Segments};
pub use tables::DecoderTables;
pub use weights::{Array, Weights, WeightsError};
