//! Files of the site: fetched, held against the manifest, kept. A file that failed is asked for anew the next time,
//! past the browser's cache.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::config::{Manifest, ModelConfig, ModelEntry, Reference, is_yours};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::error::{EngineError, EvaluateError};
use crate::engine::evaluate::Stream;
use crate::engine::{files, own_text};
use crate::model::Weights;
use crate::protocol::{Failure, Reason};
use crate::tokenizer::Tokenizer;

/// Models that are held at once, as many as a run may have; those not used for the longest time give way.
pub const MOST_MODELS: usize = 16;
const MANIFEST: &str = "assets/models/manifest.json";
const REFERENCE: &str = "assets/models/reference.json";
const TOKENIZER: &str = "assets/data/tokenizer.json";

#[wasm_bindgen]
extern "C" {
    /// A file of the site by its path (assets/worker_loader.js), past the browser's cache where it is to come anew.
    #[wasm_bindgen(js_name = alibiBytes)]
    fn file_bytes(base: &str, path: &str, anew: bool) -> js_sys::Promise;
}

/// A token stream and what its tokens stand for.
pub struct Text {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// Encoder and decoder.
    pub tokenizer: Rc<Tokenizer>,
    token_bytes: Vec<u32>,
}

impl Text {
    /// Those tokens.
    pub fn new(tokens: Vec<u32>, tokenizer: Rc<Tokenizer>) -> Self {
        let token_bytes = (0..tokenizer.n_vocab() as u32).map(|t| tokenizer.token_bytes(t).len() as u32).collect();
        Self { tokens, tokenizer, token_bytes }
    }

    /// As the evaluation reads it.
    pub fn stream(&self) -> Stream<'_> {
        Stream { tokens: &self.tokens, separator: self.tokenizer.separator(), token_bytes: &self.token_bytes }
    }
}

/// Why a request ends without an answer.
pub enum Abort {
    /// It is to be done again from its start.
    Again,
    /// It was cancelled.
    Cancelled,
    /// It failed.
    Failed(Failure),
}

impl From<Failure> for Abort {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<EvaluateError> for Abort {
    fn from(error: EvaluateError) -> Self {
        match error {
            EvaluateError::Engine(EngineError::Cancelled(_)) => Self::Cancelled,
            EvaluateError::Invalid(reason) => Self::Failed(Failure::Invalid { reason: reason.into() }),
            EvaluateError::Engine(error) => Self::Failed(Failure::Engine { reason: error.reason().into() }),
        }
    }
}

/// What was asked for last, by name, the oldest use first: what has not been used for the longest time gives way.
struct Latest<T>(Vec<(String, Rc<T>)>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Latest<T> {
    fn get(&mut self, name: &str) -> Option<Rc<T>> {
        let held = self.0.remove(self.0.iter().position(|(of, _)| of == name)?);
        self.0.push(held);
        self.0.last().map(|(_, held)| held.clone())
    }

    fn put(&mut self, name: &str, content: Rc<T>) {
        if self.0.len() >= MOST_MODELS {
            self.0.remove(0);
        }
        self.0.push((name.into(), content));
    }
}

/// Everything fetched so far.
#[derive(Default)]
pub struct Files {
    /// What paths are relative to.
    pub base: String,
    manifest: Option<Rc<Manifest>>,
    tokenizer: Option<Rc<Tokenizer>>,
    reference: Option<Rc<Reference>>,
    texts: Latest<Text>,
    /// The reader's last own text.
    own: Option<(Arc<str>, Rc<Text>)>,
    weights: Latest<Weights>,
    failed: Vec<String>,
}

impl Files {
    /// What is known of a model before its weights are there.
    ///
    /// # Errors
    /// If the manifest cannot be had, or has no such model.
    pub async fn config(&mut self, model: &str) -> Result<ModelConfig, Failure> {
        if is_yours(model) {
            return Ok(self.weights(model).await?.config.clone());
        }
        let manifest = self.manifest().await?;
        Ok(entry(&manifest, model)?.config.clone())
    }

    /// The weights of a model of the manifest, or of the reader's own, whose file the page has handed over under its id.
    ///
    /// # Errors
    /// If a file cannot be had, or is not what the manifest says, or holds no weights.
    pub async fn weights(&mut self, model: &str) -> Result<Rc<Weights>, Failure> {
        if let Some(weights) = self.weights.get(model) {
            return Ok(weights);
        }
        let manifest = self.manifest().await?;
        let entry = if is_yours(model) { None } else { Some(entry(&manifest, model)?) };
        let file = entry.map_or(model, |entry| &entry.file);
        let bytes = match entry {
            Some(entry) => self.checked(file, &entry.sha256).await?,
            None => self.fetch(file).await?,
        };
        let corrupt = |reason: Reason| Failure::Corrupt { file: file.into(), reason: reason.into() };
        let weights = Weights::from_safetensors(&bytes).map_err(|e| corrupt(Reason::Said { detail: e.to_string() }))?;
        if entry.is_some_and(|entry| weights.config != entry.config) {
            return Err(corrupt(Reason::OtherConfiguration));
        }
        let weights = Rc::new(weights);
        self.weights.put(model, weights.clone());
        Ok(weights)
    }

    /// A text of the manifest.
    ///
    /// # Errors
    /// If a file cannot be had, or is not what the manifest says.
    pub async fn text(&mut self, stream: &str) -> Result<Rc<Text>, Failure> {
        if let Some(text) = self.texts.get(stream) {
            return Ok(text);
        }
        let manifest = self.manifest().await?;
        let Some(entry) = manifest.streams.iter().find(|s| s.id == stream) else {
            return Err(Failure::Invalid { reason: Reason::UnknownText { text: stream.into() }.into() });
        };
        let tokenizer = self.tokenizer().await?;
        let bytes = self.checked(&entry.file, &entry.sha256).await?;
        let tokens = files::tokens(&entry.file, &bytes, tokenizer.n_vocab())?;
        let text = Rc::new(Text::new(tokens, tokenizer));
        self.texts.put(stream, text.clone());
        Ok(text)
    }

    /// The reader's own text; its tokens are kept until there is another.
    ///
    /// # Errors
    /// If it is no text, or if cancelled.
    pub async fn own_text(&mut self, text: &Arc<str>, checkpoint: &mut impl Checkpoint) -> Result<Rc<Text>, Abort> {
        if let Some((_, tokens)) = self.own.as_ref().filter(|(of, _)| of == text) {
            return Ok(tokens.clone());
        }
        let tokenizer = self.tokenizer().await?;
        let tokens = own_text::encode(&tokenizer, text, checkpoint).await?;
        let tokens = Rc::new(Text::new(tokens, tokenizer));
        self.own = Some((text.clone(), tokens.clone()));
        Ok(tokens)
    }

    /// What the models' losses should be.
    ///
    /// # Errors
    /// If the file cannot be had.
    pub async fn reference(&mut self) -> Result<Rc<Reference>, Failure> {
        if let Some(reference) = &self.reference {
            return Ok(reference.clone());
        }
        let bytes = self.fetch(REFERENCE).await?;
        let reference = serde_json::from_slice(&bytes).map_err(|e| self.unreadable(REFERENCE, e))?;
        Ok(self.reference.insert(Rc::new(reference)).clone())
    }

    /// What was trained, on what.
    ///
    /// # Errors
    /// If the file cannot be had.
    pub async fn manifest(&mut self) -> Result<Rc<Manifest>, Failure> {
        if let Some(manifest) = &self.manifest {
            return Ok(manifest.clone());
        }
        let bytes = self.fetch(MANIFEST).await?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| self.unreadable(MANIFEST, e))?;
        if let Some(model) = manifest.models.iter().find(|m| !m.config.is_sound()) {
            self.failed.push(MANIFEST.into());
            let reason = Reason::NoModel { model: model.id.clone() }.into();
            return Err(Failure::Corrupt { file: MANIFEST.into(), reason });
        }
        Ok(self.manifest.insert(Rc::new(manifest)).clone())
    }

    /// Text as tokens.
    ///
    /// # Errors
    /// If the file cannot be had.
    pub async fn tokenizer(&mut self) -> Result<Rc<Tokenizer>, Failure> {
        if let Some(tokenizer) = &self.tokenizer {
            return Ok(tokenizer.clone());
        }
        let bytes = self.fetch(TOKENIZER).await?;
        let text = String::from_utf8_lossy(&bytes);
        let tokenizer = Tokenizer::from_json(&text).map_err(|e| self.unreadable(TOKENIZER, e))?;
        Ok(self.tokenizer.insert(Rc::new(tokenizer)).clone())
    }

    fn unreadable(&mut self, file: &str, error: impl ToString) -> Failure {
        self.failed.push(file.into());
        Failure::Corrupt { file: file.into(), reason: Reason::Said { detail: error.to_string() }.into() }
    }

    /// A file that has that hash.
    ///
    /// # Errors
    /// If it cannot be had, or has another.
    pub async fn checked(&mut self, file: &str, sha256: &str) -> Result<Vec<u8>, Failure> {
        let mut tries = 0;
        loop {
            let bytes = self.fetch(file).await?;
            let Err(failure) = files::check(file, &bytes, sha256) else { return Ok(bytes) };
            // Once more, past every cache, which may have kept it wrongly.
            self.failed.push(file.into());
            tries += 1;
            if tries > 1 {
                // The manifest may be the stale one.
                self.failed.push(MANIFEST.into());
                self.manifest = None;
                return Err(failure);
            }
        }
    }

    async fn fetch(&mut self, file: &str) -> Result<Vec<u8>, Failure> {
        let before = self.failed.len();
        self.failed.retain(|failed| failed != file);
        let again = self.failed.len() < before;
        match fetch(&self.base, file, again).await {
            Ok(bytes) => Ok(bytes),
            Err(reason) => {
                self.failed.push(file.into());
                Err(Failure::Fetch { file: file.into(), reason: reason.into() })
            }
        }
    }
}

fn entry<'a>(manifest: &'a Manifest, model: &str) -> Result<&'a ModelEntry, Failure> {
    let missing = || Failure::Invalid { reason: Reason::UnknownModel { model: model.into() }.into() };
    manifest.any(model).ok_or_else(missing)
}

/// Status, its text and the bytes, as assets/worker_loader.js gives them; the error is what the browser said.
async fn fetch(base: &str, file: &str, anew: bool) -> Result<Vec<u8>, Reason> {
    let said = |error: JsValue| {
        let message = Reflect::get(&error, &"message".into()).ok().and_then(|m| m.as_string());
        Reason::Said { detail: message.unwrap_or_else(|| format!("{error:?}")) }
    };
    let answer = Array::from(&JsFuture::from(file_bytes(base, file, anew)).await.map_err(said)?);
    let status = answer.get(0).as_f64().unwrap_or_default() as u16;
    if !(200..300).contains(&status) {
        return Err(Reason::Server { status, text: answer.get(1).as_string().unwrap_or_default() });
    }
    Ok(Uint8Array::new(&answer.get(2)).to_vec())
}
