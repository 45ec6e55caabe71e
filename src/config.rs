//! Shapes of models, the manifest of what has been trained, and the constants of the evaluation.
//!
//! Shape letters used everywhere: B batch, T positions, H heads, D head dimension, C model width, V vocabulary.

mod recalled;

use serde::{Deserialize, Serialize};

pub use recalled::{RECALL_ASKED, RECALL_DISTANCES, RECALL_TOKENS, RECALL_TRAINED, Recalled, RecalledPoint};

/// Epsilon of every layer norm.
pub const LAYER_NORM_EPS: f32 = 1e-5;

/// Tokens of the held-out stream before the first scored target; room for context growing to the left.
pub const RUN_IN: usize = 16_384;

/// Targets scored at every length by default.
pub const DEFAULT_TARGETS: usize = 32_768;

/// Targets scored at every length on a slow engine.
pub const SLOW_TARGETS: usize = 8_192;

/// Targets per block: the unit over which the standard error of a mean loss is computed.
pub const BLOCK: usize = 1_024;

/// Longest input that the page accepts, in tokens.
pub const MAX_LENGTH: usize = 16_384;

/// Workers that share a run on the CPU, at most; each holds weights and activations of its own.
pub const MAX_CPU_WORKERS: usize = 2;

/// Tokens that the CPU engine computes at a time, where inputs are shorter.
pub const CPU_BATCH: usize = 2_048;

/// Tokens between the ends of the inputs of [`crate::protocol::Task::Spread`].
pub const SPREAD_STEP: usize = 2_048;

/// Targets of a block under last-tokens evaluation.
pub const LAST_BLOCK: usize = 16_384;

/// Of those, the last ones, which count.
pub const LAST_TARGETS: usize = 256;

/// Longest text of the reader's own, bytes.
pub const MAX_TEXT: usize = 2_000_000;

/// Longest input whose scores are given, tokens: they are `n_head` times its square.
pub const MAX_ATTENDED: usize = 512;

/// Models of the reader's own that are held at once, oldest out: by the page and by each worker.
pub const MOST_YOURS: usize = 6;

/// What the ids of such models have in the place of a seed, before digits that change with the weights:
/// `alibi-32-yours0123456789abcdef`.
pub const YOURS: &str = "yours";

/// Whether that is the id of a model of the reader's own.
pub fn is_yours(model: &str) -> bool {
    model.split('-').nth(2).is_some_and(|piece| piece.starts_with(YOURS))
}

/// What is changed in a trained model's tables of positions, without training anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// Positions, and with them distances, shrunk by training length ÷ input length where the input is longer (position
    /// interpolation). For ALiBi the same as slopes scaled by that factor.
    Interpolate,
    /// Biases times a factor: for ALiBi, slopes times a factor.
    BiasTimes(f64),
    /// Slopes by ALiBi's series, the flattest divided by input length ÷ training length and the others by a power of it
    /// that falls to none at the steepest (NTK-ALiBi).
    Ntk,
    /// Every head with the same slope.
    OneSlope(f64),
    /// The first slopes of the set for that many heads, from the start again where it has too few.
    SlopesOf(usize),
    /// A bias that starts with ALiBi's slope and grows exponentially.
    Exponential,
    /// A bias that starts with ALiBi's slope and grows logarithmically.
    Logarithmic,
    /// No bias.
    NoBias,
    /// Keys this many positions back and further are out of sight; the method's own biases stay.
    Window(usize),
    /// Scores times log(input length) ÷ log(training length) where the input is longer; biases stay.
    LogN,
}

/// The shape of a decoder-only transformer and the position method it was trained with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Number of transformer blocks.
    pub n_layer: usize,
    /// Model width C.
    pub d_model: usize,
    /// Attention heads H; divides `d_model`.
    pub n_head: usize,
    /// Hidden width of the feed-forward network.
    pub d_ff: usize,
    /// Vocabulary size V.
    pub n_vocab: usize,
    /// Id of the position method, as in [`crate::position::METHODS`].
    pub method: String,
    /// Length of each training input L, in tokens.
    pub train_length: usize,
}

impl ModelConfig {
    /// The default preset: 4 layers, width 128, 8 heads, feed-forward 512, vocabulary 1024.
    pub fn default_preset(method: &str, train_length: usize) -> Self {
        Self { n_layer: 4, d_model: 128, n_head: 8, d_ff: 512, n_vocab: 1024, method: method.into(), train_length }
    }

    /// A shape that a reader's machine trains.
    pub fn of_size(size: ModelSize, method: &str, train_length: usize, n_vocab: usize) -> Self {
        let default = Self { n_vocab, ..Self::default_preset(method, train_length) };
        match size {
            ModelSize::Tiny => Self { n_layer: 2, d_model: 64, d_ff: 256, ..default },
            ModelSize::Small => Self { n_layer: 3, d_model: 96, d_ff: 384, ..default },
            ModelSize::Default => default,
        }
    }

    /// Width of one head, D.
    pub fn head_dim(&self) -> usize {
        self.d_model / self.n_head.max(1)
    }

    /// Whether this is the shape of a model: nothing is divided or sized by what a file says before that is known. Token ids
    /// have 16 bits; the other bounds are far beyond what a browser runs.
    pub fn is_sound(&self) -> bool {
        let within = |n: usize, most: usize| (1..=most).contains(&n);
        within(self.n_layer, 64)
            && within(self.n_head, 64)
            && within(self.d_model, 4_096)
            && within(self.d_ff, 16_384)
            && within(self.n_vocab, 1 << 16)
            && within(self.train_length, 1 << 20)
            && self.d_model.is_multiple_of(self.n_head)
            && self.head_dim().is_multiple_of(2)
    }
}

/// Sizes of a model that a reader trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelSize {
    /// 2 layers, width 64: 165,632 parameters.
    #[default]
    Tiny,
    /// 3 layers, width 96: 434,016 parameters.
    Small,
    /// As the page's own models: 4 layers, width 128, 924,416 parameters.
    Default,
}

/// `assets/models/manifest.json`: what was trained, on what, and how it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of this file; 1.
    pub version: u32,
    /// The text behind training and evaluation.
    pub corpus: CorpusEntry,
    /// Token streams that can be scored, by id; paths relative to the site's root.
    pub streams: Vec<StreamEntry>,
    /// The part of the training split that a reader's own training reads; the other files do not look at it.
    #[cfg(any(feature = "train", feature = "trainer"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<StreamEntry>,
    /// Trained models.
    pub models: Vec<ModelEntry>,
    /// Those that look values up, [`Recalled`]; only who asks them looks at these.
    #[cfg(any(feature = "train", feature = "trainer"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recall: Vec<ModelEntry>,
}

/// Provenance of the training text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorpusEntry {
    /// Human-readable name.
    pub name: String,
    /// Package and version it was taken from.
    pub source: String,
    /// Licence of data and contents.
    pub licence: String,
    /// Documents used for training.
    pub train_documents: usize,
    /// Tokens in the training split.
    pub train_tokens: usize,
    /// Names of the held-out documents.
    pub held_out: Vec<String>,
}

/// One stream of held-out tokens: little-endian u16 ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamEntry {
    /// Stable id, e.g. `held-out`.
    pub id: String,
    /// Name shown to the reader.
    pub name: String,
    /// File, relative to the site's root.
    pub file: String,
    /// Tokens in the file.
    pub n_tokens: usize,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// One trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// Stable id: method, training length and, beyond the first, the seed: `alibi-256`, `alibi-256-s2`.
    pub id: String,
    /// Shape and method.
    pub config: ModelConfig,
    /// Weights, relative to the site's root.
    pub file: String,
    /// SHA-256 of the weights file, hexadecimal.
    pub sha256: String,
    /// Training log (CSV), relative to the site's root.
    pub log: String,
    /// Seed of initialisation and data order.
    pub seed: u64,
    /// Optimiser steps.
    pub steps: usize,
    /// Training tokens seen, counted with repetition.
    pub tokens_seen: u64,
    /// Parameters, all of them.
    pub n_parameters: usize,
    /// Training loss at the end, nats per token, mean over the last 100 steps.
    pub train_loss: f64,
    /// Validation loss at the training length at the end, nats per token.
    pub validation_loss: f64,
    /// The recipe in words: optimiser, peak learning rate, schedule.
    pub recipe: String,
}

impl Manifest {
    /// The model of that id.
    pub fn model(&self, id: &str) -> Option<&ModelEntry> {
        self.models.iter().find(|m| m.id == id)
    }

    /// The same, those that look values up among them where they are known.
    pub fn any(&self, id: &str) -> Option<&ModelEntry> {
        let found = self.model(id);
        #[cfg(any(feature = "train", feature = "trainer"))]
        let found = found.or_else(|| self.recall.iter().find(|m| m.id == id));
        found
    }
}

/// `assets/models/recorded.json`: results of the shipped weights, computed natively; what `opening` and `extrapolation` show at first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// How it was computed, in words.
    pub note: String,
    /// Stream scored.
    pub stream: String,
    /// Targets scored at every length.
    pub n_targets: usize,
    /// One row per model and length, nonoverlapping evaluation.
    pub points: Vec<RecordedPoint>,
}

/// One recorded evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedPoint {
    /// Model id.
    pub model: String,
    /// Input length, tokens.
    pub length: usize,
    /// Sum of negative log-likelihoods per block of [`BLOCK`] targets, nats; with [`Self::block_targets`].
    pub block_nll: Vec<f64>,
    /// Targets counted in each block (separators are no targets).
    pub block_targets: Vec<u32>,
    /// UTF-8 bytes of all counted targets.
    pub n_bytes: u64,
}

/// Models that the page opens with, in its order.
pub const OPENING: [&str; 4] = ["sinusoidal-256", "rotary-256", "t5-256", "alibi-256"];
/// Tokens that each of them writes there.
pub const LINE_TOKENS: usize = 20;
/// Temperature at which these are drawn; 0 takes the likeliest.
pub const LINE_TEMPERATURE: f64 = 0.8;
/// How many of the likeliest they are drawn from.
pub const LINE_TOP_K: usize = 50;

/// `assets/models/lines.json`: what [`OPENING`] write after inputs of every length, computed natively.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// How they were written, in words.
    pub note: String,
    /// Stream that is read.
    pub stream: String,
    /// Every input ends before x[end].
    pub end: usize,
    /// The last of the input, as text.
    pub before: String,
    /// One for each model and length.
    pub lines: Vec<Line>,
}

/// What one model writes after one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Model id.
    pub model: String,
    /// Tokens read.
    pub length: usize,
    /// [`LINE_TOKENS`] tokens as text.
    pub text: String,
}

/// `assets/models/trained.json`: the training that the figure `train` shows before the reader's own, done natively.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// How it was done, in words.
    pub note: String,
    /// Length of each training input, tokens.
    pub train_length: usize,
    /// Tokens of a step.
    pub tokens_per_step: usize,
    /// Targets scored at every length.
    pub n_targets: usize,
    /// One for each method, in the order of training.
    pub courses: Vec<Course>,
}

/// `assets/models/healed.json`: trained models in which another position method was put in the place of theirs, as they are
/// trained on, done natively.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Healed {
    /// How it was done, in words.
    pub note: String,
    /// Length of each training input, tokens.
    pub train_length: usize,
    /// Tokens of a step.
    pub tokens_per_step: usize,
    /// Targets scored at every length.
    pub n_targets: usize,
    /// One for each model and method.
    pub cases: Vec<Case>,
}

/// A trained model, another method in the place of its own, and how that went on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Id of the model.
    pub from: String,
    /// Method put in and how it went. The first curve is from before the first step.
    pub course: Course,
}

/// Losses that a course gathers, at most: then every two become their mean.
const MOST_LOSSES: usize = 512;

/// How one model's training went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Id of the position method.
    pub method: String,
    /// Mean loss of every [`Self::stretch`] steps, nats per token.
    pub losses: Vec<f32>,
    /// How often losses were halved in number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub halved: u32,
    /// Loss of every step since the last whole stretch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<f32>,
    /// Perplexity by input length at some moments, in their order.
    pub curves: Vec<Curve>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn mean(losses: &[f32]) -> f32 {
    (losses.iter().map(|&l| f64::from(l)).sum::<f64>() / losses.len() as f64) as f32
}

impl Course {
    /// Steps of which each loss is the mean, a power of two.
    pub fn stretch(&self) -> usize {
        1 << self.halved
    }

    /// Steps whose losses are in it.
    pub fn steps(&self) -> usize {
        self.losses.len() * self.stretch() + self.rest.len()
    }

    /// Adds the losses of steps to those before. However many come, they take no more room than 512 and a stretch.
    pub fn add(&mut self, losses: impl IntoIterator<Item = f32>) {
        for loss in losses {
            self.rest.push(loss);
            if self.rest.len() == self.stretch() {
                self.losses.push(mean(&self.rest));
                self.rest.clear();
            }
            if self.losses.len() >= MOST_LOSSES && self.rest.is_empty() && self.losses.len().is_multiple_of(2) {
                self.losses = self.losses.chunks_exact(2).map(mean).collect();
                self.halved += 1;
            }
        }
    }

    /// Forgets the losses of all steps but the first ones. Of a stretch that is cut its mean stands for what is left of it.
    pub fn truncate(&mut self, steps: usize) {
        let whole = steps / self.stretch();
        if let Some(&cut) = self.losses.get(whole) {
            self.rest = vec![cut; steps % self.stretch()];
            self.losses.truncate(whole);
        } else {
            self.rest.truncate(steps - self.losses.len() * self.stretch());
        }
    }
}

/// Perplexity by input length at one moment of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Training tokens seen.
    pub tokens: u64,
    /// Input length and perplexity.
    pub points: Vec<(usize, f64)>,
}

/// `assets/models/reference.json`: losses and activations of the shipped weights by the reference decoder, put together
/// from candle's own operations; what an engine on the reader's machine is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// How it was computed, in words.
    pub note: String,
    /// Stream that the windows are cut from.
    pub stream: String,
    /// One per model of the manifest.
    pub models: Vec<ReferenceModel>,
}

/// One model's reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceModel {
    /// Model id.
    pub model: String,
    /// Inputs, each by itself.
    pub windows: Vec<ReferenceWindow>,
}

/// One input of a reference: tokens x[start..start + losses.len()].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceWindow {
    /// First token of the input.
    pub start: usize,
    /// Loss of every next token, separators included, nats.
    pub losses: Vec<f64>,
    /// Output of the last block at the last position, `[d_model]`; empty where none is kept.
    pub activations: Vec<f64>,
}

/// How many random cases tests of what comes from outside try: 2,000, or as many as `PROPTEST_CASES` says (`make test-long`:
/// 100,000).
#[cfg(test)]
pub fn random_cases() -> proptest::test_runner::Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    proptest::test_runner::Config { cases, ..Default::default() }
}
