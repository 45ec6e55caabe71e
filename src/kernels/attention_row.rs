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

#[cfg(test)]
mod tests {
    use super::super::samples::assert_close;
    use super::*;

    /// Two keys of four values, each followed by its value vector: rows of 8.
    const ROWS: [f32; 16] =
        [std::f32::consts::LN_2, 0.0, 0.0, 0.0, 8.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 4.0, -1.0, 0.0, 2.0];
    const QUERY: [f32; 4] = [2.0, 0.0, 0.0, 0.0];

    #[test]
    fn scores_weights_and_output_by_hand() {
        // 2·ln 2/√4 = ln 2, and 0.
        assert_close("score", &scores(&QUERY, &ROWS, 8), &[std::f64::consts::LN_2, 0.0], 1e-7);
        // Biases ln 3 for the key at hand and 0 for the one before: weights 3 against 2.
        let bias = HeadBias::new(&[3.0f32.ln(), 0.0, 99.0]);
        assert_close("weight", &weights(&QUERY, &ROWS, 8, &bias), &[0.4, 0.6], 2e-7);
        // Added to what is there: 0.4·8 + 0.6·4 and so on.
        let mut out = [100.0, 0.0, 0.0, 0.0];
        attend(&QUERY, &ROWS, &ROWS[4..], 8, &bias, &mut out);
        assert_close("output", &out, &[105.6, -0.2, 0.0, 1.2], 1e-5);
    }

    #[test]
    fn a_key_out_of_sight_weighs_nothing_and_large_scores_do_not_overflow() {
        let bias = HeadBias::new(&[0.0, f32::NEG_INFINITY]);
        assert_eq!(weights(&QUERY, &ROWS, 8, &bias), [0.0, 1.0]);
        let bias = HeadBias::new(&[500.0, 500.0]);
        assert_close("weight", &weights(&QUERY, &ROWS, 8, &bias), &[2.0 / 3.0, 1.0 / 3.0], 1e-4);
    }
}
