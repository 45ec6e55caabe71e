//! The trainer. What a step is, and everything that one needs, runs natively and in WASM: [`training`]. Natively it fetches
//! the corpus, trains the tokenizer, trains one model at a time and records results. Numbers for the page come from
//! [`crate::engine`].

pub mod optimiser;
pub mod order;
pub mod pass;
pub mod reader;
pub mod recall;
pub mod start;
pub mod state;
pub mod training;

#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod corpus;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod held_out;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod lines;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod precompute;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod publish;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod recalled;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod record;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod reference;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod rehearsed;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod run;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod vocabulary;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod word_list;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod zoo;

#[cfg(all(test, feature = "train"))]
mod shipped_tests;
#[cfg(all(test, feature = "train"))]
mod tests;
#[cfg(all(test, feature = "train"))]
mod training_tests;
#[cfg(all(test, feature = "train"))]
mod golden_tests;
#[cfg(all(test, feature = "train"))]
mod recall_tests;
