//! Whether a figure is where the reader can see it, or nearly so. What is far off draws and computes nothing.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use crate::ui::settings::state::use_settings;

/// How far beyond the window counts as near: one window more, above and below.
const MARGIN: &str = "100% 0px";

/// Whether a section is near: a context for what is inside it. Given by leptos' `Provider`, since components have no
/// context of their own and a plain one would be that of the last section.
#[derive(Clone, Copy)]
pub struct Near(pub Signal<bool>);

/// Whether the reader is near this place, or the page is being printed. Without a section around it, always.
pub fn near() -> Signal<bool> {
    use_context::<Near>().map_or(Signal::stored(true), |near| near.0)
}

/// Watches an element.
pub fn watch(place: &Element) -> Near {
    let seen = RwSignal::new(false);
    let held = StoredValue::new_local(None::<(IntersectionObserver, Closure<dyn FnMut(js_sys::Array)>)>);
    let on_change = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        // The last entry is the latest.
        let entry: IntersectionObserverEntry = entries.get(entries.length().saturating_sub(1)).unchecked_into();
        let now = entry.is_intersecting();
        if seen.try_get_untracked().is_some_and(|was| was != now) {
            seen.set(now);
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_root_margin(MARGIN);
    match IntersectionObserver::new_with_options(on_change.as_ref().unchecked_ref(), &options) {
        Ok(observer) => {
            observer.observe(place);
            held.set_value(Some((observer, on_change)));
        }
        // A browser without it draws everything.
        Err(_) => seen.set(true),
    }
    on_cleanup(move || {
        held.try_with_value(|held| held.as_ref().inspect(|(observer, _)| observer.disconnect()).is_some());
    });
    let printing = use_settings().printing;
    Near(Signal::derive(move || seen.get() || printing.get()))
}
