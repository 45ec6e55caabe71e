//! What the reader typed and no address carries: kept with the tab, so that a reload or a crash does not lose it. It stays
//! on this machine.

use std::cell::{Cell, RefCell};

use leptos::prelude::window;
use wasm_bindgen::prelude::*;

thread_local! {
    /// Whether the reader is asked before leaving, because this browser keeps nothing.
    static ASKS: Cell<bool> = const { Cell::new(false) };
    /// What would be lost, by name.
    static LOST: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

#[wasm_bindgen]
extern "C" {
    /// Keeps a text under a name with the tab: before anything that was computed, which can be computed again (assets/start.js).
    #[wasm_bindgen(js_name = alibiStore)]
    fn store(name: &str, text: &str) -> bool;
}

/// Of this page, wherever it lies.
fn item(name: &str) -> String {
    format!("alibi {} {name}", window().location().pathname().unwrap_or_default())
}

/// Keeps a text under a name; an empty one is forgotten. Where the browser keeps nothing, the reader is asked before leaving.
pub fn keep(name: &str, text: &str) {
    let done = match text {
        "" => window().session_storage().ok().flatten().is_some_and(|s| s.remove_item(&item(name)).is_ok()),
        _ => store(&item(name), text),
    };
    LOST.with_borrow_mut(|lost| {
        lost.retain(|n| n != name);
        if !done && !text.is_empty() {
            lost.push(name.into());
        }
    });
    if LOST.with_borrow(|lost| !lost.is_empty()) && !ASKS.replace(true) {
        let leaving = Closure::<dyn FnMut(web_sys::Event)>::new(|event: web_sys::Event| {
            if LOST.with_borrow(|lost| !lost.is_empty()) {
                event.prevent_default();
            }
        });
        let _ = window().add_event_listener_with_callback("beforeunload", leaving.as_ref().unchecked_ref());
        leaving.forget();
    }
}

/// What is kept under a name.
pub fn kept(name: &str) -> Option<String> {
    window().session_storage().ok().flatten()?.get_item(&item(name)).ok().flatten()
}
