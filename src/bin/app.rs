//! The page's entry: everything is in `alibi::ui`.

#[cfg(not(without_page))]
use std::time::Duration;

#[cfg(not(without_page))]
use leptos::prelude::{document, set_timeout};
#[cfg(not(without_page))]
use leptos::wasm_bindgen::JsCast;

#[cfg(not(without_page))]
fn main() {
    // Said to the reader by assets/start.js: what follows is a trap that says nothing.
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let _ = js_sys::Reflect::set(&js_sys::global(), &"alibiPanic".into(), &panic.to_string().into());
    }));
    // What a reader of a figure alone saw while it was loading.
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    // In a task of its own: the browser has just compiled all this.
    set_timeout(
        || {
            // index.html has it, and the article that figures are mounted into.
            if let Some(page) = document().get_element_by_id("page") {
                leptos::mount::mount_to(page.unchecked_into(), alibi::ui::page::app::App).forget();
            }
        },
        Duration::ZERO,
    );
}

/// Where nothing of the page is compiled (build.rs).
#[cfg(without_page)]
fn main() {}
