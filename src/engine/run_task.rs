//! Answers one question about a model and a text: what the worker does with a request, and the trainer with those whose
//! answers are kept.

use super::backend::Backend;
use super::checkpoint::{Checkpoint, Part};
use super::cpu::CpuBackend;
use super::error::EvaluateError;
use super::evaluate::{Stream, Stretch, evaluate};
use super::generate::{Generated, Sampling};
use super::own_text::words;
use super::verify::verify;
use crate::config::{MAX_ATTENDED, MAX_LENGTH, ReferenceModel, SPREAD_STEP};
use crate::kernels::attention::FarKeys;
use crate::position::ChangeAt;
use crate::protocol::{Evaluate, Reason, Scored, Task};
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
    !matches!(task, Task::Score | Task::ScoreByPosition | Task::Verify)
}

/// What progress is counted up to: targets, new tokens, or per cent.
pub fn steps(request: &Evaluate) -> usize {
    match request.task {
        Task::Score | Task::ScoreByPosition | Task::ScoreInFull | Task::Generate { .. } => request.n_targets,
        Task::Attend { .. } | Task::Spread | Task::Verify | Task::Count => 100,
    }
}

/// Tokens of a stream, its separators apart: what [`Task::Count`] answers.
pub fn count(stream: &Stream) -> Scored {
    let counted = stream.tokens.iter().filter(|&&t| t != stream.separator);
    let n_bytes = counted.clone().map(|&t| u64::from(stream.token_bytes[t as usize])).sum();
    let mut scored = Scored { n_bytes, ..Default::default() };
    scored.set_values(&[counted.count() as f32]);
    scored
}

/// Answers; `partial` is given a way to make the answer so far, `checkpoint` hears how many [`steps`] are done. Engine,
/// time and memory are the caller's to fill in.
///
/// # Errors
/// [`EvaluateError::Invalid`] where the question cannot be answered; if cancelled, or if the engine
/// breaks down.
pub async fn run_task(
    backend: &mut Backend,
    subject: &Subject<'_>,
    request: &Evaluate,
    partial: &mut dyn FnMut(&dyn Fn() -> Scored),
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    match request.task {
        Task::Count => Ok(count(&subject.stream)),
        Task::Verify => verified(backend, subject, request, checkpoint).await,
        Task::Score | Task::ScoreByPosition | Task::ScoreInFull => scored(backend, subject, request, checkpoint).await,
        Task::Attend { layer } => attended(backend, subject, request, layer, checkpoint).await,
        Task::Spread => spread(backend, subject, request, checkpoint).await,
        Task::Generate { temperature, top_k, seed } => {
            let sampling = Sampling { temperature, top_k, seed };
            generated(backend, subject, request, sampling, partial, checkpoint).await
        }
    }
}

/// Refuses a length or a change that no task takes.
fn check(request: &Evaluate) -> Result<(), EvaluateError> {
    let Evaluate { length, change, .. } = *request;
    if !(1..=MAX_LENGTH).contains(&length) {
        return Err(Reason::Length { length, most: MAX_LENGTH }.into());
    }
    match (ChangeAt { change, length, train_length: 1 }).problem() {
        Some(_) => Err(Reason::Change { change, length }.into()),
        None => Ok(()),
    }
}

/// [`Task::Verify`].
async fn verified(
    backend: &mut Backend,
    subject: &Subject<'_>,
    request: &Evaluate,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    let Some(reference) = subject.reference else {
        return Err(Reason::NoReference { model: request.model.clone() }.into());
    };
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    Ok(numbers_alone(&verify(backend, subject.stream.tokens, reference, &mut all).await?))
}

/// [`Task::Score`] and its kin.
async fn scored(
    backend: &mut Backend,
    subject: &Subject<'_>,
    request: &Evaluate,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    check(request)?;
    let Evaluate { length, n_targets, change, protocol, first_target: first, .. } = *request;
    backend.set_change(change, length);
    if request.task == Task::ScoreInFull {
        cpu(backend)?.far_keys = FarKeys::Computed;
    }
    let sums = evaluate(backend, &subject.stream, Stretch { protocol, length, first, n_targets }, checkpoint).await;
    if request.task == Task::ScoreInFull {
        cpu(backend)?.far_keys = FarKeys::Skipped;
    }
    let sums = sums?;
    let mut scored = Scored { n_bytes: sums.n_bytes, ..Default::default() };
    if request.task == Task::ScoreByPosition {
        scored.set_values(&sums.position_values());
    }
    Ok(Scored { blocks: sums.blocks, ..scored })
}

/// [`Task::Attend`].
async fn attended(
    backend: &mut Backend,
    subject: &Subject<'_>,
    request: &Evaluate,
    layer: usize,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    check(request)?;
    let tokens = &subject.stream.tokens[..request.length.min(subject.stream.tokens.len())];
    if tokens.len() > MAX_ATTENDED {
        return Err(Reason::TooManyScores { most: MAX_ATTENDED }.into());
    }
    let n_layer = cpu(backend)?.model.n_layer();
    if layer >= n_layer {
        return Err(Reason::UnknownLayer { layer, n_layer }.into());
    }
    backend.set_change(request.change, tokens.len());
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    let numbers = cpu(backend)?.attend(tokens, layer, &mut all).await?;
    Ok(Scored { words: words(subject.tokenizer, tokens, true), ..numbers_alone(&numbers) })
}

/// [`Task::Spread`].
async fn spread(
    backend: &mut Backend,
    subject: &Subject<'_>,
    request: &Evaluate,
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    check(request)?;
    let Evaluate { length, n_targets, change, first_target: first, .. } = *request;
    if n_targets == 0 {
        return Err(Reason::NoInput.into());
    }
    if length > first {
        return Err(Reason::InputBeforeText { length, end: first }.into());
    }
    let (n_token, needed) = (subject.stream.tokens.len(), first + (n_targets - 1) * SPREAD_STEP);
    if n_token < needed {
        return Err(Reason::TooFewForInputs { n_token, needed }.into());
    }
    let mut all = Part { whole: checkpoint, base: 0.0, size: 100.0 };
    let mut mean = Vec::new();
    for i in 0..n_targets {
        backend.set_change(change, length);
        let tokens = &subject.stream.tokens[first + i * SPREAD_STEP - length..][..length];
        let size = 1.0 / n_targets as f64;
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
    request: &Evaluate,
    sampling: Sampling,
    partial: &mut dyn FnMut(&dyn Fn() -> Scored),
    checkpoint: &mut impl Checkpoint,
) -> Result<Scored, EvaluateError> {
    check(request)?;
    let Evaluate { length, n_targets, change, .. } = *request;
    let (tokens, temperature) = (subject.stream.tokens, sampling.temperature);
    let prompt = &tokens[tokens.len() - length.min(tokens.len())..];
    if !temperature.is_finite() || temperature < 0.0 {
        return Err(Reason::Temperature { temperature }.into());
    }
    if n_targets == 0 || prompt.len() + n_targets > MAX_LENGTH {
        let (n_prompt, n_new) = (prompt.len(), n_targets);
        return Err(Reason::Continuation { n_prompt, n_new, most: MAX_LENGTH - n_prompt }.into());
    }
    backend.set_change(change, prompt.len() + n_targets);
    let mut part = |so_far: &Generated| partial(&|| written(subject.tokenizer, prompt.len(), so_far));
    let generated = cpu(backend)?.generate(prompt, n_targets, sampling, &mut part, checkpoint).await?;
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

/// What [`Task::Generate`] answers: the number of prompt tokens, probabilities and words of the new ones.
fn written(tokenizer: &Tokenizer, n_prompt: usize, generated: &Generated) -> Scored {
    let numbers: Vec<f32> = [n_prompt as f32].into_iter().chain(generated.probabilities.iter().copied()).collect();
    Scored { words: words(tokenizer, &generated.tokens, false), ..numbers_alone(&numbers) }
}
