//! Every message between page and worker, and nothing else.
//!
//! Requests are numbered by the page; a response carries the number of the request it answers, and the page drops
//! answers to requests it no longer waits for. One evaluation request is one model at one length over a range of
//! targets; the page owns the queue of them, so several workers can share it.

use serde::{Deserialize, Serialize};

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

/// One model at one input length over a range of targets of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluate {
    /// Model id in the manifest.
    pub model: String,
    /// Stream id in the manifest.
    pub stream: String,
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
}

/// How a stream is cut into inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Segments of the input length, each scored by itself.
    Nonoverlapping,
    /// The window advances `stride` tokens; only the newest `stride` targets count.
    Sliding {
        /// Tokens advanced per window, 1 to the input length.
        stride: usize,
    },
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// WASM with SIMD.
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

/// What the worker can answer. `Progress` and `Notice` may come any number of times before one of the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ResponseBody {
    /// Configured.
    Ready,
    /// Targets scored so far of this request.
    Progress {
        /// Scored.
        scored: usize,
        /// To be scored.
        of: usize,
    },
    /// Something the reader should know; the request goes on.
    Notice(Notice),
    /// The request is done.
    Scored(Scored),
    /// The request was cancelled.
    Cancelled,
    /// The request failed; others are not affected.
    Failed(Failure),
}

/// Result of an [`Evaluate`] request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// `Auto` chose; the reason in one clause, e.g. "this browser gives no WebGPU adapter".
    EngineChosen {
        /// The engine.
        engine: EngineKind,
        /// Why.
        reason: String,
    },
    /// The GPU was asked for or in use and is gone; the CPU goes on.
    GpuUnavailable {
        /// What the browser said.
        reason: String,
    },
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// A file could not be fetched: retry.
    Fetch {
        /// Which file.
        file: String,
        /// What the browser or server said.
        reason: String,
    },
    /// A file is not what the manifest says (length or hash), or cannot be parsed: reload, then report.
    Corrupt {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The request names something that does not exist or is out of bounds.
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// The engine broke down: use the other one, or shorten the input.
    Engine {
        /// What happened.
        reason: String,
    },
}
