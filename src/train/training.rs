//! One model in training: a step at a time, in any order of stops, natively and in WASM. What a step does depends on what
//! the steps before it left and on nothing else, so that a run that was stopped, kept as bytes and taken up again is the
//! run that was not.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::optimiser::{Parameter, Recipe};
use super::order::Windows;
use super::pass::Pass;
use super::start::{initial, trained};
use super::state::{State, StateError};
use crate::config::ModelConfig;
use crate::engine::checkpoint::{Cancelled, Checkpoint};
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::{Array, Weights, WeightsError};
use crate::position;

/// What is trained and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Shape, method, training length.
    pub config: ModelConfig,
    /// Seed of initialisation and data order.
    pub seed: u64,
    /// Optimiser settings.
    pub recipe: Recipe,
}

/// Why a model is not trained, or not further.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// There is no such position method.
    #[error("unknown position method {0}")]
    Method(String),
    /// Shape, length and tokens per step do not fit each other.
    #[error("{tokens_per_step} tokens a step are no windows of {length} tokens, or the shape is that of no model")]
    Setting {
        /// Tokens of a step.
        tokens_per_step: usize,
        /// Training length, tokens.
        length: usize,
    },
    /// There are too few tokens to cut windows from.
    #[error("{found} tokens to train on, at least {needed} are needed")]
    TooFew {
        /// Tokens there.
        found: usize,
        /// Tokens needed.
        needed: usize,
    },
    /// A token is outside the vocabulary.
    #[error("token {token} is not in the vocabulary of {n_vocab}")]
    Token {
        /// Its id.
        token: u32,
        /// Size of the vocabulary.
        n_vocab: usize,
    },
    /// The loss or its gradient is no number any more; parameters are those from before that step.
    #[error("loss is {loss} at step {step}, its gradient's norm {norm}")]
    NotFinite {
        /// Steps done.
        step: usize,
        /// Mean loss, nats per token.
        loss: f64,
        /// Norm of the gradient; NaN where it was not computed.
        norm: f64,
    },
    /// The step was stopped before its end; nothing has changed.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Bytes are no state of a run.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What a step gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// Mean loss of its batch before the update, nats per token.
    pub loss: f64,
    /// Norm of the gradient before clipping.
    pub norm: f64,
}

/// A model in training.
pub struct Training {
    setting: Setting,
    parameters: Vec<Parameter>,
    gradients: Vec<Vec<f32>>,
    pass: Pass,
    step: usize,
}

impl Training {
    /// From drawn values.
    ///
    /// # Errors
    /// If the method is unknown or numbers do not fit each other.
    pub fn new(setting: Setting) -> Result<Self, TrainError> {
        let parameters = initial(&setting.config, setting.seed);
        Self::at(setting, parameters, 0)
    }

    /// From a trained model's values; where the setting names another method than the model's, that one is put in its
    /// place: what both have stays, what the new method learns starts anew, what the old one learned is dropped.
    ///
    /// # Errors
    /// As [`Training::new`].
    pub fn from_weights(setting: Setting, weights: &Weights) -> Result<Self, TrainError> {
        let parameters = trained(&setting.config, setting.seed, weights);
        Self::at(setting, parameters, 0)
    }

    /// From what [`Training::state`] gave: goes on as if it had not stopped.
    ///
    /// # Errors
    /// If the bytes are no such state, damaged or of another version.
    pub fn from_state(bytes: &[u8]) -> Result<Self, TrainError> {
        let (setting, state) = State::read(bytes, |Setting { config, seed, .. }| match config.is_sound() {
            true => Ok(initial(config, *seed)),
            false => Err(StateError::Missing("configuration".into())),
        })?;
        Self::at(setting, state.parameters, state.step)
    }

    /// At that step with these parameters, which are those of [`Weights::shapes`] in that order.
    ///
    /// # Errors
    /// As [`Training::new`].
    pub fn at(setting: Setting, parameters: Vec<Parameter>, step: usize) -> Result<Self, TrainError> {
        let Setting { config, recipe, .. } = &setting;
        let Some(method) = position::by_id(&config.method) else {
            return Err(TrainError::Method(config.method.clone()));
        };
        let (tokens_per_step, length) = (recipe.tokens_per_step, config.train_length);
        if !config.is_sound() || length < 2 || tokens_per_step < length || !tokens_per_step.is_multiple_of(length) {
            return Err(TrainError::Setting { tokens_per_step, length });
        }
        let pass = Pass::new(config, method, tokens_per_step / length);
        let gradients = parameters.iter().map(|p| vec![0.0; p.values.len()]).collect();
        Ok(Self { setting, parameters, gradients, pass, step })
    }

    /// Whether these tokens can be trained on.
    ///
    /// # Errors
    /// If there are too few, or one is outside the vocabulary.
    pub fn check(&self, tokens: &[u32]) -> Result<(), TrainError> {
        let (found, needed) = (tokens.len(), self.setting.config.train_length + 2);
        if found < needed {
            return Err(TrainError::TooFew { found, needed });
        }
        let n_vocab = self.setting.config.n_vocab;
        match tokens.iter().find(|&&t| t as usize >= n_vocab) {
            Some(&token) => Err(TrainError::Token { token, n_vocab }),
            None => Ok(()),
        }
    }

    /// What is trained and how.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Steps done.
    pub fn step_count(&self) -> usize {
        self.step
    }

    /// Training tokens seen, counted with repetition.
    pub fn tokens_seen(&self) -> u64 {
        (self.step * self.setting.recipe.tokens_per_step) as u64
    }

    /// Whether the recipe's steps are done.
    pub fn is_done(&self) -> bool {
        self.step >= self.setting.recipe.steps
    }

    /// Sets how many steps there are in all: the rate follows the longer schedule from here on.
    pub fn lengthen(&mut self, steps: usize) {
        self.setting.recipe.steps = steps;
    }

    /// One step on `data`; a stream's tokens [`Training::check`] has seen. `checkpoint` may end it at any time: what is there
    /// then is what was there before.
    ///
    /// # Errors
    /// If the loss or its gradient is not finite, or if `checkpoint` ends the step.
    pub async fn step(&mut self, data: &dyn Windows, checkpoint: &mut impl Checkpoint) -> Result<Stepped, TrainError> {
        let Setting { config, seed, recipe } = &self.setting;
        let (segments, targets) = data.batch(*seed, self.step, self.pass.n_segment(), config.train_length);
        let n_target = targets.iter().filter(|&&t| t != NOT_SCORED).count();
        let losses = self.pass.forward(&self.parameters, &segments, &targets, checkpoint).await?;
        let loss = losses.iter().map(|&l| f64::from(l)).sum::<f64>() / n_target as f64;
        if !loss.is_finite() {
            return Err(TrainError::NotFinite { step: self.step, loss, norm: f64::NAN });
        }
        let weight = (1.0 / n_target as f64) as f32;
        let gradients = &mut self.gradients;
        self.pass.backward(&self.parameters, &segments, &targets, weight, gradients, checkpoint).await?;
        let norm = self.gradients.iter().flatten().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(TrainError::NotFinite { step: self.step, loss, norm });
        }
        let scale = (recipe.clip / norm.max(recipe.clip)) as f32;
        for (parameter, gradient) in self.parameters.iter_mut().zip(&self.gradients) {
            parameter.update(gradient, recipe, self.step, scale);
        }
        self.step += 1;
        Ok(Stepped { loss, norm })
    }

    /// Parameters with their moments.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The weights as they are now.
    pub fn weights(&self) -> Weights {
        let arrays =
            self.parameters.iter().map(|p| (p.name.clone(), Array { shape: p.shape.clone(), data: p.values.clone() }));
        Weights { config: self.setting.config.clone(), arrays: arrays.collect() }
    }

    /// The weights as a file like the shipped ones; `corpus` says what was trained on.
    ///
    /// # Errors
    /// None are known; those of the format are passed on.
    pub fn file(&self, corpus: &str) -> Result<Vec<u8>, WeightsError> {
        let provenance = HashMap::from([
            ("corpus".to_string(), corpus.to_string()),
            ("seed".to_string(), self.setting.seed.to_string()),
            ("steps".to_string(), self.step.to_string()),
            ("tokens_seen".to_string(), self.tokens_seen().to_string()),
            ("recipe".to_string(), self.setting.recipe.describe()),
        ]);
        self.weights().to_safetensors(provenance)
    }

    /// Everything that going on needs: setting, step, parameters and moments.
    ///
    /// # Errors
    /// None are known; those of the format are passed on.
    pub fn state(&self) -> Result<Vec<u8>, TrainError> {
        Ok(State::write(self.step, 0.0, &self.setting, &self.parameters)?)
    }
}
