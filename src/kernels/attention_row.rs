//! Attention of one query over keys and values that lie in rows: for generation, whose keys are kept from step to step,
//! and for looking at scores and weights. The same arithmetic as [`super::attention`], nothing skipped.
//!
//! # Source
//! Scores: Vaswani et al. 2017, arXiv 1706.03762, equation 1; bias: as [`super::attention`].

use super::attention_layout::HeadBias;
use super::vector::dot;
use std::f32::consts::LOG2_E;

/// Scores q·k/√D of one query, biases apart.
///
/// # Shapes
/// query `[D]`, keys: rows of width `stride`, each a key's first D values, the query's own last → `[n]`.
pub fn scores(query: &[f32], keys: &[f32], stride: usize) -> Vec<f32> {
    let scale = 1.0 / (query.len() as f32).sqrt();
    keys.chunks(stride).map(|key| dot(query, &key[..query.len()]) * scale).collect()
}

/// Weights of one query: softmax of scores + bias.
///
/// # Shapes
/// As [`scores`]; `bias` of at least n distances.
pub fn weights(query: &[f32], keys: &[f32], stride: usize, bias: &HeadBias) -> Vec<f32> {
    let mut weights = scores(query, keys, stride);
    if let Some(last) = weights.len().checked_sub(1) {
        weights.iter_mut().zip(bias.reversed.of(last, 0)).for_each(|(w, b)| *w = *w * LOG2_E + b);
    }
    let top = weights.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    weights.iter_mut().for_each(|w| *w = (*w - top).exp2());
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Output of one query of one head: its weights times the values, added to `out` (`[D]`).
///
/// # Shapes
/// As [`weights`]; values in rows like the keys.
pub fn attend(query: &[f32], keys: &[f32], values: &[f32], stride: usize, bias: &HeadBias, out: &mut [f32]) {
    for (weight, value) in weights(query, keys, stride, bias).into_iter().zip(values.chunks(stride)) {
        out.iter_mut().zip(value).for_each(|(out, v)| *out += weight * v);
    }
}
