//! Operations of the model, one per file: `x.rs` holds the CPU version (plain functions over slices, and a candle
//! custom operation around them with forward and backward), `x.wgsl` the same operation for the GPU. Kernels know
//! nothing of models or position methods; they read tables.
