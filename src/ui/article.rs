//! The article: head, contents, one section per figure, what readers ask, limits, how it was made, sources.

use std::time::Duration;

use leptos::context::Provider;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::address::{go_to, visit};
use super::components::choice::Segmented;
use super::components::prose::Prose;
use super::figures::extrapolation::Extrapolation;
use super::later::{Later, Part, after};
use super::near::watch;
use super::registry::{Entry, FIGURES};
use super::state::{ThemeChoice, use_settings};

const THEMES: &[(&str, &str)] = &[("auto", "Auto"), ("light", "Light"), ("dark", "Dark")];
/// Time that the first figure is given before the others are drawn.
const AFTER_THE_FIRST: Duration = Duration::from_millis(300);
/// The figure that belongs to how the page was made.
const MADE: &str = "verify";

/// Sections that hold text, with their ids and the lines of the contents.
const TEXTS: [(&str, &str, &str); 4] = [
    ("questions", "Questions", "What do readers of the paper and its code ask?"),
    ("limits", "Limits and follow-ups", "What do these figures not show?"),
    ("training", "How this was made", "Trained on which text, for how long, with which recipe?"),
    ("sources", "Sources", "Where do the paper’s numbers stand?"),
];

/// The whole page.
#[component]
pub fn Article() -> impl IntoView {
    let settings = use_settings();
    let ready = after(AFTER_THE_FIRST);
    // An anchor in the address points at a section that did not exist when the browser looked for it.
    Effect::new(|| {
        let hash = window().location().hash().unwrap_or_default();
        go_to(hash.trim_start_matches('#'));
    });
    let figures = FIGURES.iter().filter(|f| f.id != MADE).map(|f| {
        view! {
            <li>
                <a href=format!("#section-{}", f.id)>{f.title}</a>
                <span>{f.question}</span>
            </li>
        }
    });
    let texts = TEXTS.map(|(id, title, question)| {
        view! { <li><a href=format!("#{id}")>{title}</a><span>{question}</span></li> }
    });
    let sections = FIGURES.iter().filter(|f| f.id != MADE).map(|f| view! { <Section figure=f ready=ready /> });
    let made = FIGURES.iter().filter(|f| f.id == MADE).map(|f| view! { <Section figure=f ready=ready /> });
    // A link that opens a state of a figure: the settings that it names, and its place.
    let follow = move |event: web_sys::MouseEvent| {
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let link = target.and_then(|t| t.closest("a[href^='?'], a[href^='#']").ok().flatten());
        let Some(address) = link.and_then(|a| a.get_attribute("href")) else { return };
        if let Some(anchor) = address.strip_prefix('#') {
            // After the browser has gone there by itself.
            let anchor = anchor.to_string();
            set_timeout(move || go_to(&anchor), Duration::ZERO);
        } else {
            event.prevent_default();
            visit(settings, &address);
        }
    };
    view! {
        <a class="skip" href="#section-extrapolation">"Skip to the first figure"</a>
        <header class="masthead">
            <div class="masthead-row">
                <p class="kicker">"Attention with Linear Biases"</p>
                <Theme />
            </div>
            <h1>"Train short, test long"</h1>
            <p class="lead">
                "A transformer language model is usually told where its tokens stand. ALiBi does so by subtracting from every "
                "attention score a penalty that grows with distance, and by nothing else. "
                <a href="https://arxiv.org/abs/2108.12409" rel="noopener">"Press, Smith and Lewis (ICLR 2022)"</a>
                " report that models trained this way keep working on inputs far longer than any they were trained on. "
                "This page tests that with small models that were really trained and that run in your browser."
            </p>
            <Prose id="primer" />
        </header>
        <nav class="contents" aria-label="Contents" on:click=follow>
            <ol>{figures.collect_view()}{texts.collect_view()}</ol>
        </nav>
        <main on:click=follow>
            {sections.collect_view()}
            <Text id="questions" />
            <Text id="limits" />
            <section aria-labelledby="training">
                <Prose id="training-before" />
                <Later part=Part::Training wanted=ready />
            </section>
            {made.collect_view()}
            <Text id="sources" />
        </main>
        <footer>
            <p>
                "Whatever you run here is computed in your browser; nothing is sent anywhere. "
                "The address keeps your settings, short prompts among them, so it can be shared; your own text is not part of it."
            </p>
        </footer>
    }
}

/// A figure with the text around it. The first one is drawn at once, the others when that is done or the reader is near.
#[component]
fn Section(
    /// The figure.
    figure: &'static Entry,
    /// Whether the first figure has had its turn.
    ready: Signal<bool>,
) -> impl IntoView {
    let place = NodeRef::<html::Section>::new();
    let near = watch(place);
    view! {
        <section node_ref=place id=format!("section-{}", figure.id) aria-label=figure.title>
            <Prose id=format!("{}-before", figure.id) />
            <Provider value=near>{draw(figure.id, Signal::derive(move || near.0.get() || ready.get()))}</Provider>
            <Prose id=format!("{}-after", figure.id) />
        </section>
    }
}

/// A figure by itself; any but the first waits until it is wanted.
pub fn draw(id: &'static str, wanted: Signal<bool>) -> AnyView {
    if id == FIGURES[0].id {
        view! { <Extrapolation /> }.into_any()
    } else {
        view! { <div class="later"><Later part=Part::Figure(id) wanted=wanted /></div> }.into_any()
    }
}

/// A section of text alone; its heading carries the same id.
#[component]
fn Text(
    /// Id of the heading and of the template in index.html.
    id: &'static str,
) -> impl IntoView {
    view! { <section aria-labelledby=id><Prose id=id /></section> }
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
