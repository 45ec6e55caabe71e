//! One figure alone, for another page's frame.

use leptos::prelude::*;

use super::address::report_height;
use super::article::draw;
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
    // What a teacher has hidden is for this frame only.
    let article = move || {
        let mut state = settings.snapshot();
        state.hide.clear();
        format!("{}{}#{}", base(), write(&state, None), figure.id)
    };
    view! {
        <main class="embed">
            // The outline that the article gives a figure, for those who listen.
            <h1 class="visually-hidden">"ALiBi, explained by running it"</h1>
            <h2 class="visually-hidden">{figure.question}</h2>
            {draw(figure.id, Signal::stored(true))}
            <p class="embed-link">
                "From "
                <a href=article target="_blank" rel="noopener" data-testid="full-page">"ALiBi, explained by running it"</a>
            </p>
        </main>
    }
}
