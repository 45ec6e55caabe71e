//! Messages between the page and a worker that trains one model. Weights and states travel as bytes beside the message, and
//! are handed over, not copied.
//!
//! One worker trains one model: [`Ask::Start`], then steps until the plan's end, a pause or a stop. [`Ask::Pause`] and
//! [`Ask::Stop`] are heard in the midst of a step, which is then done anew when it goes on: nothing is lost by it and nothing
//! changes. Questions ([`Ask::Answer`]) are answered between steps, or while it rests.

use serde::{Deserialize, Serialize};

use super::{Failure, Job, ResponseBody};
use crate::config::{ModelConfig, ModelSize};

/// Page to trainer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToTrainer {
    /// What is asked.
    pub ask: Ask,
    /// A state or weights, where [`Ask::Start`] says so; else empty.
    #[serde(default, with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What the page can ask of a trainer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// First message: the absolute URL that asset paths are relative to (ends with `/`).
    Configure {
        /// Base URL.
        base: String,
    },
    /// Trains a model in place of any before: answered by [`Told::Ready`], then reports until it rests.
    Start(Plan),
    /// Rests: [`Told::Resting`]. The model stays, and questions are answered.
    Pause,
    /// Goes on, after a pause or a stop: [`Told::Going`].
    GoOn,
    /// Rests, ends a question that is being answered, and gives the state: [`Told::Resting`] with it.
    Stop,
    /// That many steps in all from here on; the learning rate follows the longer schedule.
    Lengthen {
        /// Steps.
        steps: usize,
    },
    /// The state between two steps: [`Told::State`].
    State,
    /// The weights as a safetensors file like those of the site: [`Told::Weights`].
    Weights,
    /// A question about the model as it is between two steps, on the CPU; [`Job::model`] is not looked at. A training text of the
    /// reader's own is `own`, of which the part that is not trained on is asked about, over as many targets as it has.
    /// Answered by [`Told::Answer`].
    Answer {
        /// Number of the question.
        id: u32,
        /// The question.
        job: Job,
    },
    /// How often a value that stands `distance` tokens back is looked up rightly, in `n` questions: [`Told::Answer`], with right
    /// answers and questions as its numbers.
    Recall {
        /// Number of the question.
        id: u32,
        /// A model of the site that was trained for it, by its id; absent for the one at hand.
        model: Option<String>,
        /// Tokens from a key to its question, at least 2.
        distance: usize,
        /// Questions.
        n: usize,
    },
}

/// What is trained: all that the outcome depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Id of the position method.
    pub method: String,
    /// Length of each training input, tokens.
    pub train_length: usize,
    /// Size of the model; that of a trained model it starts from comes before it.
    pub size: ModelSize,
    /// Seed of initial values and data order.
    pub seed: u32,
    /// Training tokens, counted with repetition; rounded up to whole steps.
    pub n_tokens: u64,
    /// What is read.
    pub text: TrainText,
    /// Where it starts.
    pub from: StartFrom,
    /// Seconds between two states that come unasked, [`Told::State`]; none come where it is 0.
    #[serde(default)]
    pub state_every: f64,
}

/// What is trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum TrainText {
    /// The site's training tokens.
    #[default]
    Addresses,
    /// The reader's own: the first nine tenths are trained on.
    Own(String),
    /// No text: keys whose values are to be looked up. Shape and recipe are those of the site's models of that task.
    Recall,
}

/// Where a training starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum StartFrom {
    /// Drawn values.
    #[default]
    Nothing,
    /// The weights of a model of the site. Where the plan's method is another, that one takes the place of the model's.
    Shipped {
        /// Its id.
        model: String,
    },
    /// Weights from a file, which is the message's bytes; the method as above.
    File,
    /// A state that a trainer gave, which is the message's bytes. Everything of the plan but the text and
    /// [`Plan::state_every`] is the state's own.
    State,
}

/// Trainer to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FromTrainer {
    /// What is told.
    pub told: Told,
    /// The state or the weights told of; else empty.
    #[serde(default, with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What a trainer tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// Configured, or the model is there and its first step begins.
    Ready(Option<Ready>),
    /// Steps done since the report before.
    Progress {
        /// Steps done in all.
        step: usize,
        /// Mean loss of each step since the report before, nats per token: the last is that of step `step`.
        losses: Vec<f32>,
        /// Training tokens per second over these steps, time for questions not counted; NaN where no time passed.
        tokens_per_second: f64,
    },
    /// Steps go on.
    Going,
    /// No step is being done: it was asked to rest, or all are done. With the state where [`Ask::Stop`] asked for it or all
    /// are done.
    Resting {
        /// Steps done.
        step: usize,
        /// Whether the plan's steps are done.
        done: bool,
    },
    /// The bytes are the state.
    State {
        /// Steps done.
        step: usize,
    },
    /// The bytes are the weights.
    Weights {
        /// Steps done.
        step: usize,
    },
    /// To a question; any number of `Progress` and `Partial` come before one of the others.
    Answer {
        /// Its number.
        id: u32,
        /// Steps done when it was answered.
        step: usize,
        /// The answer.
        body: ResponseBody,
    },
    /// The loss, or its gradient, is no number any more; it rests. The state, in the bytes, is from before that step.
    NotFinite {
        /// Steps done.
        step: usize,
        /// The loss, nats per token.
        loss: f64,
    },
    /// It could not start, or was asked what it cannot do.
    Failed(Failure),
}

/// A model that is about to be trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Its shape and method.
    pub config: ModelConfig,
    /// Parameters.
    pub n_parameters: usize,
    /// Steps done, and in all.
    pub step: usize,
    /// In all.
    pub steps: usize,
    /// Tokens of a step.
    pub tokens_per_step: usize,
    /// Tokens of the text that is trained on.
    pub n_train: usize,
}
