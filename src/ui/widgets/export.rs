//! Buttons that hand the reader a figure's data and drawing.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::ui::widgets::words;

/// CSV and SVG of a figure. `stem` is the file name without its ending; `svg` is absent where there is no drawing.
///
/// In a sandboxed frame, where downloads are refused without a word, the text is offered for copying instead.
#[component]
pub fn Export(
    /// File name without its ending.
    stem: Signal<String>,
    /// The whole data, read on a click.
    csv: Signal<String>,
    /// The drawing, read on a click.
    svg: Signal<Option<String>>,
    /// Whether the figure ever has a drawing.
    #[prop(default = true)]
    drawn: bool,
) -> impl IntoView {
    let copyable = RwSignal::new(None::<(String, String)>);
    let hand_over = move |ending: &str, kind: &str, text: String| {
        let name = format!("{}.{ending}", stem.get_untracked());
        if sandboxed() || save(&name, kind, &JsValue::from_str(&text)).is_err() {
            copyable.set(Some((name, text)));
        }
    };
    // The drawing is made when it is asked for: a heatmap's costs more than a slider step may take.
    let nothing_drawn = RwSignal::new(false);
    view! {
        <div class="export">
            <button type="button" data-testid="export-csv" on:click=move |_| hand_over("csv", "text/csv", csv.get_untracked())>
                {words::CSV}
            </button>
            {drawn.then(|| view! {
                <button
                    type="button"
                    data-testid="export-svg"
                    on:click=move |_| {
                        let drawing = svg.get_untracked();
                        nothing_drawn.set(drawing.is_none());
                        if let Some(svg) = drawing {
                            hand_over("svg", "image/svg+xml", svg);
                        }
                    }
                >
                    {words::SVG}
                </button>
            })}
            <span role="status">{move || nothing_drawn.get().then_some(words::NOTHING_TO_DRAW)}</span>
            {move || copyable.get().map(|(name, text)| view! { <Copyable name text on_close=move || copyable.set(None) /> })}
        </div>
    }
}

/// A text to copy by hand or by a button.
#[component]
fn Copyable(
    /// Name of the file that could not be saved.
    name: String,
    /// Its content.
    text: String,
    /// Called when the reader is done.
    on_close: impl Fn() + 'static,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    area.on_load(|area| {
        _ = area.focus();
        area.select();
    });
    let content = text.clone();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        if let Some(area) = area.get_untracked() {
            area.select();
        }
        copy(&content, copied);
    };
    let label = words::content_of(&name);
    let title = words::may_not_save(&name);
    view! {
        <div class="copyable" role="group" aria-label=label>
            <p>{title}</p>
            <textarea node_ref=area readonly=true rows="8" aria-label=name data-testid="export-text" prop:value=text></textarea>
            <button type="button" on:click=copy>
                {words::COPY}
            </button>
            <button type="button" on:click=move |_| on_close()>
                {words::CLOSE}
            </button>
            <span role="status">{move || copied.get().then_some(words::COPIED)}</span>
        </div>
    }
}

/// Puts a text on the clipboard and says whether that was allowed. There is none on plain http, and some frames refuse
/// it: then the selected text waits for the reader's own copying.
pub fn copy(text: &str, copied: RwSignal<bool>) {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    if let Ok(clipboard) = clipboard.dyn_into::<web_sys::Clipboard>() {
        let written = wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text));
        leptos::task::spawn_local(async move {
            copied.set(written.await.is_ok());
        });
    }
}

/// Whether this page has an opaque origin, as in a frame with `sandbox="allow-scripts"`.
fn sandboxed() -> bool {
    js_sys::Reflect::get(&window(), &"origin".into()).is_ok_and(|origin| origin.as_string().as_deref() == Some("null"))
}

/// Saves a text, or the bytes of an array, as a file.
///
/// # Errors
/// Where the browser has no blobs or forbids them.
pub fn save(name: &str, kind: &str, content: &JsValue) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(content), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The click has started the download; the browser keeps the blob alive for it.
    Url::revoke_object_url(&url)
}
