//! How a model is measured while it learns and at the end: what is asked of its trainer, and what an answer says. On text that is the
//! perplexity at several input lengths, then a line that it writes; on keys and values the right answers by distance.

use crate::config::{RECALL_ASKED, RECALL_DISTANCES, RUN_IN};
use crate::protocol::task::Generate;
use crate::protocol::train::{Ask, Plan, TrainText};
use crate::protocol::{BlockSum, EngineChoice, Job, Protocol, Scored, Stretch, Task};
use crate::ui::figure::spec::own_text;

/// Targets of a curve at the end.
pub(super) const MANY: usize = 16_384;
/// Questions at each distance while the training goes on.
pub(super) const FEW_ASKED: usize = 120;
/// What each model goes on from at the end, and for how many tokens.
pub(super) const PROMPT: &str = "The people of the United States";
const LINE_TOKENS: usize = 48;
/// Targets that may be missing of an input's: separators are not counted.
const UNCOUNTED: usize = 8;
/// Questions of one round have numbers from a multiple of this on: the places of a curve in order, then the line.
pub(super) const ROUND: u32 = 16;

/// Input lengths of a curve: up to 16 times the training length.
pub(super) fn lengths(train_length: usize) -> [usize; 5] {
    [1, 2, 4, 8, 16].map(|times| times * train_length)
}

/// Targets of a curve while the training goes on: few, but not fewer than its longest input has.
pub(super) fn few(train_length: usize) -> usize {
    2_048.max(lengths(train_length)[4])
}

/// Where a curve of that training has its points: input lengths, or distances from a key to its question; tokens.
pub(super) fn places(plan: &Plan) -> Vec<usize> {
    match plan.text {
        TrainText::Recall => RECALL_DISTANCES.into(),
        _ => lengths(plan.train_length).into(),
    }
}

/// Questions of a round beside those of its curve.
pub(super) fn beside(plan: &Plan, last: bool) -> usize {
    usize::from(last && plan.text != TrainText::Recall)
}

/// The questions of a round of that number: a point for each place, at the end of a text a line, too.
pub(super) fn asks(plan: &Plan, round: u32, last: bool) -> Vec<Ask> {
    let number = round * ROUND;
    if plan.text == TrainText::Recall {
        let n = if last { RECALL_ASKED } else { FEW_ASKED };
        let ask = |(id, distance)| Ask::Recall { id, model: None, distance, n };
        return (number..).zip(places(plan)).map(ask).collect();
    }
    let length = plan.train_length;
    let n_targets = if last { MANY } else { few(length) };
    // A text of the reader's own may be short; its trainer scores what there is.
    let (stream, first) = match plan.text {
        TrainText::Addresses => ("held-out", RUN_IN),
        _ => ("own", 0),
    };
    let score = |length| Stretch { protocol: Protocol::Nonoverlapping, length, first, n_targets };
    let of = |stream: &str, task| Job { stream: stream.into(), engine: EngineChoice::Cpu, task, ..Job::default() };
    let mut jobs: Vec<Job> = places(plan).into_iter().map(|l| of(stream, Task::Score(score(l)))).collect();
    if last {
        let (stream, text) = own_text(PROMPT);
        let generate = Generate { n_prompt: length, n_new: LINE_TOKENS, temperature: 0.8, top_k: 50, seed: 1 };
        jobs.push(Job { text, ..of(&stream, Task::Generate(generate)) });
    }
    (number..).zip(jobs).map(|(id, job)| Ask::Answer { id, job }).collect()
}

/// What an answer says of that place: a perplexity, or right answers in per cent; and over how many targets or questions. Of a text
/// shorter than the input there is no such input.
pub(super) fn value(plan: &Plan, place: usize, scored: &Scored) -> Option<(f64, u32)> {
    if plan.text == TrainText::Recall {
        let values = scored.values();
        let (right, asked) = (values.first()?, values.get(1).filter(|n| **n > 0.0)?);
        return Some((100.0 * f64::from(*right) / f64::from(*asked), *asked as u32));
    }
    let n: u32 = scored.blocks.iter().map(|b| b.n_targets).sum();
    (n as usize >= place.saturating_sub(UNCOUNTED)).then(|| (perplexity(scored), n))
}

fn perplexity(scored: &Scored) -> f64 {
    let nll = |b: &BlockSum| b.nll;
    let n: u32 = scored.blocks.iter().map(|b| b.n_targets).sum();
    (scored.blocks.iter().map(nll).sum::<f64>() / f64::from(n)).exp()
}
