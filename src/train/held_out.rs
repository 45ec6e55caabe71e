//! The site's files as the page's trainer reads them, natively: training tokens, and perplexities on the held-out text.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::order::Data;
use super::record::{checked, load};
use crate::config::{Manifest, RUN_IN, StreamEntry};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::NoPause;
use crate::engine::evaluate::{Stream, evaluate};
use crate::engine::files;
use crate::model::Weights;
use crate::protocol::{Protocol, Stretch};
use crate::tokenizer::Tokenizer;

/// Manifest, tokenizer and the held-out text.
pub struct HeldOut {
    site: PathBuf,
    manifest: Manifest,
    tokenizer: Tokenizer,
    tokens: Vec<u32>,
    token_bytes: Vec<u32>,
}

impl HeldOut {
    /// Reads them from the folder of assets.
    ///
    /// # Errors
    /// If a file is missing or not what the manifest says.
    pub fn read(assets: &Path) -> Result<Self> {
        let site = assets.parent().unwrap_or(Path::new(".")).to_path_buf();
        let manifest: Manifest = serde_json::from_slice(&fs::read(assets.join("models/manifest.json"))?)?;
        let tokenizer = Tokenizer::from_json(&fs::read_to_string(assets.join("data/tokenizer.json"))?)?;
        let entry =
            manifest.streams.iter().find(|s| s.id == "held-out").context("the manifest has no held-out text")?;
        let tokens = tokens(&site, entry, tokenizer.n_vocab())?;
        let token_bytes = (0..tokenizer.n_vocab() as u32).map(|t| tokenizer.token_bytes(t).len() as u32).collect();
        Ok(Self { site, manifest, tokenizer, tokens, token_bytes })
    }

    /// Size of the vocabulary.
    pub fn n_vocab(&self) -> usize {
        self.tokenizer.n_vocab()
    }

    /// Weights of a model of the page.
    ///
    /// # Errors
    /// If there is none of that id, or its file is missing or another.
    pub fn weights(&self, model: &str) -> Result<Weights> {
        load(&self.site, self.manifest.model(model).with_context(|| format!("there is no model {model}"))?)
    }

    /// What a reader's own training reads.
    ///
    /// # Errors
    /// If the file is missing or not what the manifest says.
    pub fn training(&self) -> Result<Data> {
        let entry = self.manifest.training.as_ref().context("the manifest has no training tokens: run `train data`")?;
        let separator = self.tokenizer.separator();
        let mut train = tokens(&self.site, entry, self.n_vocab())?;
        // As the page's trainer does: a window ends with a target.
        train.push(separator);
        Ok(Data { train, validation: Vec::new(), separator })
    }

    /// Perplexity at an input length, nonoverlapping.
    ///
    /// # Errors
    /// If the text is too short.
    pub fn perplexity(&self, weights: &Weights, length: usize, n_targets: usize) -> Result<f64> {
        let stream =
            Stream { tokens: &self.tokens, separator: self.tokenizer.separator(), token_bytes: &self.token_bytes };
        let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: RUN_IN, n_targets };
        let sums = pollster::block_on(evaluate(&mut Backend::cpu(weights)?, &stream, stretch, &mut NoPause))?;
        let nll: f64 = sums.blocks.iter().map(|b| b.nll).sum();
        let n: u32 = sums.blocks.iter().map(|b| b.n_targets).sum();
        Ok((nll / f64::from(n)).exp())
    }
}

fn tokens(site: &Path, entry: &StreamEntry, n_vocab: usize) -> Result<Vec<u32>> {
    let bytes = checked(site, &entry.file, &entry.sha256)?;
    files::tokens(&entry.file, &bytes, n_vocab).map_err(|e| anyhow!("{e:?}"))
}
