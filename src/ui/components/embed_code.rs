//! What to paste into another page to show a figure there, as it stands now, and what that looks like.

use leptos::html;
use leptos::prelude::*;

use super::choice::Segmented;
use crate::ui::lab::escaped;
use crate::ui::registry::{by_id, keys};
use crate::ui::site::base;
use crate::ui::state::{State, use_settings};
use crate::ui::url::{decode, write_some};

/// Height of a frame before its page has said how high it is, CSS pixels.
const HEIGHT: usize = 720;
const KINDS: &[(&str, &str)] = &[("frame", "Plain frame"), ("script", "Frame that fits its height")];

/// Address of a figure alone, with those of the settings that it reads. The built site has a page for each, with a
/// picture for readers without JavaScript.
pub fn address(site: &str, id: &str, state: &State, built: bool) -> String {
    let keys = keys(id);
    let wanted = |key: &str| key == "theme" || key == "hide" || keys.contains(&key);
    if built {
        format!("{site}embed/{id}/{}", write_some(state, None, &wanted))
    } else {
        format!("{site}{}", write_some(state, Some(id), &wanted))
    }
}

/// The text to paste.
pub fn snippet(kind: &str, site: &str, id: &str, title: &str, address: &str) -> String {
    if kind == "frame" {
        // Of the characters of an address only this one means something in HTML.
        let address = address.replace('&', "&amp;");
        return format!(
            "<iframe src=\"{address}\" title=\"{title}\" width=\"100%\" height=\"{HEIGHT}\" style=\"border:0\" loading=\"lazy\"></iframe>"
        );
    }
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let settings =
        query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| !matches!(*key, "v" | "embed"));
    // The script encodes values itself.
    let settings: String = settings.map(|(key, value)| format!(" {key}=\"{}\"", escaped(&decode(value)))).collect();
    format!(
        "<script type=\"module\" src=\"{site}embed.js\"></script>\n<alibi-figure figure=\"{id}\"{settings}></alibi-figure>"
    )
}

/// Whether this is the built site: only there has every figure a page of its own.
fn built() -> bool {
    document().get_element_by_id("file-names").is_some()
}

/// The text, a button that copies it, and the figure in a frame as it will appear.
#[component]
pub fn EmbedCode(
    /// The figure.
    id: &'static str,
) -> impl IntoView {
    let settings = use_settings();
    let kind = RwSignal::new(KINDS[0].0);
    let title = by_id(id).map_or("", |f| f.title);
    let address = Memo::new(move |_| address(&base(), id, &settings.snapshot(), built()));
    let text = Memo::new(move |_| address.with(|a| snippet(kind.get(), &base(), id, title, a)));
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
        super::export::copy(&text.get_untracked(), copied);
    };
    let preview = RwSignal::new(false);
    let frame = move || {
        preview.get().then(|| view! { <iframe src=move || address.get() title=format!("{title}, as embedded") data-testid="embed-preview"></iframe> })
    };
    view! {
        <div class="embed-code" role="group" aria-label=format!("Embed: {title}")>
            <p>"The figure with its present settings, for another page:"</p>
            <Segmented testid="embed-kind" label="As" choices=KINDS value=kind choose=move |k: &'static str| kind.set(k) />
            <textarea node_ref=area readonly=true rows="4" aria-label="Text to paste" data-testid="embed-text" prop:value=text></textarea>
            <p>
                <button type="button" class="primary" data-testid="embed-copy" on:click=copy>"Copy"</button>
                " "
                <button
                    type="button"
                    data-testid="embed-show"
                    aria-pressed=move || preview.get().to_string()
                    on:click=move |_| preview.update(|p| *p = !*p)
                >
                    "Preview"
                </button>
                " "
                <span role="status">{move || copied.get().then_some("Copied.")}</span>
            </p>
            {frame}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::url::parse;

    #[test]
    fn an_embed_carries_what_its_figure_reads_and_nothing_else() {
        let state = parse("?heads=12&protocol=sliding&theme=dark&cost-longest=1024&order=sorted&hide=export").state;
        let dark = "v=1&heads=12&order=sorted&theme=dark&hide=export";
        assert_eq!(address("https://a/", "slopes", &state, true), format!("https://a/embed/slopes/?{dark}"));
        assert_eq!(
            address("https://a/", "slopes", &state, false),
            format!("https://a/?v=1&embed=slopes&heads=12&order=sorted&theme=dark&hide=export")
        );
        assert_eq!(
            address("https://a/", "cost", &state, true),
            "https://a/embed/cost/?v=1&theme=dark&hide=export&cost-longest=1024"
        );
        assert_eq!(address("https://a/", "slopes", &State::default(), true), "https://a/embed/slopes/");
    }

    #[test]
    fn both_ways_to_embed_say_the_same() {
        let address = "https://a/embed/slopes/?v=1&heads=12&theme=dark";
        assert_eq!(
            snippet("frame", "https://a/", "slopes", "T", address),
            "<iframe src=\"https://a/embed/slopes/?v=1&amp;heads=12&amp;theme=dark\" title=\"T\" width=\"100%\" height=\"720\" style=\"border:0\" loading=\"lazy\"></iframe>"
        );
        assert_eq!(
            snippet("script", "https://a/", "slopes", "T", address),
            "<script type=\"module\" src=\"https://a/embed.js\"></script>\n<alibi-figure figure=\"slopes\" heads=\"12\" theme=\"dark\"></alibi-figure>"
        );
    }

    #[test]
    fn an_element_carries_values_as_they_are() {
        let text = snippet(
            "script",
            "https://a/",
            "generate",
            "T",
            "https://a/embed/generate/?v=1&generate-prompt=A+%22b%22%26c",
        );
        assert!(
            text.ends_with(
                "<alibi-figure figure=\"generate\" generate-prompt=\"A &quot;b&quot;&amp;c\"></alibi-figure>"
            ),
            "{text}"
        );
    }
}
