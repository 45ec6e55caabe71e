//! Evaluates the published weights natively: the results that the page shows before anything has run in the browser.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;

use crate::config::{DEFAULT_TARGETS, MAX_LENGTH, Manifest, ModelEntry, RUN_IN, Recorded, RecordedPoint};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::NoPause;
use crate::engine::evaluate::{Stream, evaluate};
use crate::engine::files;
use crate::model::Weights;
use crate::protocol::{Protocol, Stretch};
use crate::tokenizer::Tokenizer;

/// Input lengths recorded: powers of two.
const SHORTEST: usize = 32;

/// Writes `models/recorded.json`: every model of the manifest at every length; `report` hears of each point. `only`
/// names the models to be computed anew ([`anew`]); what the file has of others stays.
///
/// # Errors
/// If a file is missing or not what the manifest says.
pub fn record(assets: &Path, only: &[String], mut report: impl FnMut(&str, usize, f64)) -> Result<()> {
    let site = assets.parent().unwrap_or(Path::new("."));
    let manifest = manifest(assets, only)?;
    let path = assets.join("models/recorded.json");
    let mut before = so_far::<Recorded>(&path).map(|r| r.points).unwrap_or_default();
    before.retain(|p| !anew(only, &p.model));
    let tokenizer = Tokenizer::from_json(&fs::read_to_string(assets.join("data/tokenizer.json"))?)?;
    let entry = manifest.streams.iter().find(|s| s.id == "held-out").context("the manifest has no held-out text")?;
    let bytes = checked(site, &entry.file, &entry.sha256)?;
    let tokens = files::tokens(&entry.file, &bytes, tokenizer.n_vocab()).map_err(|e| anyhow!("{e:?}"))?;
    let token_bytes: Vec<u32> =
        (0..tokenizer.n_vocab() as u32).map(|t| tokenizer.token_bytes(t).len() as u32).collect();
    let stream = Stream { tokens: &tokens, separator: tokenizer.separator(), token_bytes: &token_bytes };
    let mut points = Vec::new();
    for model in &manifest.models {
        let mut taken = before.extract_if(.., |p| p.model == model.id).peekable();
        if taken.peek().is_some() {
            points.extend(taken);
            continue;
        }
        let mut backend = Backend::cpu(&load(site, model)?)?;
        let mut length = SHORTEST;
        while length <= MAX_LENGTH {
            let stretch =
                Stretch { protocol: Protocol::Nonoverlapping, length, first: RUN_IN, n_targets: DEFAULT_TARGETS };
            let sums = pollster::block_on(evaluate(&mut backend, &stream, stretch, &mut NoPause))?;
            let nll: f64 = sums.blocks.iter().map(|b| b.nll).sum();
            let n: u32 = sums.blocks.iter().map(|b| b.n_targets).sum();
            // JSON has no word for it; the page measures and shows such a point, but none is recorded.
            ensure!(nll.is_finite(), "{} at {length} tokens has a loss of {nll}", model.id);
            report(&model.id, length, (nll / n as f64).exp());
            points.push(RecordedPoint {
                model: model.id.clone(),
                length,
                // Far more places than any of them is known to: the file is what the first figure waits for.
                block_nll: sums.blocks.iter().map(|b| (b.nll * 1e4).round() / 1e4).collect(),
                block_targets: sums.blocks.iter().map(|b| b.n_targets).collect(),
                n_bytes: sums.n_bytes,
            });
            length *= 2;
        }
    }
    let recorded = Recorded {
        note: "computed natively by this project's own engine from the weights the page loads".into(),
        stream: entry.id.clone(),
        n_targets: DEFAULT_TARGETS,
        points,
    };
    super::publish::write(&path, &serde_json::to_vec(&recorded)?)
}

/// The manifest, which must hold the models named.
pub(super) fn manifest(assets: &Path, only: &[String]) -> Result<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(assets.join("models/manifest.json"))?)?;
    let unknown = only.iter().find(|id| manifest.model(id).is_none());
    ensure!(unknown.is_none(), "no model {} has been trained", unknown.map_or("", |id| id));
    Ok(manifest)
}

/// Whether a model's results are computed anew: each is where none is named.
pub(super) fn anew(only: &[String], model: &str) -> bool {
    only.is_empty() || only.iter().any(|m| m == model)
}

/// What a file of results holds; nothing where it cannot be read, since all of it can be computed.
pub(super) fn so_far<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Weights as published, held against the manifest.
///
/// # Errors
/// If the file is missing or not what the manifest says.
pub fn load(site: &Path, model: &ModelEntry) -> Result<Weights> {
    Ok(Weights::from_safetensors(&checked(site, &model.file, &model.sha256)?)?)
}

pub(super) fn checked(site: &Path, file: &str, sha256: &str) -> Result<Vec<u8>> {
    let bytes = fs::read(site.join(file)).with_context(|| format!("cannot read {file}; run `make train`"))?;
    files::check(file, &bytes, sha256).map_err(|e| anyhow!("{e:?}"))?;
    Ok(bytes)
}
