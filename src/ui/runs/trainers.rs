//! The page's side of what trains: one model each, apart from the page. What is asked and told stands in
//! [`crate::protocol::train`].

use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent};

use crate::protocol::train::{Ask, ToTrainer, Told};
use crate::ui::runs::assets::{base, words};

#[wasm_bindgen]
extern "C" {
    /// What trains a model: assets/start.js.
    #[wasm_bindgen(js_name = AlibiEngine)]
    type Engine;
    #[wasm_bindgen(constructor, js_class = "AlibiEngine", catch)]
    fn new(base: &str, in_page: bool, bin: &str) -> Result<Engine, JsValue>;
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onerror(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onmessageerror(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onlate(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onsilence(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onalone(this: &Engine, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_owes(this: &Engine, owes: bool);
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post_message(this: &Engine, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn terminate(this: &Engine);
}

/// What is heard of a trainer.
pub enum Heard {
    /// It tells something; the bytes beside it, a `Uint8Array`.
    Told(Box<Told>, JsValue),
    /// None can start here.
    Alone,
    /// It did not start in time.
    Late,
    /// It is gone; what was said of that, if anything was.
    Gone(String),
}

/// A message without its bytes, which stay the browser's.
#[derive(Deserialize)]
struct Said {
    told: Told,
}

/// One trainer; it ends when this is dropped.
pub struct Trainer {
    engine: Engine,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
    _plain: [Closure<dyn FnMut()>; 3],
}

impl Drop for Trainer {
    fn drop(&mut self) {
        let none = &JsValue::NULL;
        self.engine.set_onmessage(none);
        self.engine.set_onerror(none);
        self.engine.set_onmessageerror(none);
        self.engine.set_onlate(none);
        self.engine.set_onsilence(none);
        self.engine.set_onalone(none);
        self.engine.terminate();
    }
}

impl Trainer {
    /// Starts one; `heard` hears of it.
    ///
    /// # Errors
    /// If the browser forbids it.
    pub fn start(heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let engine = Engine::new(&base(), false, "trainer").map_err(words)?;
        let hears = heard.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let bytes = js_sys::Reflect::get(&data, &"bytes".into()).unwrap_or_default();
            hears(match serde_wasm_bindgen::from_value::<Said>(data) {
                Ok(said) => Heard::Told(Box::new(said.told), bytes),
                Err(error) => Heard::Gone(error.to_string()),
            });
        });
        let hears = heard.clone();
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A script that could not be loaded gives a plain event, without any message.
            let said = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|m| m.as_string());
            hears(Heard::Gone(said.unwrap_or_default()));
        });
        let plain = [|| Heard::Late, || Heard::Gone(String::new()), || Heard::Alone].map(|what: fn() -> Heard| {
            let hears = heard.clone();
            Closure::<dyn FnMut()>::new(move || hears(what()))
        });
        engine.set_onmessage(message.as_ref());
        engine.set_onerror(error.as_ref());
        engine.set_onmessageerror(error.as_ref());
        engine.set_onlate(plain[0].as_ref());
        engine.set_onsilence(plain[1].as_ref());
        engine.set_onalone(plain[2].as_ref());
        let trainer = Self { engine, _message: message, _error: error, _plain: plain };
        trainer.ask(Ask::Configure { base: base() });
        Ok(trainer)
    }

    /// Asks it for something.
    pub fn ask(&self, ask: Ask) {
        // A message is plain data: neither call can fail.
        if let Ok(value) = serde_wasm_bindgen::to_value(&ToTrainer { ask, bytes: Vec::new() }) {
            let _ = self.engine.post_message(&value);
        }
    }

    /// The same with bytes beside, a `Uint8Array`, which are copied.
    pub fn ask_with(&self, ask: Ask, bytes: &JsValue) {
        if let Ok(value) = serde_wasm_bindgen::to_value(&ToTrainer { ask, bytes: Vec::new() }) {
            let _ = js_sys::Reflect::set(&value, &"bytes".into(), bytes);
            let _ = self.engine.post_message(&value);
        }
    }

    /// Whether something is awaited: if it stops answering, that is then heard of.
    pub fn owes(&self, owes: bool) {
        self.engine.set_owes(owes);
    }
}
