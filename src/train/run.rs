//! One training run on this machine: steps, log, validation, and a checkpoint that a run which was stopped goes on from.
//! The same seed gives every method the same initial values (of the parameters it shares with the others) and the same
//! windows in the same order.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::optimiser::Recipe;
use super::order::{Data, windows};
use super::start::initial;
use super::state::{State, StateError};
use super::training::{Setting, Training};
use crate::config::ModelConfig;
use crate::engine::backend::Backend;
use crate::engine::checkpoint::NoPause;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::Weights;

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
    training: Training,
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
        let start = || initial(&plan.config, plan.seed);
        let (parameters, step, seconds, log) = if files.checkpoint.is_file() {
            let same = |of: &Plan| if of == plan { Ok(start()) } else { Err(StateError::Other) };
            let (_, state) = State::read(&fs::read(&files.checkpoint)?, same)
                .with_context(|| format!("cannot resume {} from {}", plan.id, files.checkpoint.display()))?;
            let rows: Vec<LogRow> = csv::Reader::from_path(&files.log)?.deserialize().collect::<Result<_, _>>()?;
            let log = rows.into_iter().filter(|r| r.step <= state.step).collect();
            (state.parameters, state.step, state.seconds, log)
        } else {
            (start(), 0, 0.0, Vec::new())
        };
        let setting = Setting { config: plan.config.clone(), seed: plan.seed, recipe: plan.recipe.clone() };
        let training = Training::at(setting, parameters, step)?;
        training.check(&data.train)?;
        Ok(Self { plan, data, training, seconds, log, files })
    }

    /// Steps done so far.
    pub fn step(&self) -> usize {
        self.training.step_count()
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
        while self.step() < until {
            let stepped = pollster::block_on(self.training.step(self.data, &mut NoPause));
            let stepped = stepped.with_context(|| self.plan.id.clone())?;
            loss_sum += stepped.loss;
            norm_sum += stepped.norm;
            n += 1;
            let step = self.step();
            self.seconds = seconds_before + started.elapsed().as_secs_f64();
            progress(step, stepped.loss);
            let ends = step == self.plan.recipe.steps;
            if step.is_multiple_of(self.plan.log_every) || ends {
                let validate = step.is_multiple_of(self.plan.validate_every) || ends;
                self.log.push(LogRow {
                    step,
                    tokens: self.training.tokens_seen(),
                    learning_rate: self.plan.recipe.rate(step - 1),
                    train_loss: loss_sum / n as f64,
                    gradient_norm: norm_sum / n as f64,
                    validation_loss: if validate { Some(self.validation_loss()?) } else { None },
                    seconds: self.seconds,
                });
                (loss_sum, norm_sum, n) = (0.0, 0.0, 0);
            }
            if step.is_multiple_of(self.plan.checkpoint_every) || ends {
                self.save()?;
            }
        }
        Ok(())
    }

    /// The weights as they are now.
    pub fn weights(&self) -> Weights {
        self.training.weights()
    }

    /// The model in training.
    pub fn training(&self) -> &Training {
        &self.training
    }

    /// Mean loss over nonoverlapping segments of the training length, nats per token.
    fn validation_loss(&self) -> Result<f64> {
        let length = self.plan.config.train_length;
        let n = ((self.data.validation.len() - 1) / length).min(16_384 / length);
        let starts: Vec<usize> = (0..n).map(|i| i * length).collect();
        let mut backend = Backend::cpu(&self.weights())?;
        let (mut sum, mut count) = (0.0f64, 0);
        for starts in starts.chunks(8) {
            let (segments, targets) = windows(&self.data.validation, starts, length, self.data.separator);
            count += targets.iter().filter(|&&t| t != NOT_SCORED).count();
            let losses = pollster::block_on(backend.losses(&segments, &targets, &mut NoPause))?;
            sum += losses.iter().map(|&l| f64::from(l)).sum::<f64>();
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
        // Beside its place and then moved there: a run killed meanwhile leaves a whole file.
        let partial = self.files.checkpoint.with_extension("partial");
        fs::write(&partial, State::write(self.step(), self.seconds, self.plan, self.training.parameters())?)?;
        fs::rename(&partial, &self.files.checkpoint)
            .with_context(|| format!("cannot write {}", self.files.checkpoint.display()))
    }
}
