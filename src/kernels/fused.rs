//! The decoder's operations between two attentions, fused for inference: rows pass through norm, products and
//! residuals a few at a time, so that nothing wider than a block of rows leaves the cache. Forward only; the same
//! arithmetic as [`super::layer_norm`], [`super::matmul`], [`super::gelu`] and [`super::cross_entropy`] one by one.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::cross_entropy::{NOT_SCORED, sum_of_exp};
use super::layer_norm::layer_norm;
use super::packed::{Packed, ROWS, Then};
use super::rotary::rotate;
use super::storage::{floats, for_each_chunk};
use super::vector::max;
use crate::position::RotationTable;

/// Outputs of the logits computed at a time; a multiple of [`LANES`].
const VOCABULARY_TILE: usize = 256;

/// Weight and bias of a layer norm, `[C]` each.
pub struct NormWeights {
    /// Factor.
    pub weight: Vec<f32>,
    /// Summand.
    pub bias: Vec<f32>,
}

/// A packed matrix and its bias `[O]`.
pub struct Affine {
    /// Matrix.
    pub weight: Packed,
    /// Summand.
    pub bias: Vec<f32>,
}

/// Weights of one transformer block.
pub struct BlockWeights {
    /// Norm before attention.
    pub ln1: NormWeights,
    /// Queries, keys and values, `[3C, C]`.
    pub qkv: Affine,
    /// Output projection, `[C, C]`.
    pub out: Affine,
    /// Norm before the feed-forward network.
    pub ln2: NormWeights,
    /// Into the feed-forward network, `[F, C]`.
    pub up: Affine,
    /// Out of it, `[C, F]`.
    pub down: Affine,
}

impl NormWeights {
    fn apply(&self, x: &[f32], out: &mut [f32]) {
        layer_norm(x, &self.weight, &self.bias, out);
    }
}

impl Affine {
    fn rows(&self, x: &[f32], then: Then, out: &mut [f32]) {
        self.weight.rows(x, &self.bias, then, out);
    }
}

/// Rows of width `c` behind a tensor.
fn rows_of<'a>(storage: &'a CpuStorage, layout: &Layout, c: usize) -> Result<&'a [f32]> {
    match layout.dims() {
        &[_, width] if width == c => floats(storage, layout),
        dims => bail!("expected rows of {c}, got {dims:?}"),
    }
}

struct Qkv {
    block: Arc<BlockWeights>,
    rotation: Option<(Arc<RotationTable>, usize, usize)>,
}

/// Queries, keys and values of rows; queries and keys rotated by `rotation`: table, number of heads, position of the
/// first row.
///
/// # Shapes
/// x `[rows, C]` → `[rows, 3C]`.
///
/// # Errors
/// If the rows have another width.
pub fn qkv(
    x: &Tensor,
    block: &Arc<BlockWeights>,
    rotation: Option<(Arc<RotationTable>, usize, usize)>,
) -> Result<Tensor> {
    x.apply_op1_no_bwd(&Qkv { block: block.clone(), rotation })
}

impl CustomOp1 for Qkv {
    fn name(&self) -> &'static str {
        "norm_qkv"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let c = self.block.qkv.weight.inputs();
        let x = rows_of(x, layout, c)?;
        let mut out = vec![0.0; x.len() * 3];
        for_each_chunk(&mut out, ROWS * 3 * c, |i, out| {
            let mut normed = vec![0.0; out.len() / 3];
            let x = &x[i * ROWS * c..][..out.len() / 3];
            self.block.ln1.apply(x, &mut normed);
            self.block.qkv.rows(&normed, Then::Store, out);
            if let Some((table, n_head, first)) = &self.rotation {
                rotate(out, table, *n_head, c, first + i * ROWS, 1.0);
            }
        });
        Ok((CpuStorage::F32(out), (x.len() / c, 3 * c).into()))
    }
}

struct Finish(Arc<BlockWeights>);

/// Everything after attention: output projection, residual, norm, feed-forward network, residual.
///
/// # Shapes
/// x and attended `[rows, C]` → `[rows, C]`.
///
/// # Errors
/// If shapes disagree.
pub fn finish(x: &Tensor, attended: &Tensor, block: &Arc<BlockWeights>) -> Result<Tensor> {
    x.apply_op2_no_bwd(attended, &Finish(block.clone()))
}

impl CustomOp2 for Finish {
    fn name(&self) -> &'static str {
        "finish_block"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout, attended: &CpuStorage, al: &Layout) -> Result<(CpuStorage, Shape)> {
        let block = &self.0;
        let (c, f) = (block.out.weight.outputs(), block.up.weight.outputs());
        let (x, attended) = (rows_of(x, xl, c)?, rows_of(attended, al, c)?);
        if x.len() != attended.len() {
            bail!("finish: x {:?}, attended {:?}", xl.dims(), al.dims());
        }
        let mut out = x.to_vec();
        for_each_chunk(&mut out, ROWS * c, |i, out| {
            let (mut normed, mut hidden) = (vec![0.0; out.len()], vec![0.0; out.len() / c * f]);
            block.out.rows(&attended[i * ROWS * c..][..out.len()], Then::Add, out);
            block.ln2.apply(out, &mut normed);
            block.up.rows(&normed, Then::Gelu, &mut hidden);
            block.down.rows(&hidden, Then::Add, out);
        });
        Ok((CpuStorage::F32(out), xl.shape().clone()))
    }
}

/// The last norm and the output matrix.
pub struct HeadWeights {
    /// Norm.
    pub ln_f: NormWeights,
    /// Output matrix `[V, C]`.
    pub output: Packed,
}

struct Losses {
    head: Arc<HeadWeights>,
    targets: Arc<Vec<u32>>,
}

/// Losses of rows of the last block's output, nats; a target of [`NOT_SCORED`] gives 0. Logits are computed by tiles
/// of the vocabulary and never held whole.
///
/// # Source
/// Sums over tiles: Milakov & Gimelshein 2018, arXiv 1805.02867, algorithm 3.
///
/// # Shapes
/// x `[rows, C]`, targets `[rows]` → `[rows]`.
///
/// # Errors
/// If shapes disagree or a target is not below V.
pub fn losses(x: &Tensor, head: &Arc<HeadWeights>, targets: &Arc<Vec<u32>>) -> Result<Tensor> {
    x.apply_op1_no_bwd(&Losses { head: head.clone(), targets: targets.clone() })
}

impl CustomOp1 for Losses {
    fn name(&self) -> &'static str {
        "losses"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (c, v) = (self.head.output.inputs(), self.head.output.outputs());
        let x = rows_of(x, layout, c)?;
        if x.len() / c != self.targets.len() {
            bail!("losses: {} rows, {} targets", x.len() / c, self.targets.len());
        }
        if let Some(bad) = self.targets.iter().find(|&&t| t != NOT_SCORED && t as usize >= v) {
            bail!("target {bad} is not in the vocabulary of {v}");
        }
        let mut out = vec![0.0; self.targets.len()];
        for_each_chunk(&mut out, ROWS, |i, out| {
            let targets = &self.targets[i * ROWS..][..out.len()];
            // Windows that slide score their newest tokens only.
            if targets.iter().any(|&t| t != NOT_SCORED) {
                self.head.losses(&x[i * ROWS * c..][..out.len() * c], targets, out);
            }
        });
        Ok((CpuStorage::F32(out), self.targets.len().into()))
    }
}

impl HeadWeights {
    /// Logits `[V]` of one row `[C]`.
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        let mut normed = vec![0.0; x.len()];
        self.ln_f.apply(x, &mut normed);
        let mut logits = vec![0.0; self.output.outputs()];
        self.output.rows(&normed, &[], Then::Store, &mut logits);
        logits
    }

    /// Losses of few rows.
    fn losses(&self, x: &[f32], targets: &[u32], out: &mut [f32]) {
        let (v, rows) = (self.output.outputs(), targets.len());
        let mut normed = vec![0.0; x.len()];
        self.ln_f.apply(x, &mut normed);
        let mut logits = vec![0.0; rows * VOCABULARY_TILE.min(v)];
        let (mut top, mut sum, mut of_target) = ([f32::NEG_INFINITY; ROWS], [0.0f32; ROWS], [0.0f32; ROWS]);
        for first in (0..v).step_by(VOCABULARY_TILE) {
            let width = VOCABULARY_TILE.min(v - first);
            let logits = &mut logits[..rows * width];
            self.output.some_outputs(&normed, first, logits);
            for (r, row) in logits.chunks_exact(width).enumerate() {
                if let Some(logit) = (targets[r] as usize).checked_sub(first).and_then(|at| row.get(at)) {
                    of_target[r] = *logit;
                }
                let new_top = max(row).max(top[r]);
                sum[r] = sum[r] * (top[r] - new_top).exp() + sum_of_exp(row, new_top);
                top[r] = new_top;
            }
        }
        for (r, out) in out.iter_mut().enumerate() {
            *out = if targets[r] == NOT_SCORED { 0.0 } else { top[r] + sum[r].ln() - of_target[r] };
        }
    }
}
