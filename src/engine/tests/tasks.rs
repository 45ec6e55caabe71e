//! Questions as the page asks them, and what cannot be asked.

use super::{After, ready, tokens, weights};
use crate::config::{BLOCK, Change, MAX_ATTENDED, MAX_LENGTH, ReferenceModel, ReferenceWindow};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::{Checkpoint, NoPause};
use crate::engine::error::EvaluateError;
use crate::engine::evaluate::Stream;
use crate::engine::run_task::{Subject, count, needs_cpu, run_task};
use crate::kernels::attention::FarKeys;
use crate::protocol::task::{Attend, Continued, Counted, Generate, Spread, Verified};
use crate::protocol::{Job, Protocol, Reason, Scored, Stretch, Task};
use crate::tokenizer::Tokenizer;

const STRETCH: Stretch = Stretch { protocol: Protocol::Nonoverlapping, length: 32, first: 40, n_targets: 2_000 };
const SCORE: Task = Task::Score(STRETCH);
const SPREAD: Spread = Spread { length: 32, n_inputs: 2, first_end: 40 };
const ATTEND: Attend = Attend { length: 32, layer: 0 };
const GENERATE: Generate = Generate { n_prompt: 32, n_new: 11, temperature: 1.0, top_k: 0, seed: 1 };

/// One model of `weights`, with what can be asked about it.
struct TestModel {
    backend: Backend,
    tokenizer: Tokenizer,
    tokens: Vec<u32>,
    reference: Option<ReferenceModel>,
    parts: Vec<Scored>,
}

impl TestModel {
    fn new(method: &str) -> Self {
        let json = std::fs::read_to_string("assets/data/tokenizer.json").unwrap_or_else(|e| panic!("{e}"));
        Self {
            backend: Backend::cpu(&weights(method)).unwrap_or_else(|e| panic!("{e}")),
            tokenizer: Tokenizer::from_json(&json).unwrap_or_else(|e| panic!("{e}")),
            tokens: tokens(3_000),
            reference: None,
            parts: Vec::new(),
        }
    }

    fn ask_with(&mut self, job: &Job, checkpoint: &mut impl Checkpoint) -> Result<Scored, EvaluateError> {
        let stream = Stream { tokens: &self.tokens, separator: 5, token_bytes: &[2; 1_024] };
        let subject = Subject { stream, tokenizer: &self.tokenizer, reference: self.reference.as_ref() };
        let parts = &mut self.parts;
        ready(run_task(&mut self.backend, &subject, job, &mut |part| parts.push(part()), checkpoint))
    }

    fn ask(&mut self, job: &Job) -> Result<Scored, EvaluateError> {
        self.ask_with(job, &mut NoPause)
    }

    fn refused(&mut self, job: &Job) -> Reason {
        match self.ask(job) {
            Err(EvaluateError::Invalid(reason)) => reason,
            other => panic!("{job:?}: {other:?}"),
        }
    }
}

fn job(task: Task) -> Job {
    Job { task, ..Default::default() }
}

fn changed(task: Task, change: Change) -> Job {
    Job { change, ..job(task) }
}

#[test]
fn scores_by_position_and_in_full_are_the_same_losses() -> Result<(), EvaluateError> {
    let mut model = TestModel::new("alibi");
    let plain = model.ask(&job(SCORE))?;
    assert_eq!((plain.blocks.len(), plain.values()), (2, vec![]));
    let by_position = model.ask(&job(Task::ScoreByPosition(STRETCH)))?;
    assert_eq!((&by_position.blocks, by_position.n_bytes), (&plain.blocks, plain.n_bytes));
    let values = by_position.values();
    let Some((means, counts)) = STRETCH.positions(&values) else { panic!("{} numbers", values.len()) };
    let nll: f64 = means.iter().zip(counts).map(|(mean, n)| f64::from(*mean) * f64::from(*n)).sum();
    let blocks: f64 = plain.blocks.iter().map(|b| b.nll).sum();
    assert!((nll / blocks - 1.0).abs() < 1e-5);
    let long = Stretch { length: 2 * BLOCK, ..STRETCH };
    let (skipped, full) = (model.ask(&job(Task::Score(long)))?, model.ask(&job(Task::ScoreInFull(long)))?);
    for (a, b) in skipped.blocks.iter().zip(&full.blocks) {
        assert!((a.nll / b.nll - 1.0).abs() < 1e-5 && a.n_targets == b.n_targets);
    }
    // Computed in full once, even if cancelled, and skipped again afterwards.
    assert!(model.ask_with(&job(Task::ScoreInFull(long)), &mut After(3)).is_err());
    let Backend::Cpu(cpu) = &model.backend else { panic!("another engine") };
    assert_eq!(cpu.far_keys, FarKeys::Skipped);
    assert_eq!(model.ask(&job(Task::Score(long)))?, skipped);
    Ok(())
}

#[test]
fn a_change_ends_with_its_request() -> Result<(), EvaluateError> {
    let mut model = TestModel::new("rotary");
    let plain = model.ask(&job(SCORE))?;
    assert_ne!(model.ask(&changed(SCORE, Change::LogN))?.blocks, plain.blocks);
    assert_eq!(model.ask(&job(SCORE))?, plain);
    let spread = Task::Spread(Spread { n_inputs: 1, ..SPREAD });
    let attend = Task::Attend(Attend { layer: 1, ..ATTEND });
    for task in [spread, attend, Task::Generate(Generate { n_new: 1, ..GENERATE })] {
        let plain = model.ask(&job(task))?.values();
        assert_ne!(plain, model.ask(&changed(task, Change::LogN))?.values(), "{task:?}");
        assert_eq!(model.ask(&job(task))?.values(), plain, "{task:?}");
    }
    Ok(())
}

#[test]
fn answers_are_laid_out_as_the_protocol_says() -> Result<(), EvaluateError> {
    let mut model = TestModel::new("t5");
    let attend = model.ask(&job(Task::Attend(ATTEND)))?;
    assert_eq!((attend.words.len(), attend.values().len()), (32, 2 * 32 * 33));
    assert!(Attend::read(&attend.values(), 2, 32, 1).is_some());
    let spread = model.ask(&job(Task::Spread(SPREAD)))?.values();
    let Some((entropies, masses)) = SPREAD.read(&spread, 4) else { panic!("{} numbers", spread.len()) };
    assert_eq!((spread.len(), entropies.len(), SPREAD.bins()), (4 + 4 * 6, 4, 6));
    assert!(masses.chunks(6).all(|mass| (mass.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    let generated = model.ask(&job(Task::Generate(GENERATE)))?;
    let numbers = generated.values();
    let Some(continued) = Continued::read(&numbers) else { panic!("no numbers") };
    assert_eq!((continued.n_prompt, continued.probabilities.len(), generated.words.len()), (32, 11, 11));
    assert_eq!((model.parts.len(), model.parts.last()), (11, Some(&generated)));
    model.tokens.truncate(9);
    assert_eq!(model.ask(&job(Task::Attend(ATTEND)))?.words.len(), 9);
    assert_eq!(model.ask(&job(Task::Generate(GENERATE)))?.values()[0], 9.0);
    let counted = model.ask(&job(Task::Count))?;
    let n = model.tokens.iter().filter(|&&t| t != 5).count();
    assert_eq!((Counted::read(&counted.values()), counted.n_bytes), (Some(Counted(n)), 2 * n as u64));
    let stream = Stream { tokens: &model.tokens, separator: 5, token_bytes: &[2; 1_024] };
    assert_eq!(count(&stream), counted);
    assert!(needs_cpu(Task::Generate(GENERATE)) && !needs_cpu(Task::Verify));
    assert_eq!((Task::Generate(GENERATE).steps(), Task::Spread(SPREAD).steps(), SCORE.steps()), (11, 100, 2_000));
    Ok(())
}

#[test]
fn where_attention_goes_is_the_mean_over_inputs_that_end_where_those_of_other_lengths_do() -> Result<(), EvaluateError>
{
    let mut model = TestModel::new("rotary");
    let both = model.ask(&job(Task::Spread(SPREAD)))?.values();
    let one = |first_end| job(Task::Spread(Spread { first_end, n_inputs: 1, ..SPREAD }));
    let (first, second) = (model.ask(&one(40))?.values(), model.ask(&one(40 + 2_048))?.values());
    for (mean, (a, b)) in both.iter().zip(first.iter().zip(&second)) {
        assert!((mean - (a + b) / 2.0).abs() < 1e-6);
    }
    // The input is x[8..40]: what stands before and after it changes nothing, what ends it does.
    model.tokens[7] += 1;
    model.tokens[40] += 1;
    assert_eq!(model.ask(&one(40))?.values(), first);
    model.tokens[39] += 1;
    assert_ne!(model.ask(&one(40))?.values(), first);
    Ok(())
}

#[test]
fn a_reference_is_compared_wherever_it_stands() -> Result<(), EvaluateError> {
    let mut model = TestModel::new("alibi");
    let asked = Job { model: "m".into(), ..job(Task::Verify) };
    assert_eq!(model.refused(&asked), Reason::NoReference { model: "m".into() });
    let window = |start, losses, activations| ReferenceWindow { start, losses, activations };
    let windows = vec![window(7, vec![0.0; 3], vec![]), window(90, vec![0.0; 2], vec![0.0; 32])];
    model.reference = Some(ReferenceModel { model: "m".into(), windows });
    // Against zeros, the difference is the largest value itself.
    let found = Verified::read(&model.ask(&job(Task::Verify))?.values());
    assert!(found.is_some_and(|v| v.loss > 1.0 && v.activation > 0.1 && v.n_losses == 5), "{found:?}");
    if let Some(reference) = &mut model.reference {
        reference.windows[0].losses[1] = f64::NAN;
    }
    let found = Verified::read(&model.ask(&job(Task::Verify))?.values());
    assert!(found.is_some_and(|v| v.loss.is_nan()), "{found:?}");
    Ok(())
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_reason() {
    let mut model = TestModel::new("none");
    let mut refuses = |job: Job, reason: Reason| assert_eq!(model.refused(&job), reason, "{job:?}");
    for length in [0, MAX_LENGTH + 1] {
        let stretch = Stretch { length, ..STRETCH };
        for task in [
            Task::Score(stretch),
            Task::ScoreByPosition(stretch),
            Task::ScoreInFull(stretch),
            Task::Attend(Attend { length, ..ATTEND }),
            Task::Spread(Spread { length, ..SPREAD }),
            Task::Generate(Generate { n_prompt: length, ..GENERATE }),
        ] {
            refuses(job(task), Reason::Length { length, most: MAX_LENGTH });
        }
    }
    let change = Change::Window(0);
    for task in [SCORE, Task::ScoreInFull(STRETCH), Task::Spread(SPREAD), Task::Generate(GENERATE)] {
        refuses(changed(task, change), Reason::Change { change });
    }
    let score = |stretch| job(Task::Score(stretch));
    let too_few = Reason::TooFewForTargets { n_token: 3_000, needed: 4_041 };
    refuses(score(Stretch { n_targets: 4_000, ..STRETCH }), too_few.clone());
    refuses(score(Stretch { protocol: Protocol::LastTokens, n_targets: 4_000, ..STRETCH }), too_few);
    refuses(score(Stretch { n_targets: 0, ..STRETCH }), Reason::NothingToScore);
    let spread = |spread| job(Task::Spread(spread));
    refuses(spread(Spread { length: 41, ..SPREAD }), Reason::InputBeforeText { length: 41, end: 40 });
    refuses(spread(Spread { n_inputs: 0, ..SPREAD }), Reason::NoInput);
    let too_few = Reason::TooFewForInputs { n_token: 3_000, needed: 4_136 };
    refuses(spread(Spread { n_inputs: 3, ..SPREAD }), too_few);
    let attend = |attend| job(Task::Attend(attend));
    refuses(attend(Attend { length: MAX_ATTENDED + 1, ..ATTEND }), Reason::TooManyScores { most: MAX_ATTENDED });
    refuses(attend(Attend { layer: 2, ..ATTEND }), Reason::UnknownLayer { layer: 2, n_layer: 2 });
    let generate = |generate| job(Task::Generate(generate));
    for n_new in [0, MAX_LENGTH] {
        let reason = Reason::Continuation { n_prompt: 32, n_new, most: MAX_LENGTH - 32 };
        refuses(generate(Generate { n_new, ..GENERATE }), reason);
    }
    refuses(generate(Generate { temperature: -1.0, ..GENERATE }), Reason::Temperature { temperature: -1.0 });
    let cold = generate(Generate { temperature: f64::NAN, ..GENERATE });
    assert!(matches!(model.refused(&cold), Reason::Temperature { .. }));
}

#[test]
fn a_reference_of_another_text_is_the_engines_failure() {
    let mut model = TestModel::new("alibi");
    let window = ReferenceWindow { start: 2_999, losses: vec![0.0; 3], activations: vec![] };
    model.reference = Some(ReferenceModel { model: "m".into(), windows: vec![window] });
    let Err(EvaluateError::Engine(error)) = model.ask(&job(Task::Verify)) else { panic!("an answer") };
    assert_eq!(error.reason(), Reason::ReferenceBeyondText { n_token: 3_000, needed: 3_003 });
}
