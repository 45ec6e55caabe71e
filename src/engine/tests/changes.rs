//! Changed tables through the engines: they agree, stay causal, and end with the request that asked for them.

use std::sync::Arc;

use super::{ready, tokens, weights};
use crate::config::Change;
use crate::engine::backend::Backend;
use crate::engine::checkpoint::NoPause;
use crate::engine::error::EngineError;
use crate::model::{Decoder, Segments, Weights};
use crate::position::{BiasForm, ChangeAt, METHODS};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// One of each kind.
pub(super) const CHANGES: [Change; 11] = [
    Change::None,
    Change::Interpolate,
    Change::BiasTimes(2.5),
    Change::Ntk,
    Change::OneSlope(0.1),
    Change::SlopesOf(4),
    Change::Exponential,
    Change::Logarithmic,
    Change::NoBias,
    Change::Window(5),
    Change::LogN,
];

/// Past the training length of 16.
const LENGTH: usize = 50;

fn input(tokens: Vec<u32>) -> Segments {
    Segments { n_segment: 1, length: tokens.len(), tokens: Arc::new(tokens) }
}

fn losses(backend: &mut Backend, change: Change, text: &[u32]) -> Result<Vec<f32>, EngineError> {
    backend.set_change(change, LENGTH);
    ready(backend.losses(&input(text.to_vec()), &tokens(text.len() + 1)[1..], &mut NoPause))
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[test]
fn the_cpu_agrees_with_the_decoder_under_every_change_and_forgets_it() -> Outcome {
    let targets = Arc::new(tokens(LENGTH + 1)[1..].to_vec());
    for method in METHODS {
        let weights = weights(method.id());
        let (decoder, mut backend) = (Decoder::from_weights(&weights)?, Backend::cpu(&weights)?);
        let unchanged = losses(&mut backend, Change::None, &tokens(LENGTH))?;
        for change in CHANGES {
            let at = ChangeAt { change, length: LENGTH, train_length: 16 };
            let tables = decoder.changed_tables(LENGTH, at)?;
            let plain: Vec<f32> = decoder.losses(&input(tokens(LENGTH)), &targets, &tables)?.to_vec1()?;
            let got = losses(&mut backend, change, &tokens(LENGTH))?;
            let worst = difference(&plain, &got);
            assert!(worst < 1e-4, "{} {change:?}: off by {worst}", method.id());
            if change == Change::LogN || (method.bias_form() == BiasForm::Falls && change != Change::None) {
                assert!(difference(&got, &unchanged) > 1e-4, "{} {change:?} changed nothing", method.id());
            }
        }
        assert_eq!(losses(&mut backend, Change::None, &tokens(LENGTH))?, unchanged, "{}", method.id());
    }
    Ok(())
}

#[cfg(feature = "gpu")]
#[test]
fn the_gpu_agrees_with_the_cpu_under_every_change_and_forgets_it() -> Outcome {
    let gpu = pollster::block_on(crate::gpu::Gpu::request())
        .map_err(|e| format!("this test needs a GPU or a software one: install mesa-vulkan-drivers ({e})"))?;
    for method in METHODS {
        let weights = weights(method.id());
        let (mut cpu, mut on_gpu) = (Backend::cpu(&weights)?, Backend::gpu(&gpu, &weights)?);
        for change in CHANGES.into_iter().chain([Change::None]) {
            let want = losses(&mut cpu, change, &tokens(LENGTH))?;
            on_gpu.set_change(change, LENGTH);
            let (input, targets) = (input(tokens(LENGTH)), &tokens(LENGTH + 1)[1..]);
            let got = pollster::block_on(on_gpu.losses(&input, targets, &mut NoPause))?;
            let worst = difference(&want, &got);
            assert!(worst < 1e-3, "{} {change:?}: off by {worst}", method.id());
        }
    }
    Ok(())
}

#[test]
fn a_later_token_changes_no_earlier_loss_under_any_change() -> Outcome {
    let mut text = tokens(LENGTH);
    for method in METHODS {
        let mut backend = Backend::cpu(&weights(method.id()))?;
        for change in CHANGES {
            let before = losses(&mut backend, change, &text)?;
            text[30] = (text[30] + 1) % 23;
            let after = losses(&mut backend, change, &text)?;
            assert_eq!(before[..30], after[..30], "{} {change:?}", method.id());
            assert_ne!(before[30], after[30], "{} {change:?}", method.id());
        }
    }
    Ok(())
}

#[test]
fn alibi_without_its_bias_is_no_position() -> Outcome {
    let alibi = weights("alibi");
    let mut config = alibi.config.clone();
    config.method = "none".into();
    let none = Weights { config, arrays: alibi.arrays.clone() };
    let a = losses(&mut Backend::cpu(&alibi)?, Change::NoBias, &tokens(LENGTH))?;
    let b = losses(&mut Backend::cpu(&none)?, Change::None, &tokens(LENGTH))?;
    assert_eq!(a, b);
    Ok(())
}

#[test]
fn a_window_of_one_sees_only_itself_and_a_wide_one_everything() -> Outcome {
    let text = tokens(LENGTH);
    for method in METHODS {
        let mut backend = Backend::cpu(&weights(method.id()))?;
        let mut other = text.clone();
        other[10] = (other[10] + 1) % 23;
        let [a, b] = [&text, &other].map(|text| losses(&mut backend, Change::Window(1), text));
        let (a, b) = (a?, b?);
        assert_eq!((&a[..10], &a[11..]), (&b[..10], &b[11..]), "{}", method.id());
        assert_ne!(a[10], b[10], "{}", method.id());
        let whole = losses(&mut backend, Change::None, &text)?;
        assert_eq!(losses(&mut backend, Change::Window(LENGTH), &text)?, whole, "{}", method.id());
    }
    Ok(())
}

#[test]
fn a_last_shorter_segment_is_changed_like_the_others() -> Outcome {
    // Its own length lies within the training length; the input length that was asked for does not.
    let text = tokens(12);
    let mut backend = Backend::cpu(&weights("alibi"))?;
    let interpolated = losses(&mut backend, Change::Interpolate, &text)?;
    let scaled = losses(&mut backend, Change::BiasTimes(16.0 / LENGTH as f64), &text)?;
    assert!(difference(&interpolated, &scaled) < 1e-5);
    assert!(difference(&interpolated, &losses(&mut backend, Change::None, &text)?) > 1e-4);
    Ok(())
}
