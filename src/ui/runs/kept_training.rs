//! The last training outlives a reload or a crash of the tab: a checkpoint of each of its models. Where and how stands in
//! assets/start.js, which knows nothing of models; this has notes in and out of the form in which messages travel.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::ui::runs::assets::words;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = alibiTraining, js_name = begin, catch)]
    async fn js_begin(which: &str, records: &js_sys::Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = alibiTraining, js_name = keep, catch)]
    async fn js_keep(which: &str, i: usize, record: &JsValue, learned: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = alibiTraining, js_name = abandon)]
    fn js_abandon(which: &str);
    #[wasm_bindgen(js_namespace = alibiTraining, js_name = forget, catch)]
    async fn js_forget(which: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = alibiTraining, js_name = read, catch)]
    async fn js_read() -> Result<JsValue, JsValue>;
}

/// What is kept of one model: a note, and beside it the bytes of a state, a `Uint8Array`, or `undefined` before the first.
#[derive(Clone, Debug)]
pub struct Checkpoint<N> {
    /// What the page must know of it.
    pub note: N,
    /// The state's bytes.
    pub state: JsValue,
}

impl<N: Serialize> Checkpoint<N> {
    fn record(&self) -> Result<JsValue, String> {
        let note = serde_wasm_bindgen::to_value(&self.note).map_err(|e| e.to_string())?;
        Ok(js_sys::Array::of2(&note, &self.state).into())
    }
}

/// Keeps these, one of each model in order, in place of any training before, as soon as one of them has learned something.
///
/// # Errors
/// What the browser says where it keeps nothing.
pub async fn begin<N: Serialize>(which: &str, all: &[Checkpoint<N>]) -> Result<(), String> {
    let records = all.iter().map(Checkpoint::record).collect::<Result<js_sys::Array, _>>()?;
    js_begin(which, &records).await.map(|_| ()).map_err(words)
}

/// Keeps a checkpoint of model `i`, which has `learned` something or not yet, in place of the one before; nothing where another
/// training has begun meanwhile.
///
/// # Errors
/// As [`begin`].
pub async fn keep<N: Serialize>(
    which: &str,
    i: usize,
    checkpoint: &Checkpoint<N>,
    learned: bool,
) -> Result<(), String> {
    js_keep(which, i, &checkpoint.record()?, learned).await.map(|_| ()).map_err(words)
}

/// That training has ended before it learned anything: what was kept before it stays.
pub fn abandon(which: &str) {
    js_abandon(which);
}

/// Forgets the checkpoints of that training, unless another tab has gone on with it.
pub async fn forget(which: &str) {
    // Where nothing can be kept there is nothing to forget.
    let _ = js_forget(which).await;
}

/// What the browser has of the last training.
#[derive(Debug)]
pub enum Found<N> {
    /// None, or none that can be read.
    Nothing,
    /// It is not what was kept.
    Spoilt,
    /// Its name, and its checkpoints in the order of its models.
    Whole(String, Vec<Checkpoint<N>>),
}

/// What there is to go on with.
pub async fn read<N: DeserializeOwned>() -> Found<N> {
    let one = |record: JsValue| {
        let record = js_sys::Array::from(&record);
        Some(Checkpoint { note: serde_wasm_bindgen::from_value(record.get(0)).ok()?, state: record.get(1) })
    };
    let Ok(found) = js_read().await else { return Found::Nothing };
    let found = js_sys::Array::from(&found);
    let Some(records) = found.get(1).dyn_ref::<js_sys::Array>().cloned() else { return Found::Spoilt };
    let all = records.iter().map(one).collect::<Option<Vec<_>>>().unwrap_or_default();
    match found.get(0).as_string() {
        Some(which) if !all.is_empty() => Found::Whole(which, all),
        _ => Found::Nothing,
    }
}
