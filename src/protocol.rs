//! Every message between page and worker, and nothing else.
//!
//! Requests are numbered by the page; a response carries the number of the request it answers, and the page drops
//! answers to requests it no longer waits for. One evaluation request is one model at one length over a range of
//! targets; the page owns the queue of them, so several workers can share it.
//!
//! No message holds a sentence: what is said to the reader is said by the page, from a [`Reason`].

mod reason;

pub use reason::{GpuError, Lost, NoAdapter, Reason, Unsupported};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Change;

/// Page to worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Number of this request, unique within the page.
    pub id: u32,
    /// What is asked.
    pub body: RequestBody,
}

/// What the page can ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RequestBody {
    /// First message: the absolute URL that asset paths are relative to (ends with `/`).
    Configure {
        /// Base URL.
        base: String,
    },
    /// Score targets.
    Evaluate(Evaluate),
    /// Stop working on an earlier request; answered by [`ResponseBody::Cancelled`] for that request.
    Cancel {
        /// The request to stop.
        request: u32,
    },
}

/// One model at one input length over a range of targets of a stream, or another question about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluate {
    /// Model id in the manifest.
    pub model: String,
    /// Stream id in the manifest; what the reader's own text is called where there is one.
    pub stream: String,
    /// The reader's own text, in place of a stream of the manifest. Its stream is the separator, as at the start of every
    /// document in training, then its tokens: x[0] predicts the first of them. "\r\n" is read as "\n".
    #[serde(default)]
    pub text: Option<Arc<str>>,
    /// Input length, tokens.
    pub length: usize,
    /// How the stream is cut into inputs.
    pub protocol: Protocol,
    /// Index s in the stream x of the first scored position: it is given x[s] and predicts x[s + 1]. Nonoverlapping
    /// input k covers x[s + k·L .. s + (k + 1)·L], its targets stand one further. The page asks for
    /// [`crate::config::RUN_IN`].
    pub first_target: usize,
    /// Targets to score from there: x[s + 1 ..= s + n_targets], separators among them not counted.
    pub n_targets: usize,
    /// Which engine to use.
    pub engine: EngineChoice,
    /// What is asked.
    #[serde(default)]
    pub task: Task,
    /// What is changed in the trained model's tables of positions.
    #[serde(default)]
    pub change: Change,
}

impl Evaluate {
    /// Name of the question, the same for the same question whatever the engine. A text of the reader's own is named by
    /// [`Evaluate::stream`] alone.
    pub fn key(&self) -> String {
        let Self { model, stream, length, protocol, first_target, n_targets, task, change, .. } = self;
        format!("{model} {stream} {length} {protocol:?} {first_target} {n_targets} {task:?} {change:?}")
    }
}

/// What can be asked about a model and a text. [`Task::Score`], [`Task::ScoreByPosition`] and [`Task::Verify`] run on the
/// engine chosen, the others on the CPU. Numbers that are no losses by block come in [`Scored::values`], laid out as said
/// here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Losses by block.
    #[default]
    Score,
    /// Losses by block, and by position in the input: `length` mean losses in nats (NaN where none was counted), then
    /// `length` counts. A position's prediction has one token more of context than its number, under every protocol.
    ScoreByPosition,
    /// The same losses as [`Task::Score`] with nothing skipped: every key of the causal half is computed. For timing.
    ScoreInFull,
    /// Scores of one layer for the first `length` tokens of the stream, all of a shorter one, at most
    /// [`crate::config::MAX_ATTENDED`]: q·k/√D, `[H, T, T]`, zero after the query, then the bias `[H, T]` by distance,
    /// both under the change. T is the number of words in [`Scored::words`], one per token, the first of them "(start)".
    Attend {
        /// Layer, from 0.
        layer: usize,
    },
    /// Where attention goes: weights of the last 64 queries (fewer if the input is shorter) of each of `n_targets` inputs of
    /// `length` tokens. They end before x[`first_target`] and at every [`crate::config::SPREAD_STEP`] tokens from there on,
    /// so that at every length the same queries are asked. For each layer and head, `[n_layer, H]`: the mean entropy in
    /// nats; then `[n_layer, H, n_bin]` the mean mass at distances 0, 1, 2–3, 4–7, …, n_bin = 2 + ⌊log2(length − 1)⌋ (1 for length 1).
    Spread,
    /// Continues the stream by `n_targets` tokens; answers with one word per new token, and with the number of prompt
    /// tokens (the separator before the text among them) followed by one probability (at temperature 1, before top-k)
    /// per new token. Parts come as [`ResponseBody::Partial`], each with all so far. `length` is the number of prompt
    /// tokens used at most: the last ones of a longer stream, and a [`Notice::Shortened`] says so. Prompt and new tokens
    /// together are the input length that a change is for, at most [`crate::config::MAX_LENGTH`].
    Generate {
        /// Divides the logits; 0 takes the likeliest token.
        temperature: f64,
        /// Draws from this many of the likeliest tokens; 0 from all.
        top_k: usize,
        /// Seed of the draws.
        seed: u32,
    },
    /// The model's recorded reference through this engine: largest difference of a loss, of an activation (NaN on the
    /// GPU, which gives none back), and the number of losses compared. Stream, length, targets and change are not read.
    Verify,
    /// Tokens in the text, separators not counted: as many targets can be scored from x[0] of the reader's own text.
    /// [`Scored::n_bytes`] is their bytes. Model, length and targets are not read.
    Count,
}

/// How a stream is cut into inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Segments of the input length, each scored by itself.
    #[default]
    Nonoverlapping,
    /// The window advances `stride` tokens; only the newest `stride` targets count.
    Sliding {
        /// Tokens advanced per window, 1 to the input length.
        stride: usize,
    },
    /// Of each block of [`crate::config::LAST_BLOCK`] targets only the last [`crate::config::LAST_TARGETS`] count; the
    /// input ends with them and its context grows to the left. Inputs shorter than that cut them into segments.
    LastTokens,
}

/// The reader's choice of engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The GPU where it is a real one and wins a warm-up, else the CPU.
    #[default]
    Auto,
    /// WASM.
    Cpu,
    /// WebGPU, a software adapter included.
    Gpu,
}

/// The engine that did the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// WASM with SIMD.
    #[default]
    Cpu,
    /// WebGPU.
    Gpu,
}

/// Worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The request this answers.
    pub id: u32,
    /// The answer.
    pub body: ResponseBody,
}

/// What the worker can answer. `Progress`, `Engine`, `Notice` and `Partial` may come any number of times before one of
/// the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ResponseBody {
    /// Configured.
    Ready,
    /// How far this request is, in targets, new tokens or, for other tasks, per cent.
    Progress {
        /// Scored.
        scored: usize,
        /// To be scored.
        of: usize,
    },
    /// This engine computes the answer, where the choice was not the CPU; another one if it breaks down.
    Engine(EngineKind),
    /// Something the reader should know; the request goes on.
    Notice(Notice),
    /// What there is of the answer so far.
    Partial(Scored),
    /// The request is done.
    Scored(Scored),
    /// The request was cancelled.
    Cancelled,
    /// The request failed; others are not affected.
    Failed(Failure),
}

/// Result of an [`Evaluate`] request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Sums over blocks of [`crate::config::BLOCK`] targets, in order.
    pub blocks: Vec<BlockSum>,
    /// UTF-8 bytes of the counted targets.
    pub n_bytes: u64,
    /// Which engine ran.
    pub engine: EngineKind,
    /// Name of the GPU adapter, where one ran.
    pub adapter: Option<String>,
    /// Wall-clock time of the computation, seconds, loading excluded.
    pub seconds: f64,
    /// Most bytes that the computation held at once beyond weights and text; 0 where unknown (GPU).
    #[serde(default)]
    pub peak_bytes: u64,
    /// Numbers that the [`Task`] asks for, f32 in little-endian order: [`Scored::values`].
    #[serde(default, with = "serde_bytes")]
    pub numbers: Vec<u8>,
    /// Words that the [`Task`] asks for: what single tokens stand for. Together they are the text: a character that
    /// several tokens share stands with the last of them, the others being empty. A separator is "¶", at the start of
    /// the text "(start)".
    #[serde(default)]
    pub words: Vec<String>,
}

impl Scored {
    /// The numbers, as their [`Task`] lays them out.
    pub fn values(&self) -> Vec<f32> {
        self.numbers.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
    }

    /// Keeps numbers for the journey.
    pub fn set_values(&mut self, values: &[f32]) {
        self.numbers = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    }
}

/// An answer that was computed natively when the models were trained: what a figure shows before anything has run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What was asked: [`Evaluate::key`].
    pub key: String,
    /// What came back, its numbers apart.
    pub scored: Scored,
    /// The numbers, to five digits; 0 in place of what is no number.
    pub values: Vec<f32>,
}

/// Sum of losses over one block of targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BlockSum {
    /// Sum of negative log-likelihoods, nats; may be infinite or NaN, and is then shown as such.
    pub nll: f64,
    /// Targets counted (separators are inputs, never targets).
    pub n_targets: u32,
}

/// Why an engine other than the expected one runs, or anything else worth telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// An engine was chosen.
    EngineChosen {
        /// The engine.
        engine: EngineKind,
        /// Why.
        reason: Reason,
    },
    /// The GPU was asked for or in use and is gone; the CPU goes on.
    GpuUnavailable {
        /// Why.
        reason: Reason,
    },
    /// A text was longer than the tokens asked for: the last `used` of a prompt are continued, the first of another text
    /// looked at.
    Shortened {
        /// Tokens used.
        used: usize,
        /// Tokens of the text.
        of: usize,
        /// Whether the last ones are used.
        last: bool,
        /// Words at the cut, of the part that is used.
        at: String,
    },
}

/// Why a request failed: by what can be done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Failure {
    /// A file could not be fetched: retry.
    Fetch {
        /// Which file.
        file: String,
        /// Why.
        reason: Reason,
    },
    /// A file is not what the manifest says (length or hash), or cannot be parsed: reload, then report.
    Corrupt {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: Reason,
    },
    /// The request names something that does not exist or is out of bounds.
    Invalid {
        /// What is wrong.
        reason: Reason,
    },
    /// The engine broke down: use the other one, or shorten the input.
    Engine {
        /// What happened.
        reason: Reason,
    },
}
