//! Gives the worker's event loop a turn, so that a message to cancel is heard while work goes on.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::answers::Answers;
use crate::engine::checkpoint::{Cancelled, Checkpoint};
use crate::protocol::ResponseBody;

/// Longest stretch of work without a turn, ms: in a worker, and in a page, which has to be drawn meanwhile.
const SLICE: f64 = 40.0;
const SLICE_IN_PAGE: f64 = 8.0;
/// Time between two reports of progress, ms.
pub(super) const REPORT: f64 = 100.0;

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
pub(super) fn milliseconds() -> f64 {
    now()
}

/// The checkpoint of one request: yields to the event loop, listens for the request's cancellation, reports its progress.
pub(super) struct Yielder {
    id: u32,
    of: usize,
    cancelled: Rc<RefCell<Vec<u32>>>,
    channel: MessageChannel,
    slice: f64,
    last_turn: f64,
    last_report: f64,
    answers: Answers,
    /// Whether progress is told: not that of a warm-up.
    pub(super) tells: bool,
}

impl Yielder {
    pub(super) fn new(id: u32, of: usize, cancelled: Rc<RefCell<Vec<u32>>>, answers: Answers) -> Self {
        let in_page = Reflect::has(&js_sys::global(), &"document".into()).unwrap_or_default();
        let slice = if in_page { SLICE_IN_PAGE } else { SLICE };
        let channel = MessageChannel::new();
        Self { id, of, cancelled, channel, slice, last_turn: now(), last_report: now(), answers, tells: true }
    }
}

impl Checkpoint for Yielder {
    async fn reach(&mut self, done: f64) -> Result<(), Cancelled> {
        let time = now();
        if self.tells && time - self.last_report > REPORT {
            self.last_report = time;
            self.answers.post(self.id, ResponseBody::Progress { scored: done as usize, of: self.of });
        }
        if time - self.last_turn > self.slice {
            // A message to oneself comes back after those already waiting; a timer would add 4 ms each time.
            let (ours, other) = (self.channel.port1(), self.channel.port2());
            let promise = Promise::new(&mut |resolve, _| ours.set_onmessage(&resolve));
            other.post_message(&JsValue::NULL);
            // The promise is only ever resolved.
            let _ = JsFuture::from(promise).await;
            self.last_turn = now();
        }
        if self.cancelled.borrow().contains(&self.id) { Err(Cancelled) } else { Ok(()) }
    }
}
