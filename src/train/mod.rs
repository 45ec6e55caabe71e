//! The trainer (native only): fetches the corpus, trains the tokenizer, trains one model at a time, records results.
//! It holds no model code: gradients come from [`crate::model`], numbers for the page from [`crate::engine`].

pub mod checkpoint;
pub mod corpus;
pub mod lines;
pub mod optimiser;
pub mod publish;
pub mod precompute;
pub mod record;
pub mod reference;
pub mod run;
pub mod vocabulary;
pub mod word_list;
pub mod zoo;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;
