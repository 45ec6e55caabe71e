//! What can be asked about a model and a text: each kind of task has its own fields, and beside them how its answer is laid
//! out in the numbers of a [`super::Scored`]. Where the worker writes and the page reads, both do it here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::EngineChoice;
use crate::config::Change;

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

impl Protocol {
    /// The protocol at that input length: a stride longer than the input is cut to it, which is nonoverlapping evaluation.
    pub fn for_length(self, length: usize) -> Self {
        match self {
            Self::Sliding { stride } => Self::Sliding { stride: stride.min(length) },
            other => other,
        }
    }
}

/// One question about a model and a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Model id in the manifest.
    pub model: String,
    /// Stream id in the manifest; what the reader's own text is called where there is one.
    pub stream: String,
    /// The reader's own text, in place of a stream of the manifest. Its stream is the separator, as at the start of every
    /// document in training, then its tokens: x[0] predicts the first of them. "\r\n" is read as "\n".
    #[serde(default)]
    pub text: Option<Arc<str>>,
    /// Which engine to use.
    pub engine: EngineChoice,
    /// What is changed in the trained model's tables of positions.
    #[serde(default)]
    pub change: Change,
    /// What is asked.
    pub task: Task,
}

impl Job {
    /// Name of the question, the same for the same question whatever the engine. A text of the reader's own is named by
    /// [`Job::stream`] alone.
    pub fn key(&self) -> String {
        let Self { model, stream, change, task, .. } = self;
        format!("{model} {stream} {} {change:?}", task.key())
    }

    /// Whether both ask the same, engines aside; only of a check of an engine the engine is part of the question.
    pub fn same_question(&self, other: &Self) -> bool {
        let engine = if self.task == Task::Verify { self.engine } else { other.engine };
        other.engine == engine
            && (&self.model, &self.stream, &self.text) == (&other.model, &other.stream, &other.text)
            && (self.change, self.task) == (other.change, other.task)
    }

    /// The same question over another number of targets, where it has any.
    pub fn over(&self, n_targets: usize) -> Self {
        let mut job = self.clone();
        if let Some(stretch) = job.task.stretch_mut() {
            stretch.n_targets = n_targets;
        }
        job
    }
}

/// What can be asked. [`Task::Score`], [`Task::ScoreByPosition`] and [`Task::Verify`] run on the engine chosen, the others on
/// the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Losses by block.
    Score(Stretch),
    /// Losses by block, and by position in the input: [`Stretch::positions`].
    ScoreByPosition(Stretch),
    /// The same losses as [`Task::Score`] with nothing skipped: every key of the causal half is computed. For timing.
    ScoreInFull(Stretch),
    /// Scores and bias of one layer.
    Attend(Attend),
    /// Where attention goes.
    Spread(Spread),
    /// A continuation of the text.
    Generate(Generate),
    /// The model's recorded reference through this engine: [`Verified`]. The stream is the reference's own.
    Verify,
    /// Tokens in the text, separators not counted, as [`Counted`]: as many targets can be scored from x[0] of the reader's
    /// own text. [`super::Scored::n_bytes`] is their bytes. The model is not read.
    Count,
}

impl Default for Task {
    fn default() -> Self {
        Self::Score(Stretch::default())
    }
}

impl Task {
    /// What is scored, where losses are asked for.
    pub fn stretch(&self) -> Option<&Stretch> {
        match self {
            Self::Score(stretch) | Self::ScoreByPosition(stretch) | Self::ScoreInFull(stretch) => Some(stretch),
            _ => None,
        }
    }

    fn stretch_mut(&mut self) -> Option<&mut Stretch> {
        match self {
            Self::Score(stretch) | Self::ScoreByPosition(stretch) | Self::ScoreInFull(stretch) => Some(stretch),
            _ => None,
        }
    }

    /// Input length, tokens; absent where the task has its own.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Attend(attend) => Some(attend.length),
            Self::Spread(spread) => Some(spread.length),
            Self::Generate(generate) => Some(generate.n_prompt),
            _ => self.stretch().map(|stretch| stretch.length),
        }
    }

    /// What progress is counted up to: targets, new tokens, or per cent.
    pub fn steps(&self) -> usize {
        match self {
            Self::Generate(generate) => generate.n_new,
            _ => self.stretch().map_or(100, |stretch| stretch.n_targets),
        }
    }

    fn key(&self) -> String {
        let of = |name: &str, stretch: &Stretch| {
            let Stretch { protocol, length, first, n_targets } = stretch;
            format!("{name} {protocol:?} {length} {first} {n_targets}")
        };
        match self {
            Self::Score(stretch) => of("Score", stretch),
            Self::ScoreByPosition(stretch) => of("ScoreByPosition", stretch),
            Self::ScoreInFull(stretch) => of("ScoreInFull", stretch),
            Self::Attend(Attend { length, layer }) => format!("Attend {length} {layer}"),
            Self::Spread(Spread { length, n_inputs, first_end }) => format!("Spread {length} {n_inputs} {first_end}"),
            Self::Generate(Generate { n_prompt, n_new, temperature, top_k, seed }) => {
                format!("Generate {n_prompt} {n_new} {temperature:?} {top_k} {seed}")
            }
            Self::Verify => "Verify".into(),
            Self::Count => "Count".into(),
        }
    }
}

/// A stretch of a stream x whose targets are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// How the stream is cut into inputs.
    pub protocol: Protocol,
    /// Input length L, tokens.
    pub length: usize,
    /// Index s of the first scored position: it is given x[s] and predicts x[s + 1]. Nonoverlapping input k covers
    /// x[s + k·L .. s + (k + 1)·L], its targets stand one further. The page asks for [`crate::config::RUN_IN`].
    pub first: usize,
    /// Targets from there on: x[s + 1 ..= s + n_targets], separators among them not counted.
    pub n_targets: usize,
}

impl Stretch {
    /// By position in the input, the mean losses in nats (NaN where none was counted) and the counts, each `[length]`. A
    /// position's prediction has one token more of context than its number, under every protocol. Absent if there are
    /// too few numbers.
    pub fn positions<'a>(&self, numbers: &'a [f32]) -> Option<(&'a [f32], &'a [f32])> {
        let (means, counts) = numbers.split_at_checked(self.length)?;
        Some((means, counts.get(..self.length)?))
    }
}

/// Scores of one layer for the first tokens of the stream; a word per token comes with them, the first is "(start)".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attend {
    /// Tokens looked at, all of a shorter text, at most [`crate::config::MAX_ATTENDED`].
    pub length: usize,
    /// Layer, from 0.
    pub layer: usize,
}

/// What [`Attend`] gives for one head of `n` tokens, both under the change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention<'a> {
    /// q·k/√D, `[n, n]`, zero after the query.
    pub scores: &'a [f32],
    /// Bias by distance, `[n]`.
    pub bias: &'a [f32],
}

impl Attend {
    /// One head of `n_head` over `n` tokens, from numbers `[H, n, n]` and `[H, n]`. Absent if there are too few.
    pub fn read(numbers: &[f32], n_head: usize, n: usize, head: usize) -> Option<Attention<'_>> {
        let (scores, bias) = numbers.split_at_checked(n_head * n * n)?;
        Some(Attention {
            scores: scores.get(head * n * n..(head + 1) * n * n)?,
            bias: bias.get(head * n..(head + 1) * n)?,
        })
    }
}

/// Where attention goes: weights of the last 64 queries (fewer if the input is shorter) of each of several inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Input length, tokens.
    pub length: usize,
    /// Inputs that are averaged over.
    pub n_inputs: usize,
    /// The first of them ends before x[`first_end`], the others every [`crate::config::SPREAD_STEP`] tokens from there on,
    /// so that at every length the same queries are asked.
    pub first_end: usize,
}

impl Spread {
    /// Bins of distances: 0, 1, 2–3, 4–7, …
    pub fn bins(&self) -> usize {
        if self.length < 2 { 1 } else { 2 + (self.length - 1).ilog2() as usize }
    }

    /// For `n_unit` layers times heads: the mean entropies in nats, `[n_unit]`, and the mean masses by bin of distances,
    /// `[n_unit, n_bin]`. Absent if there are too few numbers.
    pub fn read<'a>(&self, numbers: &'a [f32], n_unit: usize) -> Option<(&'a [f32], &'a [f32])> {
        let (entropies, masses) = numbers.split_at_checked(n_unit)?;
        Some((entropies, masses.get(..n_unit * self.bins())?))
    }
}

/// Continues the stream; one word per new token comes with the answer. Parts come as [`super::ResponseBody::Partial`], each
/// with all so far. Prompt and new tokens together are the input length that a change is for, at most
/// [`crate::config::MAX_LENGTH`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// Prompt tokens used at most: the last ones of a longer stream, and a [`super::Notice::Shortened`] says so.
    pub n_prompt: usize,
    /// New tokens.
    pub n_new: usize,
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Draws from this many of the likeliest tokens; 0 from all.
    pub top_k: usize,
    /// Seed of the draws.
    pub seed: u32,
}

/// What [`Generate`] gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Continued<'a> {
    /// Prompt tokens, the separator before the text among them.
    pub n_prompt: usize,
    /// Probability of each new token, at temperature 1 and before top-k.
    pub probabilities: &'a [f32],
}

impl<'a> Continued<'a> {
    /// From the numbers of an answer; absent if there are none.
    pub fn read(numbers: &'a [f32]) -> Option<Self> {
        let (n_prompt, probabilities) = numbers.split_first()?;
        Some(Self { n_prompt: *n_prompt as usize, probabilities })
    }

    /// As numbers.
    pub fn write(&self) -> Vec<f32> {
        std::iter::once(self.n_prompt as f32).chain(self.probabilities.iter().copied()).collect()
    }
}

/// What [`Task::Verify`] gives: largest differences from the recorded reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verified {
    /// Of a loss, nats.
    pub loss: f32,
    /// Of an activation; NaN on the GPU, which gives none back.
    pub activation: f32,
    /// Losses compared.
    pub n_losses: usize,
}

impl Verified {
    /// From the numbers of an answer; absent if they are not three.
    pub fn read(numbers: &[f32]) -> Option<Self> {
        let &[loss, activation, n] = numbers else { return None };
        Some(Self { loss, activation, n_losses: n as usize })
    }

    /// As numbers.
    pub fn write(&self) -> [f32; 3] {
        [self.loss, self.activation, self.n_losses as f32]
    }
}

/// What [`Task::Count`] gives: tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted(pub usize);

impl Counted {
    /// From the numbers of an answer; absent if there are none.
    pub fn read(numbers: &[f32]) -> Option<Self> {
        numbers.first().map(|&n| Self(n as usize))
    }

    /// As numbers.
    pub fn write(&self) -> [f32; 1] {
        [self.0 as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(task: Task) -> Job {
        Job { model: "alibi-256".into(), stream: "held-out".into(), task, ..Default::default() }
    }

    #[test]
    fn questions_that_differ_have_names_that_differ() {
        let stretch = Stretch { protocol: Protocol::Nonoverlapping, length: 256, first: 16_384, n_targets: 8_192 };
        let generate = Generate { n_prompt: 256, n_new: 64, temperature: 0.8, top_k: 0, seed: 1 };
        let tasks = [
            Task::Score(stretch),
            Task::ScoreByPosition(stretch),
            Task::ScoreInFull(stretch),
            Task::Score(Stretch { protocol: Protocol::Sliding { stride: 32 }, ..stretch }),
            Task::Score(Stretch { length: 512, ..stretch }),
            Task::Attend(Attend { length: 256, layer: 0 }),
            Task::Attend(Attend { length: 256, layer: 1 }),
            Task::Spread(Spread { length: 256, n_inputs: 8, first_end: 16_896 }),
            Task::Generate(generate),
            Task::Generate(Generate { seed: 2, ..generate }),
            Task::Verify,
            Task::Count,
        ];
        let keys: std::collections::BTreeSet<String> = tasks.iter().map(|task| job(*task).key()).collect();
        assert_eq!(keys.len(), tasks.len());
        assert_eq!(job(tasks[0]).key(), "alibi-256 held-out Score Nonoverlapping 256 16384 8192 None");
    }

    #[test]
    fn the_engine_is_part_of_a_check_of_engines_alone() {
        let on = |task, engine| Job { engine, ..job(task) };
        let (cpu, gpu) = (EngineChoice::Cpu, EngineChoice::Gpu);
        assert!(on(Task::Count, cpu).same_question(&on(Task::Count, gpu)));
        assert!(!on(Task::Verify, cpu).same_question(&on(Task::Verify, gpu)));
        assert!(on(Task::Verify, cpu).same_question(&on(Task::Verify, cpu)));
        assert!(!job(Task::Count).same_question(&job(Task::Verify)));
        let longer = job(Task::default()).over(64);
        assert_eq!(longer.task.stretch().map(|s| s.n_targets), Some(64));
        assert!(!longer.same_question(&job(Task::default())) && longer.over(0).same_question(&job(Task::default())));
    }

    #[test]
    fn answers_are_read_as_they_are_laid_out() {
        let stretch = Stretch { length: 2, ..Default::default() };
        assert_eq!(stretch.positions(&[0.5, 0.25, 3.0, 4.0]), Some((&[0.5, 0.25][..], &[3.0, 4.0][..])));
        assert_eq!(stretch.positions(&[0.5, 0.25, 3.0]), None);
        // Two heads, two tokens: four scores each, then two biases each.
        let numbers: Vec<f32> = (0..12).map(|n| n as f32).collect();
        let second = Attend::read(&numbers, 2, 2, 1);
        assert_eq!(second, Some(Attention { scores: &[4.0, 5.0, 6.0, 7.0], bias: &[10.0, 11.0] }));
        assert_eq!((Attend::read(&numbers, 2, 2, 2), Attend::read(&numbers, 3, 2, 0)), (None, None));
        let spread = Spread { length: 3, n_inputs: 1, first_end: 3 };
        assert_eq!((spread.bins(), Spread { length: 1, ..spread }.bins()), (3, 1));
        assert_eq!(spread.read(&numbers[..8], 2), Some((&numbers[..2], &numbers[2..8])));
        assert_eq!(spread.read(&numbers[..7], 2), None);
        let continued = Continued { n_prompt: 7, probabilities: &[0.5] };
        assert_eq!(Continued::read(&continued.write()), Some(continued));
        let verified = Verified { loss: 0.5, activation: 0.25, n_losses: 128 };
        assert_eq!((Verified::read(&verified.write()), Verified::read(&[0.0])), (Some(verified), None));
        assert_eq!((Counted::read(&Counted(9).write()), Counted::read(&[])), (Some(Counted(9)), None));
    }
}
