//! What was computed outlives a reload or a crash of the tab: answers are kept with the tab as they come, and read when the page
//! is there again. Where and how stands in assets/start.js, which knows no question and no answer; this has them in and out of
//! the form in which messages travel. Comes with the page's second file: see [`any`].

use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::protocol::{Job, Notice, Scored};
use crate::ui::runs::results::Entry;
use crate::ui::runs::worker_pool::WorkerPool;

#[wasm_bindgen]
extern "C" {
    /// Keeps an answer; where there is no room, the oldest go.
    #[wasm_bindgen(js_name = alibiKeep)]
    fn keep(job: &JsValue, scored: &JsValue, cut: &JsValue);
    /// What is kept, oldest first: question, answer, what was said of the text.
    #[wasm_bindgen(js_name = alibiKept)]
    fn kept() -> js_sys::Array;
    /// Whether anything is kept.
    #[wasm_bindgen(js_name = alibiHasKept)]
    fn has_kept() -> bool;
}

/// Whether there is anything to read or to keep: what the page's first file asks before it has this one.
pub fn any(client: WorkerPool) -> Signal<bool> {
    let before = has_kept();
    Memo::new(move |_| before || client.unkept.with(|all| !all.is_empty())).into()
}

/// Takes in what was kept, and keeps what is computed from now on.
pub fn serve(client: WorkerPool) {
    // One that cannot be read is of another version, which the build should have told.
    let read = |value| serde_wasm_bindgen::from_value::<(Job, Scored, Option<Notice>)>(value).ok();
    let earlier: Vec<(Entry, Option<Notice>)> =
        kept().iter().filter_map(read).map(|(asked, scored, cut)| (Entry { asked, scored }, cut)).collect();
    if !earlier.is_empty() {
        client.results.update(|results| results.restore(earlier));
    }
    Effect::new(move || {
        if client.unkept.with(|all| !all.is_empty()) {
            // In a task of its own: what has come is drawn first.
            set_timeout(move || keep_new(client), Duration::ZERO);
        }
    });
}

fn keep_new(client: WorkerPool) {
    let new = client.unkept.try_update(std::mem::take).unwrap_or_default();
    client.results.with_untracked(|results| {
        for job in new {
            // What gave way to others meanwhile is not kept either.
            let Some(entry) = results.all().iter().rev().find(|e| e.asked == job) else { continue };
            let cut = results.cuts(std::slice::from_ref(&job)).into_iter().next();
            if let (Ok(job), Ok(scored), Ok(cut)) = (value(&job), value(&entry.scored), value(&cut)) {
                keep(&job, &scored, &cut);
            }
        }
    });
}

fn value(of: &impl Serialize) -> Result<JsValue, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::to_value(of)
}
