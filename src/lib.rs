//! ALiBi explained by running it: position methods, a small language model trained with each of them, and a page
//! that evaluates those models in the reader's browser.
//!
//! Modules import only what stands before them in this list:
//!
//! - [`config`]: shapes of models, the manifest of what was trained, the evaluation's constants.
//! - [`spelling`]: what counts as a word.
//! - [`tokenizer`]: byte-level BPE, text ↔ token ids.
//! - [`protocol`]: every message between page and worker (needs only `config`).
//! - [`position`]: one file per position method; plain arithmetic, no tensors.
//! - [`kernels`]: one operation per file, CPU forward and backward beside its WGSL twin.
//! - [`model`]: the decoder in candle, the reference that everything is compared with.
//! - [`gpu`]: the same forward pass as a list of WebGPU kernel calls.
//! - [`engine`]: backends, evaluation protocols.
//! - [`train`]: batches, passes, optimiser, steps; natively with corpus, log and files.
//! - [`browser`]: what workers have of it: a port, turns, files.
//! - [`worker`]: request → engine → response.
//! - [`trainer`]: a worker that trains one model.
//! - [`chart`]: drawing, generic over the plotters backend (needs only `config` and `position`).
//! - [`ui`]: state, URL, figures.

pub mod config;
pub mod position;
pub mod protocol;
pub mod spelling;
pub mod tokenizer;

#[cfg(feature = "engine")]
pub mod kernels;
#[cfg(feature = "engine")]
pub mod model;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(any(feature = "train", feature = "trainer"))]
pub mod train;
#[cfg(all(any(feature = "worker", feature = "trainer"), target_family = "wasm"))]
pub mod browser;
#[cfg(all(feature = "worker", target_family = "wasm"))]
pub mod worker;
#[cfg(all(feature = "trainer", target_family = "wasm"))]
pub mod trainer;

#[cfg(all(feature = "page", not(without_page)))]
pub mod chart;
#[cfg(all(feature = "page", not(without_page)))]
pub mod ui;
