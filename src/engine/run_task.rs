//! Answers one question about a model and a text: what the worker does with a request, and the trainer with those whose
//! answers are kept.

use super::backend::Backend;
use super::checkpoint::{Checkpoint, Part};
use super::cpu::CpuBackend;
use super::error::EvaluateError;
use super::evaluate::{Stream, evaluate};
use super::generate::{Generated, Sampling};
use super::own_text::words;
use super::verify::verify;
use crate::config::{Change, MAX_ATTENDED, MAX_LENGTH, ReferenceModel, SPREAD_STEP};
use crate::kernels::attention::FarKeys;
use crate::position::ChangeAt;
use crate::protocol::task::{Attend, Continued, Counted, Generate, Spread};
use crate::protocol::{Job, Reason, Scored, Stretch, Task};
use crate::tokenizer::Tokenizer;

/// What a question is about.
pub struct Subject<'a> {
    /// The text.
    pub stream: Stream<'a>,
    /// Tokens as text.
    pub tokenizer: &'a Tokenizer,
    /// What the model's losses should be, for [`Task::Verify`].
    pub reference: Option<&'a ReferenceModel>,
}

/// Whether a task runs on the CPU whatever engine was chosen.
pub fn needs_cpu(task: Task) -> bool {
    !matches!(task, Task::Score(_) | Task::ScoreByPosition(_) | Task::Verify)
}

/// Tokens of a stream, its separators apart: what [`Task::Count`] answers.
pub fn count(stream: &Stream) -> Scored {
    let counted = stream.tokens.iter().filter(|&&t| t != stream.separator);
    let n_bytes = counted.clone().map(|&t| u64::from(stream.token_bytes[t as usize])).sum();
    let mut scored = Scored { n_bytes, ..Default::default() };
    scored.set_values(&Counted(counted.count()).write());
    scored
}

/// Answers; `partial` is given a way to make the answer so far, `checkpoint` hears how many [`Task::steps`] are done. Engine,
/// time and memory are the caller's to fill in.
///
/// # Errors
/// [`EvaluateError::Invalid`] where the question cannot be answered; if cancelled, or if the engine
/// breaks down.
pub async fn run_task(
    backend: &mut Backend,
    subject: &Subject<'_>,
    job: &Job,
    partial: &mut dyn FnMut(&dyn Fn() -> Scored),
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let Job { change, task, .. } = *job;
    if let Some(length) = task.length() {
        check(length, change)?;
    }
    match task {
        Task::Count => Ok(count(&subject.stream)),
        Task::Verify => verified(backend, subject, &job.model, checkpoint).await,
        Task::Score(stretch) => {
            backend.set_change(change, stretch.length);
            scored(backend, subject, stretch, checkpoint).await
        }
        Task::ScoreByPosition(stretch) => {
            backend.set_change(change, stretch.length);
            scored_by_position(backend, subject, stretch, checkpoint).await
        }
        Task::ScoreInFull(stretch) => {
            backend.set_change(change, stretch.length);
            cpu(backend)?.far_keys = FarKeys::Computed;
            let scored = scored(backend, subject, stretch, checkpoint).await;
            cpu(backend)?.far_keys = FarKeys::Skipped;
            scored
        }
        Task::Attend(attend) => attended(backend, subject, attend, change, checkpoint).await,
        Task::Spread(of) => spread(backend, subject, of, change, checkpoint).await,
        Task::Generate(generate) => generated(backend, subject, generate, change, partial, checkpoint).await,
    }
}

/// Refuses a length or a change that no task takes.
fn check(length: usize, change: Change) -> Result<(), EvaluateError> {
    if !(1..=MAX_LENGTH).contains(&length) {
        return Err(Reason::Length { length, most: MAX_LENGTH }.into());
    }
    if !(ChangeAt { change, length, train_length: 1 }).is_possible() {
        return Err(Reason::Change { change }.into());
    }
    Ok(())
}

/// [`Task::Verify`].
async fn verified(
    backend: &mut Backend,
    subject: &Subject<'_>,
    model: &str,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let Some(reference) = subject.reference else {
        return Err(Reason::NoReference { model: model.into() }.into());
    };
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    Ok(numbers_alone(&verify(backend, subject.stream.tokens, reference, &mut all).await?.write()))
}

/// [`Task::Score`].
async fn scored(
    backend: &mut Backend,
    subject: &Subject<'_>,
    stretch: Stretch,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let sums = evaluate(backend, &subject.stream, stretch, checkpoint).await?;
    Ok(Scored { n_bytes: sums.n_bytes, blocks: sums.blocks, ..Default::default() })
}

/// [`Task::ScoreByPosition`].
async fn scored_by_position(
    backend: &mut Backend,
    subject: &Subject<'_>,
    stretch: Stretch,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let sums = evaluate(backend, &subject.stream, stretch, checkpoint).await?;
    let numbers = numbers_alone(&sums.position_values());
    Ok(Scored { n_bytes: sums.n_bytes, blocks: sums.blocks, ..numbers })
}

/// [`Task::Attend`].
async fn attended(
    backend: &mut Backend,
    subject: &Subject<'_>,
    Attend { length, layer }: Attend,
    change: Change,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let tokens = &subject.stream.tokens[..length.min(subject.stream.tokens.len())];
    if tokens.len() > MAX_ATTENDED {
        return Err(Reason::TooManyScores { most: MAX_ATTENDED }.into());
    }
    let n_layer = cpu(backend)?.model.n_layer();
    if layer >= n_layer {
        return Err(Reason::UnknownLayer { layer, n_layer }.into());
    }
    backend.set_change(change, tokens.len());
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    let numbers = cpu(backend)?.attend(tokens, layer, &mut all).await?;
    Ok(Scored { words: words(subject.tokenizer, tokens, true), ..numbers_alone(&numbers) })
}

/// [`Task::Spread`].
async fn spread(
    backend: &mut Backend,
    subject: &Subject<'_>,
    Spread { length, n_inputs, first_end }: Spread,
    change: Change,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    if n_inputs == 0 {
        return Err(Reason::NoInput.into());
    }
    if length > first_end {
        return Err(Reason::InputBeforeText { length, end: first_end }.into());
    }
    let (n_token, needed) = (subject.stream.tokens.len(), first_end + (n_inputs - 1) * SPREAD_STEP);
    if n_token < needed {
        return Err(Reason::TooFewForInputs { n_token, needed }.into());
    }
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    let mut mean = Vec::new();
    for i in 0..n_inputs {
        backend.set_change(change, length);
        let tokens = &subject.stream.tokens[first_end + i * SPREAD_STEP - length..][..length];
        let size = 1.0 / n_inputs as f64;
        let mut one = Part { whole: &mut all, base: i as f64 * size, size };
        let numbers = cpu(backend)?.spread(tokens, &mut one).await?;
        mean.resize(numbers.len(), 0.0);
        mean.iter_mut().zip(&numbers).for_each(|(m, v)| *m += v * size as f32);
    }
    Ok(numbers_alone(&mean))
}

/// [`Task::Generate`].
async fn generated(
    backend: &mut Backend,
    subject: &Subject<'_>,
    asked: Generate,
    change: Change,
    partial: &mut dyn FnMut(&dyn Fn() -> Scored),
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let Generate { n_prompt, n_new, temperature, top_k, seed } = asked;
    let tokens = subject.stream.tokens;
    let prompt = &tokens[tokens.len() - n_prompt.min(tokens.len())..];
    if !temperature.is_finite() || temperature < 0.0 {
        return Err(Reason::Temperature { temperature }.into());
    }
    if n_new == 0 || prompt.len() + n_new > MAX_LENGTH {
        let n_prompt = prompt.len();
        return Err(Reason::Continuation { n_prompt, n_new, most: MAX_LENGTH - n_prompt }.into());
    }
    backend.set_change(change, prompt.len() + n_new);
    let mut part = |so_far: &Generated| partial(&|| written(subject.tokenizer, prompt.len(), so_far));
    let generated =
        cpu(backend)?.generate(prompt, n_new, Sampling { temperature, top_k, seed }, &mut part, checkpoint).await?;
    Ok(written(subject.tokenizer, prompt.len(), &generated))
}

/// The CPU behind a backend.
fn cpu(backend: &mut Backend) -> Result<&mut CpuBackend, EvaluateError> {
    match backend {
        Backend::Cpu(cpu) => Ok(cpu),
        #[cfg(feature = "gpu")]
        Backend::Gpu(_) => Err(Reason::CpuOnly.into()),
    }
}

fn numbers_alone(numbers: &[f32]) -> Scored {
    let mut scored = Scored::default();
    scored.set_values(numbers);
    scored
}

/// What [`Task::Generate`] answers: prompt tokens, probabilities and words of the new ones.
fn written(tokenizer: &Tokenizer, n_prompt: usize, generated: &Generated) -> Scored {
    let numbers = Continued { n_prompt, probabilities: &generated.probabilities }.write();
    Scored { words: words(tokenizer, &generated.tokens, false), ..numbers_alone(&numbers) }
}
