//! The trainer's WASM file: trains one model for the page. See `alibi::trainer`.

#[cfg(target_family = "wasm")]
use alibi::trainer::{Port, serve};
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
    // Elsewhere than in a worker it waits for [`serve_page`]: a test's port.
    if js_sys::Reflect::has(&global, &"WorkerGlobalScope".into()).unwrap_or_default() {
        serve(global.unchecked_into());
    }
}

/// Serves what is at the other end of `port`, which has `addEventListener` and `postMessage`.
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
