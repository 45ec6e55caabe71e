//! One training run: initialisation, batches, steps, log, checkpoints. The same seed gives every method the same
//! initial values (of the parameters it shares with the others) and the same windows in the same order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::optimiser::{Parameter, Recipe};
use crate::config::ModelConfig;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::{Array, Decoder, Ops, Segments, Weights};
use crate::position;

/// What is trained and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Id of the result, e.g. `alibi-256`.
    pub id: String,
    /// Shape, method, training length.
    pub config: ModelConfig,
    /// Seed of initialisation and data order.
    pub seed: u64,
    /// Optimiser settings.
    pub recipe: Recipe,
    /// Steps between two rows of the log; checkpoints and validation fall on multiples of it.
    pub log_every: usize,
    /// Steps between two checkpoints.
    pub checkpoint_every: usize,
    /// Steps between two validation losses.
    pub validate_every: usize,
}

/// Tokens to train and validate on.
pub struct Data {
    /// Training stream.
    pub train: Vec<u32>,
    /// Validation stream.
    pub validation: Vec<u32>,
    /// Token between documents: an input, never a target.
    pub separator: u32,
}

/// One row of the training log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// Steps done.
    pub step: usize,
    /// Training tokens seen.
    pub tokens: u64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Mean training loss since the row before, nats per token.
    pub train_loss: f64,
    /// Mean norm of the gradient since the row before, before clipping.
    pub gradient_norm: f64,
    /// Loss on the validation documents, nats per token; only in some rows.
    pub validation_loss: Option<f64>,
    /// Seconds of training so far.
    pub seconds: f64,
}

/// A run in progress.
pub struct Run<'a> {
    plan: &'a Plan,
    data: &'a Data,
    parameters: Vec<Parameter>,
    variables: BTreeMap<String, Var>,
    model: Decoder,
    step: usize,
    seconds: f64,
    log: Vec<LogRow>,
    files: Files,
}

/// Where a run keeps its state.
#[derive(Clone, Debug)]
struct Files {
    checkpoint: PathBuf,
    log: PathBuf,
}

impl<'a> Run<'a> {
    /// Starts a run, or takes it up where its last checkpoint in `folder` left it.
    ///
    /// # Errors
    /// If the checkpoint is damaged or belongs to another plan.
    pub fn open(plan: &'a Plan, data: &'a Data, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let files = Files {
            checkpoint: folder.join(format!("{}.checkpoint", plan.id)),
            log: folder.join(format!("{}.csv", plan.id)),
        };
        let identity = serde_json::to_string(plan)?;
        let start = initial(&plan.config, plan.seed);
        let (parameters, step, seconds, log) = if files.checkpoint.is_file() {
            let checkpoint = Checkpoint::load(&files.checkpoint, &identity, start)
                .with_context(|| format!("cannot resume {}", plan.id))?;
            let rows: Vec<LogRow> = csv::Reader::from_path(&files.log)?.deserialize().collect::<Result<_, _>>()?;
            let log = rows.into_iter().filter(|r| r.step <= checkpoint.step).collect();
            (checkpoint.parameters, checkpoint.step, checkpoint.seconds, log)
        } else {
            (start, 0, 0.0, Vec::new())
        };
        let variables = parameters
            .iter()
            .map(|p| {
                let tensor = Tensor::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu)?;
                Ok((p.name.clone(), Var::from_tensor(&tensor)?))
            })
            .collect::<Result<BTreeMap<_, _>>>()?;
        let model = decoder(&plan.config, Ops::Fused, &variables)?;
        Ok(Self { plan, data, parameters, variables, model, step, seconds, log, files })
    }

    /// Steps done so far.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The log so far.
    pub fn log(&self) -> &[LogRow] {
        &self.log
    }

    /// Trains until `until` steps are done, or the recipe's end; `progress` hears of every step and its loss.
    ///
    /// # Errors
    /// If the loss stops being finite, or files cannot be written.
    pub fn train(&mut self, until: usize, mut progress: impl FnMut(usize, f64)) -> Result<()> {
        let until = until.min(self.plan.recipe.steps);
        let started = Instant::now();
        let seconds_before = self.seconds;
        let (mut loss_sum, mut norm_sum, mut n) = (0.0, 0.0, 0);
        while self.step < until {
            let (loss, norm) = self.one_step()?;
            ensure!(loss.is_finite(), "{}: loss is {loss} at step {}", self.plan.id, self.step);
            loss_sum += loss;
            norm_sum += norm;
            n += 1;
            self.step += 1;
            self.seconds = seconds_before + started.elapsed().as_secs_f64();
            progress(self.step, loss);
            if self.step.is_multiple_of(self.plan.log_every) || self.step == self.plan.recipe.steps {
                let validate =
                    self.step.is_multiple_of(self.plan.validate_every) || self.step == self.plan.recipe.steps;
                self.log.push(LogRow {
                    step: self.step,
                    tokens: (self.step * self.plan.recipe.tokens_per_step) as u64,
                    learning_rate: self.plan.recipe.rate(self.step - 1),
                    train_loss: loss_sum / n as f64,
                    gradient_norm: norm_sum / n as f64,
                    validation_loss: if validate { Some(self.validation_loss()?) } else { None },
                    seconds: self.seconds,
                });
                (loss_sum, norm_sum, n) = (0.0, 0.0, 0);
            }
            if self.step.is_multiple_of(self.plan.checkpoint_every) || self.step == self.plan.recipe.steps {
                self.save()?;
            }
        }
        Ok(())
    }

    /// The weights as they are now.
    pub fn weights(&self) -> Weights {
        let arrays =
            self.parameters.iter().map(|p| (p.name.clone(), Array { shape: p.shape.clone(), data: p.values.clone() }));
        Weights { config: self.plan.config.clone(), arrays: arrays.collect() }
    }

    fn one_step(&mut self) -> Result<(f64, f64)> {
        let length = self.plan.config.train_length;
        let n_segment = self.plan.recipe.tokens_per_step / length;
        let (segments, targets) = batch(self.data, self.plan.seed, self.step, n_segment, length);
        let n_target = targets.iter().filter(|&&t| t != NOT_SCORED).count();
        let losses = self.model.losses(&segments, &targets, &self.model.tables(length)?)?;
        let loss = (losses.sum_all()? / n_target as f64)?;
        let grads = loss.backward()?;
        let mut flat = Vec::with_capacity(self.parameters.len());
        for p in &self.parameters {
            let grad = grads
                .get(self.variables[&p.name].as_tensor())
                .with_context(|| format!("{} has no gradient", p.name))?;
            flat.push(grad.flatten_all()?.to_vec1::<f32>()?);
        }
        let norm = flat.iter().flatten().map(|&g| (g as f64) * (g as f64)).sum::<f64>().sqrt();
        let scale = (self.plan.recipe.clip / norm.max(self.plan.recipe.clip)) as f32;
        for (p, grad) in self.parameters.iter_mut().zip(&flat) {
            p.update(grad, &self.plan.recipe, self.step, scale);
            self.variables[&p.name].set(&Tensor::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu)?)?;
        }
        Ok((loss.to_scalar::<f32>()? as f64, norm))
    }

    /// Mean loss over nonoverlapping segments of the training length, nats per token.
    fn validation_loss(&self) -> Result<f64> {
        let length = self.plan.config.train_length;
        let n = ((self.data.validation.len() - 1) / length).min(16_384 / length);
        let starts: Vec<usize> = (0..n).map(|i| i * length).collect();
        let tables = self.model.tables(length)?;
        let (mut sum, mut count) = (0.0f64, 0);
        for starts in starts.chunks(8) {
            let (segments, targets) = windows(&self.data.validation, starts, length, self.data.separator);
            count += targets.iter().filter(|&&t| t != NOT_SCORED).count();
            let losses: Vec<f32> = self.model.losses(&segments, &targets, &tables)?.to_vec1()?;
            sum += losses.iter().map(|&l| l as f64).sum::<f64>();
        }
        Ok(sum / count as f64)
    }

    fn save(&self) -> Result<()> {
        let partial = self.files.log.with_extension("csv.partial");
        let mut writer = csv::Writer::from_path(&partial)?;
        for row in &self.log {
            writer.serialize(row)?;
        }
        writer.flush()?;
        fs::rename(&partial, &self.files.log)?;
        Checkpoint {
            step: self.step,
            seconds: self.seconds,
            identity: serde_json::to_string(self.plan)?,
            parameters: self.parameters.clone(),
        }
        .save(&self.files.checkpoint)
    }
}

/// A decoder that reads variables.
///
/// # Errors
/// If one is missing.
pub fn decoder(config: &ModelConfig, ops: Ops, variables: &BTreeMap<String, Var>) -> Result<Decoder> {
    Ok(Decoder::new(config, ops, |name| match variables.get(name) {
        Some(var) => Ok(var.as_tensor().clone()),
        None => candle_core::bail!("no parameter {name}"),
    })?)
}

/// Initial parameters: embeddings with σ = C^(−1/2), matrices with σ = fan-in^(−1/2), those that write into the
/// residual stream smaller by √(2·layers) (GPT-2's rule), norms 1, biases 0, a method's own as it says. Matrices decay,
/// norms and biases do not, a method's own if it says so.
pub fn initial(config: &ModelConfig, seed: u64) -> Vec<Parameter> {
    let learned = position::by_id(&config.method).and_then(|m| m.learned());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::MAX);
    let mut normal = || {
        // Box–Muller; the first factor is in (0, 1].
        let mut uniform = || (rng.next_u32() >> 8) as f64 / (1u32 << 24) as f64;
        let (u, v) = (1.0 - uniform(), uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    Weights::shapes(config)
        .into_iter()
        .map(|(name, shape)| {
            let n: usize = shape.iter().product();
            let own = learned.filter(|l| l.name == name);
            let values = if let Some(own) = own {
                own.start(config.n_head)
            } else if let &[_, fan_in] = shape.as_slice() {
                let writes = name.ends_with("attention.out.weight") || name.ends_with("mlp.down.weight");
                let shrink = if writes { (2.0 * config.n_layer as f64).sqrt() } else { 1.0 };
                let sigma = (fan_in as f64).powf(-0.5) / shrink;
                (0..n).map(|_| (sigma * normal()) as f32).collect()
            } else {
                vec![if name.ends_with("weight") { 1.0 } else { 0.0 }; n]
            };
            let decays = own.map_or(shape.len() > 1, |l| l.decays);
            Parameter::new(name, shape, values, decays)
        })
        .collect()
}

/// The windows of one step: starts drawn evenly from the stream by a generator that depends on seed and step alone.
pub fn batch(data: &Data, seed: u64, step: usize, n_segment: usize, length: usize) -> (Segments, Arc<Vec<u32>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(step as u64);
    let room = (data.train.len() - length) as u64;
    let starts: Vec<usize> = (0..n_segment).map(|_| (rng.next_u64() % room) as usize).collect();
    windows(&data.train, &starts, length, data.separator)
}

/// Inputs x[s..s + L] and targets x[s + 1..s + L + 1] of the windows that start at `starts`.
fn windows(stream: &[u32], starts: &[usize], length: usize, separator: u32) -> (Segments, Arc<Vec<u32>>) {
    let tokens = starts.iter().flat_map(|&s| stream[s..s + length].iter().copied()).collect();
    let target = |&t: &u32| if t == separator { NOT_SCORED } else { t };
    let targets = starts.iter().flat_map(|&s| stream[s + 1..s + length + 1].iter().map(target)).collect();
    (Segments { tokens: Arc::new(tokens), n_segment: starts.len(), length }, Arc::new(targets))
}
