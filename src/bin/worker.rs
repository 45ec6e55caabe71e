//! The worker's WASM file: answers the page's requests. See `alibi::worker`.

#[cfg(target_family = "wasm")]
use alibi::worker::{Port, serve};
#[cfg(target_family = "wasm")]
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

#[cfg(target_family = "wasm")]
fn main() {
    let global = js_sys::global();
    // Said to the reader by who started this: what follows is a trap that says nothing.
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let _ = js_sys::Reflect::set(&js_sys::global(), &"alibiPanic".into(), &panic.to_string().into());
    }));
    // In a page, which has a document, it waits for [`serve_page`].
    if !js_sys::Reflect::has(&global, &"document".into()).unwrap_or_default() {
        serve(global.unchecked_into());
    }
}

/// Serves a page in which no worker can start; `port` has `addEventListener` and `postMessage`.
#[cfg(target_family = "wasm")]
#[wasm_bindgen(js_name = servePage)]
pub fn serve_page(port: Port) {
    serve(port);
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    eprintln!("this program runs in a browser; build the page with `make serve`");
    std::process::exit(1);
}
