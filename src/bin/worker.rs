//! The worker's WASM file: answers the page's requests. See `alibi::worker`.

#[cfg(target_family = "wasm")]
fn main() {
    // A failure here is an error event at the page, which shows it.
    if let Err(error) = alibi::worker::start() {
        wasm_bindgen::throw_val(error);
    }
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    eprintln!("this program runs in a browser; build the page with `make serve`");
    std::process::exit(1);
}
