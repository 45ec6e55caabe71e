//! Parts of the page that are drawn later, as figures name them. What draws them stands above the figures
//! (`page::lazy`), in a file of its own that is fetched when it is wanted; the page hands down the way to it.

use leptos::prelude::*;

use crate::ui::figure::outcome::Outcome;
use crate::ui::runs::worker_pool::WorkerPool;

/// A part that is drawn later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LazyPart {
    /// A figure, by its id.
    Figure(&'static str),
    /// What was trained.
    Training,
    /// Fields of the exercises.
    Exercises,
    /// How to embed a figure, by its id.
    EmbedCode(&'static str),
    /// What was said of a run.
    Outcome(Outcome),
    /// Nothing to see: what keeps answers with the tab.
    Kept(WorkerPool),
}

/// The way to parts that are drawn later: a context that the page gives.
#[derive(Clone, Copy)]
pub struct Lazy(pub fn(LazyPart, Signal<bool>) -> AnyView);

/// Whether the reader sees the embed panel: a context for what is inside it.
#[derive(Clone, Copy)]
pub struct Opened(pub Signal<bool>);

/// Draws a part as soon as `wanted` says so.
#[component]
pub fn LazyView(
    /// Which part.
    part: LazyPart,
    /// Whether the time has come; once is enough.
    #[prop(into)]
    wanted: Signal<bool>,
) -> impl IntoView {
    use_context::<Lazy>().map(|lazy| (lazy.0)(part, wanted))
}
