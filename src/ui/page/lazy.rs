//! What the first figure does not need. In the built page this is a WASM file of its own, cut off by its call graph
//! ([wasm_split]), which is fetched when the first figure stands or when a reader comes near to what it draws. Only
//! `chunk` may be called from elsewhere: whatever else here is named by the rest of the page moves into its first file.
//!
//! [wasm_split]: https://docs.rs/wasm_split_helpers

use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use crate::ui::figure::spec::Figure;
use crate::ui::figure::view::FigureView;
use crate::ui::figures::extrapolation::guess::Guess;
use crate::ui::figures::{
    attention, bias, cost, early_tokens, generate, methods, paper, perplexity, reach, slopes, train_short, verify,
    what_if,
};
use crate::ui::page::embed_code::EmbedCode;
use crate::ui::page::registry::by_id;
use crate::ui::page::training::Training;

/// What the figures of the laboratory do, in the order of the page.
pub static DRAWN: &[&Figure] = &[
    &methods::FIGURE,
    &reach::FIGURE,
    &train_short::FIGURE,
    &early_tokens::FIGURE,
    &cost::FIGURE,
    &what_if::FIGURE,
    &attention::FIGURE,
    &generate::FIGURE,
    &paper::FIGURE,
    &verify::FIGURE,
];

/// A part of the page that is drawn later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LazyPart {
    /// A figure, by its id.
    Figure(&'static str),
    /// What was trained.
    Training,
    /// The reader's own curve on the first figure.
    Guess,
    /// How to embed a figure, by its id.
    EmbedCode(&'static str),
}

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
        LazyPart::Figure("slopes") => view! { <slopes::Slopes /> }.into_any(),
        LazyPart::Figure("bias") => view! { <bias::Bias /> }.into_any(),
        LazyPart::Figure("perplexity") => view! { <perplexity::Perplexity /> }.into_any(),
        LazyPart::Figure(id) => {
            DRAWN.iter().find(|w| w.spec.id == id).map(|figure| view! { <FigureView figure=figure /> }).into_any()
        }
        LazyPart::Training => view! { <Training /> }.into_any(),
        LazyPart::Guess => view! { <Guess /> }.into_any(),
        LazyPart::EmbedCode(id) => by_id(id).map(|figure| view! { <EmbedCode figure=figure /> }).into_any(),
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

/// Draws a part as soon as `wanted` says so.
#[component]
pub fn LazyView(
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
            let outcome = chunk(part).await;
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
                        <p>"This part of the page could not be loaded. Check the connection and retry."</p>
                        <button type="button" data-testid="retry" on:click=retry>"Retry"</button>
                    </div>
                }
                .into_any(),
            )
        }
        _ => None,
    }
}

/// A signal that becomes true after that time.
pub fn after(time: Duration) -> Signal<bool> {
    let over = RwSignal::new(false);
    set_timeout(
        move || {
            let _ = over.try_set(true);
        },
        time,
    );
    over.into()
}
