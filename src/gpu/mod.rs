//! The forward pass on WebGPU.
