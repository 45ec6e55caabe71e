//! Causal attention with a bias by distance, in one pass over the keys. Memory grows with length, not with its square.
//!
//! weights(i, j) = softmax over j ≤ i of q_i·k_j/√D + bias[h, i − j]. The bias is not divided by √D.
//!
//! # Source
//! Bias by distance: Press, Smith, Lewis 2022, arXiv 2108.12409, §3. One pass (online softmax): Milakov & Gimelshein 2018,
//! arXiv 1805.02867, algorithm 3; by tiles: Dao et al. 2022, arXiv 2205.14135, algorithm 1.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use super::attention_backward::backward;
pub use super::attention_forward::FarKeys;
use super::attention_forward::{Head, head_forward};
pub use super::attention_layout::{AttentionShape, HeadBias, KeyValues};
use super::storage::{floats, map_indices, with_gradient_floats};

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
    let (values, _) = head_forward(&Head { qkv, index: head, kv, bias, shape }, &queries, far);
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
        let (qkv, index) = (&qkv[(i / h) * segment..][..segment], i % h);
        head_forward(&Head { qkv, index, kv: &kv[i], bias: &bias[index], shape }, &queries, far)
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
