//! The forward pass on WebGPU: natively Vulkan or Metal, in the browser `navigator.gpu`.
//!
//! - [`Gpu`]: a device, its name, and whether it is a real one.
//! - [`GpuDecoder`]: the decoder as a list of kernel calls; scores tokens, and reads back losses and nothing else.
//!
//! The shaders stand in [`crate::kernels`] beside their CPU twins. Everything waits asynchronously: in the browser a
//! map or a finished submission is only known after returning to the event loop, natively the device is polled.
//! This is not the place for evaluation protocols or for choosing between engines.

mod buffer;
mod compiled;
mod decoder;
mod device;
mod error;
mod kernels;
mod plan;
mod wait;
mod weights;
#[cfg(target_family = "wasm")]
mod web;

pub use compiled::Gpu;
pub use decoder::GpuDecoder;
pub use error::GpuError;

#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
