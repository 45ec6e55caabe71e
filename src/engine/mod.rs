//! Runs models on text: evaluation protocols over a backend, CPU or GPU, and the choice between them; generation and a
//! look at attention, on the CPU. Knows nothing of workers, messages' transport, or where files come from.

pub mod answer;
pub mod backend;
pub mod choose;
pub mod cpu;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod generate;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod look;
pub mod memory;
pub mod own_text;
pub mod pause;
pub mod verify;
pub mod windows;

#[cfg(test)]
mod tests;
