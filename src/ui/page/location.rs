//! The browser's side of the address: reads it at the start, keeps it up to date, and tells a parent frame the height.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use crate::ui::figures::by_id;
use crate::ui::page::names::drop_unknown;
use crate::ui::settings::control::{Control, Kind, Values, put};
use crate::ui::settings::kept::{keep, kept};
use crate::ui::settings::query::{Parsed, left_out, parse, parse_onto, write};
use crate::ui::settings::state::{ASK, HIDE, LESSON, Settings, THEME, ThemeChoice};

/// Pause after the last change before the address is rewritten: browsers limit how often that may be done.
const PAUSE: Duration = Duration::from_millis(300);
/// How often a place is looked at that the page has gone to, and how many times.
const STEP: Duration = Duration::from_millis(100);
const STEPS: u32 = 40;
/// All of that, ms.
const JOURNEY_TIME: f64 = 4_000.0;

/// Under what the address is kept that texts were left out of.
const ADDRESS: &str = "address";

/// What the address says now, and the texts that were too long for it, if it is the one that they were left out of.
pub fn read(controls: &[&'static Control]) -> Parsed {
    let search = window().location().search().unwrap_or_default();
    let mut parsed = parse(controls, &search);
    if kept(ADDRESS).is_some_and(|address| address == search) {
        for control in controls.iter().filter(|c| matches!(c.kind, Kind::Text { .. })) {
            if let Some(text) = kept(control.key) {
                put(&mut parsed.values, control, control.check(&text).value);
            }
        }
    }
    parsed.notices.extend(drop_unknown(&mut parsed.values));
    begin_lesson(&mut parsed.values, &search, &window().location().hash().unwrap_or_default());
    parsed
}

/// An address that asks something asks it of the figure at its anchor. What an earlier one has hidden comes back.
fn begin_lesson(values: &mut Values, query: &str, anchor: &str) {
    let names = |control: &Control| {
        query.trim_start_matches('?').split('&').any(|pair| pair.split('=').next() == Some(control.key))
    };
    let id = anchor.trim_start_matches('#').trim_start_matches("section-");
    let Some(figure) = by_id(id).filter(|_| names(&ASK.control)) else { return };
    if !names(&LESSON.control) {
        put(values, &LESSON.control, figure.id.into());
    }
    if !names(&HIDE.control) {
        put(values, &HIDE.control, String::new());
    }
}

/// Keeps the texts that are too long for the address.
fn keep_texts(settings: Settings, search: &str) {
    let (controls, values) = (settings.controls(), untrack(|| settings.values()));
    let long = left_out(&controls, &values);
    let is_text = |c: &&&'static Control| matches!(c.kind, Kind::Text { .. });
    for control in controls.iter().filter(is_text) {
        let text = long.iter().find(|(key, _)| key == control.key);
        keep(control.key, text.map_or("", |(_, text)| text));
    }
    keep(ADDRESS, if long.is_empty() { "" } else { search });
}

/// Rewrites the address after each change of a setting. A sandboxed frame may forbid it; nothing depends on it.
pub fn follow(settings: Settings, embed: Option<String>) {
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    let embed = StoredValue::new(embed);
    let query = move || embed.with_value(|embed| write(&settings.controls(), &settings.values(), embed.as_deref()));
    let rewrite = move || {
        let location = window().location();
        let (path, hash) = (location.pathname().unwrap_or_default(), location.hash().unwrap_or_default());
        if let Ok(history) = window().history() {
            let search = untrack(query);
            keep_texts(settings, &search);
            let address = format!("{path}{search}{hash}");
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
    };
    Effect::new(move |first: Option<()>| {
        // Read here so that every setting is heard.
        query();
        if first.is_none() {
            return;
        }
        if let Some(earlier) = pending.try_update_value(Option::take).flatten() {
            earlier.clear();
        }
        pending.set_value(set_timeout_with_handle(rewrite, PAUSE).ok());
    });
    // Going back leads to an earlier place in the page, not to earlier settings: the address must not say otherwise.
    let back = Closure::<dyn FnMut()>::new(rewrite);
    let _ = window().add_event_listener_with_callback("popstate", back.as_ref().unchecked_ref());
    back.forget();
}

/// Follows a link within the page that opens a figure in some state: takes the settings that it names, leaves the
/// others, and goes to its anchor.
pub fn visit(settings: Settings, link: &str) {
    let (query, anchor) = link.split_once('#').unwrap_or((link, ""));
    let mut values = parse_onto(&settings.controls(), untrack(|| settings.values()), query).values;
    begin_lesson(&mut values, query, anchor);
    settings.adopt(&values);
    let _ = window().location().set_hash(anchor);
    // Setting the same anchor again would not scroll.
    go_to(anchor);
}

thread_local! {
    /// Journeys begun and ended so far: another number means that the reader is elsewhere.
    static JOURNEY: Cell<u32> = const { Cell::new(0) };
}

/// Ends a journey as soon as the reader moves.
pub fn follow_reader() {
    for event in ["wheel", "touchstart", "pointerdown", "keydown"] {
        let moved = Closure::<dyn FnMut()>::new(|| JOURNEY.set(JOURNEY.get().wrapping_add(1)));
        let _ = window().add_event_listener_with_callback(event, moved.as_ref().unchecked_ref());
        moved.forget();
    }
}

/// Whether the reader has not moved since this was called.
pub fn still_here() -> impl Fn() -> bool {
    let number = JOURNEY.get();
    move || JOURNEY.get() == number
}

/// Goes to what has that id, or to the section of a figure of that id that is yet to come, and stays there while
/// figures above are still taking their room.
pub fn go_to(anchor: &str) {
    let journey = Journey { number: JOURNEY.get().wrapping_add(1), anchor: anchor.into(), stood: Rc::default() };
    JOURNEY.set(journey.number);
    if journey.arrive() {
        journey.clone().hold();
        journey.look(STEPS);
    }
}

/// A way to a place that may still move.
#[derive(Clone)]
struct Journey {
    number: u32,
    anchor: String,
    /// Where the place stood, CSS pixels below the top of the window.
    stood: Rc<Cell<Option<f64>>>,
}

impl Journey {
    /// Whether the reader has not gone elsewhere.
    fn goes_on(&self) -> bool {
        JOURNEY.get() == self.number
    }

    /// Scrolls to the place, unless it still stands where it stood; whether there is one.
    fn arrive(&self) -> bool {
        // Looked for each time: a figure takes the place of its picture, which has the same id.
        let section = || document().get_element_by_id(&format!("section-{}", self.anchor));
        let Some(place) = document().get_element_by_id(&self.anchor).or_else(section) else { return false };
        let top = || place.get_bounding_client_rect().top();
        // What has not moved is left alone: a place at the page's end may never come to the top.
        if self.stood.get().is_none_or(|stood| (top() - stood).abs() > 2.0) {
            place.scroll_into_view();
            self.stood.set(Some(top()));
        }
        true
    }

    /// Looks again later, several times.
    fn look(self, steps: u32) {
        let again = move || {
            if self.goes_on() && steps > 0 && self.arrive() {
                self.look(steps - 1);
            }
        };
        set_timeout(again, STEP);
    }

    /// Keeps to the place while the page changes its height, before that is painted: the reader sees no jump.
    fn hold(self) {
        let Some(body) = document().body() else { return };
        let began = window().performance().map_or(0.0, |p| p.now());
        let heard =
            Closure::<dyn FnMut(JsValue, web_sys::ResizeObserver)>::new(move |_, observer: web_sys::ResizeObserver| {
                let over = window().performance().map_or(0.0, |p| p.now()) - began > JOURNEY_TIME;
                if over || !self.goes_on() || !self.arrive() {
                    observer.disconnect();
                }
            });
        if let Ok(observer) = web_sys::ResizeObserver::new(heard.as_ref().unchecked_ref()) {
            observer.observe(&body);
            heard.forget();
        }
    }
}

/// Sets `data-theme` on the page to the colours in use, and follows the system's preference.
pub fn follow_theme(settings: Settings) {
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        settings.system_dark.set(query.matches());
        let changed = Closure::<dyn FnMut(web_sys::Event)>::new({
            let query = query.clone();
            move |_| settings.system_dark.set(query.matches())
        });
        // Refused by browsers older than the method; the preference at the start still holds.
        let _ = query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        changed.forget();
    }
    // Paper is white, and what is off screen is printed too.
    for (event, printing) in [("beforeprint", true), ("afterprint", false)] {
        let heard = Closure::<dyn FnMut()>::new(move || settings.printing.set(printing));
        let _ = window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
        heard.forget();
    }
    Effect::new(move || {
        let theme = match settings.get(&THEME) {
            _ if settings.printing.get() => Some("light"),
            ThemeChoice::Auto => None,
            ThemeChoice::Light => Some("light"),
            ThemeChoice::Dark => Some("dark"),
        };
        if let Some(root) = document().document_element() {
            let _ = match theme {
                Some(name) => root.set_attribute("data-theme", name),
                None => root.remove_attribute("data-theme"),
            };
        }
    });
}

/// Posts `{type: "alibi:height", v: 1, id, height}` to the parent frame whenever the page's content changes its height.
pub fn report_height(id: &'static str) {
    let Ok(Some(parent)) = window().parent() else { return };
    let (Some(body), Some(measured)) = (document().body(), document().document_element()) else { return };
    let report = Closure::<dyn FnMut()>::new(move || {
        // A frame that shrank before its figure came would make its host jump twice.
        if document().query_selector("figure[data-figure]").ok().flatten().is_none() {
            return;
        }
        // The root's height, not the body's: margins at the top of the content stick out of the body.
        let height = measured.get_bounding_client_rect().height().ceil();
        let message = js_sys::Object::new();
        let fields: [(&str, JsValue); 4] =
            [("type", "alibi:height".into()), ("v", 1.into()), ("id", id.into()), ("height", height.into())];
        for (key, value) in fields {
            // A plain object takes any property.
            let _ = js_sys::Reflect::set(&message, &key.into(), &value);
        }
        // The height of a figure is no secret, and the host's origin is not known here.
        let _ = parent.post_message(&message, "*");
    });
    if let Ok(observer) = web_sys::ResizeObserver::new(report.as_ref().unchecked_ref()) {
        observer.observe(&body);
        report.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::controls;

    #[test]
    fn a_question_belongs_to_the_figure_at_the_anchor() {
        let visited = |before: &str, query: &str, anchor: &str| {
            let before = parse(&controls(), before).values;
            let mut values = parse_onto(&controls(), before, query).values;
            begin_lesson(&mut values, query, anchor);
            write(&controls(), &values, None)
        };
        assert_eq!(visited("", "?ask=Why", "#slopes"), "?v=1&ask=Why&lesson=slopes");
        assert_eq!(visited("", "?ask=Why", "#section-slopes"), "?v=1&ask=Why&lesson=slopes");
        // Another question is another lesson; a link that asks nothing leaves it as it is.
        let first = "?ask=Why&lesson=slopes&hide=table";
        assert_eq!(visited(first, "?ask=How&heads=4", "#bias"), "?v=1&ask=How&heads=4&lesson=bias");
        assert_eq!(visited(first, "?ask=How&hide=head", "#bias"), "?v=1&ask=How&hide=head&lesson=bias");
        assert_eq!(visited(first, "?heads=4", "#bias"), "?v=1&ask=Why&lesson=slopes&hide=table&heads=4");
        // What is named stands, and what is at no figure is nobody's.
        assert_eq!(visited("", "?ask=Why&lesson=reach", "#slopes"), "?v=1&ask=Why&lesson=reach");
        assert_eq!(visited("", "?ask=Why", "#questions"), "?v=1&ask=Why");
    }
}
