//! What the first figure does not need. In the built page this is a WASM file of its own, cut off by its call graph
//! ([wasm_split]), which is fetched when the first figure stands or when a reader comes near to what it draws. Only
//! `chunk` may be called from elsewhere: whatever else here is named by the rest of the page moves into its first file.
//!
//! [wasm_split]: https://docs.rs/wasm_split_helpers

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use crate::ui::figure::lazy::LazyPart;
use crate::ui::figure::spec::Drawing;
use crate::ui::figure::view::FigureView;
use crate::ui::figures::{APART, DRAWINGS, FIGURES, by_id, is_apart};
use crate::ui::page::embed_code::EmbedCode;
use crate::ui::page::exercises::Exercises;
use crate::ui::page::lesson::Lesson;
use crate::ui::page::training::Training;
use crate::ui::page::words::NOT_LOADED;
use crate::ui::runs::kept_answers;
use crate::ui::widgets::words::RETRY;

/// The file with the page's further parts could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing;

impl From<leptos::wasm_split::SplitLoaderError> for Missing {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

fn draw(part: LazyPart) -> AnyView {
    match part {
        LazyPart::Figure(id) => {
            let place = FIGURES.iter().position(|figure| figure.id == id);
            match place.and_then(|place| DRAWINGS.get(place)) {
                Some(Drawing::Data(figure)) => view! { <FigureView figure=figure /> }.into_any(),
                Some(Drawing::Own(view)) => view(),
                Some(Drawing::Apart) | None => ().into_any(),
            }
        }
        LazyPart::Training => view! { <Training /> }.into_any(),
        LazyPart::Exercises => view! { <Exercises /> }.into_any(),
        LazyPart::Outcome(outcome) => outcome.view(),
        LazyPart::Kept(client) => {
            kept_answers::serve(client);
            ().into_any()
        }
        LazyPart::EmbedCode(id) => {
            by_id(id).map(|figure| view! { <EmbedCode figure=figure><Lesson figure=figure /></EmbedCode> }).into_any()
        }
    }
}

/// Fetches the further parts, once, and draws one of them.
#[cfg(split)]
#[leptos::wasm_split::wasm_split(parts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn chunk(part: LazyPart) -> Result<AnyView, Missing> {
    Ok(draw(part))
}

/// Draws one of the further parts. While the page is being developed they are not apart.
#[cfg(not(split))]
async fn chunk(part: LazyPart) -> Result<AnyView, Missing> {
    Ok(draw(part))
}

fn draw_apart(id: &str) -> AnyView {
    APART.iter().find(|(figure, _)| figure.id == id).map_or_else(|| ().into_any(), |(_, draw)| draw())
}

/// Fetches the file of figures that stand apart, once, and draws one of them.
#[cfg(split)]
#[leptos::wasm_split::wasm_split(apart, wasm_split_path = ::leptos::wasm_split, fallible)]
fn chunk_apart(id: &'static str) -> Result<AnyView, Missing> {
    Ok(draw_apart(id))
}

/// Draws a figure that stands apart.
#[cfg(not(split))]
async fn chunk_apart(id: &'static str) -> Result<AnyView, Missing> {
    Ok(draw_apart(id))
}

/// How often the reader has asked again for what could not be had: every part that is missing hears it. A context.
#[derive(Clone, Copy)]
pub struct Retry(RwSignal<u32>);

impl Default for Retry {
    fn default() -> Self {
        Self(RwSignal::new(0))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Asked,
    Here,
    Failed,
}

/// The way to these parts that figures are given.
pub fn later(part: LazyPart, wanted: Signal<bool>) -> AnyView {
    view! { <Fetched part=part wanted=wanted /> }.into_any()
}

/// Draws a part as soon as `wanted` says so.
#[component]
pub fn Fetched(
    /// Which part.
    part: LazyPart,
    /// Whether the time has come; once is enough.
    #[prop(into)]
    wanted: Signal<bool>,
    /// Set when the part is drawn, or could not be had.
    #[prop(optional)]
    over: Option<RwSignal<bool>>,
) -> impl IntoView {
    let progress = RwSignal::new(Progress::Waiting);
    let drawn = StoredValue::new_local(None::<AnyView>);
    let owner = Owner::current();
    let ask = move || {
        progress.set(Progress::Asked);
        let arrive = async move {
            let outcome = match part {
                LazyPart::Figure(id) if is_apart(id) => chunk_apart(id).await,
                part => chunk(part).await,
            };
            // The reader may have gone elsewhere meanwhile.
            let next = match outcome {
                Ok(view) => drawn.try_set_value(Some(view)).map_or(Progress::Here, |_| Progress::Waiting),
                Err(Missing) => Progress::Failed,
            };
            let _ = progress.try_set(next);
            let _ = over.and_then(|over| over.try_set(true));
        };
        // Contexts and clean-up are those of this place, wherever the answer comes in.
        match &owner {
            Some(owner) => spawn_local(owner.with(|| ScopedFuture::new_untracked(arrive))),
            None => spawn_local(arrive),
        }
    };
    let again = use_context::<Retry>().unwrap_or_default();
    Effect::new(move || {
        again.0.track();
        if wanted.get() && matches!(progress.get_untracked(), Progress::Waiting | Progress::Failed) {
            ask();
        }
    });
    move || match progress.get() {
        Progress::Here => drawn.try_update_value(Option::take).flatten(),
        Progress::Failed => {
            let retry = move |_| again.0.update(|n| *n += 1);
            Some(
                view! {
                    <div class="failure" role="alert" data-testid="failure">
                        <p>{NOT_LOADED}</p>
                        <button type="button" data-testid="retry" on:click=retry>{RETRY}</button>
                    </div>
                }
                .into_any(),
            )
        }
        _ => None,
    }
}
