//! The reader's own text: typed, pasted or read from a file. It goes to this page's worker and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use crate::config::MAX_TEXT;
use crate::protocol::{EngineChoice, Job, Task};
use crate::ui::figure::spec::own_text;
use crate::ui::figures::perplexity::settings::MODELS;
use crate::ui::figures::perplexity::words;
use crate::ui::settings::text::text_problem;
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::words::explain;
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::kept::{keep, kept};
use crate::ui::settings::state::use_settings;

/// Under what the text in the box is kept.
const DRAFT: &str = "own-text";
/// Pause in typing after which it is.
const PAUSE: Duration = Duration::from_millis(300);
/// Tokens of the shortest input. Every token has at least one byte.
const SHORTEST: usize = 32;

/// The reader's own text, as last taken: a context of the laboratory. No part of the address.
#[derive(Clone, Copy)]
pub struct Own(pub RwSignal<Arc<str>>);

/// A box for the text, a file chooser, and the button that takes the text.
#[component]
pub fn OwnText() -> impl IntoView {
    let (settings, client, own) = (use_settings(), expect_context::<WorkerPool>(), expect_context::<Own>().0);
    let draft = RwSignal::new(kept(DRAFT).unwrap_or_else(|| own.get_untracked().to_string()));
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    // What stands still for a moment is kept: the whole of it at every key would be slow.
    Effect::new(move || {
        draft.track();
        if let Some(earlier) = pending.try_update_value(Option::take).flatten() {
            earlier.clear();
        }
        let keeps = move || {
            draft.try_with_untracked(|text| keep(DRAFT, text));
        };
        pending.set_value(set_timeout_with_handle(keeps, PAUSE).ok());
    });
    let trouble = RwSignal::new(String::new());
    let run = RunState::default();
    // Its tokens are being counted; what was taken before stays until there is something better.
    let next = RwSignal::new(None::<Arc<str>>);
    let take = move |text: String| {
        if let Some(reason) = problem(&text) {
            return trouble.set(reason);
        }
        trouble.set(String::new());
        let (stream, text) = own_text(&text);
        next.set(text.clone());
        let model = untrack(|| settings.get(&MODELS)).into_iter().next().unwrap_or_default();
        let count =
            Job { model, stream, text, engine: EngineChoice::Cpu, task: Task::Count, ..Default::default() };
        client.start(run, vec![count]);
    };
    Effect::new(move || {
        let Some(text) = next.get() else { return };
        let Some(n) = client.results.with(|r| r.counted(&own_text(&text).0)) else { return };
        match n {
            n if n < SHORTEST => {
                trouble.set(words::few_tokens(n, SHORTEST));
            }
            _ => own.set(text),
        }
        next.set(None);
    });
    // What was taken before the page was loaded anew is taken again, once what was measured on it is there.
    Effect::new(move || {
        let text = draft.get_untracked();
        let counted = client.results.with(|r| r.counted(&own_text(&text).0));
        if own.with_untracked(|own| own.is_empty()) && counted.is_some_and(|n| n >= SHORTEST) {
            own.set(text.into());
        }
    });
    let read = move |file: web_sys::File| {
        leptos::task::spawn_local(async move {
            if file.size() > MAX_TEXT as f64 {
                return trouble.set(words::large_file(&file.name(), file.size() as u64));
            }
            match decoded(&file).await {
                // What the reader typed gives way to a text that can be used only.
                Ok(text) => match problem(&text) {
                    Some(reason) => trouble.set(format!("{}: {reason}", file.name())),
                    None => {
                        draft.set(text.clone());
                        take(text);
                    }
                },
                Err(_) => trouble.set(words::not_text(&file.name())),
            }
        });
    };
    let chosen = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|f| f.get(0)) {
            read(file);
        }
    };
    let dropped = move |event: web_sys::DragEvent| {
        if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) {
            event.prevent_default();
            read(file);
        }
    };
    let said = move || {
        let own = own.get();
        let counted = client.results.with(|r| r.counted(&own_text(&own).0));
        let failed = run.failures().first().map(|(failure, _)| explain(failure));
        match (trouble.get(), failed, counted) {
            (reason, ..) if !reason.is_empty() => reason,
            (_, Some(failure), _) => failure,
            _ if next.with(Option::is_some) => words::COUNTING.into(),
            _ if !own.is_empty() && draft.with(|d| **d != *own) => words::CHANGED.into(),
            (_, _, Some(n)) => words::taken(n),
            _ => words::NOT_TAKEN.into(),
        }
    };
    view! {
        <div class="wide own-text" on:drop=dropped on:dragover=|event: web_sys::DragEvent| event.prevent_default()>
            <label class="control">
                <span class="control-label">{words::BOX}</span>
                <textarea
                    data-testid="own-text"
                    rows="5"
                    prop:value=draft
                    on:input=move |event| {
                        // What was wrong with another text is no longer of use.
                        trouble.set(String::new());
                        draft.set(event_target::<HtmlTextAreaElement>(&event).value());
                    }
                ></textarea>
            </label>
            <p>
                <button type="button" data-testid="take-text" on:click=move |_| take(draft.get_untracked())>{words::TAKE}</button>
                <input type="file" data-testid="own-file" aria-label=words::FILE accept=".txt,.md,text/plain" on:change=chosen />
            </p>
            <p class="source" role="status" data-testid="own-status">{said}</p>
        </div>
    }
}

/// Why a text cannot be taken, in a sentence.
fn problem(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return Some(words::large_text(text.len()));
    }
    if text.trim().len() < SHORTEST {
        return text_problem(text).or_else(|| Some(words::few_bytes(text.trim().len(), SHORTEST)));
    }
    text_problem(text)
}

/// A file's text.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
async fn decoded(file: &web_sys::File) -> Result<String, JsValue> {
    let buffer = JsFuture::from(file.array_buffer()).await?;
    let bytes = js_sys::Uint8Array::new(&buffer.unchecked_into::<JsValue>()).to_vec();
    String::from_utf8(bytes).map_err(|_| JsValue::NULL)
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn what_is_no_text_is_refused_with_what_to_do() {
        assert!(problem("  \n").is_some_and(|p| p.contains("type or paste")));
        assert!(problem("PK\u{3}\0\0").is_some_and(|p| p.contains("use plain text")));
        assert!(problem(&"a".repeat(2_000_001)).is_some_and(|p| p.contains("2,000,001 bytes")));
        assert!(problem(&"a".repeat(5_000)).is_some_and(|p| p.contains("over and over")));
        assert!(
            problem("Hello world")
                .is_some_and(|p| p.contains("This text is 11 bytes long, not counting spaces around it; the shortest"))
        );
        assert_eq!(problem(&"no ".repeat(20)), None);
    }
}
