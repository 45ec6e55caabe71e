//! Where requests come from and answers go.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::protocol::{Response, ResponseBody};

#[wasm_bindgen]
extern "C" {
    /// Where requests come from and answers go: a worker's own scope, or what stands for it in a page.
    pub type Port;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add_event_listener(this: &Port, kind: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post_message(this: &Port, message: &JsValue) -> Result<(), JsValue>;
}

/// Answers of one inbox.
#[derive(Clone)]
pub(super) struct Answers(Rc<Port>);

impl Answers {
    pub(super) fn to(port: Port) -> Self {
        Self(Rc::new(port))
    }

    /// Calls `listener` with every request that comes from there.
    pub(super) fn listen(&self, listener: &JsValue) {
        self.0.add_event_listener("message", listener);
    }

    /// Posts a response to the page.
    pub(super) fn post(&self, id: u32, body: ResponseBody) {
        // A response is plain data; neither call can fail, and there would be nobody to tell.
        if let Ok(value) = serde_wasm_bindgen::to_value(&Response { id, body }) {
            let _ = self.0.post_message(&value);
        }
    }
}
