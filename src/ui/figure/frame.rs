//! The frame around every figure: its anchor, its test handle, its title.

use std::time::Duration;

use leptos::context::Provider;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::ui::figure::lazy::{LazyPart, LazyView, Opened};
use crate::ui::figure::spec::FigureSpec;
use crate::ui::figure::words;
use crate::ui::settings::state::{ASK, HIDE, LESSON, use_settings};

/// How long a finding stands before it is spoken.
const PAUSE: Duration = Duration::from_millis(1_200);

/// `<figure data-figure=id id=id>` with a title above and whatever belongs to the figure inside.
///
/// `state` is `idle|loading|running|done|failed` on figures that compute; `finding` is the one sentence that says
/// what the data show, and follows them.
#[component]
pub fn Frame(
    /// Which figure: its id is anchor, embed value and test handle at once.
    spec: &'static FigureSpec,
    /// What the figure is doing, on figures that compute.
    #[prop(optional, into)]
    state: Option<Signal<&'static str>>,
    /// The finding, in one sentence.
    #[prop(optional, into)]
    finding: Option<Signal<String>>,
    /// Whether the page's own heading is the one before its title, as above the figure that the page opens with.
    #[prop(optional)]
    first: bool,
    /// Controls, plot, table.
    children: Children,
) -> impl IntoView {
    let FigureSpec { id, title, .. } = *spec;
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    let asked = RwSignal::new(false);
    let open = RwSignal::new(false);
    Effect::new(move || take_place(id));
    let press = move |_| {
        asked.set(true);
        open.update(|o| *o = !*o);
    };
    view! {
        <figure id=id data-figure=id data-state=move || state.map(|s| s.get()) aria-labelledby=labelled_by>
            <Asked id=id />
            <header class="figure-head">
                {match first {
                    true => view! { <h2 id=heading>{title}</h2> }.into_any(),
                    false => view! { <h4 id=heading>{title}</h4> }.into_any(),
                }}
                <button
                    type="button"
                    class="quiet"
                    data-testid="embed"
                    aria-label=words::embed(title)
                    aria-expanded=move || open.get().to_string()
                    on:click=press
                >
                    {words::EMBED}
                </button>
            </header>
            <div hidden=move || !open.get()>
                <Provider value=Opened(open.into())>
                    <LazyView part=LazyPart::EmbedCode(id) wanted=asked />
                </Provider>
            </div>
            {finding.map(|f| view! { <Finding text=f /> })}
            {children()}
        </figure>
    }
}

/// That a figure stands by itself: a context. What a teacher asks and hides concerns it alone, then.
#[derive(Clone, Copy)]
pub struct Alone;

/// The finding as a drawing says it to those who listen: nothing where a teacher has hidden it in that figure.
pub fn told(id: &'static str, finding: Signal<String>) -> Signal<String> {
    let settings = use_settings();
    let alone = use_context::<Alone>().is_some();
    Signal::derive(move || {
        let lesson = settings.get(&LESSON);
        let concerned = alone || lesson.is_empty() || lesson.iter().any(|figure| figure == id);
        match concerned && settings.get(&HIDE).iter().any(|name| name == "finding") {
            true => String::new(),
            false => finding.get(),
        }
    })
}

/// The question that a teacher put above a figure. From an address that anyone can write: always text, never HTML.
#[component]
fn Asked(id: &'static str) -> impl IntoView {
    let settings = use_settings();
    let alone = use_context::<Alone>().is_some();
    let question = Memo::new(move |_| match alone || settings.get(&LESSON).iter().any(|figure| figure == id) {
        true => settings.get(&ASK),
        false => String::new(),
    });
    move || {
        let text = question.get();
        (!text.trim().is_empty()).then(|| {
            view! {
                <div class="asked" role="note" aria-label=words::QUESTION data-testid="asked">
                    <p class="kicker">{words::QUESTION}</p>
                    // In the direction of its own script.
                    <p dir="auto" data-testid="question">{text}</p>
                </div>
            }
        })
    }
}

/// Takes away the picture that stood in the figure's place.
fn take_place(id: &str) {
    if let Ok(Some(still)) = document().query_selector(&format!("figure.still#{id}")) {
        still.remove();
    }
}

/// The sentence, spoken when it has stood for a moment: a slider or a run changes it many times a second.
#[component]
pub fn Finding(
    /// What it says.
    text: Signal<String>,
) -> impl IntoView {
    let spoken = RwSignal::new(String::new());
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    Effect::new(move |first: Option<()>| {
        let now = text.get();
        if let Some(earlier) = pending.try_update_value(Option::take).flatten() {
            earlier.clear();
        }
        // What stands there from the start is read where it stands.
        if first.is_some() {
            // What no longer holds is not left to be found.
            spoken.set(String::new());
            let say = move || {
                let _ = spoken.try_set(now);
            };
            pending.set_value(set_timeout_with_handle(say, PAUSE).ok());
        }
    });
    view! {
        <p class="finding" data-testid="finding">{move || text.get()}</p>
        <p class="visually-hidden" role="status" data-testid="spoken">{spoken}</p>
    }
}
