//! Gradient of [`super::attention`]: weights are computed again from the kept log-sums, tile by tile. Internal to that
//! operation.
//!
//! # Source
//! Dao et al. 2022, arXiv 2205.14135, algorithm 4.

use super::attention_layout::{AttentionShape, KEYS, ReversedBias, TILE, Vectors, tile_products};
use super::storage::map_indices;
use super::vector::{LANES, Lanes, dot, exp, load, mul_add, store};

/// Gradients of one head of one segment, each `[T, D]` (rows padded), and of the reversed bias.
struct HeadGradient {
    dq: Vec<f32>,
    dk: Vec<f32>,
    dv: Vec<f32>,
    dbias: Vec<f32>,
}

/// Gradients of the packed rows and, with `learns_bias`, of the bias table.
///
/// # Shapes
/// qkv `[n_segment · T, 3C]`, bias `[H, ≥ T]`, out and grad `[n_segment · T, C]`, log_sums `[n_segment, H, T]` →
/// like qkv, like bias.
pub fn backward(
    qkv: &[f32],
    bias: &[f32],
    out: &[f32],
    grad: &[f32],
    log_sums: &[f32],
    shape: &AttentionShape,
    learns_bias: bool,
) -> (Vec<f32>, Option<Vec<f32>>) {
    let (t, c, d, h, padded) = (shape.length, shape.d_model, shape.head_dim(), shape.n_head, shape.padded());
    let bias_stride = bias.len() / h;
    let heads = map_indices(shape.n_segment * h, |i| {
        let (segment, head) = (i / h, i % h);
        head_backward(
            &qkv[segment * t * 3 * c..][..t * 3 * c],
            &bias[head * bias_stride..][..t],
            &out[segment * t * c..][..t * c],
            &grad[segment * t * c..][..t * c],
            &log_sums[i * t..][..t],
            head,
            shape,
            learns_bias,
        )
    });
    let mut dqkv = vec![0.0; qkv.len()];
    let mut dbias = learns_bias.then(|| vec![0.0; bias.len()]);
    for (i, gradient) in heads.iter().enumerate() {
        let (segment, head) = (i / h, i % h);
        for (part, source) in [&gradient.dq, &gradient.dk, &gradient.dv].into_iter().enumerate() {
            for p in 0..t {
                let at = (segment * t + p) * 3 * c + part * c + head * d;
                dqkv[at..at + d].copy_from_slice(&source[p * padded..][..d]);
            }
        }
        if let Some(dbias) = &mut dbias {
            let row = &mut dbias[head * bias_stride..][..t];
            row.iter_mut().zip(gradient.dbias[..t].iter().rev()).for_each(|(a, b)| *a += b);
        }
    }
    (dqkv, dbias)
}

fn head_backward(
    qkv: &[f32],
    bias: &[f32],
    out: &[f32],
    grad: &[f32],
    log_sums: &[f32],
    head: usize,
    shape: &AttentionShape,
    learns_bias: bool,
) -> HeadGradient {
    let (length, c, d, padded) = (shape.length, shape.d_model, shape.head_dim(), shape.padded());
    let scale = 1.0 / (d as f32).sqrt();
    let part = |offset: usize| Vectors { source: &qkv[offset * c + head * d..], stride: 3 * c, n: length, d };
    let (query_rows, key_rows) = (part(0).rows(padded, scale), part(1).rows(padded, 1.0));
    let (key_panels, value_panels) = (part(1).panels(), part(2).panels());
    let grad_rows = Vectors { source: &grad[head * d..], stride: c, n: length, d }.rows(padded, 1.0);
    let delta: Vec<f32> =
        (0..length).map(|i| dot(&grad[i * c + head * d..][..d], &out[i * c + head * d..][..d])).collect();
    let bias = ReversedBias::new(bias);
    let size = length.next_multiple_of(LANES) * padded;
    let (mut dq, mut dk, mut dv) = (vec![0.0; size], vec![0.0; size], vec![0.0; size]);
    let mut dbias = if learns_bias { vec![0.0; length + KEYS + TILE] } else { Vec::new() };
    let (mut q_tile, mut g_tile) = (vec![0.0; d * TILE], vec![0.0; d * TILE]);
    let mut dq_tile = vec![0.0; TILE * padded];
    let (mut weights, mut dscores) = ([[0.0f32; KEYS]; TILE], [[0.0f32; KEYS]; TILE]);
    for first in (0..length).step_by(TILE) {
        let n_tile = TILE.min(length - first);
        let last = first + n_tile - 1;
        transposed_tile(&query_rows, first, n_tile, d, padded, &mut q_tile);
        transposed_tile(&grad_rows, first, n_tile, d, padded, &mut g_tile);
        dq_tile.fill(0.0);
        for j in (0..=last).step_by(KEYS) {
            let n_panel = (KEYS / LANES).min((last + 1 - j).div_ceil(LANES));
            for p in 0..n_panel {
                let panel = (j / LANES + p) * d * LANES;
                let scores = tile_products(&q_tile, &key_panels[panel..][..d * LANES], [Lanes::ZERO; TILE]);
                let dweights = tile_products(&g_tile, &value_panels[panel..][..d * LANES], [Lanes::ZERO; TILE]);
                for t in 0..TILE {
                    let i = (first + t).min(last);
                    let (log_sum, delta) = (log_sums[i], delta[i]);
                    let bias = load(bias.of(i, j + p * LANES));
                    // A tile at the end may hold fewer queries; the rest must add nothing, not even where e^x overflows.
                    let weight = if t < n_tile { exp(scores[t] + bias - Lanes::splat(log_sum)) } else { Lanes::ZERO };
                    store(weight, &mut weights[t][p * LANES..]);
                    store(weight * (dweights[t] - Lanes::splat(delta)), &mut dscores[t][p * LANES..]);
                }
            }
            let n = n_panel * LANES;
            accumulate(&dscores, n, &key_rows[j * padded..], padded, &mut dq_tile);
            scatter(&dscores, n, &query_rows[first * padded..], n_tile, padded, &mut dk[j * padded..]);
            scatter(&weights, n, &grad_rows[first * padded..], n_tile, padded, &mut dv[j * padded..]);
            if learns_bias {
                for t in 0..n_tile {
                    let at = bias.offset(first + t, j);
                    dbias[at..at + n].iter_mut().zip(&dscores[t]).for_each(|(a, b)| *a += b);
                }
            }
        }
        for (to, from) in dq[first * padded..].iter_mut().zip(&dq_tile[..n_tile * padded]) {
            *to = from * scale;
        }
    }
    HeadGradient { dq, dk, dv, dbias }
}

/// out[t] += Σ_j weights[t][j] · rows[j], for `n` rows of `padded` values; out is `[TILE, padded]`.
#[inline(always)]
fn accumulate(weights: &[[f32; KEYS]; TILE], n: usize, rows: &[f32], padded: usize, out: &mut [f32]) {
    for c in (0..padded).step_by(LANES) {
        let mut total: [Lanes; TILE] = std::array::from_fn(|t| load(&out[t * padded + c..]));
        for (j, row) in rows.chunks_exact(padded).take(n.min(KEYS)).enumerate() {
            let row = load(&row[c..]);
            for t in 0..TILE {
                total[t] = mul_add(Lanes::splat(weights[t][j]), row, total[t]);
            }
        }
        for t in 0..TILE {
            store(total[t], &mut out[t * padded + c..]);
        }
    }
}

/// `TILE` vectors from row `first` on, transposed to `[D, TILE]`; rows beyond the end are zero.
#[inline(always)]
fn transposed_tile(rows: &[f32], first: usize, n: usize, d: usize, padded: usize, out: &mut [f32]) {
    out.fill(0.0);
    for t in 0..n {
        for c in 0..d {
            out[c * TILE + t] = rows[(first + t) * padded + c];
        }
    }
}

/// out[j] += Σ_t weights[t][j] · rows[t], for `n` keys; rows `[n_tile, padded]`, out `[n, padded]`.
#[inline(always)]
fn scatter(weights: &[[f32; KEYS]; TILE], n: usize, rows: &[f32], n_tile: usize, padded: usize, out: &mut [f32]) {
    for c in (0..padded).step_by(LANES) {
        let mut tile = [Lanes::ZERO; TILE];
        for t in 0..n_tile {
            tile[t] = load(&rows[t * padded + c..]);
        }
        for (j, out) in out.chunks_exact_mut(padded).take(n.min(KEYS)).enumerate() {
            let out = &mut out[c..];
            let mut total = load(out);
            for t in 0..TILE {
                total = mul_add(Lanes::splat(weights[t][j]), tile[t], total);
            }
            store(total, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, noise, slopes, wide};
    use super::*;
    use crate::kernels::attention::{FarKeys, HeadBias, KeyValues, attention};

    /// Σ output · weight by the formula, in double precision; biases `[H, T]`.
    fn loss(qkv: &[f64], bias: &[f64], weight: &[f64], shape: &AttentionShape) -> f64 {
        let (n, c, d, h) = (shape.length, shape.d_model, shape.head_dim(), shape.n_head);
        let mut loss = 0.0;
        for (segment, head) in (0..shape.n_segment).flat_map(|s| (0..h).map(move |h| (s, h))) {
            let at = |part: usize, row: usize| &qkv[((segment * n + row) * 3 + part) * c + head * d..][..d];
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            for i in 0..n {
                let score = |j: usize| dot(at(0, i), at(1, j)) / (d as f64).sqrt() + bias[head * n + i - j];
                let weights: Vec<f64> = (0..=i).map(|j| score(j).exp()).collect();
                let weight = &weight[(segment * n + i) * c + head * d..][..d];
                let of_values: f64 = (0..=i).map(|j| weights[j] * dot(at(2, j), weight)).sum();
                loss += of_values / weights.iter().sum::<f64>();
            }
        }
        loss
    }

    #[test]
    fn a_tile_that_is_not_full_adds_nothing_whatever_the_scores() {
        let shape = AttentionShape { n_segment: 1, length: TILE + 1, n_head: 1, d_model: 4 };
        let (n, c) = (shape.length, shape.d_model);
        let mut qkv = noise(4, n * 3 * c, 1.0);
        // Scores of −90.3 and a log-sum of −88.7: where a query were zero, its weight would be e^88.7, beyond f32.
        for row in qkv.chunks_exact_mut(3 * c) {
            row[..2 * c].copy_from_slice(&[-10.0, 0.0, 0.0, 0.0, 18.06, 0.0, 0.0, 0.0]);
        }
        let (bias, g) = (vec![0.0; n], noise(5, n * c, 1.0));
        let heads = HeadBias::of_table(&bias, 1);
        let (out, log_sums) = attention(&qkv, &KeyValues::of(&qkv, &shape), &heads, &shape, 0..n, FarKeys::Computed);
        let (dqkv, _) = backward(&qkv, &bias, &out, &g, &log_sums, &shape, false);
        let (b, w) = (wide(&bias), wide(&g));
        assert_close("gradient", &dqkv, &slopes(&qkv, |x| loss(x, &b, &w, &shape)), 2e-4);
    }

    #[test]
    fn gradients_are_slopes_of_the_formula() {
        // Within a tile, over the edge of one, over a block of keys.
        for (n_segment, length, n_head, d) in [(2, 3, 2, 4), (1, 6, 1, 20), (1, KEYS + 2, 1, 2)] {
            let shape = AttentionShape { n_segment, length, n_head, d_model: n_head * d };
            let qkv = noise(1, n_segment * length * 3 * shape.d_model, 1.5);
            let (bias, g) = (noise(2, n_head * length, 2.0), noise(3, qkv.len() / 3, 1.0));
            let (kv, heads) = (KeyValues::of(&qkv, &shape), HeadBias::of_table(&bias, n_head));
            let (out, log_sums) = attention(&qkv, &kv, &heads, &shape, 0..length, FarKeys::Computed);
            let (dqkv, dbias) = backward(&qkv, &bias, &out, &g, &log_sums, &shape, true);
            let (x, b, w) = (wide(&qkv), wide(&bias), wide(&g));
            let name = format!("{n_segment} segments of {length}, {n_head} heads of {d}");
            assert_close(&name, &dqkv, &slopes(&qkv, |x| loss(x, &b, &w, &shape)), 2e-5);
            let wanted = slopes(&bias, |b| loss(&x, b, &w, &shape));
            assert_close(&format!("{name}, biases"), &dbias.unwrap_or_default(), &wanted, 2e-5);
            // A bias that is not learned costs nothing, and what is beyond the length has no gradient.
            let longer: Vec<f32> = bias.chunks(length).flat_map(|row| [row, &[7.0; 5]].concat()).collect();
            let (again, none) = backward(&qkv, &longer, &out, &g, &log_sums, &shape, false);
            assert!(again == dqkv && none.is_none(), "{name}");
            let (_, dbias) = backward(&qkv, &longer, &out, &g, &log_sums, &shape, true);
            let beyond = dbias.iter().flatten().enumerate().filter(|(i, _)| i % (length + 5) >= length);
            assert!(beyond.clone().count() == 5 * n_head && beyond.clone().all(|(_, &d)| d == 0.0), "{name}");
        }
    }
}
