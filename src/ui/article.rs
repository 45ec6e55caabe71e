//! The article: head, contents, one section per figure, what was trained, limits and sources.

use leptos::prelude::*;

use super::components::choice::Segmented;
use super::limits::Limits;
use super::registry::FIGURES;
use super::state::{ThemeChoice, use_settings};
use super::training::Training;

const THEMES: &[(&str, &str)] = &[("auto", "Auto"), ("light", "Light"), ("dark", "Dark")];

/// The whole page.
#[component]
pub fn Article() -> impl IntoView {
    // An anchor in the address points at a section that did not exist when the browser looked for it.
    Effect::new(|| {
        let hash = window().location().hash().unwrap_or_default();
        if let Some(target) = document().get_element_by_id(hash.trim_start_matches('#')) {
            target.scroll_into_view();
        }
    });
    let contents = FIGURES.iter().map(|f| {
        view! {
            <li>
                <a href=format!("#section-{}", f.id)>{f.title}</a>
                <span>{f.question}</span>
            </li>
        }
    });
    // Each figure brings its text and its heading.
    let sections = FIGURES.iter().map(|f| {
        view! { <section id=format!("section-{}", f.id) aria-label=f.title>{(f.render)()}</section> }
    });
    view! {
        <a class="skip" href="#section-extrapolation">"Skip to the first figure"</a>
        <header class="masthead">
            <div class="masthead-row">
                <p class="kicker">"Attention with Linear Biases"</p>
                <Theme />
            </div>
            <h1>"Train short, test long"</h1>
            <p class="lead">
                "A transformer language model has to be told where its tokens stand. ALiBi tells it by subtracting from every "
                "attention score a penalty that grows with distance, and by nothing else. "
                <a href="https://arxiv.org/abs/2108.12409" rel="noopener">"Press, Smith and Lewis (ICLR 2022)"</a>
                " report that models trained this way keep working on inputs far longer than any they were trained on. "
                "This page tests that with small models that were really trained and that run in your browser."
            </p>
        </header>
        <nav class="contents" aria-label="Contents">
            <ol>
                {contents.collect_view()}
                <li><a href="#training">"What was trained"</a><span>"On which text, for how long, with which recipe?"</span></li>
                <li><a href="#limits">"Limits and sources"</a><span>"What do these figures not show?"</span></li>
            </ol>
        </nav>
        <main>
            {sections.collect_view()}
            <Training />
            <Limits />
        </main>
        <footer>
            <p>
                "Everything on this page is computed in your browser; nothing is sent anywhere. "
                "The address keeps your settings, short prompts among them, so it can be shared; your own text is not part of it."
            </p>
        </footer>
    }
}

/// The switch of colours.
#[component]
fn Theme() -> impl IntoView {
    let settings = use_settings();
    view! {
        <Segmented
            testid="theme"
            label="Colours"
            choices=THEMES
            value=Signal::derive(move || THEMES[settings.theme.get() as usize].0)
            choose=move |name: &'static str| {
                settings.theme.set(match name {
                    "light" => ThemeChoice::Light,
                    "dark" => ThemeChoice::Dark,
                    _ => ThemeChoice::Auto,
                });
            }
        />
    }
}
