//! The reader's own text: typed, pasted or read from a file. It goes to this page's worker and nowhere else.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use crate::config::MAX_TEXT;
use crate::protocol::{EngineChoice, Evaluate, Task};
use crate::ui::client::Client;
use crate::ui::lab::own_text;
use crate::ui::results::thousands;
use crate::ui::run::{Run, explain};
use crate::ui::state::use_settings;

/// A box for the text, a file chooser, and the button that takes the text.
#[component]
pub fn OwnText() -> impl IntoView {
    let (settings, client) = (use_settings(), expect_context::<Client>());
    let draft = RwSignal::new(settings.own.get_untracked().to_string());
    let trouble = RwSignal::new(String::new());
    let run = Run::default();
    let take = move |text: String| {
        // What was taken before stays until there is something better.
        if let Some(reason) = problem(&text) {
            return trouble.set(reason);
        }
        trouble.set(String::new());
        let (stream, text) = own_text(&text);
        settings.own.set(text.clone().unwrap_or_default());
        let model = settings.models.with_untracked(|m| m.first().cloned()).unwrap_or_default();
        let count =
            Evaluate { model, stream, text, engine: EngineChoice::Cpu, task: Task::Count, ..Default::default() };
        client.start(run, vec![count]);
    };
    let read = move |file: web_sys::File| {
        leptos::task::spawn_local(async move {
            if file.size() > MAX_TEXT as f64 {
                let (size, most) = (thousands(file.size() as u64), thousands(MAX_TEXT as u64));
                return trouble.set(format!("{} has {size} bytes; at most {most} are read.", file.name()));
            }
            match decoded(&file).await {
                Ok(text) => {
                    draft.set(text.clone());
                    take(text);
                }
                Err(_) => trouble.set(format!("{} is not UTF-8 text: save it as such and try again.", file.name())),
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
        let own = settings.own.get();
        let counted = client.results.with(|r| r.counted(&own_text(&own).0));
        let failed = run.failures().first().map(|(failure, _)| explain(failure));
        match (trouble.get(), failed, counted) {
            (reason, ..) if !reason.is_empty() => reason,
            (_, Some(failure), _) => failure,
            _ if !own.is_empty() && draft.with(|d| **d != *own) => {
                "The text has been changed since it was taken: press the button to use it.".into()
            }
            (_, _, Some(1)) => "Taken: 1 token.".into(),
            (_, _, Some(n)) => format!("Taken: {} tokens.", thousands(n as u64)),
            _ if own.is_empty() => "Nothing taken yet. The text stays on this machine.".into(),
            _ => "Counting tokens…".into(),
        }
    };
    view! {
        <div class="wide own-text" on:drop=dropped on:dragover=|event: web_sys::DragEvent| event.prevent_default()>
            <label class="control">
                <span class="control-label">"Your text (up to 2 MB; a file can be dropped here)"</span>
                <textarea
                    data-testid="own-text"
                    rows="5"
                    prop:value=draft
                    on:input=move |event| draft.set(event_target::<HtmlTextAreaElement>(&event).value())
                ></textarea>
            </label>
            <p>
                <button type="button" data-testid="take-text" on:click=move |_| take(draft.get_untracked())>"Take this text"</button>
                <input type="file" data-testid="own-file" aria-label="Text file" accept=".txt,.md,text/plain" on:change=chosen />
            </p>
            <p class="source" role="status" data-testid="own-status">{said}</p>
        </div>
    }
}

/// Why a text cannot be taken, in a sentence.
fn problem(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("There is no text yet: type or paste some.".into());
    }
    if text.len() > MAX_TEXT {
        let (size, most) = (thousands(text.len() as u64), thousands(MAX_TEXT as u64));
        return Some(format!("The text has {size} bytes; at most {most} are read. Shorten it."));
    }
    // A text has no such bytes; what has is a picture, a program, an archive.
    text.contains('\0').then(|| "This is not text but binary data: choose a plain text file.".into())
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
        assert!(problem("PK\u{3}\0\0").is_some_and(|p| p.contains("plain text file")));
        assert!(problem(&"a".repeat(2_000_001)).is_some_and(|p| p.contains("2,000,001 bytes")));
        assert_eq!(problem("aaaa"), None);
    }
}
