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
use crate::ui::runs::yours::{MOST_BYTES, Unfit, own};
use crate::ui::settings::control::{Control, Kind, Values};
use crate::ui::settings::query::write;
use crate::ui::settings::value::Value;

/// Figures that run the reader's own models, in the order in which they are named.
static FIGURES: [&FigureSpec; 6] =
    [&perplexity::SPEC, &attention::SPEC, &what_if::SPEC, &generate::SPEC, &reach::SPEC, &cost::SPEC];

/// The address of a figure with these models chosen: all of them where it compares several, else the last.
fn link(figure: &FigureSpec, models: &[ModelEntry]) -> String {
    let of = |control: &&'static Control| {
        let value = match control.kind {
            Kind::Models(_) => models.iter().map(|m| m.id.clone()).collect::<Vec<_>>().write(),
            Kind::OneModel(_) => models.last()?.id.clone(),
            // From the shortest training length to 16 times the longest.
            Kind::Numbers { all, .. } => {
                let trained = || models.iter().map(|m| m.config.train_length);
                let (low, high) = (trained().min()?, 16 * trained().max()?);
                all().into_iter().filter(|l| (low..=high).contains(l)).collect::<Vec<_>>().write()
            }
            _ => return None,
        };
        Some((control.key.to_string(), value))
    };
    let values: Values = figure.controls.iter().filter_map(of).collect();
    format!("{}#{}", write(figure.controls, &values, None), figure.id)
}

/// Which models are the reader's own, and the way to the figures that run them; `alone` where none of these is here. HTML, of
/// nothing that comes from outside: ids are methods, lengths and digits.
fn list(models: &[ModelEntry], gone: &[String], alone: bool) -> String {
    if models.is_empty() {
        return String::new();
    }
    let named: Vec<String> = models.iter().map(|m| words::named(&training(&m.id), m.tokens_seen)).collect();
    let mut html = format!("<p data-testid=\"yours\">{}</p>", words::here(&named, alone));
    if !alone {
        html += "<ul class=\"yours-links\">";
        for figure in FIGURES {
            let address = link(figure, models).replace('&', "&amp;");
            let FigureSpec { id, title, .. } = figure;
            html += &format!("<li><a href=\"{address}\" data-testid=\"yours-in-{id}\">{title}</a></li>");
        }
        html += "</ul>";
    }
    if !gone.is_empty() {
        let gone: Vec<String> = gone.iter().map(|id| training(id)).collect();
        html += &format!("<p class=\"note\" data-testid=\"yours-gone\">{}</p>", words::gave_way(&gone));
    }
    html
}

/// The reader's own models; and a file to load one from.
#[component]
pub(super) fn YourModels() -> impl IntoView {
    let alone = use_context::<Alone>().is_some();
    let (manifest, client) = (expect_context::<Assets>().manifest, expect_context::<WorkerPool>());
    let yours = client.yours;
    let html = move || list(&manifest.with(own), &yours.gone.get(), alone);
    let said = RwSignal::new(String::new());
    let run = RunState::default();
    // The file that a worker reads, and its model.
    let tried = StoredValue::new(None::<(String, ModelEntry)>);
    let take = move |name: String, file: Uint8Array| {
        let model = match yours.hold(file) {
            Ok(model) => model,
            Err(unfit) => return said.set(words::unfit(&name, &unfit)),
        };
        if untrack(|| manifest.with(own)).iter().any(|m| m.id == model.id) {
            return said.set(words::had(&training(&model.id)));
        }
        // Whoever is to run it reads all of it; a token is enough.
        let (stream, text) = own_text("a");
        let task = Task::Attend(Attend { length: 1, layer: 0 });
        let probe = Job { model: model.id.clone(), stream, text, engine: EngineChoice::Cpu, task, ..Job::default() };
        // One that is still being read gives way.
        let before = tried.try_update_value(|tried| tried.replace((name, model.clone()))).flatten();
        if let Some((_, before)) = before.filter(|(_, before)| before.id != model.id) {
            yours.drop(&before.id);
        }
        said.set(words::CHECKING.into());
        client.start(run, vec![probe]);
    };
    // A run that is over has either an answer or a failure.
    Effect::new(move || {
        if run.running() {
            return;
        }
        let Some((name, model)) = tried.try_update_value(Option::take).flatten() else { return };
        said.set(match run.failures().into_iter().next() {
            Some((failure, _)) => {
                yours.drop(&model.id);
                words::refused(&name, &failure)
            }
            None => {
                let said = words::loaded(&training(&model.id));
                if yours.list(manifest, model) { said } else { words::NO_LIST.into() }
            }
        });
    });
    let chosen = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|f| f.get(0)) else { return };
        // So that the same file can be chosen again.
        input.set_value("");
        let (name, size) = (file.name(), file.size());
        if size > MOST_BYTES as f64 {
            return said.set(words::unfit(&name, &Unfit::TooLarge(size as usize)));
        }
        let bytes = file.array_buffer();
        leptos::task::spawn_local(async move {
            match JsFuture::from(bytes).await {
                Ok(bytes) => take(name, Uint8Array::new(&bytes)),
                Err(_) => said.set(words::unreadable(&name)),
            }
        });
    };
    view! {
        <div class="yours">
            <div aria-live="polite" inner_html=html></div>
            // Browsers take a file that is dropped on this, too.
            <label class="control yours-load">
                <span class="control-label">{words::LOAD}</span>
                <input type="file" data-testid="weights-file" accept=".safetensors" on:change=chosen />
            </label>
            <p class="source" role="status" data-testid="load-status">{said}</p>
        </div>
    }
}

#[cfg(test)]
mod tests;
