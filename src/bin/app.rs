//! The page's entry: everything is in [`alibi::ui`].

fn main() {
    console_error_panic_hook::set_once();
    // What the reader saw while the page was loading.
    if let Some(boot) = leptos::prelude::document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(alibi::ui::app::App);
}
