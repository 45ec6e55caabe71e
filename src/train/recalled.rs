//! Trains the models of [`super::recall`] and counts their right answers by distance: what the page's figure of that task
//! shows. A run that was stopped goes on from its last state.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::corpus::hex;
use super::publish::write;
use super::recall::{CORPUS, Recall, ask, recipe, shape};
use super::record::checked;
use super::training::{Setting, Training};
use crate::config::{Manifest, ModelEntry, RECALL_ASKED, RECALL_DISTANCES, RECALL_TOKENS, Recalled, RecalledPoint};
use crate::engine::checkpoint::NoPause;
use crate::engine::cpu::CpuBackend;
use crate::model::Weights;
use crate::position::METHODS;

/// Optimiser steps of every model, of 2,048 tokens each.
const STEPS: usize = RECALL_TOKENS as usize / 2_048;
/// Steps between two rows of the log, at which the state is kept, too.
const LOG_EVERY: usize = 50;
/// Seed of initial values and of the windows.
const SEED: u64 = 1;
const MANIFEST: &str = "models/manifest.json";
const COUNTED: &str = "models/recall.csv";

/// Trains the model of a method, then publishes its weights, its log and its counts.
///
/// # Errors
/// If the loss stops being finite, a kept state is damaged, or files cannot be written.
pub fn train(assets: &Path, cache: &Path, method: &str, mut told: impl FnMut(usize, f64)) -> Result<()> {
    fs::create_dir_all(cache)?;
    fs::create_dir_all(assets.join("models/recall"))?;
    let (kept, log) = (cache.join(format!("recall-{method}.state")), cache.join(format!("recall-{method}.csv")));
    let setting = Setting { config: shape(method), seed: SEED, recipe: recipe(STEPS) };
    let mut rows = String::from("step,tokens,learning_rate,train_loss\n");
    let mut training = match fs::read(&kept) {
        Ok(bytes) => {
            rows = fs::read_to_string(&log)?;
            Training::from_state(&bytes)?
        }
        Err(_) => Training::new(setting.clone())?,
    };
    ensure!(*training.setting() == setting, "{} is of another training: delete it", kept.display());
    let (mut sum, mut last) = (0.0, f64::NAN);
    while !training.is_done() {
        let rate = setting.recipe.rate(training.step_count());
        sum += pollster::block_on(training.step(&Recall, &mut NoPause))?.loss;
        let step = training.step_count();
        if step.is_multiple_of(LOG_EVERY) {
            last = sum / LOG_EVERY as f64;
            sum = 0.0;
            rows += &format!("{step},{},{rate:.6},{last:.5}\n", training.tokens_seen());
            write(&log, rows.as_bytes())?;
            write(&kept, &training.state()?)?;
            told(step, last);
        }
    }
    if last.is_nan() {
        let said = rows.lines().last().and_then(|row| row.rsplit(',').next());
        last = said.context("the log is empty")?.parse()?;
    }
    publish(assets, &training, &rows, last)
}

fn publish(assets: &Path, training: &Training, log: &str, train_loss: f64) -> Result<()> {
    let Setting { config, seed, recipe } = training.setting();
    let method = &config.method;
    let bytes = training.file(CORPUS)?;
    let [file, log_file] = ["safetensors", "csv"].map(|kind| format!("models/recall/{method}.{kind}"));
    write(&assets.join(&file), &bytes)?;
    write(&assets.join(&log_file), log.as_bytes())?;
    let entry = ModelEntry {
        id: format!("recall-{method}"),
        config: config.clone(),
        file: format!("assets/{file}"),
        sha256: hex(&Sha256::digest(&bytes)),
        log: format!("assets/{log_file}"),
        seed: *seed,
        steps: training.step_count(),
        tokens_seen: training.tokens_seen(),
        n_parameters: training.weights().n_parameters(),
        train_loss,
        // No window comes twice: what is trained on was never seen before.
        validation_loss: train_loss,
        recipe: recipe.describe(),
    };
    let path = assets.join(MANIFEST);
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path)?)?;
    manifest.recall.retain(|m| m.id != entry.id);
    manifest.recall.push(entry);
    manifest.recall.sort_by_key(|m| METHODS.iter().position(|x| x.id() == m.config.method));
    write(&path, &serde_json::to_vec_pretty(&manifest)?)?;
    // As they are published: rounded to 16 bits.
    let weights = Weights::from_safetensors(&bytes)?;
    count(assets, &weights)
}

/// Asks every question of the figure, and keeps the counts in place of that method's before.
fn count(assets: &Path, weights: &Weights) -> Result<()> {
    // Counted before the file is read: another run may write it meanwhile.
    let points = RECALL_DISTANCES.iter().map(|&distance| point(weights, distance)).collect::<Result<_>>()?;
    let path = assets.join(COUNTED);
    let mut models = Recalled::read(&fs::read_to_string(&path).unwrap_or_default());
    let method = weights.config.method.clone();
    models.retain(|m| m.method != method);
    models.push(Recalled { method, points });
    models.sort_by_key(|m| METHODS.iter().position(|x| x.id() == m.method));
    let mut text = format!(
        "# Values found, of {RECALL_ASKED} asked for at each distance, by `train recall`\nmethod,distance,right,close\n"
    );
    for Recalled { method, points } in &models {
        for RecalledPoint { distance, right, close } in points {
            text += &format!("{method},{distance},{right},{close}\n");
        }
    }
    write(&path, text.as_bytes())
}

/// Counts at one distance.
///
/// # Errors
/// If the weights are not complete.
pub fn point(weights: &Weights, distance: usize) -> Result<RecalledPoint> {
    let mut model = CpuBackend::new(weights)?;
    let counts =
        pollster::block_on(ask(&mut model, weights.config.train_length, distance, RECALL_ASKED, &mut NoPause))?;
    Ok(RecalledPoint { distance, right: counts.right, close: counts.close })
}

/// Counts anew with the published weights of those methods, or of all where none is named.
///
/// # Errors
/// If a file is missing or another than the manifest says.
pub fn count_again(assets: &Path, methods: &[String]) -> Result<()> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(assets.join(MANIFEST))?)?;
    let site = assets.parent().unwrap_or(Path::new("."));
    for model in manifest.recall.iter().filter(|m| methods.is_empty() || methods.contains(&m.config.method)) {
        let bytes = checked(site, &model.file, &model.sha256)?;
        count(assets, &Weights::from_safetensors(&bytes)?)?;
    }
    Ok(())
}
