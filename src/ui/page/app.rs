//! The root of the page: contexts, notices, then the article's figures or one figure alone.

use leptos::prelude::*;

use crate::ui::figure::lazy::{Lazy, LazyPart};
use crate::ui::figures::by_id;
use crate::ui::page::article::attach;
use crate::ui::page::controls;
use crate::ui::page::embed::Embed;
use crate::ui::page::lazy::{Retry, later};
use crate::ui::page::location::{follow, follow_reader, follow_theme, read};
use crate::ui::page::words;
use crate::ui::runs::assets::Assets;
use crate::ui::runs::kept_answers::any;
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::state::{HIDE, LESSON, Settings};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let controls = controls();
    let parsed = read(&controls);
    let settings = Settings::new(controls, &parsed.values);
    let (site, client) = (Assets::default(), WorkerPool::default());
    provide_context(settings);
    provide_context(site);
    provide_context(client);
    provide_context(Retry::default());
    provide_context(Lazy(later));
    site.load();
    follow_theme(settings);

    let mut notices = parsed.notices;
    // The address decides; else the page that was made for one figure.
    let made_for = document().query_selector("meta[name='alibi-embed']").ok().flatten();
    let asked = parsed.embed.or_else(|| made_for.as_ref().and_then(|m| m.get_attribute("content")));
    let alone = asked.as_deref().and_then(by_id);
    if let (Some(asked), None) = (&asked, alone) {
        notices.push(words::no_figure(asked));
        // assets/head.js has hidden the article, for it only sees that one is asked for.
        if let Some(root) = document().document_element() {
            let _ = root.remove_attribute("class");
        }
    }
    follow_reader();
    follow(settings, alone.filter(|_| made_for.is_none()).map(|f| f.id.to_string()));
    let notices = RwSignal::new(notices);
    // A figure alone is the lesson's, whichever it names.
    let lesson = move || if alone.is_some() { Vec::new() } else { settings.get(&LESSON) };
    view! {
        <style>{move || hiding(&settings.get(&HIDE), &lesson())}</style>
        <Notices notices=notices />
        {later(LazyPart::Kept(client), any(client))}
        {match alone {
            Some(figure) => view! { <Embed figure=figure /> }.into_any(),
            None => {
                attach();
                ().into_any()
            }
        }}
    }
}

/// Rules that take controls away, by their test handles, in these figures or, where none is named, in all; four words stand
/// for groups of them.
fn hiding(names: &[String], figures: &[String]) -> String {
    // Names hold letters, digits and hyphens only.
    let figures: Vec<String> = figures.iter().map(|id| format!("[data-figure=\"{id}\"]")).collect();
    let whose = if figures.is_empty() { String::new() } else { format!(":is({})", figures.join(", ")) };
    let mut rules = String::new();
    for name in names {
        let rule = match name.as_str() {
            "controls" => ".controls, figure > .ticks".to_string(),
            "export" => ".export".to_string(),
            "table" => ".data".to_string(),
            // As those hear it, too, who cannot see it.
            "finding" => "[data-testid=\"finding\"], [data-testid=\"spoken\"]".to_string(),
            // The control itself, or the label around it.
            name => format!(
                "[data-testid=\"{name}\"], .control:has([data-testid=\"{name}\"]), .list:has([data-testid=\"{name}\"]), .tick:has([data-testid=\"{name}\"])"
            ),
        };
        rules += &format!("figure{whose} :is({rule}) {{ display: none; }}\n");
    }
    rules
}

/// Notices shown at once, at most.
const MOST_SAID: usize = 8;

/// What of the address was not as it should be, until the reader dismisses it.
#[component]
fn Notices(notices: RwSignal<Vec<String>>) -> impl IntoView {
    move || {
        let mut said: Vec<String> = Vec::new();
        for notice in notices.get() {
            if !said.contains(&notice) {
                said.push(notice);
            }
        }
        if said.len() > MOST_SAID {
            let more = said.split_off(MOST_SAID - 1).len();
            said.push(words::and_more(more));
        }
        (!said.is_empty()).then(|| {
            view! {
                <div class="notices" role="status" data-testid="notices">
                    <div>
                        <p>{words::ADDRESS}</p>
                        <ul>{said.into_iter().map(|n| view! { <li data-testid="address-notice">{n}</li> }).collect_view()}</ul>
                    </div>
                    <button type="button" data-testid="dismiss" on:click=move |_| notices.set(Vec::new())>{words::DISMISS}</button>
                </div>
            }
        })
    }
}
