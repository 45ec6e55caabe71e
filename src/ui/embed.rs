//! One figure alone, for another page's frame.

use leptos::prelude::*;

use super::address::report_height;
use super::registry::Entry;
use super::site::base;
use super::state::use_settings;
use super::url::write;

/// The figure, and a link to the whole article with the same settings.
#[component]
pub fn Embed(
    /// The figure.
    figure: &'static Entry,
) -> impl IntoView {
    let settings = use_settings();
    Effect::new(move || report_height(figure.id));
    let article = move || format!("{}{}#{}", base(), write(&settings.snapshot(), None), figure.id);
    view! {
        <main class="embed">
            {(figure.render)()}
            <p class="embed-link">
                "From "
                <a href=article target="_blank" rel="noopener" data-testid="full-page">"ALiBi, explained by running it"</a>
            </p>
        </main>
    }
}
