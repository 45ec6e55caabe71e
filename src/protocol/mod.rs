//! Every message between page and worker, and nothing else. What can be asked stands in [`task`]; what is said to a worker
//! that trains, in [`train`].
//!
//! Requests are numbered by the page; a response carries the number of the request it answers, and the page drops
//! answers to requests it no longer waits for. A request is one question about one model; the page owns the queue of them,
//! so several workers can share it.
//!
//! Files of models that are not the site's travel beside these messages, to what fetches files for a worker:
//! assets/worker_loader.js.
//!
//! No message holds a sentence: what is said to the reader is said by the page, from a [`Reason`], which travels as [`Facts`].

mod engine;
mod facts;
mod reason;
pub mod task;
pub mod train;

use serde::{Deserialize, Serialize};

pub use engine::{EngineChoice, EngineKind};
pub use facts::{Facts, Kind};
pub use reason::{GpuError, Lost, NoAdapter, Reason, Unsupported};
pub use task::{Job, Protocol, Stretch, Task};

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
        /// Whether the GPU is to be left alone: another worker came to grief over it.
        #[serde(default)]
        without_gpu: bool,
    },
    /// Answer a question.
    Run(Job),
    /// Stop working on an earlier request; answered by [`ResponseBody::Cancelled`] for that request.
    Cancel {
        /// The request to stop.
        request: u32,
    },
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

/// Result of a [`Job`].
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
    /// Numbers that the [`Task`] gives, f32 in little-endian order: [`Scored::values`].
    #[serde(default, with = "serde_bytes")]
    pub numbers: Vec<u8>,
    /// Words that the [`Task`] asks for: what single tokens stand for. Together they are the text: a character that
    /// several tokens share stands with the last of them, the others being empty. A separator is "¶", at the start of
    /// the text "(start)".
    #[serde(default)]
    pub words: Vec<String>,
}

impl Scored {
    /// The numbers, laid out as said beside their [`Task`].
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
pub struct Precomputed {
    /// What was asked: [`Job::key`].
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
        reason: Facts,
    },
    /// The GPU was asked for or in use and is gone; the CPU goes on.
    GpuUnavailable {
        /// Why.
        reason: Facts,
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
        reason: Facts,
    },
    /// A file is not what the manifest says (length or hash), or cannot be parsed: reload, then report.
    Corrupt {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: Facts,
    },
    /// The request names something that does not exist or is out of bounds.
    Invalid {
        /// What is wrong.
        reason: Facts,
    },
    /// The engine broke down: use the other one, or shorten the input.
    Engine {
        /// What happened.
        reason: Facts,
    },
}
