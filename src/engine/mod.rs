//! Runs models on text: evaluation protocols over a backend, CPU or GPU, and the choice between them; generation and the
//! inspection of attention, on the CPU. Knows nothing of workers, messages' transport, or where files come from.

pub mod backend;
pub mod checkpoint;
pub mod choose;
pub mod cpu;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod generate;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod inspect;
pub mod memory;
pub mod likeliest;
pub mod own_text;
pub mod run_task;
pub mod verify;
pub mod windows;

#[cfg(test)]
mod tests;
