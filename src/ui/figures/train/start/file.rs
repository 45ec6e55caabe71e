//! Files that the reader chooses.

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

/// A file's bytes; absent if it cannot be read.
pub(super) async fn bytes(file: &web_sys::File) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// The file chosen.
pub(super) fn first_file(event: &web_sys::Event) -> Option<web_sys::File> {
    let input: HtmlInputElement = event_target(event);
    input.files().and_then(|f| f.get(0))
}
