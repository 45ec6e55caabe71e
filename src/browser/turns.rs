//! Turns of the event loop, so that a message is heard while work goes on.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Longest stretch of work without a turn, ms: in a worker, and in a page, which has to be drawn meanwhile.
const SLICE: f64 = 40.0;
const SLICE_IN_PAGE: f64 = 8.0;

#[wasm_bindgen]
extern "C" {
    type MessageChannel;
    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;
    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> MessagePort;
    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> MessagePort;

    type MessagePort;
    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &MessagePort, value: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &MessagePort, listener: &Function);

    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Milliseconds on a clock that never goes back.
pub fn milliseconds() -> f64 {
    now()
}

/// When a turn is due.
pub struct Turns {
    channel: MessageChannel,
    slice: f64,
    last: f64,
}

impl Default for Turns {
    fn default() -> Self {
        let in_page = Reflect::has(&js_sys::global(), &"document".into()).unwrap_or_default();
        Self { channel: MessageChannel::new(), slice: if in_page { SLICE_IN_PAGE } else { SLICE }, last: now() }
    }
}

impl Turns {
    /// Gives the event loop a turn if it is due.
    pub async fn take(&mut self) {
        if now() - self.last <= self.slice {
            return;
        }
        // A message to oneself comes back after those already waiting; a timer would add 4 ms each time.
        let (ours, other) = (self.channel.port1(), self.channel.port2());
        let promise = Promise::new(&mut |resolve, _| ours.set_onmessage(&resolve));
        other.post_message(&JsValue::NULL);
        // The promise is only ever resolved.
        let _ = JsFuture::from(promise).await;
        self.last = now();
    }
}
