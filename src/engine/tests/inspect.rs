//! Scores and where weights go, against the decoder's own queries and keys in plain loops.

use std::sync::Arc;

use super::changes::CHANGES;
use super::{ready, tokens, weights};
use crate::config::Change;
use crate::engine::checkpoint::NoPause;
use crate::engine::cpu::CpuBackend;
use crate::engine::inspect::n_bin;
use crate::model::{Decoder, Segments};
use crate::position::{ChangeAt, METHODS};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// More than the 64 queries that are averaged.
const LENGTH: usize = 90;
const HEADS: usize = 2;
const D: usize = 16;
const C: usize = 32;

/// Queries, keys and values of every layer, and the bias `[H, T]`.
fn layers(decoder: &Decoder, change: Change) -> candle_core::Result<(Vec<Vec<f32>>, Vec<f32>)> {
    let tables = decoder.changed_tables(LENGTH, ChangeAt { change, length: LENGTH, train_length: 16 })?;
    let segments = Segments { tokens: Arc::new(tokens(LENGTH)), n_segment: 1, length: LENGTH };
    let shape = decoder.attention_shape(1, LENGTH);
    let mut x = decoder.embed(&segments, &tables)?;
    let mut layers = Vec::new();
    for block in &decoder.blocks {
        let qkv = block.qkv(&x, &tables, &shape, 0)?;
        layers.push(qkv.flatten_all()?.to_vec1()?);
        x = block.finish(&x, &block.attend(&qkv, &tables, &shape, 0..LENGTH)?)?;
    }
    Ok((layers, tables.bias.flatten_all()?.to_vec1()?))
}

fn score(qkv: &[f32], head: usize, i: usize, j: usize) -> f64 {
    let (q, k) = (&qkv[i * 3 * C + head * D..][..D], &qkv[j * 3 * C + C + head * D..][..D]);
    q.iter().zip(k).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>() / (D as f64).sqrt()
}

#[test]
fn scores_are_those_of_the_layer_asked_for() -> Outcome {
    for method in METHODS {
        let weights = weights(method.id());
        let (decoder, mut cpu) = (Decoder::from_weights(&weights)?, CpuBackend::new(&weights)?);
        for change in [Change::None, Change::LogN, Change::Interpolate, Change::Window(7)] {
            let (layers, bias) = layers(&decoder, change)?;
            cpu.set_change(change, LENGTH);
            for (layer, qkv) in layers.iter().enumerate() {
                let got = ready(cpu.attend(&tokens(LENGTH), layer, &mut NoPause))?;
                assert_eq!(got.len(), HEADS * LENGTH * (LENGTH + 1));
                for (at, &got) in got[..HEADS * LENGTH * LENGTH].iter().enumerate() {
                    let (head, i, j) = (at / LENGTH / LENGTH, at / LENGTH % LENGTH, at % LENGTH);
                    let want = if j <= i { score(qkv, head, i, j) } else { 0.0 };
                    let fits = (f64::from(got) - want).abs() < 1e-4 * want.abs().max(1.0);
                    assert!(fits, "{} {change:?} layer {layer} head {head} ({i}, {j}): {got}, {want}", method.id());
                }
                assert_eq!(got[HEADS * LENGTH * LENGTH..], bias, "{} {change:?}", method.id());
            }
        }
    }
    Ok(())
}

#[test]
fn entropy_and_mass_are_those_of_the_last_queries() -> Outcome {
    for method in METHODS {
        let weights = weights(method.id());
        let (decoder, mut cpu) = (Decoder::from_weights(&weights)?, CpuBackend::new(&weights)?);
        for change in CHANGES {
            let (layers, bias) = layers(&decoder, change)?;
            cpu.set_change(change, LENGTH);
            let got = ready(cpu.spread(&tokens(LENGTH), &mut NoPause))?;
            assert_eq!(got.len(), layers.len() * HEADS * (1 + 8));
            for (at, qkv) in
                layers.iter().enumerate().flat_map(|(l, qkv)| (0..HEADS).map(move |h| (l * HEADS + h, qkv)))
            {
                let head = at % HEADS;
                let (mut entropy, mut mass) = (0.0, [0.0; 8]);
                for i in LENGTH - 64..LENGTH {
                    let at = |j| score(qkv, head, i, j) + f64::from(bias[head * LENGTH + i - j]);
                    let top = (0..=i).map(at).fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = (0..=i).map(|j| (at(j) - top).exp()).sum();
                    for j in 0..=i {
                        let weight = (at(j) - top).exp() / sum;
                        let bin = [0, 1, 2, 4, 8, 16, 32, 64].iter().filter(|&&from| from <= i - j).count() - 1;
                        mass[bin] += weight / 64.0;
                        entropy -= if weight > 0.0 { weight * weight.ln() / 64.0 } else { 0.0 };
                    }
                }
                let name = format!("{} {change:?}, layer and head {at}", method.id());
                assert!((f64::from(got[at]) - entropy).abs() < 2e-4, "{name}: {} against {entropy}", got[at]);
                for (bin, mass) in mass.iter().enumerate() {
                    let got = f64::from(got[layers.len() * HEADS + at * 8 + bin]);
                    assert!((got - mass).abs() < 1e-4, "{name}, bin {bin}: {got} against {mass}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn bins_double_and_one_token_sees_itself() -> Outcome {
    assert_eq!([1, 2, 3, 4, 5, 6, 1_024, 1_025, 16_384].map(n_bin), [1, 2, 3, 3, 4, 4, 11, 12, 15]);
    let mut cpu = CpuBackend::new(&weights("t5"))?;
    assert_eq!(ready(cpu.spread(&[3], &mut NoPause))?, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(ready(cpu.attend(&[3], 1, &mut NoPause))?.len(), HEADS * 2);
    Ok(())
}
