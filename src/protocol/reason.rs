//! Why something is as it is, as facts. The page has the words for them (`ui/runs/words.rs`); what a browser, a driver or a
//! library said travels along as `detail`.

use std::fmt;

use super::engine::EngineKind;
use crate::config::Change;

/// Why a request failed, or why an engine runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Somebody outside said so, and nothing more is known.
    Said {
        /// What was said.
        detail: String,
    },

    /// The reader chose this engine.
    Chosen(EngineKind),
    /// The WebGPU adapter computes on the CPU.
    SoftwareAdapter {
        /// Its name; empty where it has none.
        adapter: String,
    },
    /// A warm-up compared the engines.
    WarmUp {
        /// Name of the GPU; empty where it has none.
        adapter: String,
        /// Input length, tokens.
        length: usize,
        /// Tokens per second on the GPU.
        gpu: f64,
        /// Tokens per second of one worker on the CPU.
        cpu: f64,
        /// Workers that share the work where the CPU does it.
        workers: usize,
    },
    /// The GPU does not compute.
    Gpu(GpuError),
    /// The GPU was there a moment ago.
    GpuWentAway,

    /// The server answered with an error.
    Server {
        /// HTTP status.
        status: u16,
        /// Its text.
        text: String,
    },
    /// A file has another hash than the manifest says.
    Hash {
        /// SHA-256 of what came, hexadecimal.
        found: String,
        /// SHA-256 of the manifest.
        wanted: String,
        /// Bytes that came.
        n_bytes: usize,
    },
    /// A file of tokens ends within one.
    HalfToken {
        /// Its bytes.
        n_bytes: usize,
    },
    /// A file of tokens holds one that there is not.
    UnknownToken {
        /// Token id.
        token: u32,
        /// Size of the vocabulary.
        n_vocab: usize,
    },
    /// The manifest gives a model a shape that none has.
    NoModel {
        /// Model id.
        model: String,
    },
    /// A model's weights are those of another configuration than the manifest's.
    OtherConfiguration,

    /// The request is none that this engine knows: page and engine are of different versions.
    UnreadableRequest {
        /// What the reading of it gave.
        detail: String,
    },
    /// The manifest has no such model.
    UnknownModel {
        /// Model id.
        model: String,
    },
    /// The manifest has no such stream.
    UnknownText {
        /// Stream id.
        text: String,
    },
    /// There is nothing to hold the model against.
    NoReference {
        /// Model id.
        model: String,
    },
    /// The text is not the one that the reference was made from.
    ReferenceBeyondText {
        /// Tokens of the text.
        n_token: usize,
        /// Tokens that the reference reaches to.
        needed: usize,
    },
    /// The text is empty.
    NoText,
    /// The text is too long.
    TextTooLong {
        /// Its bytes.
        n_bytes: usize,
        /// Most that are read.
        most: usize,
    },
    /// The text has fewer tokens than the targets asked for need.
    TooFewForTargets {
        /// Tokens of the text.
        n_token: usize,
        /// Tokens needed.
        needed: usize,
    },
    /// The text has fewer tokens than the inputs asked for need.
    TooFewForInputs {
        /// Tokens of the text.
        n_token: usize,
        /// Tokens needed.
        needed: usize,
    },
    /// Length or number of targets is zero.
    NothingToScore,
    /// No inputs are asked for.
    NoInput,
    /// An input would begin before the text does.
    InputBeforeText {
        /// Its length, tokens.
        length: usize,
        /// Token before which it ends.
        end: usize,
    },
    /// An input length is out of bounds.
    Length {
        /// The length asked for, tokens.
        length: usize,
        /// The longest, tokens.
        most: usize,
    },
    /// A change of the position tables cannot be made.
    Change {
        /// The change.
        change: Change,
    },
    /// More scores are asked for than are given.
    TooManyScores {
        /// Longest input whose scores are given, tokens.
        most: usize,
    },
    /// The model has no such layer.
    UnknownLayer {
        /// The layer, from 0.
        layer: usize,
        /// Layers of the model.
        n_layer: usize,
    },
    /// A temperature is negative or no number.
    Temperature {
        /// The temperature.
        temperature: f64,
    },
    /// A prompt is to be continued by no token, or by too many.
    Continuation {
        /// Tokens of the prompt.
        n_prompt: usize,
        /// Tokens asked for.
        n_new: usize,
        /// Most tokens that it can be continued by.
        most: usize,
    },
    /// The task runs on the CPU only.
    CpuOnly,
    /// A model cannot be trained so.
    NotTrainable {
        /// Why.
        detail: String,
    },
}

/// Why the GPU does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuError {
    /// There is no adapter to run on.
    NoAdapter(NoAdapter),
    /// The device was there and is gone: reset, unplugged, or taken away by the browser.
    Lost(Lost),
    /// A buffer found no room.
    OutOfMemory,
    /// The driver refused a call: a mistake in this code or in the driver.
    Refused {
        /// What it said; empty where it gave no reason.
        detail: String,
    },
    /// One segment needs a larger buffer than the GPU takes.
    TooLong {
        /// Length asked for, tokens.
        length: usize,
        /// Longest that fits, tokens.
        limit: usize,
    },
    /// The model or the arguments are not what the kernels can run.
    Unsupported(Unsupported),
}

/// Why there is no GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAdapter {
    /// The browser has no `navigator.gpu`.
    NoWebGpu,
    /// It has none for a page that did not come by https.
    Insecure,
    /// The browser gives no adapter.
    NoneGiven,
    /// The browser does not answer.
    NoAnswer,
    /// Natively: no driver was found.
    NoDriver,
    /// The adapter gives no device.
    NoDevice {
        /// What was said.
        detail: String,
    },
}

/// How a GPU was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Browser or driver reported it.
    Reported {
        /// What was said; empty where no reason was given.
        detail: String,
    },
    /// The driver stopped answering.
    Silent,
    /// Its results could not be read.
    Unread,
    /// Its results could not be mapped.
    Unmapped,
}

/// What the kernels cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A position method that is not known.
    Method {
        /// Its id.
        method: String,
    },
    /// Tokens, targets and segments that do not fit each other.
    Arguments {
        /// Tokens.
        n_token: usize,
        /// Targets.
        n_target: usize,
        /// Segments.
        n_segment: usize,
        /// Tokens per segment.
        length: usize,
    },
    /// Tables of another shape than the model's.
    Tables {
        /// Heads of the model.
        n_head: usize,
        /// Width of the model.
        d_model: usize,
    },
    /// A token outside the vocabulary.
    Token {
        /// Token id.
        token: u32,
        /// Size of the vocabulary.
        n_vocab: usize,
    },
    /// More tokens in one call than a buffer holds.
    Tokens {
        /// Tokens.
        n_token: usize,
    },
    /// A width that heads do not divide.
    Width {
        /// Width of the model.
        d_model: usize,
        /// Heads.
        n_head: usize,
    },
    /// Heads of a width that there are no kernels for.
    HeadDim {
        /// Width of a head.
        head_dim: usize,
        /// Widest head.
        most: usize,
    },
    /// A hidden layer of a width that there are no kernels for.
    Hidden {
        /// Its width.
        d_ff: usize,
    },
    /// An array of another size than the configuration's.
    Array {
        /// Its name.
        name: String,
        /// Values that it has.
        found: usize,
        /// Values that are needed.
        needed: usize,
    },
    /// An array that is larger than the largest buffer.
    Buffer {
        /// Its name.
        name: String,
    },
}

/// For programs and their logs, not for readers.
impl fmt::Display for GpuError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl std::error::Error for GpuError {}
