//! The article stands in index.html, in reading order; this gives it what moves. Every figure is mounted into its place:
//! the first and those near the reader at once, the others when the reader has moved, one after the other, while the
//! browser is idle.

use std::time::Duration;

use leptos::context::Provider;
use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::ui::figure::lazy::LazyPart;
use crate::ui::figure::spec::FigureSpec;
use crate::ui::figures::FIGURES;
use crate::ui::figures::idea::{self, Idea};
use crate::ui::figures::opening::{self, Opening};
use crate::ui::page::lazy::Fetched;
use crate::ui::page::location::{go_to, still_here, visit};
use crate::ui::settings::state::{Settings, THEME, ThemeChoice, use_settings};
use crate::ui::widgets::setting::PickControl;
use crate::ui::widgets::soon::after;
use crate::ui::widgets::visibility::{Near, watch};

/// The figure that the page opens with.
const FIRST: &FigureSpec = &opening::SPEC;
/// Time after which what is far from the reader is drawn for one who has not moved.
const AT_REST: Duration = Duration::from_secs(10);
/// Time in which the pieces of a figure come.
const IN_PIECES: Duration = Duration::from_secs(3);
/// Time that a browser may put off what is far from the reader.
const IDLE_AT_MOST: Duration = Duration::from_millis(500);
/// The same where it does not know when that is.
const SOON: Duration = Duration::from_millis(50);

/// Mounts the figures, and what else moves, into the article that the document holds.
pub fn attach() {
    let settings = use_settings();
    follow_links(settings);
    // The browser went to the anchor of the address before the figures took their room.
    Effect::new(|| {
        let hash = window().location().hash().unwrap_or_default();
        go_to(hash.trim_start_matches('#'));
    });
    // Each step in a task of its own: in between, the browser answers to the reader.
    in_turn(move || {
        let moved = moved();
        let mut turns: Vec<Turn> = Vec::new();
        for figure in FIGURES {
            turns.extend(wait(figure.id, LazyPart::Figure(figure.id)));
        }
        turns.extend(wait("training", LazyPart::Training));
        turns.extend(wait("exercises", LazyPart::Exercises));
        give(turns, settings, moved);
        in_turn(|| {
            if let Some(place) = place("theme") {
                mount_to(place, || view! { <PickControl control=&THEME.control choices=ThemeChoice::CHOICES /> })
                    .forget();
            }
        });
    });
}

/// Does something in the browser's next task, with this place's contexts.
fn in_turn(act: impl FnOnce() + 'static) {
    let owner = Owner::current();
    set_timeout(
        move || match owner {
            Some(owner) => owner.with(act),
            None => act(),
        },
        Duration::ZERO,
    );
}

/// The place of that name.
fn place(name: &str) -> Option<HtmlElement> {
    let found = document().query_selector(&format!("[data-place='{name}']")).ok().flatten();
    found.and_then(|p| p.dyn_into().ok())
}

/// A part that waits for its turn to be drawn.
#[derive(Clone, Copy)]
struct Turn {
    near: Near,
    come: RwSignal<bool>,
    /// Whether it is drawn, or could not be had.
    over: RwSignal<bool>,
}

/// Mounts a part into its place when its turn has come.
fn wait(name: &str, part: LazyPart) -> Option<Turn> {
    let place = place(name)?;
    let (near, come, over) = (watch(&place), RwSignal::new(false), RwSignal::new(false));
    let room = place.clone();
    // A figure comes in pieces, and draws when the reader is near; the room that is kept for it (assets/style.css) is given up
    // when all of it is there.
    Effect::new(move || {
        if over.get() && near.0.get() {
            let room = room.clone();
            set_timeout(move || drop(room.set_attribute("data-drawn", "")), IN_PIECES);
        }
    });
    let first = part == LazyPart::Figure(FIRST.id);
    // What is mounted belongs to the page, not to what told that its time has come: that would take it away when it tells again.
    let owner = Owner::current()?;
    Effect::new(move |done: Option<bool>| {
        let now = come.get();
        if now && done != Some(true) {
            let figure = match part {
                LazyPart::Figure(id) => at_hand(id),
                _ => None,
            };
            let here = figure.is_some();
            let draw = move || match figure {
                // Its turn is over when it comes.
                Some(draw) => draw(),
                None => view! { <Fetched part=part wanted=Signal::stored(true) over=over /> }.into_any(),
            };
            let mount = || mount_to(place.clone(), move || view! { <Provider value=near>{draw()}</Provider> }).forget();
            owner.with(|| untrack(mount));
            if here {
                over.set(true);
            }
        }
        now
    });
    if first {
        set_timeout(move || come.set(true), Duration::ZERO);
    }
    Some(Turn { near, come, over })
}

/// Gives the parts their turns, one after the other: in between, the browser answers to the reader.
fn give(turns: Vec<Turn>, settings: Settings, ready: Signal<bool>) {
    Effect::new(move || {
        let waiting: Vec<&Turn> = turns.iter().filter(|t| !t.come.get()).collect();
        if settings.printing.get() {
            waiting.iter().for_each(|t| t.come.set(true));
            return;
        }
        // One that was given its turn is heard when it is over.
        if turns.iter().any(|t| t.come.get() && !t.over.get()) {
            return;
        }
        // All are heard as long as they wait: the reader may come near before the browser is idle.
        let near: Vec<&&Turn> = waiting.iter().filter(|t| t.near.0.get()).collect();
        match (near.first(), waiting.first()) {
            (Some(turn), _) => {
                let come = turn.come;
                set_timeout(move || come.set(true), Duration::ZERO);
            }
            (None, Some(turn)) if ready.get() => when_idle(turn.come),
            _ => {}
        }
    });
}

/// Becomes true when the reader first moves, or has read for a while: until then the processor is left to what is in sight.
fn moved() -> Signal<bool> {
    let moved = RwSignal::new(false);
    let heard = Closure::<dyn FnMut()>::new(move || {
        if !moved.get_untracked() {
            moved.set(true);
        }
    });
    for event in ["scroll", "pointermove", "pointerdown", "keydown"] {
        let _ = window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    }
    heard.forget();
    let over = after(AT_REST);
    Signal::derive(move || moved.get() || over.get())
}

/// Sets a signal when the browser has time to spare, or a little later: some do not know when that is (Safari), and some
/// tell nobody for a long time (a tab in the background).
fn when_idle(come: RwSignal<bool>) {
    let act = Closure::once_into_js(move || {
        let _ = come.try_set(true);
    });
    let asked = window().request_idle_callback(act.unchecked_ref());
    let at_most = if asked.is_ok() { IDLE_AT_MOST } else { SOON };
    set_timeout(
        move || {
            let _ = come.try_set(true);
        },
        at_most,
    );
}

/// Follows links within the article: to a place, or to a state of a figure, the settings that it names and its place.
fn follow_links(settings: Settings) {
    let follow = Closure::<dyn FnMut(web_sys::MouseEvent)>::new(move |event: web_sys::MouseEvent| {
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let link = target.and_then(|t| t.closest("a[href^='?'], a[href^='#']").ok().flatten());
        let Some(address) = link.and_then(|a| a.get_attribute("href")) else { return };
        if let Some(anchor) = address.strip_prefix('#') {
            // After the browser has gone there by itself.
            let (anchor, still) = (anchor.to_string(), still_here());
            set_timeout(
                move || {
                    if still() {
                        go_to(&anchor);
                    }
                },
                Duration::ZERO,
            );
        } else {
            event.prevent_default();
            visit(settings, &address);
        }
    });
    if let Some(article) = document().get_element_by_id("article") {
        let _ = article.add_event_listener_with_callback("click", follow.as_ref().unchecked_ref());
    }
    follow.forget();
}

/// How a figure is drawn that is in the page's first file: the one that it opens with and those that come soon after it, by
/// which the files come to weigh about the same.
fn at_hand(id: &str) -> Option<fn() -> AnyView> {
    match id {
        _ if id == FIRST.id => Some(|| view! { <Opening /> }.into_any()),
        _ if id == idea::SPEC.id => Some(|| view! { <Idea /> }.into_any()),
        _ => None,
    }
}

/// A figure by itself; any that is not at hand waits until it is wanted.
pub fn draw(id: &'static str, wanted: Signal<bool>) -> AnyView {
    match at_hand(id) {
        Some(draw) => draw(),
        None => view! { <Fetched part=LazyPart::Figure(id) wanted=wanted /> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::ui::figures::by_id;

    const INDEX: &str = include_str!("../../../index.html");
    const EXERCISES: &str = include_str!("texts/exercises.html");

    /// The files of the page's prose, from the root of the project.
    fn files() -> Vec<String> {
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui"))];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "html") {
                    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                    found.push(path.to_str().unwrap().to_string());
                }
            }
        }
        assert!(found.len() > 30, "{}", found.len());
        found
    }

    fn texts() -> Vec<String> {
        let read = |path: &String| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        files().iter().map(read).collect()
    }

    #[test]
    fn no_text_is_left_out() {
        for path in files() {
            assert_eq!(INDEX.matches(&format!("href=\"{path}\"")).count(), 1, "{path}");
        }
    }

    /// A link to a state of a figure names settings that exist, values that they can have, and a place that exists.
    #[test]
    fn links_to_states_of_figures_hold() {
        use crate::ui::settings::control::Control;
        use crate::ui::settings::query::{parse, write};
        use crate::ui::settings::state::{ASK, HIDE};
        /// What a lesson says of any figure.
        const LESSONS: [&Control; 2] = [&ASK.control, &HIDE.control];
        let controls = crate::ui::page::controls();
        let mut found = 0;
        for text in texts() {
            for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
            {
                let Some((query, anchor)) = link.split_once('#') else { continue };
                let place = anchor.trim_start_matches("section-");
                let figure = by_id(place).is_some();
                let within = EXERCISES.contains(&format!("id=\"{anchor}\""));
                assert!(figure || within || INDEX.contains(&format!("texts/{place}")), "{link}");
                if query.is_empty() {
                    continue;
                }
                found += 1;
                let parsed = parse(&controls, query);
                assert!(figure && parsed.notices.is_empty(), "{link}: {:?}", parsed.notices);
                let keys: Vec<&str> =
                    by_id(place).into_iter().flat_map(|figure| figure.reads()).chain(LESSONS).map(|c| c.key).collect();
                for (key, value) in query.trim_start_matches('?').split('&').filter_map(|p| p.split_once('=')) {
                    assert!(keys.contains(&key), "{link}: {key} means nothing to {place}");
                    // A value that is no default is written again as it was read.
                    let written = write(&controls, &parsed.values, None);
                    let default = !written.contains(&format!("{key}="));
                    assert!(
                        default || written.contains(&format!("{key}={value}")),
                        "{link}: {key}={value} became {written}"
                    );
                }
            }
        }
        assert!(found >= 20, "{found}");
    }
}
