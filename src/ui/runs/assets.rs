//! What the page reads of its own site: where it lies, the manifest, the recorded results.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::config::{Lines, Manifest, Recorded};
use crate::protocol::Precomputed;

/// Where the manifest is, relative to the page.
const MANIFEST: &str = "assets/models/manifest.json";
/// Where the recorded results are.
const RECORDED: &str = "assets/models/recorded.json";
/// Where the kept answers are.
const PRECOMPUTED: &str = "assets/models/precomputed.json";
/// Where what the models of the first figure wrote is.
const LINES: &str = "assets/models/lines.json";

#[wasm_bindgen]
extern "C" {
    /// Where a file is, relative to the site's folder: the built site has names that change with the contents
    /// (assets/start.js).
    #[wasm_bindgen(js_name = alibiFile)]
    pub fn file_name(path: &str) -> String;
    /// Asks for a file, which is to arrive within 30 seconds and as it was published (assets/start.js).
    #[wasm_bindgen(js_name = alibiFetch)]
    fn fetch_file(base: &str, path: &str) -> js_sys::Promise;
    /// Something of the site could not be had: asks whether the site has been updated since this page was opened, whose files may
    /// be gone, and says so (assets/start.js).
    #[wasm_bindgen(js_name = alibiMissed)]
    pub fn missed();
}

/// A file that is read once and may be asked for again.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded<T> {
    /// Nobody has needed it yet.
    Unasked,
    /// On its way.
    Loading,
    /// Here.
    Ready(Arc<T>),
    /// Not to be had; the reason in a sentence.
    Failed(String),
}

impl<T> Loaded<T> {
    /// The content, once it is here.
    pub fn ready(&self) -> Option<&Arc<T>> {
        match self {
            Self::Ready(content) => Some(content),
            _ => None,
        }
    }
}

/// The site's files as signals; a context of every figure that runs models.
#[derive(Clone, Copy, Debug)]
pub struct Assets {
    /// What was trained.
    pub manifest: RwSignal<Loaded<Manifest>>,
    /// Results of the shipped weights.
    pub recorded: RwSignal<Loaded<Recorded>>,
    /// Answers precomputed on the training machine, of every figure that has some.
    pub precomputed: RwSignal<Loaded<Vec<Precomputed>>>,
    /// What the models of the first figure wrote.
    pub lines: RwSignal<Loaded<Lines>>,
    /// Texts that figures asked for, by path.
    pub texts: RwSignal<Vec<(String, Loaded<String>)>>,
}

impl Default for Assets {
    fn default() -> Self {
        Self {
            manifest: RwSignal::new(Loaded::Loading),
            recorded: RwSignal::new(Loaded::Loading),
            precomputed: RwSignal::new(Loaded::Unasked),
            lines: RwSignal::new(Loaded::Unasked),
            texts: RwSignal::new(Vec::new()),
        }
    }
}

impl Assets {
    /// Reads what every figure needs, or what of it is not here yet. What failed may be asked for again.
    pub fn load(&self) {
        load(self.manifest, MANIFEST);
        load(self.recorded, RECORDED);
        if self.precomputed.with_untracked(|k| matches!(k, Loaded::Failed(_))) {
            load(self.precomputed, PRECOMPUTED);
        }
        if self.lines.with_untracked(|l| matches!(l, Loaded::Failed(_))) {
            load(self.lines, LINES);
        }
        self.texts.update(|all| all.retain(|t| !matches!(t.1, Loaded::Failed(_))));
    }

    /// Reads the kept answers, once.
    pub fn load_precomputed(&self) {
        if self.precomputed.with_untracked(|k| *k == Loaded::Unasked) {
            load(self.precomputed, PRECOMPUTED);
        }
    }

    /// Reads what the models of the first figure wrote, once.
    pub fn load_lines(&self) {
        if self.lines.with_untracked(|l| *l == Loaded::Unasked) {
            load(self.lines, LINES);
        }
    }

    /// A text file of this site, fetched when it is first asked for. Tracks its arrival.
    pub fn text(&self, path: &str) -> Loaded<String> {
        if let Some((_, text)) = self.texts.read().iter().find(|t| t.0 == path) {
            return text.clone();
        }
        let (texts, path) = (self.texts, path.to_string());
        // A figure asks while it is computed, when no signal may be written; this runs afterwards.
        spawn_local(async move {
            if texts.with_untracked(|all| all.iter().any(|t| t.0 == path)) {
                return;
            }
            texts.update(|all| all.push((path.clone(), Loaded::Loading)));
            let text = match fetch_text(&path).await {
                Ok(text) => Loaded::Ready(Arc::new(text)),
                Err(reason) => Loaded::Failed(format!("{path}: {reason}")),
            };
            texts.update(|all| {
                all.retain(|t| t.0 != path);
                all.push((path, text));
            });
        });
        Loaded::Loading
    }
}

/// Reads a JSON file of this site into a signal, unless it is there.
pub fn load<T: DeserializeOwned + Send + Sync + 'static>(into: RwSignal<Loaded<T>>, path: &'static str) {
    if into.with_untracked(|l| l.ready().is_some()) {
        return;
    }
    into.set(Loaded::Loading);
    spawn_local(async move {
        let loaded = match fetch(path).await {
            Ok(content) => Loaded::Ready(Arc::new(content)),
            Err(reason) => Loaded::Failed(format!("{path}: {reason}")),
        };
        // What follows from it is work of its own: the browser may answer to the reader first.
        next_task().await;
        arrive(into, loaded);
    });
}

/// Takes what came of asking for a file. Asked for twice, it may come once: what is here stays.
fn arrive<T: Send + Sync + 'static>(into: RwSignal<Loaded<T>>, loaded: Loaded<T>) {
    if into.with_untracked(|now| now.ready().is_none()) {
        into.set(loaded);
    }
}

/// Waits for the browser's next task.
async fn next_task() {
    let soon = js_sys::Promise::new(&mut |resolve, _| {
        // Where no timer can be had, at once.
        if window().set_timeout_with_callback(&resolve).is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(soon).await;
}

/// The server's answer for a file of this site.
async fn respond(path: &str) -> Result<web_sys::Response, String> {
    let response = JsFuture::from(fetch_file(&base(), path)).await.map_err(no_file)?;
    let response: web_sys::Response = response.dyn_into().map_err(words)?;
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()));
    }
    Ok(response)
}

/// Why a file did not come. Of what a server answered wrongly browsers tell no more than that it failed.
fn no_file(error: JsValue) -> String {
    let name = js_sys::Reflect::get(&error, &"name".into()).ok().and_then(|n| n.as_string()).unwrap_or_default();
    match name.as_str() {
        "TimeoutError" | "AbortError" => "it did not arrive within 30 seconds".into(),
        "TypeError" => "it did not arrive as it was published: check the connection".into(),
        _ => words(error),
    }
}

/// Reads a text of this site: a table, or a list.
async fn fetch_text(path: &str) -> Result<String, String> {
    let text = JsFuture::from(respond(path).await?.text().map_err(no_file)?).await.map_err(no_file)?;
    let text = text.as_string().unwrap_or_default();
    if is_whole(&text) { Ok(text) } else { Err("the answer is another file, or only part of this one".into()) }
}

/// Whether a text is lines of remarks, then columns, then rows of as many cells, to the end of the last line. A list has one
/// column.
fn is_whole(text: &str) -> bool {
    let mut lines = text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').count());
    let columns = lines.next().unwrap_or(0);
    text.starts_with("# ") && text.ends_with('\n') && columns > 0 && lines.all(|cells| cells == columns)
}

/// Reads a JSON file of this site.
async fn fetch<T: DeserializeOwned>(path: &str) -> Result<T, String> {
    let response = respond(path).await?;
    // The browser's parser and the messages' reader: a JSON reader of its own would make the page's file larger.
    let content = JsFuture::from(response.json().map_err(no_file)?).await.map_err(no_file)?;
    serde_wasm_bindgen::from_value(content).map_err(|e| format!("not what was expected ({e})"))
}

/// What a browser's error says.
pub fn words(error: JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|e| String::from(e.message()));
    message.or_else(|| error.as_string()).unwrap_or_else(|| "the browser gives no reason".into())
}

/// The folder the page lies in, as an absolute URL that ends with `/`.
pub fn base() -> String {
    let here = document().base_uri().ok().flatten().unwrap_or_default();
    web_sys::Url::new_with_base(".", &here).map(|u| u.href()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use std::sync::Arc;

    use leptos::prelude::*;

    use super::{Loaded, arrive, is_whole};

    #[test]
    fn what_is_here_stays_whatever_else_comes_of_asking_again() {
        Owner::new().with(|| {
            let file = RwSignal::new(Loaded::Loading);
            for (comes, stands) in [
                (Loaded::Failed("late".into()), Loaded::Failed("late".into())),
                (Loaded::Ready(Arc::new(1)), Loaded::Ready(Arc::new(1))),
                (Loaded::Failed("later".into()), Loaded::Ready(Arc::new(1))),
                (Loaded::Ready(Arc::new(2)), Loaded::Ready(Arc::new(1))),
            ] {
                arrive(file, comes);
                assert_eq!(file.get_untracked(), stands);
            }
        });
    }

    #[test]
    fn the_papers_tables_are_whole_and_what_is_cut_is_not() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/paper");
        let tables = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "csv"));
        let mut found = 0;
        for path in tables {
            let text = fs::read_to_string(&path).unwrap();
            assert!(is_whole(&text), "{}", path.display());
            // Within the last line, and in the middle of a row.
            assert!(!is_whole(&text[..text.len() - 2]), "{}", path.display());
            assert!(!is_whole(&text[..text.rfind(',').unwrap()]), "{}", path.display());
            found += 1;
        }
        assert_eq!(found, 15);
        for other in ["", "<!doctype html>\n<title>Not found</title>\n", "# caption: x\n", "# caption: x\na,b\n1\n"] {
            assert!(!is_whole(other), "{other}");
        }
    }
}
