//! Text that stands still: HTML of this project's own files, apart from all logic. The browser's parser makes it in one
//! step, and the page's WASM holds it as data instead of as code, which is a third of the size.

use leptos::prelude::*;

/// A fragment of the article.
#[component]
pub fn Prose(
    /// HTML, from a file beside the figure it belongs to.
    html: &'static str,
) -> impl IntoView {
    view! { <div class="prose" inner_html=html></div> }
}
