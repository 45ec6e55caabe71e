//! The page's entry: everything is in [`alibi::ui`].

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;

fn main() {
    console_error_panic_hook::set_once();
    // What a reader of a figure alone saw while it was loading.
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    // index.html has it, and the article that figures are mounted into.
    if let Some(page) = document().get_element_by_id("page") {
        leptos::mount::mount_to(page.unchecked_into(), alibi::ui::app::App).forget();
    }
}
