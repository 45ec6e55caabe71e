//! What to paste into another page to show a figure there, as it stands now, and what that looks like.

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::ui::figure::frame::Alone;
use crate::ui::figure::lazy::Opened;
use crate::ui::figure::spec::FigureSpec;
use crate::ui::figure::words::embed;
use crate::ui::format::table::escaped;
use crate::ui::page::words::{self, KINDS};
use crate::ui::runs::assets::base;
use crate::ui::settings::control::{Control, Values, put};
use crate::ui::settings::query::{decode, leaves_out, write};
use crate::ui::settings::state::{ASK, HIDE, LESSON, Settings, THEME, use_settings};
use crate::ui::settings::value::Value;
use crate::ui::widgets::choice::Segmented;
use crate::ui::widgets::words::{COPIED, COPY};

/// How long settings must stand before the preview follows them.
const PAUSE: Duration = Duration::from_millis(500);

/// What an embed of a figure carries: what the figure reads, the colours, what is hidden and what is asked.
fn carried(figure: &FigureSpec) -> Vec<&'static Control> {
    figure.reads().chain([&THEME.control, &HIDE.control, &ASK.control]).collect()
}

/// What is hidden and asked of a figure now: nothing, where the lesson is another figure's. Tracks them.
pub fn lesson_of(settings: Settings, figure: &FigureSpec, alone: bool) -> (Vec<String>, String) {
    let lesson = settings.get(&LESSON);
    match alone || lesson.is_empty() || lesson.iter().any(|id| id == figure.id) {
        true => (settings.get(&HIDE), settings.get(&ASK)),
        false => Default::default(),
    }
}

/// Values of everything that an embed carries. Tracks them.
fn carried_values(settings: Settings, figure: &FigureSpec, alone: bool) -> Values {
    let mut values = settings.values_of(&carried(figure));
    let (hidden, question) = lesson_of(settings, figure, alone);
    put(&mut values, &HIDE.control, hidden.write());
    put(&mut values, &ASK.control, question);
    values
}

/// Address of a figure alone, with these settings. The built site has a page for each, with a picture for readers without
/// JavaScript.
pub fn address(site: &str, figure: &FigureSpec, values: &Values, built: bool) -> String {
    let (id, controls) = (figure.id, carried(figure));
    if built {
        format!("{site}embed/{id}/{}", write(&controls, values, None))
    } else {
        format!("{site}{}", write(&controls, values, Some(id)))
    }
}

/// The text to paste.
pub fn snippet(kind: &str, site: &str, figure: &FigureSpec, address: &str) -> String {
    let FigureSpec { id, title, height, .. } = figure;
    if kind == "frame" {
        // Of the characters of an address only this one means something in HTML.
        let address = address.replace('&', "&amp;");
        return format!(
            "<iframe src=\"{address}\" title=\"{title}\" width=\"100%\" height=\"{height}\" style=\"border:0\" loading=\"lazy\" allow=\"clipboard-write\"></iframe>"
        );
    }
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let settings =
        query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| !matches!(*key, "v" | "embed"));
    // The script encodes values itself.
    let settings: String = settings.map(|(key, value)| format!(" {key}=\"{}\"", escaped(&decode(value)))).collect();
    format!(
        "<script async src=\"{site}embed.js\"></script>\n<alibi-figure figure=\"{id}\"{settings}><a href=\"{site}#{id}\">{title}</a></alibi-figure>"
    )
}

/// Whether this is the built site: only there has every figure a page of its own.
pub fn built() -> bool {
    document().get_element_by_id("file-names").is_some()
}

/// The text, a button that copies it, and the figure in a frame as it will appear.
#[component]
pub fn EmbedCode(
    /// The figure.
    figure: &'static FigureSpec,
    /// What else can be made of it.
    children: Children,
) -> impl IntoView {
    let FigureSpec { id, title, height, .. } = *figure;
    let settings = use_settings();
    let alone = use_context::<Alone>().is_some();
    let kind = RwSignal::new(KINDS[0].0);
    let values = Memo::new(move |_| carried_values(settings, figure, alone));
    let address = Memo::new(move |_| values.with(|values| address(&base(), figure, values, built())));
    let text = Memo::new(move |_| address.with(|a| snippet(kind.get(), &base(), figure, a)));
    let area = NodeRef::<html::Textarea>::new();
    let copied = RwSignal::new(false);
    Effect::new(move || {
        text.track();
        copied.set(false);
    });
    let copy = move |_| {
        if let Some(area) = area.get_untracked() {
            area.select();
        }
        crate::ui::widgets::export::copy(&text.get_untracked(), copied);
    };
    let preview = RwSignal::new(false);
    let opened = use_context::<Opened>().map_or(Signal::stored(true), |o| o.0);
    // A page is loaded anew when the settings have stood still, not at every step of a slider.
    let framed = RwSignal::new(None::<String>);
    let pending = StoredValue::new_local(None::<TimeoutHandle>);
    Effect::new(move || {
        let wanted = (preview.get() && opened.get()).then(|| address.get());
        if let Some(earlier) = pending.try_update_value(Option::take).flatten() {
            earlier.clear();
        }
        if wanted.is_none() || framed.with_untracked(Option::is_none) {
            framed.set(wanted);
        } else {
            // A new frame for every address: in the same one each would be a step of the browser's history.
            let load = move || {
                let _ = framed.try_set(None);
                set_timeout(move || drop(framed.try_set(wanted)), Duration::ZERO);
            };
            pending.set_value(set_timeout_with_handle(load, PAUSE).ok());
        }
    });
    let frame = move |src: String| {
        view! { <iframe src=src height=height title=words::as_embedded(title) data-testid="embed-preview"></iframe> }
    };
    let left_out = move || {
        values.with(|values| leaves_out(&carried(figure), values)).then(|| {
            view! { <p class="note" data-testid="embed-left-out">{words::TEXT_LEFT_OUT}</p> }
        })
    };
    view! {
        <div class="embed-code" role="group" aria-label=embed(title)>
            <p>{words::TO_PASTE}</p>
            <Segmented testid="embed-kind" group=format!("embed-kind-{id}") label=words::AS choices=KINDS value=kind choose=move |k: &'static str| kind.set(k) />
            <textarea node_ref=area readonly=true rows="4" aria-label=words::TEXT_TO_PASTE data-testid="embed-text" prop:value=text></textarea>
            <p>
                <button type="button" class="primary" data-testid="embed-copy" on:click=copy>{COPY}</button>
                " "
                <button
                    type="button"
                    data-testid="embed-show"
                    aria-pressed=move || preview.get().to_string()
                    on:click=move |_| preview.update(|p| *p = !*p)
                >
                    {words::PREVIEW}
                </button>
                " "
                <span role="status">{move || copied.get().then_some(COPIED)}</span>
            </p>
            {left_out}
            <div style:min-height=move || preview.get().then(|| format!("{height}px"))>{move || framed.get().map(frame)}</div>
            {children()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::figures::by_id;
    use crate::ui::page::controls;
    use crate::ui::settings::query::parse;
    use crate::ui::settings::state::Settings;

    #[test]
    fn an_embed_carries_what_its_figure_reads_and_nothing_else() {
        let controls = controls();
        let settings = Settings::new(
            controls.iter().copied(),
            &parse(&controls, "?heads=12&protocol=sliding&theme=dark&cost-longest=1024&order=sorted&hide=export")
                .values,
        );
        let at = |id: &str, built| {
            let figure = by_id(id).unwrap();
            address("https://a/", figure, &untrack(|| carried_values(settings, figure, false)), built)
        };
        let dark = "v=1&heads=12&order=sorted&theme=dark&hide=export";
        assert_eq!(at("slopes", true), format!("https://a/embed/slopes/?{dark}"));
        assert_eq!(
            at("slopes", false),
            format!("https://a/?v=1&embed=slopes&heads=12&order=sorted&theme=dark&hide=export")
        );
        assert_eq!(at("cost", true), "https://a/embed/cost/?v=1&cost-longest=1024&theme=dark&hide=export");
        assert_eq!(address("https://a/", by_id("slopes").unwrap(), &Values::new(), true), "https://a/embed/slopes/");
    }

    #[test]
    fn what_is_asked_of_one_figure_is_not_embedded_with_another() {
        let controls = controls();
        let values = parse(&controls, "?hide=table&ask=Why&lesson=slopes").values;
        let settings = Settings::new(controls.iter().copied(), &values);
        let at = |id: &str, alone| {
            let figure = by_id(id).unwrap();
            address("", figure, &untrack(|| carried_values(settings, figure, alone)), true)
        };
        assert_eq!(at("slopes", false), "embed/slopes/?v=1&hide=table&ask=Why");
        assert_eq!(at("reach", false), "embed/reach/");
        assert_eq!(at("reach", true), "embed/reach/?v=1&hide=table&ask=Why");
    }

    #[test]
    fn both_ways_to_embed_say_the_same() {
        let address = "https://a/embed/slopes/?v=1&heads=12&theme=dark";
        let slopes = FigureSpec { id: "slopes", title: "T", height: 720, ..FigureSpec::BLANK };
        assert_eq!(
            snippet("frame", "https://a/", &slopes, address),
            "<iframe src=\"https://a/embed/slopes/?v=1&amp;heads=12&amp;theme=dark\" title=\"T\" width=\"100%\" height=\"720\" style=\"border:0\" loading=\"lazy\" allow=\"clipboard-write\"></iframe>"
        );
        assert_eq!(
            snippet("script", "https://a/", &slopes, address),
            "<script async src=\"https://a/embed.js\"></script>\n<alibi-figure figure=\"slopes\" heads=\"12\" theme=\"dark\"><a href=\"https://a/#slopes\">T</a></alibi-figure>"
        );
    }

    #[test]
    fn an_element_carries_values_as_they_are() {
        let text = snippet(
            "script",
            "https://a/",
            by_id("generate").unwrap(),
            "https://a/embed/generate/?v=1&generate-prompt=A+%22b%22%26c",
        );
        assert!(
            text.contains("<alibi-figure figure=\"generate\" generate-prompt=\"A &quot;b&quot;&amp;c\"><a "),
            "{text}"
        );
    }
}
