//! Questions as the page asks them, and what cannot be asked.

use super::{After, ready, tokens, weights};
use crate::config::{BLOCK, Change, MAX_ATTENDED, MAX_LENGTH, ReferenceModel, ReferenceWindow};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::{Checkpoint, NoPause};
use crate::engine::error::EvaluateError;
use crate::engine::evaluate::Stream;
use crate::engine::run_task::{Subject, count, needs_cpu, run_task, steps};
use crate::kernels::attention::FarKeys;
use crate::protocol::{Evaluate, Protocol, Reason, Scored, Task};
use crate::tokenizer::Tokenizer;

const GENERATE: Task = Task::Generate { temperature: 1.0, top_k: 0, seed: 1 };

/// One model of `weights`, with what can be asked about it.
struct Lab {
    backend: Backend,
    tokenizer: Tokenizer,
    tokens: Vec<u32>,
    reference: Option<ReferenceModel>,
    parts: Vec<Scored>,
}

impl Lab {
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

    fn ask_with(&mut self, request: &Evaluate, checkpoint: &mut impl Checkpoint) -> Result<Scored, EvaluateError> {
        let stream = Stream { tokens: &self.tokens, separator: 5, token_bytes: &[2; 1_024] };
        let subject = Subject { stream, tokenizer: &self.tokenizer, reference: self.reference.as_ref() };
        let parts = &mut self.parts;
        ready(run_task(&mut self.backend, &subject, request, &mut |part| parts.push(part()), checkpoint))
    }

    fn ask(&mut self, request: &Evaluate) -> Result<Scored, EvaluateError> {
        self.ask_with(request, &mut NoPause)
    }

    fn refused(&mut self, request: &Evaluate) -> Reason {
        match self.ask(request) {
            Err(EvaluateError::Invalid(reason)) => reason,
            other => panic!("{request:?}: {other:?}"),
        }
    }
}

fn request(task: Task) -> Evaluate {
    let n_targets = if task == Task::Spread { 2 } else { 2_000 };
    Evaluate { length: 32, first_target: 40, n_targets, task, ..Default::default() }
}

#[test]
fn scores_by_position_and_in_full_are_the_same_losses() -> Result<(), EvaluateError> {
    let mut lab = Lab::new("alibi");
    let plain = lab.ask(&request(Task::Score))?;
    assert_eq!((plain.blocks.len(), plain.values()), (2, vec![]));
    let by_position = lab.ask(&request(Task::ScoreByPosition))?;
    assert_eq!((&by_position.blocks, by_position.n_bytes), (&plain.blocks, plain.n_bytes));
    let values = by_position.values();
    let nll: f64 = (0..32).map(|i| f64::from(values[i]) * f64::from(values[32 + i])).sum();
    let blocks: f64 = plain.blocks.iter().map(|b| b.nll).sum();
    assert!((nll / blocks - 1.0).abs() < 1e-5);
    let long = |task| Evaluate { length: 2 * BLOCK, ..request(task) };
    let (skipped, full) = (lab.ask(&long(Task::Score))?, lab.ask(&long(Task::ScoreInFull))?);
    for (a, b) in skipped.blocks.iter().zip(&full.blocks) {
        assert!((a.nll / b.nll - 1.0).abs() < 1e-5 && a.n_targets == b.n_targets);
    }
    // Computed in full once, even if cancelled, and skipped again afterwards.
    assert!(lab.ask_with(&long(Task::ScoreInFull), &mut After(3)).is_err());
    let Backend::Cpu(cpu) = &lab.backend else { panic!("another engine") };
    assert_eq!(cpu.far_keys, FarKeys::Skipped);
    assert_eq!(lab.ask(&long(Task::Score))?, skipped);
    Ok(())
}

#[test]
fn a_change_ends_with_its_request() -> Result<(), EvaluateError> {
    let mut lab = Lab::new("rotary");
    let plain = lab.ask(&request(Task::Score))?;
    let changed = Evaluate { change: Change::LogN, ..request(Task::Score) };
    assert_ne!(lab.ask(&changed)?.blocks, plain.blocks);
    assert_eq!(lab.ask(&request(Task::Score))?, plain);
    for task in [Task::Spread, Task::Attend { layer: 1 }, GENERATE] {
        let plain = lab.ask(&Evaluate { n_targets: 1, ..request(task) })?.values();
        let changed = lab.ask(&Evaluate { n_targets: 1, change: Change::LogN, ..request(task) })?.values();
        assert_ne!(plain, changed, "{task:?}");
        assert_eq!(lab.ask(&Evaluate { n_targets: 1, ..request(task) })?.values(), plain, "{task:?}");
    }
    Ok(())
}

#[test]
fn answers_are_laid_out_as_the_protocol_says() -> Result<(), EvaluateError> {
    let mut lab = Lab::new("t5");
    let attend = lab.ask(&request(Task::Attend { layer: 0 }))?;
    assert_eq!((attend.words.len(), attend.values().len()), (32, 2 * 32 * 33));
    let spread = lab.ask(&request(Task::Spread))?.values();
    assert_eq!(spread.len(), 4 + 4 * 6);
    assert!(spread[4..].chunks(6).all(|mass| (mass.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    let generated = lab.ask(&Evaluate { n_targets: 11, ..request(GENERATE) })?;
    assert_eq!((generated.values()[0], generated.values().len(), generated.words.len()), (32.0, 12, 11));
    assert_eq!((lab.parts.len(), lab.parts.last()), (11, Some(&generated)));
    lab.tokens.truncate(9);
    assert_eq!(lab.ask(&request(Task::Attend { layer: 0 }))?.words.len(), 9);
    assert_eq!(lab.ask(&Evaluate { n_targets: 2, ..request(GENERATE) })?.values()[0], 9.0);
    let counted = lab.ask(&Evaluate { length: 0, ..request(Task::Count) })?;
    let n = lab.tokens.iter().filter(|&&t| t != 5).count();
    assert_eq!((counted.values(), counted.n_bytes), (vec![n as f32], 2 * n as u64));
    let stream = Stream { tokens: &lab.tokens, separator: 5, token_bytes: &[2; 1_024] };
    assert_eq!(count(&stream), counted);
    assert!(needs_cpu(GENERATE) && !needs_cpu(Task::Verify));
    assert_eq!((steps(&request(GENERATE)), steps(&request(Task::Spread))), (2_000, 100));
    Ok(())
}

#[test]
fn where_attention_goes_is_the_mean_over_inputs_that_end_where_those_of_other_lengths_do() -> Result<(), EvaluateError>
{
    let mut lab = Lab::new("rotary");
    let both = lab.ask(&request(Task::Spread))?.values();
    let one = |first_target| Evaluate { first_target, n_targets: 1, ..request(Task::Spread) };
    let (first, second) = (lab.ask(&one(40))?.values(), lab.ask(&one(40 + 2_048))?.values());
    for (mean, (a, b)) in both.iter().zip(first.iter().zip(&second)) {
        assert!((mean - (a + b) / 2.0).abs() < 1e-6);
    }
    // The input is x[8..40]: what stands before and after it changes nothing, what ends it does.
    lab.tokens[7] += 1;
    lab.tokens[40] += 1;
    assert_eq!(lab.ask(&one(40))?.values(), first);
    lab.tokens[39] += 1;
    assert_ne!(lab.ask(&one(40))?.values(), first);
    Ok(())
}

#[test]
fn a_reference_is_compared_wherever_it_stands() -> Result<(), EvaluateError> {
    let mut lab = Lab::new("alibi");
    let asked = Evaluate { model: "m".into(), ..request(Task::Verify) };
    assert_eq!(lab.refused(&asked), Reason::NoReference { model: "m".into() });
    let window = |start, losses, activations| ReferenceWindow { start, losses, activations };
    let windows = vec![window(7, vec![0.0; 3], vec![]), window(90, vec![0.0; 2], vec![0.0; 32])];
    lab.reference = Some(ReferenceModel { model: "m".into(), windows });
    // Against zeros, the difference is the largest value itself.
    let asked = Evaluate { length: 0, ..request(Task::Verify) };
    let [loss, activation, n] = lab.ask(&asked)?.values()[..] else { panic!("three numbers") };
    assert!(loss > 1.0 && activation > 0.1 && n == 5.0);
    if let Some(reference) = &mut lab.reference {
        reference.windows[0].losses[1] = f64::NAN;
    }
    assert!(lab.ask(&asked)?.values()[0].is_nan());
    Ok(())
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_reason() {
    let mut lab = Lab::new("none");
    let mut refuses = |request: Evaluate, reason: Reason| assert_eq!(lab.refused(&request), reason, "{request:?}");
    for task in [Task::Score, Task::ScoreByPosition, Task::ScoreInFull, Task::Spread, GENERATE] {
        for length in [0, MAX_LENGTH + 1] {
            refuses(Evaluate { length, ..request(task) }, Reason::Length { length, most: MAX_LENGTH });
        }
        let change = Change::Window(0);
        refuses(Evaluate { change, ..request(task) }, Reason::Change { change, length: 32 });
    }
    let too_few = Reason::TooFewForTargets { n_token: 3_000, needed: 4_041 };
    refuses(Evaluate { n_targets: 4_000, ..request(Task::Score) }, too_few.clone());
    refuses(Evaluate { protocol: Protocol::LastTokens, n_targets: 4_000, ..request(Task::Score) }, too_few);
    refuses(Evaluate { n_targets: 0, ..request(Task::Score) }, Reason::NothingToScore);
    refuses(Evaluate { length: 41, ..request(Task::Spread) }, Reason::InputBeforeText { length: 41, end: 40 });
    refuses(Evaluate { n_targets: 0, ..request(Task::Spread) }, Reason::NoInput);
    let too_few = Reason::TooFewForInputs { n_token: 3_000, needed: 4_136 };
    refuses(Evaluate { n_targets: 3, ..request(Task::Spread) }, too_few);
    let attend = |layer| Evaluate { length: MAX_ATTENDED + 1, ..request(Task::Attend { layer }) };
    refuses(attend(0), Reason::TooManyScores { most: MAX_ATTENDED });
    refuses(request(Task::Attend { layer: 2 }), Reason::UnknownLayer { layer: 2, n_layer: 2 });
    for n_new in [0, MAX_LENGTH] {
        let reason = Reason::Continuation { n_prompt: 32, n_new, most: MAX_LENGTH - 32 };
        refuses(Evaluate { n_targets: n_new, ..request(GENERATE) }, reason);
    }
    let cold = |temperature| request(Task::Generate { temperature, top_k: 0, seed: 0 });
    refuses(cold(-1.0), Reason::Temperature { temperature: -1.0 });
    assert!(matches!(lab.refused(&cold(f64::NAN)), Reason::Temperature { .. }));
}

#[test]
fn a_reference_of_another_text_is_the_engines_failure() {
    let mut lab = Lab::new("alibi");
    let window = ReferenceWindow { start: 2_999, losses: vec![0.0; 3], activations: vec![] };
    lab.reference = Some(ReferenceModel { model: "m".into(), windows: vec![window] });
    let Err(EvaluateError::Engine(error)) = lab.ask(&request(Task::Verify)) else { panic!("an answer") };
    assert_eq!(error.reason(), Reason::ReferenceBeyondText { n_token: 3_000, needed: 3_003 });
}
