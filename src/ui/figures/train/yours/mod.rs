//! The reader's own models, where they are made: which there are, where they can be used, and how one is loaded from a file.

pub(super) mod words;

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::config::ModelEntry;
use crate::protocol::task::Attend;
use crate::protocol::{EngineChoice, Job, Task};
use crate::ui::figure::frame::Alone;
use crate::ui::figure::model_picker::training;
use crate::ui::figure::spec::{FigureSpec, own_text};
use crate::ui::figures::{attention, cost, generate, perplexity, reach, what_if};
use crate::ui::runs::assets::Assets;
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::runs::yours::{MOST_BYTES, Unfit, Yours};
use crate::ui::settings::control::{Control, Kind, Values};
use crate::ui::settings::query::write;
use crate::ui::settings::value::Value;

/// Figures that run the reader's own models, in the order in which they are named.
static FIGURES: [&FigureSpec; 6] =
    [&perplexity::SPEC, &attention::SPEC, &what_if::SPEC, &generate::SPEC, &reach::SPEC, &cost::SPEC];

/// The address of a figure with these models chosen: all of them where it compares several, else the last.
fn link(figure: &FigureSpec, models: &[ModelEntry]) -> String {
    let ids = || models.iter().map(|m| m.id.clone());
    let of = |control: &&'static Control| match control.kind {
        Kind::Models(_) => Some((control.key.to_string(), ids().collect::<Vec<_>>().write())),
        Kind::OneModel(_) => Some((control.key.to_string(), ids().next_back()?)),
        // From the shortest training length to 16 times the longest.
        Kind::Numbers { all, .. } => {
            let trained = || models.iter().map(|m| m.config.train_length);
            let (low, high) = (trained().min()?, 16 * trained().max()?);
            let lengths: Vec<usize> = all().into_iter().filter(|l| (low..=high).contains(l)).collect();
            Some((control.key.to_string(), lengths.write()))
        }
        _ => None,
    };
    let values: Values = figure.controls.iter().filter_map(of).collect();
    format!("{}#{}", write(figure.controls, &values, None), figure.id)
}

/// Which models are the reader's own, with the way to the figures that run them; and a file to load one from.
#[component]
pub(super) fn YourModels() -> impl IntoView {
    let alone = use_context::<Alone>().is_some();
    let Yours { models, gone, .. } = expect_context::<Assets>().yours;
    let list = move || {
        let all = models.get();
        let named: Vec<String> = all.iter().map(|m| words::named(&training(&m.id), m.tokens_seen)).collect();
        let links = FIGURES.iter().map(|figure| {
            let address = link(figure, &all);
            view! { <li><a href=address data-testid=format!("yours-in-{}", figure.id)>{figure.title}</a></li> }
        });
        let links = (!alone).then(|| view! { <ul class="yours-links">{links.collect_view()}</ul> });
        let gone: Vec<String> = gone.get().iter().map(|id| training(id)).collect();
        let gone = (!gone.is_empty()).then(|| view! { <p class="note" data-testid="yours-gone">{words::gave_way(&gone)}</p> });
        (!all.is_empty()).then(|| {
            view! {
                <p data-testid="yours">{words::here(&named, alone)}</p>
                {links}
                {gone}
            }
        })
    };
    view! {
        <div class="yours">
            <div aria-live="polite">{list}</div>
            <Load />
        </div>
    }
}

/// What became of the last file.
#[derive(Clone, PartialEq)]
enum Outcome {
    None,
    /// A worker reads it.
    Checking(String, Box<ModelEntry>),
    Said(String),
}

/// Takes a file of weights, chosen or dropped.
#[component]
fn Load() -> impl IntoView {
    let (yours, client) = (expect_context::<Assets>().yours, expect_context::<WorkerPool>());
    let outcome = RwSignal::new(Outcome::None);
    let run = RunState::default();
    let take = move |name: String, file: Uint8Array| {
        let model = match yours.hold(file) {
            Ok(model) => model,
            Err(unfit) => return outcome.set(Outcome::Said(words::unfit(&name, &unfit))),
        };
        if yours.has(&model.id) {
            return outcome.set(Outcome::Said(words::had(&training(&model.id))));
        }
        // Whoever is to run it reads all of it; a token is enough.
        let (stream, text) = own_text("a");
        let task = Task::Attend(Attend { length: 1, layer: 0 });
        let probe = Job { model: model.id.clone(), stream, text, engine: EngineChoice::Cpu, task, ..Job::default() };
        client.start(run, vec![probe]);
        outcome.set(Outcome::Checking(name, model.into()));
    };
    // A run that is over has either an answer or a failure.
    Effect::new(move || {
        let over = !run.running();
        let Outcome::Checking(name, model) = outcome.get() else { return };
        if !over {
            return;
        }
        outcome.set(Outcome::Said(match run.failures().into_iter().next() {
            Some((failure, _)) => {
                yours.drop(&model.id);
                words::refused(&name, &failure)
            }
            None => {
                let said = words::loaded(&training(&model.id));
                yours.list(*model);
                said
            }
        }));
    });
    let read = move |file: web_sys::File| {
        leptos::task::spawn_local(async move {
            let (name, size) = (file.name(), file.size());
            if size > MOST_BYTES as f64 {
                return outcome.set(Outcome::Said(words::unfit(&name, &Unfit::TooLarge(size as usize))));
            }
            match JsFuture::from(file.array_buffer()).await {
                Ok(bytes) => take(name, Uint8Array::new(&bytes)),
                Err(_) => outcome.set(Outcome::Said(words::unreadable(&name))),
            }
        });
    };
    let chosen = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|f| f.get(0)) {
            read(file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let dropped = move |event: web_sys::DragEvent| {
        if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) {
            event.prevent_default();
            read(file);
        }
    };
    let said = move || match outcome.get() {
        Outcome::None => String::new(),
        Outcome::Checking(..) => words::CHECKING.into(),
        Outcome::Said(said) => said,
    };
    view! {
        <div
            class="yours-load"
            data-testid="load-weights"
            on:drop=dropped
            on:dragover=|event: web_sys::DragEvent| event.prevent_default()
        >
            <label class="control">
                <span class="control-label">{words::LOAD}</span>
                <input type="file" data-testid="weights-file" accept=".safetensors" on:change=chosen />
            </label>
            <p class="source" role="status" data-testid="load-status">{said}</p>
        </div>
    }
}

#[cfg(test)]
mod tests;
