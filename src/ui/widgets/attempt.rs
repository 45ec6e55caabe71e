//! A boundary around what may break. The page is compiled to abort where it panics: the trap leaves everything that it passes
//! as it stands, locks included, until JavaScript catches it. So what is called by way of JavaScript breaks alone: whoever called
//! goes on, and gives back the locks that it holds.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Calls; what was said if that broke, else nothing (assets/start.js).
    #[wasm_bindgen(js_name = alibiAttempt)]
    fn call(what: &mut dyn FnMut()) -> Option<String>;
}

/// Does something that may panic; it must itself hold no lock that others need.
///
/// # Errors
/// If it does, with what was said.
pub fn attempt(what: &mut dyn FnMut()) -> Result<(), String> {
    call(&mut || what()).map_or(Ok(()), Err)
}
