//! Protocols and the piecewise CPU forward pass against the plain one.

mod tasks;
mod changes;
mod generate;
mod inspect;
mod own_text;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::backend::Backend;
use super::checkpoint::{Cancelled, Checkpoint, NoPause};
use super::error::{EngineError, EvaluateError};
use super::evaluate::{Stream, evaluate};
use super::files;
use super::windows::{Window, windows};
use crate::config::{LAST_BLOCK, LAST_TARGETS, ModelConfig};
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::{Array, Decoder, Segments, Weights};
use crate::position::METHODS;
use crate::protocol::{Failure, Protocol, Reason, Stretch};

/// Runs a future that never waits for anything outside.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Cancels at the checkpoint after so many.
struct After(usize);

impl Checkpoint for After {
    async fn reach(&mut self, _done: f64) -> Result<(), Cancelled> {
        self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
        Ok(())
    }
}

fn weights(method: &str) -> Weights {
    let config = ModelConfig {
        n_layer: 2,
        d_model: 32,
        n_head: 2,
        d_ff: 48,
        n_vocab: 23,
        method: method.into(),
        train_length: 16,
    };
    let mut state = 99u32;
    let arrays = Weights::shapes(&config)
        .into_iter()
        .map(|(name, shape)| {
            let data = (0..shape.iter().product())
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 8) as f32 / (1 << 23) as f32 - 1.0
                })
                .collect();
            (name, Array { shape, data })
        })
        .collect();
    Weights { config, arrays }
}

fn tokens(n: usize) -> Vec<u32> {
    (0..n as u32).map(|i| (i * i + i / 3) % 23).collect()
}

fn score(
    backend: &mut Backend,
    tokens: &[u32],
    protocol: Protocol,
    length: usize,
) -> Result<(f64, u32, u64), EvaluateError> {
    let token_bytes: Vec<u32> = (0..23).collect();
    let stream = Stream { tokens, separator: 5, token_bytes: &token_bytes };
    let stretch = Stretch { protocol, length, first: 40, n_targets: 60 };
    let sums = ready(evaluate(backend, &stream, stretch, &mut NoPause))?;
    let count = sums.blocks.iter().map(|b| b.n_targets).sum();
    Ok((sums.blocks.iter().map(|b| b.nll).sum(), count, sums.n_bytes))
}

#[test]
fn every_target_is_scored_exactly_once() {
    for (protocol, length) in [
        (Protocol::Nonoverlapping, 7),
        (Protocol::Nonoverlapping, 64),
        (Protocol::Sliding { stride: 1 }, 7),
        (Protocol::Sliding { stride: 3 }, 7),
        (Protocol::Sliding { stride: 99 }, 7),
    ] {
        let mut scored = vec![0; 120];
        for w in windows(protocol, length, 40, 50) {
            assert!(w.length <= length, "{protocol:?}");
            (w.start + w.length - w.n_scored..w.start + w.length).for_each(|i| scored[i] += 1);
        }
        assert!((0..120).all(|i| scored[i] == usize::from((40..90).contains(&i))), "{protocol:?} {length}");
    }
}

#[test]
fn a_stride_of_the_length_is_nonoverlapping_and_small_strides_keep_full_context() {
    let full = windows(Protocol::Nonoverlapping, 8, 40, 30);
    assert_eq!(windows(Protocol::Sliding { stride: 8 }, 8, 40, 30), full);
    assert_eq!(full.last(), Some(&Window { start: 64, length: 6, n_scored: 6 }));
    let sliding = windows(Protocol::Sliding { stride: 3 }, 8, 40, 30);
    assert!(sliding.iter().all(|w| w.length == 8));
    assert_eq!(sliding[0], Window { start: 35, length: 8, n_scored: 3 });
}

#[test]
fn last_tokens_are_the_same_targets_at_every_length() {
    // Two whole blocks and a rest of 100 targets.
    let (first, n_targets) = (LAST_BLOCK, 2 * LAST_BLOCK + 100);
    let last = |to: usize, n| first + to - n..first + to;
    let expected: Vec<usize> =
        last(LAST_BLOCK, LAST_TARGETS).chain(last(2 * LAST_BLOCK, LAST_TARGETS)).chain(last(n_targets, 100)).collect();
    for length in [1, 7, 32, 255, 256, 257, 1_000, 4_096, LAST_BLOCK] {
        let windows = windows(Protocol::LastTokens, length, first, n_targets);
        let scored: Vec<usize> =
            windows.iter().flat_map(|w| w.start + w.length - w.n_scored..w.start + w.length).collect();
        assert_eq!(scored, expected, "{length}");
        // Every input is as long as was asked for: context grows to the left.
        assert!(windows.iter().all(|w| w.length == length), "{length}");
    }
    // Fewer targets than count in a block: all of them count.
    let few = windows(Protocol::LastTokens, 64, first, 60);
    assert_eq!(few, [Window { start: first - 4, length: 64, n_scored: 60 }]);
}

#[test]
fn sums_by_position_are_the_losses_at_those_positions() -> Result<(), Box<dyn std::error::Error>> {
    let tokens = tokens(120);
    let token_bytes = [1; 23];
    let stream = Stream { tokens: &tokens, separator: 5, token_bytes: &token_bytes };
    let run = |protocol| {
        let stretch = Stretch { protocol, length: 16, first: 40, n_targets: 60 };
        ready(evaluate(&mut Backend::cpu(&weights("alibi"))?, &stream, stretch, &mut NoPause))
    };
    let sums = run(Protocol::Nonoverlapping)?;
    assert_eq!(run(Protocol::Sliding { stride: 16 })?, sums);
    let mut backend = Backend::cpu(&weights("alibi"))?;
    let mut expected = vec![(0.0f64, 0u32); 16];
    // Three whole segments and one of 12 tokens.
    for start in (40..100).step_by(16) {
        let length = 16.min(100 - start);
        let segment = Segments { tokens: Arc::new(tokens[start..start + length].to_vec()), n_segment: 1, length };
        let targets = &tokens[start + 1..=start + length];
        for (i, loss) in ready(backend.losses(&segment, targets, &mut NoPause))?.into_iter().enumerate() {
            if targets[i] != 5 {
                expected[i] = (expected[i].0 + f64::from(loss), expected[i].1 + 1);
            }
        }
    }
    let values = sums.position_values();
    assert_eq!(values.len(), 32);
    for (i, (nll, n)) in expected.into_iter().enumerate() {
        assert_eq!(values[16 + i], n as f32);
        assert!((f64::from(values[i]) - nll / f64::from(n)).abs() < 1e-5, "position {i}");
    }
    // Past the first windows, a sliding one counts its newest positions only.
    let sliding = run(Protocol::Sliding { stride: 5 })?.position_values();
    assert!(sliding[..11].iter().all(|l| l.is_nan()) && sliding[16..27].iter().all(|&n| n == 0.0));
    assert!(sliding[11..16].iter().all(|l| l.is_finite()));
    Ok(())
}

#[test]
fn a_model_whose_numbers_are_none_is_scored_and_said_to_be_so() -> Result<(), Box<dyn std::error::Error>> {
    let mut broken = weights("alibi");
    if let Some(array) = broken.arrays.get_mut("blocks.0.mlp.up.weight") {
        array.data[3] = f32::NAN;
    }
    let (nll, n, _) = score(&mut Backend::cpu(&broken)?, &tokens(120), Protocol::Nonoverlapping, 16)?;
    assert!(nll.is_nan() && n > 0);
    Ok(())
}

#[test]
fn sums_are_those_of_windows_scored_one_by_one() -> Result<(), Box<dyn std::error::Error>> {
    let tokens = tokens(120);
    for method in METHODS {
        let weights = weights(method.id());
        let decoder = Decoder::from_weights(&weights)?;
        for (protocol, length) in [(Protocol::Nonoverlapping, 16), (Protocol::Sliding { stride: 5 }, 16)] {
            let (mut nll, mut count, mut bytes) = (0.0f64, 0, 0);
            for w in windows(protocol, length, 40, 60) {
                let input = Segments {
                    tokens: Arc::new(tokens[w.start..w.start + w.length].to_vec()),
                    n_segment: 1,
                    length: w.length,
                };
                let targets = Arc::new(tokens[w.start + 1..w.start + w.length + 1].to_vec());
                let losses: Vec<f32> = decoder.losses(&input, &targets, &decoder.tables(w.length)?)?.to_vec1()?;
                for i in w.length - w.n_scored..w.length {
                    if targets[i] != 5 {
                        nll += losses[i] as f64;
                        count += 1;
                        bytes += targets[i] as u64;
                    }
                }
            }
            let (a, b, c) = score(&mut Backend::cpu(&weights)?, &tokens, protocol, length)?;
            assert!((a - nll).abs() < 1e-3, "{} {protocol:?}: {a} against {nll}", method.id());
            assert_eq!((b, c), (count, bytes), "{} {protocol:?}", method.id());
        }
    }
    Ok(())
}

#[test]
fn a_long_input_in_pieces_equals_the_plain_forward_pass() -> Result<(), Box<dyn std::error::Error>> {
    let n = 2_500;
    let (tokens, mut targets) = (tokens(n), tokens(n + 1)[1..].to_vec());
    targets[7] = NOT_SCORED;
    for method in METHODS {
        let weights = weights(method.id());
        let decoder = Decoder::from_weights(&weights)?;
        let segments = Segments { tokens: Arc::new(tokens.clone()), n_segment: 1, length: n };
        let plain: Vec<f32> = decoder.losses(&segments, &Arc::new(targets.clone()), &decoder.tables(n)?)?.to_vec1()?;
        let pieces = ready(Backend::cpu(&weights)?.losses(&segments, &targets, &mut NoPause))?;
        assert_eq!(pieces[7], 0.0);
        for (i, (a, b)) in plain.iter().zip(&pieces).enumerate() {
            assert!((a - b).abs() < 1e-4, "{} row {i}: {a} against {b}", method.id());
        }
    }
    Ok(())
}

#[test]
fn cancelled_work_stops_and_the_backend_works_on() -> Result<(), EngineError> {
    let mut backend = Backend::cpu(&weights("alibi"))?;
    let segments = Segments { tokens: Arc::new(tokens(64)), n_segment: 1, length: 64 };
    let targets = tokens(64);
    let stopped = ready(backend.losses(&segments, &targets, &mut After(3)));
    assert!(matches!(stopped, Err(EngineError::Cancelled(_))));
    assert_eq!(ready(backend.losses(&segments, &targets, &mut NoPause))?.len(), 64);
    Ok(())
}

#[test]
fn a_stretch_outside_the_text_is_refused_with_numbers() {
    let mut backend = Backend::cpu(&weights("none")).unwrap_or_else(|e| panic!("{e}"));
    let refused = score(&mut backend, &tokens(100), Protocol::Nonoverlapping, 16);
    let Err(EvaluateError::Invalid(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, Reason::TooFewForTargets { n_token: 100, needed: 101 });
}

#[test]
fn damaged_files_are_told_apart_from_good_ones() {
    // SHA-256 of "abc", FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(files::check("x", b"abc", abc), Ok(()));
    let corrupt = |reason: Reason| Failure::Corrupt { file: "x".into(), reason: reason.into() };
    // SHA-256 of "ab", by another program.
    let found = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603".into();
    let hash = Reason::Hash { found, wanted: abc.into(), n_bytes: 2 };
    assert_eq!(files::check("x", b"ab", abc), Err(corrupt(hash)));
    assert_eq!(files::tokens("x", &[1, 0, 0, 1], 257), Ok(vec![1, 256]));
    let unknown = Reason::UnknownToken { token: 256, n_vocab: 256 };
    assert_eq!(files::tokens("x", &[1, 0, 0, 1], 256), Err(corrupt(unknown)));
    assert_eq!(files::tokens("x", &[1, 0, 0], 256), Err(corrupt(Reason::HalfToken { n_bytes: 3 })));
}
