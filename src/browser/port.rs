//! Where requests come from and answers go.

use std::rc::Rc;

use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

#[wasm_bindgen]
extern "C" {
    /// Where requests come from and answers go: a worker's own scope, or what stands for it in a page.
    pub type Port;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add_event_listener(this: &Port, kind: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post_message(this: &Port, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn hand_over(this: &Port, message: &JsValue, buffers: &Array) -> Result<(), JsValue>;
}

/// The page, as a worker sees it.
#[derive(Clone)]
pub struct Page(Rc<Port>);

impl Page {
    /// At the other end of that port.
    pub fn at(port: Port) -> Self {
        Self(Rc::new(port))
    }

    /// Calls `listener` with every message that comes from there, for as long as the worker lives.
    pub fn listen(&self, listener: impl Fn(MessageEvent) + 'static) {
        let listener = Closure::<dyn Fn(MessageEvent)>::new(listener);
        self.0.add_event_listener("message", listener.as_ref());
        listener.forget();
    }

    /// Posts a message to the page.
    pub fn post(&self, message: &impl Serialize) {
        // A message is plain data; neither call can fail, and there would be nobody to tell.
        if let Ok(value) = serde_wasm_bindgen::to_value(message) {
            let _ = self.0.post_message(&value);
        }
    }

    /// Posts a message whose field `bytes` is handed over, not copied.
    pub fn post_bytes(&self, message: &impl Serialize) {
        let Ok(value) = serde_wasm_bindgen::to_value(message) else { return };
        let bytes = Reflect::get(&value, &"bytes".into()).ok().and_then(|b| b.dyn_into::<Uint8Array>().ok());
        let buffers = bytes.map(|bytes| Array::of1(&bytes.buffer())).unwrap_or_default();
        let _ = self.0.hand_over(&value, &buffers);
    }
}
