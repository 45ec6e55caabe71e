//! The page around the figures: the article, a figure by itself in a frame, the address bar, the record of the training.

#[cfg(test)]
mod prose_tests;
pub mod registry;
pub mod location;
pub mod lazy;
pub mod embed_code;
pub mod embed;
pub mod training;
pub mod article;
pub mod app;
