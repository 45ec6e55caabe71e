//! What is trained on: the presidents' addresses, or a text of the reader's own. That goes to this page's trainers and nowhere
//! else.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::words;
use super::{bytes, first_file};
use crate::config::MAX_TEXT;
use crate::ui::settings::control::Kind;
use crate::ui::settings::kept::{keep, kept};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::state::use_settings;
use crate::ui::settings::text::text_problem;
use crate::ui::widgets::setting::SettingControl;

/// What is read.
pub static TEXT: Setting<String> = Setting::new("train-text", words::TEXT, Kind::Pick(words::TEXTS), "addresses");

/// Characters of the shortest text.
const SHORTEST: usize = 20_000;
/// Under what the text in the box is kept.
const DRAFT: &str = "train-own-text";
/// Pause in typing after which it is.
const PAUSE: Duration = Duration::from_millis(300);

/// The reader's own text, as it was left.
pub(in crate::ui::figures::train) fn left() -> String {
    kept(DRAFT).unwrap_or_default()
}

/// Why a text cannot be trained on, in a sentence that says what to do.
pub(in crate::ui::figures::train) fn problem(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return Some(words::long_text(text.len(), MAX_TEXT));
    }
    let n = text.trim().chars().count();
    match text_problem(text) {
        _ if n == 0 => Some(words::no_text(SHORTEST)),
        Some(reason) => Some(reason),
        None => (n < SHORTEST).then(|| words::short_text(n, SHORTEST)),
    }
}

/// The choice of a text; a box for the reader's own, and a file to open or to drop.
#[component]
pub(in crate::ui::figures::train) fn Text(own: RwSignal<String>) -> impl IntoView {
    let settings = use_settings();
    let wanted = Memo::new(move |_| settings.get(&TEXT) == "own");
    view! {
        <SettingControl control=&TEXT.control />
        {move || wanted.get().then(|| view! { <Own own=own /> })}
    }
}

#[component]
fn Own(own: RwSignal<String>) -> impl IntoView {
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    // What stands still for a moment is kept: the whole of it at every key would be slow.
    Effect::new(move || {
        own.track();
        if let Some(earlier) = pending.try_update_value(Option::take).flatten() {
            earlier.clear();
        }
        let keeps = move || {
            own.try_with_untracked(|text| keep(DRAFT, text));
        };
        pending.set_value(set_timeout_with_handle(keeps, PAUSE).ok());
    });
    let trouble = RwSignal::new(String::new());
    let read = move |file: web_sys::File| {
        leptos::task::spawn_local(async move {
            let name = file.name();
            if file.size() > MAX_TEXT as f64 {
                return trouble.set(words::in_file(&name, &words::long_text(file.size() as usize, MAX_TEXT)));
            }
            // What the reader typed gives way to a text that can be used only.
            match bytes(&file).await.map(String::from_utf8) {
                Some(Ok(text)) => match problem(&text) {
                    Some(reason) => trouble.set(words::in_file(&name, &reason)),
                    None => {
                        trouble.set(String::new());
                        own.set(text);
                    }
                },
                Some(Err(_)) => trouble.set(words::not_text(&name)),
                None => trouble.set(words::unreadable(&name)),
            }
        });
    };
    let dropped = move |event: web_sys::DragEvent| {
        if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) {
            event.prevent_default();
            read(file);
        }
    };
    let said = move || match (trouble.get(), own.with(|text| problem(text))) {
        (reason, _) if !reason.is_empty() => reason,
        (_, Some(reason)) => reason,
        _ => words::text_taken(own.with(|text| text.chars().count())),
    };
    view! {
        <div class="wide own-text" on:drop=dropped on:dragover=|event: web_sys::DragEvent| event.prevent_default()>
            <label class="control">
                <span class="control-label">{words::BOX}</span>
                <textarea
                    data-testid="train-own-text"
                    rows="5"
                    prop:value=own
                    on:input=move |event| {
                        // What was wrong with a file is no longer of use.
                        trouble.set(String::new());
                        own.set(event_target_value(&event));
                    }
                ></textarea>
            </label>
            <p>
                <input
                    type="file"
                    data-testid="train-own-file"
                    aria-label=words::TEXT_FILE
                    accept=".txt,.md,text/plain"
                    on:change=move |event| {
                        if let Some(file) = first_file(&event) {
                            read(file);
                        }
                    }
                />
            </p>
            <p class="source" role="status" data-testid="train-own-status">{said}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_long_enough_and_not_too_long_or_what_to_do_is_said() {
        let text = |n: usize| "A word. ".chars().cycle().take(n - 1).chain(['.']).collect::<String>();
        assert!(problem(" ").is_some_and(|p| p.contains("Paste a text of at least 20,000 characters")));
        assert!(problem(&text(19_999)).is_some_and(|p| p.contains("19,999 characters") && p.contains("Add more")));
        assert_eq!(problem(&text(20_000)), None);
        // Characters, not bytes.
        assert!(problem(&text(10_001).replace('A', "Ж")).is_some());
        assert_eq!(problem(&text(2_000_000)), None);
        assert!(problem(&text(2_000_001)).is_some_and(|p| p.contains("2,000,001 bytes") && p.contains("Shorten")));
        assert!(problem(&"a".repeat(30_000)).is_some_and(|p| p.contains("over and over")));
        assert!(problem(&format!("PK\u{3}{}", text(30_000))).is_some_and(|p| p.contains("plain text")));
    }
}
