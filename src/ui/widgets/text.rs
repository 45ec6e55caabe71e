//! A box for a text of the reader's own.

use leptos::prelude::*;

use crate::ui::settings::text::{Truncate, truncate};
use crate::ui::widgets::words;

/// Length of a text as the browser counts it.
fn utf16(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// Bytes that a key adds to a text, at most.
const A_KEY: usize = 4;

/// A box for a text that is used up to a limit; where it is cut, that is said.
#[component]
pub fn Text(
    /// Test handle.
    key: &'static str,
    /// Label.
    label: &'static str,
    /// Bytes of the longest text.
    limit: usize,
    /// Which part of a longer one is used.
    keep: Truncate,
    /// The text.
    value: Signal<String>,
    /// Called with the text as it is kept.
    #[prop(into)]
    set: Callback<String>,
) -> impl IntoView {
    let notice = RwSignal::new(None::<String>);
    let take = move |event: web_sys::Event| {
        let place: web_sys::HtmlTextAreaElement = event_target(&event);
        let (typed, before) = (place.value(), value.get_untracked());
        if typed.len() > limit && typed.len() <= before.len() + A_KEY {
            // As in any full box, a further key does nothing.
            let more = utf16(&typed).saturating_sub(utf16(&before));
            let at = place.selection_start().ok().flatten().map(|at| at.saturating_sub(more));
            place.set_value(&before);
            let _ = at.map(|at| place.set_selection_range(at, at));
            return notice.set(Some(words::full(limit)));
        }
        let (kept, said) = truncate(&typed, limit, keep);
        if said.is_some() {
            // What is cut from the start moves the place of typing.
            let gone = if keep == Truncate::End { utf16(&typed) - utf16(kept) } else { 0 };
            let at = place.selection_start().ok().flatten().map(|at| at.saturating_sub(gone).min(utf16(kept)));
            place.set_value(kept);
            let _ = at.map(|at| place.set_selection_range(at, at));
        }
        set.run(kept.into());
        notice.set(said);
    };
    view! {
        <label class="control wide">
            <span class="control-label">{label}</span>
            <textarea
                data-testid=key
                rows="3"
                prop:value=value
                on:input=take
            ></textarea>
        </label>
        {move || notice.get().map(|said| view! { <p class="note wide" role="status" data-testid=format!("{key}-cut")>{said}</p> })}
    }
}
