//! The attention kernel against its formula in f64, and far keys skipped against far keys computed.

use super::super::samples::{assert_close, cases, noise};
use super::*;
use proptest::prelude::*;

fn shape(n_segment: usize, length: usize, n_head: usize, d: usize) -> AttentionShape {
    AttentionShape { n_segment, length, n_head, d_model: n_head * d }
}

fn run(qkv: &[f32], bias: &[f32], s: &AttentionShape, queries: Range<usize>, far: FarKeys) -> (Vec<f32>, Vec<f32>) {
    attention(qkv, &KeyValues::of(qkv, s), &HeadBias::of_table(bias, s.n_head), s, queries, far)
}

/// Output of one query of one head, and its log-sum, by the formula.
fn formula(qkv: &[f32], bias: &[f32], s: &AttentionShape, segment: usize, head: usize, i: usize) -> (Vec<f64>, f64) {
    let (c, d) = (s.d_model, s.head_dim());
    let at = |row: usize, part: usize| &qkv[(segment * s.length + row) * 3 * c + part * c + head * d..][..d];
    let score = |j: usize| {
        let dot: f64 = at(i, 0).iter().zip(at(j, 1)).map(|(a, b)| *a as f64 * *b as f64).sum();
        dot / (d as f64).sqrt() + bias[head * (bias.len() / s.n_head) + i - j] as f64
    };
    let weights: Vec<f64> = (0..=i).map(|j| score(j).exp()).collect();
    let total: f64 = weights.iter().sum();
    let out = (0..d).map(|k| (0..=i).map(|j| weights[j] * at(j, 2)[k] as f64).sum::<f64>() / total);
    (out.collect(), total.ln())
}

#[test]
fn two_tokens_by_hand() {
    // The second query: q·k/√4 = ln 2 for the first key and 0 for its own, biases 0 and ln 3: weights 2 against 3.
    let s = shape(1, 2, 1, 4);
    let mut qkv = [0.0; 24];
    (qkv[4], qkv[8], qkv[9]) = (2.0f32.ln(), 8.0, 1.0);
    (qkv[12], qkv[17], qkv[20], qkv[21]) = (2.0, 1.0, 4.0, -1.0);
    let (out, log_sums) = run(&qkv, &[3.0f32.ln(), 0.0], &s, 0..2, FarKeys::Skipped);
    assert_close("output", &out, &[8.0, 1.0, 0.0, 0.0, 5.6, -0.2, 0.0, 0.0], 1e-6);
    assert_close("log-sum", &log_sums, &[3.0f64.ln(), 5.0f64.ln()], 1e-6);
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn outputs_and_log_sums_follow_the_formula_for_any_range_of_queries(
        n_segment in 1usize..4, length in 1usize..210, n_head in 1usize..3, d in 1usize..40,
        ends in any::<[prop::sample::Index; 2]>(), beyond in 0usize..9,
    ) {
        let s = shape(n_segment, length, n_head, d);
        let mut ends = ends.map(|end| end.index(length + 1));
        ends.sort_unstable();
        let queries = ends[0]..ends[1].max(ends[0] + 1).min(length);
        let qkv = noise(length as u64, n_segment * length * 3 * s.d_model, 1.5);
        let bias = noise(7, n_head * (length + beyond), 3.0);
        let (out, log_sums) = run(&qkv, &bias, &s, queries.clone(), FarKeys::Computed);
        let n = queries.len();
        for (segment, head, i) in
            (0..n_segment).flat_map(|g| (0..n_head).flat_map(move |h| (0..n).map(move |i| (g, h, i))))
        {
            let name = format!("query {} of head {head} of segment {segment}", queries.start + i);
            let (expected, log_sum) = formula(&qkv, &bias, &s, segment, head, queries.start + i);
            assert_close(&name, &out[(segment * n + i) * s.d_model + head * d..][..d], &expected, 1e-5);
            assert_close(&name, &log_sums[(segment * n_head + head) * n + i..][..1], &[log_sum], 1e-5);
        }
    }
}

/// Largest difference between skipping far keys and computing them.
fn difference(qkv: &[f32], bias: &[f32], s: &AttentionShape) -> f32 {
    let [skipped, computed] = [FarKeys::Skipped, FarKeys::Computed].map(|far| run(qkv, bias, s, 0..s.length, far).0);
    skipped.iter().zip(&computed).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn skipping_far_keys_changes_no_result() {
    let s = shape(1, 3_000, 4, 16);
    for (seed, size) in [(1, 0.5), (2, 2.0), (3, 6.0)] {
        let qkv = noise(seed, s.length * 3 * s.d_model, size);
        let table = |bias: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
            (0..4).flat_map(|h| (0..s.length).map(move |d| (h, d))).map(|(h, d)| bias(h, d as f32)).collect()
        };
        let alibi = table(&|h, d| -d * 0.5f32.powi(1 + 2 * h as i32));
        let none = table(&|_, _| 0.0);
        // Falls steeply and comes back far away: only a bound over all larger distances sees that.
        let comes_back = table(&|_, d| if d < 2_000.0 { -d } else { 1.0 });
        let window = table(&|_, d| if d < 100.0 { 0.0 } else { f32::NEG_INFINITY });
        for (name, bias) in [("ALiBi", alibi), ("none", none), ("comes back", comes_back), ("window", window)] {
            let found = difference(&qkv, &bias, &s);
            assert!(found <= 1e-6 * size, "{name}, size {size}: {found:e}");
        }
    }
}

#[test]
fn one_large_key_far_away_is_not_skipped() {
    let s = shape(1, 1_000, 1, 16);
    let mut qkv = noise(4, s.length * 48, 0.1);
    // Every query agrees with key 0 so strongly that it outweighs a distance of 999.
    for row in qkv.chunks_exact_mut(48) {
        row[0] = 40.0;
    }
    qkv[16] = 400.0;
    let bias: Vec<f32> = (0..1_000).map(|d| -(d as f32)).collect();
    assert!(difference(&qkv, &bias, &s) <= 1e-6);
    let (out, _) = run(&qkv, &bias, &s, 999..1_000, FarKeys::Skipped);
    assert!((out[3] - qkv[32 + 3]).abs() < 1e-5, "the last query reads the first value: {} {}", out[3], qkv[35]);
}

#[test]
fn a_value_that_is_no_number_far_away_is_not_hidden() {
    let s = shape(1, 600, 1, 16);
    let mut qkv = noise(5, s.length * 48, 0.1);
    qkv[16] = f32::NAN;
    let bias: Vec<f32> = (0..600).map(|d| -(d as f32)).collect();
    for far in [FarKeys::Skipped, FarKeys::Computed] {
        assert!(run(&qkv, &bias, &s, 599..600, far).0[0].is_nan(), "{far:?}");
    }
}
