//! What the figures do not show, and what stands behind the text. Every number names its source.

use leptos::prelude::*;

use super::components::prose::Prose;

/// What the figures do not show, and what stands behind the text.
#[component]
pub fn Limits() -> impl IntoView {
    view! {
        <section aria-labelledby="limits">
            <Prose id="limits" />
        </section>
    }
}
