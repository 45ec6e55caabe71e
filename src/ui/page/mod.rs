//! The page around the figures: the article, a figure by itself in a frame, the address bar, the record of the training.

use super::figure::spec::{ENGINE, TARGETS};
use super::figures::FIGURES;
use super::settings::control::Control;
use super::settings::state::{ASK, HIDE, LESSON, THEME};

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod glossary_tests;
#[cfg(test)]
mod prose_tests;
#[cfg(test)]
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
mod snippets_tests;
pub mod words;
pub mod names;
pub mod location;
pub mod lazy;
pub mod embed_code;
pub mod lesson;
pub mod exercises;
pub mod embed;
pub mod training;
pub mod article;
pub mod app;

/// Every setting of the page, in the order in which the address has them: those of the figures, then those that several
/// share.
pub fn controls() -> Vec<&'static Control> {
    let shared = [&TARGETS.control, &ENGINE.control, &THEME.control];
    let shared =
        shared.into_iter().chain([&HIDE.control, &ASK.control, &LESSON.control, &exercises::data::SOLVED.control]);
    FIGURES.iter().flat_map(|figure| figure.controls).copied().chain(shared).collect()
}
