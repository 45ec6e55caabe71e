//! Operations of the model, one per file: `x.rs` holds the CPU version (plain functions over slices, and a candle
//! custom operation around them with forward and backward), `x.wgsl` the same operation for the GPU, and
//! `x.software.wgsl`, where there is one, its form for a WebGPU adapter that computes on the CPU. Kernels know nothing
//! of models or position methods; they read tables.
//!
//! [`packed`] and [`fused`] are the forward pass once more, for inference: weights laid out at load, everything between
//! two attentions in one sweep. [`composed`] holds the same operations put together from candle's own; tests and benchmarks compare with it.
//! [`vector`] holds what the CPU versions share: exp on lanes, fused multiply-add where the machine has one.

pub mod attention;
pub mod attention_row;
pub mod composed;
pub mod cross_entropy;
pub mod embedding;
pub mod fused;
pub mod gelu;
pub mod layer_norm;
pub mod matmul;
pub mod packed;
pub mod product;
pub mod rotary;
pub mod vector;

mod attention_backward;
mod attention_forward;
mod attention_layout;
#[cfg(test)]
mod samples;
mod storage;

pub use storage::with_floats;
