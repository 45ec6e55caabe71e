//! Causal attention with a bias by distance, in one pass over the keys (online softmax: Milakov & Gimelshein 2018;
//! tiling as in Dao et al. 2022, arXiv 2205.14135). Memory grows with length, not with its square.
//!
//! weights(i, j) = softmax over j ≤ i of q_i·k_j/√D + bias[h, i − j]. The bias is not divided by √D.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::f32::consts::{LN_2, LOG2_E};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::attention_backward::backward;
pub use super::attention_layout::{AttentionShape, HeadBias, KeyValues};
use super::attention_layout::{KEYS, TILE, norm, tile_products};
use super::storage::{floats, map_indices, with_gradient_floats};
use super::vector::{LANES, Lanes, across, exp2, load, mul_add, store};

/// out[t] += Σ_j weights[t][j] · values[j] over one panel of value dimensions, `[keys, LANES]`.
#[inline(always)]
fn accumulate(weights: &[[f32; KEYS]; TILE], panel: &[f32], out: &mut [Lanes; TILE]) {
    let mut total = *out;
    for (j, row) in panel.as_chunks::<LANES>().0.iter().enumerate().take(KEYS) {
        let row = Lanes::from(*row);
        for t in 0..TILE {
            total[t] = mul_add(Lanes::splat(weights[t][j]), row, total[t]);
        }
    }
    *out = total;
}

/// What becomes of keys so far away that a head's bias leaves them nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FarKeys {
    /// Left out where a bound shows that all of them together add less than half a unit in the last place of the
    /// softmax denominator.
    #[default]
    Skipped,
    /// Computed like the others.
    Computed,
}

/// What skipped keys may add to a denominator of at least 1, as a power of 2: under half a unit in its last place.
const NEGLIGIBLE: f32 = -26.0;

/// One head of one segment: outputs `[queries, D]` and the logarithm of each query's softmax denominator. Blocks of
/// keys are taken from the nearest to the farthest, so that the first that a bound rules out ends the work.
fn head_forward(
    qkv: &[f32],
    head: usize,
    kv: &KeyValues,
    bias: &HeadBias,
    shape: &AttentionShape,
    queries: &Range<usize>,
    far: FarKeys,
) -> (Vec<f32>, Vec<f32>) {
    let (d, stride) = (shape.head_dim(), 3 * shape.d_model);
    let n_value = shape.padded() / LANES;
    let value_rows = kv.values.len() / shape.padded();
    let scale = LOG2_E / (d as f32).sqrt();
    let mut out = vec![0.0; queries.len() * d];
    let mut log_sums = vec![0.0; queries.len()];
    let mut tile = vec![0.0; d * TILE];
    let mut total = vec![[Lanes::ZERO; TILE]; n_value];
    let mut scores = [[0.0f32; KEYS]; TILE];
    for first in queries.clone().step_by(TILE) {
        let n_tile = TILE.min(queries.end - first);
        let last = first + n_tile - 1;
        tile.fill(0.0);
        let mut reach = [0.0f32; TILE];
        for t in 0..n_tile {
            let query = &qkv[(first + t) * stride + head * d..][..d];
            for k in 0..d {
                tile[k * TILE + t] = query[k] * scale;
            }
            reach[t] = norm(query) * scale;
        }
        total.fill([Lanes::ZERO; TILE]);
        let (mut top, mut denominator) = ([f32::NEG_INFINITY; TILE], [0.0f32; TILE]);
        for block in (0..=last / KEYS).rev() {
            let j = block * KEYS;
            let nearest = first.saturating_sub(j + KEYS - 1);
            if far == FarKeys::Skipped && nearest > 0 {
                let n_left = ((j + KEYS) as f32).log2();
                let beyond = bias.largest_beyond[nearest] + n_left - NEGLIGIBLE;
                if (0..n_tile).all(|t| reach[t] * kv.norms[block] + beyond < top[t]) {
                    break;
                }
            }
            let n_panel = (KEYS / LANES).min((last + 1 - j).div_ceil(LANES));
            for p in 0..n_panel {
                let sums =
                    tile_products(&tile, &kv.keys[(j / LANES + p) * d * LANES..][..d * LANES], [Lanes::ZERO; TILE]);
                for t in 0..TILE {
                    let start = load(bias.reversed.of((first + t).min(last), j + p * LANES));
                    store(sums[t] + start, &mut scores[t][p * LANES..]);
                }
            }
            let highest = std::array::from_fn(|t| {
                let row = &scores[t].as_chunks::<LANES>().0[..n_panel];
                row.iter().fold(Lanes::splat(f32::NEG_INFINITY), |a, &b| Lanes::from(b).fast_max(a))
            });
            // A score that is no number is passed over here and makes the sum no number.
            let new_top = across(highest, |a, b| a.fast_max(b)).to_array();
            let new_top: [f32; TILE] = std::array::from_fn(|t| if new_top[t] > top[t] { new_top[t] } else { top[t] });
            if new_top != top {
                for t in 0..TILE {
                    let shrink = if new_top[t] > top[t] { (top[t] - new_top[t]).exp2() } else { 1.0 };
                    denominator[t] *= shrink;
                    total.iter_mut().for_each(|panel| panel[t] *= Lanes::splat(shrink));
                }
                top = new_top;
            }
            let sums = std::array::from_fn(|t| {
                // A query may see nothing of the last block of its tile.
                let shift = Lanes::splat(if top[t] == f32::NEG_INFINITY { 0.0 } else { top[t] });
                let mut sum = Lanes::ZERO;
                for chunk in &mut scores[t].as_chunks_mut::<LANES>().0[..n_panel] {
                    let weight = exp2(Lanes::from(*chunk) - shift);
                    sum += weight;
                    *chunk = weight.to_array();
                }
                sum
            });
            let sums = across(sums, |a, b| a + b).to_array();
            (0..TILE).for_each(|t| denominator[t] += sums[t]);
            for (p, total) in total.iter_mut().enumerate() {
                accumulate(&scores, &kv.values[(p * value_rows + j) * LANES..][..n_panel * LANES * LANES], total);
            }
        }
        for t in 0..n_tile {
            let at = first + t - queries.start;
            for (part, total) in out[at * d..][..d].chunks_mut(LANES).zip(&total) {
                let values = (total[t] / Lanes::splat(denominator[t])).to_array();
                part.copy_from_slice(&values[..part.len()]);
            }
            log_sums[at] = top[t] * LN_2 + denominator[t].ln();
        }
    }
    (out, log_sums)
}

/// Attention of some queries of one head of one segment, written where it belongs in rows of all heads.
///
/// # Shapes
/// qkv `[T, 3C]` of the segment, `kv` of that head → its D columns of out `[T, C]`, rows `queries`.
pub fn attend_head(
    qkv: &[f32],
    head: usize,
    kv: &KeyValues,
    bias: &HeadBias,
    shape: &AttentionShape,
    queries: Range<usize>,
    far: FarKeys,
    out: &mut [f32],
) {
    let (c, d) = (shape.d_model, shape.head_dim());
    let (values, _) = head_forward(qkv, head, kv, bias, shape, &queries, far);
    for (i, row) in queries.zip(values.chunks_exact(d)) {
        out[i * c + head * d..][..d].copy_from_slice(row);
    }
}

/// Attention of the queries in `queries` over all keys up to each of them.
///
/// # Shapes
/// qkv `[n_segment · T, 3C]` (queries, keys, values; head-major), `kv` made from it, `bias` one per head, each of at
/// least `queries.end` distances → outputs `[n_segment · queries, C]` and log-sums `[n_segment, H, queries]`.
pub fn attention(
    qkv: &[f32],
    kv: &[KeyValues],
    bias: &[HeadBias],
    shape: &AttentionShape,
    queries: Range<usize>,
    far: FarKeys,
) -> (Vec<f32>, Vec<f32>) {
    let (c, d, h) = (shape.d_model, shape.head_dim(), shape.n_head);
    let segment = shape.length * 3 * c;
    let heads = map_indices(shape.n_segment * h, |i| {
        head_forward(&qkv[(i / h) * segment..][..segment], i % h, &kv[i], &bias[i % h], shape, &queries, far)
    });
    let n = queries.len();
    let mut out = vec![0.0; shape.n_segment * n * c];
    let mut log_sums = Vec::with_capacity(heads.len() * n);
    for (i, (head, sums)) in heads.iter().enumerate() {
        for q in 0..n {
            let at = ((i / h) * n + q) * c + (i % h) * d;
            out[at..at + d].copy_from_slice(&head[q * d..][..d]);
        }
        log_sums.extend_from_slice(sums);
    }
    (out, log_sums)
}

struct Attention {
    shape: AttentionShape,
    queries: Range<usize>,
    /// Whether the bias table wants a gradient (learned tables do).
    learns_bias: bool,
    /// Kept by the forward pass for the backward pass.
    log_sums: Arc<OnceLock<Vec<f32>>>,
}

/// Attention as a candle operation.
///
/// # Shapes
/// qkv `[n_segment · T, 3C]`, bias `[H, ≥ T]` → `[n_segment · queries, C]`.
///
/// # Errors
/// If shapes disagree; in the backward pass, if `queries` is not all of them.
pub fn apply(
    qkv: &Tensor,
    bias: &Tensor,
    shape: &AttentionShape,
    queries: Range<usize>,
    learns_bias: bool,
) -> Result<Tensor> {
    let op = Attention { shape: shape.clone(), queries, learns_bias, log_sums: Arc::default() };
    qkv.apply_op2(bias, op)
}

impl CustomOp2 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        qkv: &CpuStorage,
        qkv_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let shape = &self.shape;
        let rows = shape.n_segment * shape.length;
        let fits = matches!(bias_layout.dims(), &[h, t] if h == shape.n_head && t >= self.queries.end);
        if qkv_layout.dims() != [rows, 3 * shape.d_model] || !fits || self.queries.end > shape.length {
            bail!("attention: qkv {:?}, bias {:?} for {shape:?}", qkv_layout.dims(), bias_layout.dims());
        }
        let (qkv, bias) = (floats(qkv, qkv_layout)?, floats(bias, bias_layout)?);
        let (kv, bias) = (KeyValues::of(qkv, shape), HeadBias::of_table(bias, shape.n_head));
        let (out, log_sums) = attention(qkv, &kv, &bias, shape, self.queries.clone(), FarKeys::Computed);
        // Only a graph that is run backward reads it; a second forward through the same operation cannot happen.
        let _ = self.log_sums.set(log_sums);
        let rows = shape.n_segment * self.queries.len();
        Ok((CpuStorage::F32(out), (rows, shape.d_model).into()))
    }

    fn bwd(
        &self,
        qkv: &Tensor,
        bias: &Tensor,
        out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if self.queries != (0..self.shape.length) {
            bail!("attention: backward needs all queries, got {:?}", self.queries);
        }
        let Some(log_sums) = self.log_sums.get() else { bail!("attention: backward before forward") };
        let (dqkv, dbias) = with_gradient_floats(qkv, |qkv| {
            with_gradient_floats(bias, |bias| {
                with_gradient_floats(out, |out| {
                    with_gradient_floats(grad, |grad| {
                        Ok(backward(qkv, bias, out, grad, log_sums, &self.shape, self.learns_bias))
                    })
                })
            })
        })?;
        let dqkv = Tensor::from_vec(dqkv, qkv.shape(), qkv.device())?;
        let dbias = dbias.map(|d| Tensor::from_vec(d, bias.shape(), bias.device())).transpose()?;
        Ok((Some(dqkv), dbias))
    }
}

#[cfg(test)]
#[path = "attention_tests.rs"]
mod tests;
