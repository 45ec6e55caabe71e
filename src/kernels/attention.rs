//! Causal attention with a bias by distance, in one pass over the keys (online softmax: Milakov & Gimelshein 2018;
//! tiling as in Dao et al. 2022, arXiv 2205.14135). Memory grows with length, not with its square.
//!
//! weights(i, j) = softmax over j ≤ i of q_i·k_j/√D + bias[h, i − j]. The bias is not divided by √D.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::attention_backward::backward;
use super::storage::{floats, map_indices, with_floats};
use super::vector::{LANES, Lanes, exp, load, store};

/// Queries handled together: each loaded key serves all of them.
pub(super) const TILE: usize = 4;
/// Keys between two updates of the running maximum.
pub(super) const KEYS: usize = 64;

/// Shape of an attention call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Segments, independent of each other.
    pub n_segment: usize,
    /// Positions per segment, T.
    pub length: usize,
    /// Heads, H.
    pub n_head: usize,
    /// Model width, C = H·D.
    pub d_model: usize,
}

impl AttentionShape {
    pub(super) fn head_dim(&self) -> usize {
        self.d_model / self.n_head
    }

    /// Head dimension rounded up to whole lanes.
    pub(super) fn padded(&self) -> usize {
        self.head_dim().next_multiple_of(LANES)
    }
}

/// Vectors of one head of one segment within packed rows: `n` vectors of `d` values, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Vectors<'a> {
    pub source: &'a [f32],
    pub stride: usize,
    pub n: usize,
    pub d: usize,
}

impl Vectors<'_> {
    /// One vector per row, times `scale`, zero-padded to `[ceil16(n), padded]`.
    pub(super) fn rows(&self, padded: usize, scale: f32) -> Vec<f32> {
        let mut rows = vec![0.0; self.n.next_multiple_of(LANES) * padded];
        for (row, from) in rows.chunks_exact_mut(padded).zip(self.source.chunks(self.stride)).take(self.n) {
            row.iter_mut().zip(&from[..self.d]).for_each(|(to, from)| *to = from * scale);
        }
        rows
    }

    /// Transposed in panels of 16 vectors, `[panel, d, 16]`, the last one zero-padded.
    pub(super) fn panels(&self) -> Vec<f32> {
        let mut panels = vec![0.0; self.n.div_ceil(LANES) * self.d * LANES];
        let mut vectors = self.source.chunks(self.stride).take(self.n);
        for panel in panels.chunks_exact_mut(self.d * LANES) {
            for (l, from) in vectors.by_ref().take(LANES).enumerate() {
                for (c, lanes) in panel.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                    lanes[l] = from[c];
                }
            }
        }
        panels
    }
}

/// Bias by distance, reversed, so that ascending keys read ascending memory; keys after the query read −∞, which
/// makes the same table the causal mask.
pub(super) struct ReversedBias {
    values: Vec<f32>,
    length: usize,
}

impl ReversedBias {
    pub(super) fn new(bias: &[f32]) -> Self {
        let mut values: Vec<f32> = bias.iter().rev().copied().collect();
        values.resize(bias.len() + KEYS + TILE, f32::NEG_INFINITY);
        Self { values, length: bias.len() }
    }

    /// Biases of query `i` for keys from `j` on.
    #[inline(always)]
    pub(super) fn of(&self, i: usize, j: usize) -> &[f32] {
        &self.values[self.length - 1 - i + j..]
    }

    pub(super) fn offset(&self, i: usize, j: usize) -> usize {
        self.length - 1 - i + j
    }
}

/// Inner products of `TILE` vectors (`[D, TILE]`) with a panel of 16 (`[D, 16]`).
#[inline(always)]
pub(super) fn tile_products(tile: &[f32], panel: &[f32]) -> [Lanes; TILE] {
    let mut out = [Lanes::ZERO; TILE];
    for (a, b) in tile.as_chunks::<TILE>().0.iter().zip(panel.as_chunks::<LANES>().0) {
        let b = Lanes::from(*b);
        for t in 0..TILE {
            out[t] = Lanes::splat(a[t]).mul_add(b, out[t]);
        }
    }
    out
}

/// out[t] += Σ_j weights[t][j] · rows[j], for `n` rows of `padded` values; out is `[TILE, padded]`.
#[inline(always)]
pub(super) fn accumulate(weights: &[[f32; KEYS]; TILE], n: usize, rows: &[f32], padded: usize, out: &mut [f32]) {
    for c in (0..padded).step_by(LANES) {
        let mut total: [Lanes; TILE] = std::array::from_fn(|t| load(&out[t * padded + c..]));
        for (j, row) in rows.chunks_exact(padded).take(n.min(KEYS)).enumerate() {
            let row = load(&row[c..]);
            for t in 0..TILE {
                total[t] = Lanes::splat(weights[t][j]).mul_add(row, total[t]);
            }
        }
        for t in 0..TILE {
            store(total[t], &mut out[t * padded + c..]);
        }
    }
}

/// `TILE` vectors from row `first` on, transposed to `[D, TILE]`; rows beyond the end are zero.
#[inline(always)]
pub(super) fn transposed_tile(rows: &[f32], first: usize, n: usize, d: usize, padded: usize, out: &mut [f32]) {
    out.fill(0.0);
    for t in 0..n {
        for c in 0..d {
            out[c * TILE + t] = rows[(first + t) * padded + c];
        }
    }
}

/// One head of one segment: outputs `[queries, D]` and the logarithm of each query's softmax denominator.
fn head_forward(
    qkv: &[f32],
    head: usize,
    bias: &[f32],
    shape: &AttentionShape,
    queries: &Range<usize>,
) -> (Vec<f32>, Vec<f32>) {
    let (c, d, padded) = (shape.d_model, shape.head_dim(), shape.padded());
    let (stride, n_key) = (3 * c, queries.end);
    let keys = Vectors { source: &qkv[c + head * d..], stride, n: n_key, d }.panels();
    let values = Vectors { source: &qkv[2 * c + head * d..], stride, n: n_key, d }.rows(padded, 1.0);
    let scale = 1.0 / (d as f32).sqrt();
    let bias = ReversedBias::new(&bias[..n_key]);
    let mut out = vec![0.0; queries.len() * d];
    let mut log_sums = vec![0.0; queries.len()];
    let mut tile = vec![0.0; d * TILE];
    let mut total = vec![0.0; TILE * padded];
    let mut scores = [[0.0f32; KEYS]; TILE];
    for first in queries.clone().step_by(TILE) {
        let n_tile = TILE.min(queries.end - first);
        let last = first + n_tile - 1;
        tile.fill(0.0);
        for t in 0..n_tile {
            for k in 0..d {
                tile[k * TILE + t] = qkv[(first + t) * stride + head * d + k] * scale;
            }
        }
        total.fill(0.0);
        let (mut top, mut denominator) = ([f32::NEG_INFINITY; TILE], [0.0f32; TILE]);
        for j in (0..=last).step_by(KEYS) {
            let n_panel = (KEYS / LANES).min((last + 1 - j).div_ceil(LANES));
            for p in 0..n_panel {
                let products = tile_products(&tile, &keys[(j / LANES + p) * d * LANES..][..d * LANES]);
                for t in 0..TILE {
                    let bias = load(bias.of((first + t).min(last), j + p * LANES));
                    store(products[t] + bias, &mut scores[t][p * LANES..]);
                }
            }
            let n = n_panel * LANES;
            for t in 0..TILE {
                let row = scores[t][..n].as_chunks_mut::<LANES>().0;
                let block_top = row.iter().fold(Lanes::splat(f32::NEG_INFINITY), |a, &b| Lanes::from(b).fast_max(a));
                let new_top = block_top.to_array().iter().fold(top[t], |a, &b| if b > a { b } else { a });
                let mut sum = Lanes::ZERO;
                for chunk in row {
                    let weight = exp(Lanes::from(*chunk) - Lanes::splat(new_top));
                    sum += weight;
                    *chunk = weight.to_array();
                }
                if new_top > top[t] {
                    let shrink = (top[t] - new_top).exp();
                    denominator[t] *= shrink;
                    total[t * padded..][..padded].iter_mut().for_each(|x| *x *= shrink);
                    top[t] = new_top;
                }
                denominator[t] += sum.reduce_add();
            }
            accumulate(&scores, n, &values[j * padded..], padded, &mut total);
        }
        for t in 0..n_tile {
            let at = first + t - queries.start;
            for k in 0..d {
                out[at * d + k] = total[t * padded + k] / denominator[t];
            }
            log_sums[at] = top[t] + denominator[t].ln();
        }
    }
    (out, log_sums)
}

/// Attention of the queries in `queries` over all keys up to each of them.
///
/// # Shapes
/// qkv `[n_segment · T, 3C]` (queries, keys, values; head-major), bias `[H, ≥ queries.end]` with rows of `bias_stride`
/// → outputs `[n_segment · queries, C]` and log-sums `[n_segment, H, queries]`.
pub fn attention(qkv: &[f32], bias: &[f32], shape: &AttentionShape, queries: Range<usize>) -> (Vec<f32>, Vec<f32>) {
    let (c, d, h) = (shape.d_model, shape.head_dim(), shape.n_head);
    let segment = shape.length * 3 * c;
    let bias_stride = bias.len() / h;
    let heads = map_indices(shape.n_segment * h, |i| {
        head_forward(&qkv[(i / h) * segment..][..segment], i % h, &bias[(i % h) * bias_stride..], shape, &queries)
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
        let (out, log_sums) = attention(qkv, bias, shape, self.queries.clone());
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
        let (dqkv, dbias) = with_floats(qkv, |qkv| {
            with_floats(bias, |bias| {
                with_floats(out, |out| {
                    with_floats(grad, |grad| {
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
