//! What wgpu does not tell about the browser's WebGPU, asked of JavaScript directly.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::error::{GpuError, NoAdapter};
use super::wait::Health;

/// Time that a browser is given to answer, ms.
pub(super) const PATIENCE: i32 = 10_000;
/// Time without an answer after which a driver hangs, ms: submissions are cut so that even a slow one takes a second or so.
pub(super) const HANGS: i32 = 60_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// What a future gives, unless that takes longer; ms.
pub(super) async fn within<T>(limit: i32, work: impl Future<Output = T>) -> Option<T> {
    let mut timer = JsValue::UNDEFINED;
    let late = Promise::new(&mut |resolve, _| timer = set_timeout(&resolve, limit));
    let (mut work, mut late) = (pin!(work), pin!(JsFuture::from(late)));
    let outcome = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => late.as_mut().poll(context).map(|_| None),
    })
    .await;
    clear_timeout(&timer);
    outcome
}

/// A property of an object, unless absent.
fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &key.into()).ok().filter(|v| !v.is_undefined() && !v.is_null())
}

/// Whether there is a `navigator.gpu`, or why not.
pub(super) fn available() -> Result<(), GpuError> {
    let global: JsValue = js_sys::global().into();
    if get(&global, "navigator").and_then(|navigator| get(&navigator, "gpu")).is_some() {
        return Ok(());
    }
    let secure = get(&global, "isSecureContext").is_none_or(|v| v.is_truthy());
    Err(GpuError::NoAdapter(if secure { NoAdapter::NoWebGpu } else { NoAdapter::Insecure }))
}

/// Name of the adapter, empty where it has none, and whether it is a software one. Browsers leave `description` empty and fill in vendor and
/// architecture, which wgpu does not read.
pub(super) fn describe(device: &wgpu::Device, description: &str) -> (String, bool) {
    let info = device.as_webgpu().and_then(|device| get(device.as_ref(), "adapterInfo"));
    let text = |key: &str| {
        let value = info.as_ref().and_then(|info| get(info, key)).and_then(|v| v.as_string());
        value.filter(|v| !v.is_empty())
    };
    let fallback = info.as_ref().and_then(|info| get(info, "isFallbackAdapter")).is_some_and(|v| v.is_truthy());
    let architecture = text("architecture");
    let software = fallback || architecture.as_deref() == Some("swiftshader");
    let parts: Vec<String> = match description {
        "" => [text("vendor"), architecture].into_iter().flatten().collect(),
        _ => vec![description.into()],
    };
    (parts.join(" "), software)
}

/// Notes errors outside any error scope. wgpu's own handler panics on internal errors, hence not that one.
pub(super) fn listen(device: &wgpu::Device, health: Health) {
    let Some(device) = device.as_webgpu() else { return };
    let handler = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let message = get(&event, "error").and_then(|e| get(&e, "message")).and_then(|m| m.as_string());
        health.fail(GpuError::Refused { detail: message.unwrap_or_default() });
    });
    let function: &Function = handler.as_ref().unchecked_ref();
    // A device outlives its worker's interest in it; the closure must live as long.
    let _ = Reflect::set(device.as_ref(), &"onuncapturederror".into(), function);
    handler.forget();
}
