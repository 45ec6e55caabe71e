//! Losses and activations that an engine on the reader's machine is held against. They come from the decoder put together
//! from candle's own operations, which shares no kernel with the engine.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use candle_core::{Device, Tensor};

use super::record::{anew, checked, load, manifest, so_far};
use crate::config::{ModelEntry, RUN_IN, Reference, ReferenceModel, ReferenceWindow};
use crate::engine::files;
use crate::model::{Decoder, Ops, Segments, Weights};

/// Inputs of every model: start, length, whether activations are kept.
const WINDOWS: [(usize, usize, bool); 2] = [(RUN_IN, 64, false), (RUN_IN + 20_000, 64, true)];
/// One more of the models that the page shows first.
const LONG: (usize, usize, bool) = (RUN_IN + 30_000, 512, false);

/// Writes `models/reference.json`; `report` hears of each model that is computed, those that `only` names (all, where it
/// names none) or that the file does not have.
///
/// # Errors
/// If a file is missing or not what the manifest says, or a number is none.
pub fn reference(assets: &Path, only: &[String], mut report: impl FnMut(&str)) -> Result<()> {
    let site = assets.parent().unwrap_or(Path::new("."));
    let manifest = manifest(assets, only)?;
    let entry = manifest.streams.iter().find(|s| s.id == "held-out").context("the manifest has no held-out text")?;
    let bytes = checked(site, &entry.file, &entry.sha256)?;
    let path = assets.join("models/reference.json");
    let before = so_far::<Reference>(&path).map(|r| r.models).unwrap_or_default();
    let mut models = Vec::new();
    for model in &manifest.models {
        if let Some(found) = before.iter().find(|m| m.model == model.id && !anew(only, &m.model)) {
            models.push(found.clone());
            continue;
        }
        let tokens = files::tokens(&entry.file, &bytes, model.config.n_vocab).map_err(|e| anyhow!("{e:?}"))?;
        let first_shown = model.config.train_length == 256 && model.seed == 1;
        let decoder = composed(&load(site, model)?)?;
        let windows = WINDOWS.into_iter().chain(first_shown.then_some(LONG));
        let windows = windows.map(|w| window(&decoder, model, &tokens, w)).collect::<Result<_>>()?;
        models.push(ReferenceModel { model: model.id.clone(), windows });
        report(&model.id);
    }
    let note = "computed natively from the weights the page loads, by a decoder of candle's own operations".into();
    let reference = Reference { note, stream: entry.id.clone(), models };
    super::publish::write(&path, &serde_json::to_vec(&reference)?)
}

fn composed(weights: &Weights) -> Result<Decoder> {
    let get = |name: &str| {
        let array = weights.arrays.get(name).ok_or_else(|| candle_core::Error::Msg(format!("no tensor {name}")))?;
        Tensor::from_slice(&array.data, array.shape.as_slice(), &Device::Cpu)
    };
    Ok(Decoder::new(&weights.config, Ops::Composed, get)?)
}

fn window(
    decoder: &Decoder,
    model: &ModelEntry,
    tokens: &[u32],
    (start, length, keeps): (usize, usize, bool),
) -> Result<ReferenceWindow> {
    let tokens = tokens.get(start..=start + length).with_context(|| format!("no {length} tokens at {start}"))?;
    let segments = Segments { tokens: Arc::new(tokens[..length].to_vec()), n_segment: 1, length };
    let (tables, shape) = (decoder.tables(length)?, decoder.attention_shape(1, length));
    let mut x = decoder.embed(&segments, &tables)?;
    for block in &decoder.blocks {
        let qkv = block.qkv(&x, &tables, &shape, 0)?;
        x = block.finish(&x, &block.attend(&qkv, &tables, &shape, 0..length)?)?;
    }
    let losses = decoder.losses_of_rows(&x, &Arc::new(tokens[1..].to_vec()))?;
    let activations = if keeps { x.get(length - 1)?.to_vec1()? } else { Vec::new() };
    let rounded = |values: Vec<f32>| -> Result<Vec<f64>> {
        ensure!(values.iter().all(|v| v.is_finite()), "{} at {start}: a value is no number", model.id);
        Ok(values.into_iter().map(|v| (f64::from(v) * 1e6).round() / 1e6).collect())
    };
    Ok(ReferenceWindow { start, losses: rounded(losses.to_vec1()?)?, activations: rounded(activations)? })
}
