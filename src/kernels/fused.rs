//! The decoder's operations between two attentions, fused for inference: rows pass through norm, products and
//! residuals a few at a time, so that nothing wider than a block of rows leaves the cache. Forward only; the same
//! arithmetic as [`super::layer_norm`], [`super::matmul`], [`super::gelu`] and [`super::cross_entropy`] one by one.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::cross_entropy::{NOT_SCORED, loss_of, sum_of_exp};
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
            *out = if targets[r] == NOT_SCORED { 0.0 } else { loss_of(top[r], sum[r], of_target[r]) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::composed;
    use super::super::samples::{assert_close, cases, noise, values, wide};
    use super::*;
    use candle_core::Device;
    use proptest::prelude::*;

    /// The numbers of a matrix with a bias or of a norm, by seed.
    fn pair(seed: u64, outputs: usize, inputs: usize) -> Result<[Tensor; 2]> {
        let size = 1.0 / (inputs as f32).sqrt();
        let weight = Tensor::from_vec(noise(seed, outputs * inputs, size), (outputs, inputs), &Device::Cpu)?;
        Ok([weight, Tensor::from_vec(noise(seed + 50, outputs, 0.3), outputs, &Device::Cpu)?])
    }

    fn norm(of: &[Tensor; 2]) -> Result<NormWeights> {
        Ok(NormWeights { weight: values(&of[0])?, bias: values(&of[1])? })
    }

    fn affine(of: &[Tensor; 2]) -> Result<Affine> {
        let (outputs, inputs) = of[0].dims2()?;
        Ok(Affine { weight: Packed::new(&values(&of[0])?, outputs, inputs), bias: values(&of[1])? })
    }

    /// A norm's weight as composed operations take it, `[C]`.
    fn flat([weight, bias]: [Tensor; 2]) -> Result<[Tensor; 2]> {
        Ok([weight.flatten_all()?, bias])
    }

    fn same(what: &str, fused: &Tensor, composed: &Tensor) -> Result<()> {
        assert_eq!(fused.dims(), composed.dims(), "{what}");
        assert_close(what, &values(fused)?, &wide(&values(composed)?), 2e-4);
        Ok(())
    }

    #[test]
    fn equal_logits_tell_nothing_however_large_they_are() -> Result<()> {
        let (c, v) = (2, 1024);
        let ln_f = NormWeights { weight: vec![65_504.0; c], bias: vec![65_504.0; c] };
        let head = Arc::new(HeadWeights { ln_f, output: Packed::new(&vec![65_504.0; v * c], v, c) });
        let x = Tensor::from_vec(vec![1.0f32, 2.0], (1, c), &Device::Cpu)?;
        assert_close("loss", &values(&losses(&x, &head, &Arc::new(vec![7]))?)?, &[1024.0f64.ln()], 1e-5);
        Ok(())
    }

    proptest! {
        #![proptest_config(cases(24))]
        #[test]
        fn a_block_is_its_operations_one_by_one(
            rows in 1usize..80, half in 1usize..5, n_head in 1usize..4, f in 1usize..40, rotates: bool,
        ) {
            let c = 2 * half * n_head;
            let [ln1, ln2] = [flat(pair(1, c, 1)?)?, flat(pair(2, c, 1)?)?];
            let [to_qkv, out, up, down] = [pair(3, 3 * c, c)?, pair(4, c, c)?, pair(5, f, c)?, pair(6, c, f)?];
            let block = Arc::new(BlockWeights {
                ln1: norm(&ln1)?, qkv: affine(&to_qkv)?, out: affine(&out)?,
                ln2: norm(&ln2)?, up: affine(&up)?, down: affine(&down)?,
            });
            let x = Tensor::from_vec(noise(7, rows * c, 1.0), (rows, c), &Device::Cpu)?;
            let attended = Tensor::from_vec(noise(8, rows * c, 1.0), (rows, c), &Device::Cpu)?;
            let angles = noise(9, rows * half, 3.0);
            let table = Arc::new(RotationTable {
                cos: angles.iter().map(|a| a.cos()).collect(),
                sin: angles.iter().map(|a| a.sin()).collect(),
            });
            let shape = super::super::attention_layout::AttentionShape { n_segment: 1, length: rows, n_head, d_model: c };
            let plain = composed::linear(&composed::layer_norm(&x, &ln1[0], &ln1[1])?, &to_qkv[0], &to_qkv[1])?;
            let plain = if rotates { composed::rotary(&plain, &table, &shape)? } else { plain };
            same("qkv", &qkv(&x, &block, rotates.then_some((table, n_head, 0)))?, &plain)?;
            let after = (&x + composed::linear(&attended, &out[0], &out[1])?)?;
            let hidden = composed::linear(&composed::layer_norm(&after, &ln2[0], &ln2[1])?, &up[0], &up[1])?;
            let plain = (&after + composed::linear(&composed::gelu(&hidden)?, &down[0], &down[1])?)?;
            same("finish", &finish(&x, &attended, &block)?, &plain)?;
        }

        #[test]
        fn losses_are_those_of_whole_logits(rows in 1usize..70, c in 1usize..20, v in 1usize..700, seed in 0u64..9) {
            let ln_f = flat(pair(seed + 1, c, 1)?)?;
            let [output, _] = pair(seed + 2, v, c)?;
            let head = Arc::new(HeadWeights { ln_f: norm(&ln_f)?, output: Packed::new(&values(&output)?, v, c) });
            let x = Tensor::from_vec(noise(seed + 3, rows * c, 5.0), (rows, c), &Device::Cpu)?;
            let target = |r: usize| if r % 7 == 6 { NOT_SCORED } else { ((r * 131 + seed as usize) % v) as u32 };
            let targets: Vec<u32> = (0..rows).map(target).collect();
            let logits = composed::layer_norm(&x, &ln_f[0], &ln_f[1])?.matmul(&output.t()?)?;
            let any: Vec<u32> = targets.iter().map(|&t| if t == NOT_SCORED { 0 } else { t }).collect();
            let mut wanted = wide(&values(&composed::cross_entropy(&logits, &any)?)?);
            (0..rows).filter(|&r| targets[r] == NOT_SCORED).for_each(|r| wanted[r] = 0.0);
            assert_close("loss", &values(&losses(&x, &head, &Arc::new(targets))?)?, &wanted, 2e-4);
            let first = values(&x)?;
            assert_close("logit", &head.logits(&first[..c]), &wide(&values(&logits.narrow(0, 0, 1)?)?), 2e-4);
        }
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused() -> Result<()> {
        let head = Arc::new(HeadWeights {
            ln_f: NormWeights { weight: vec![1.0; 4], bias: vec![0.0; 4] },
            output: Packed::new(&[0.0; 12], 3, 4),
        });
        let x = Tensor::zeros((2, 4), candle_core::DType::F32, &Device::Cpu)?;
        assert!(losses(&x, &head, &Arc::new(vec![0, 3])).is_err(), "a target of 3 among 3");
        assert!(losses(&x, &head, &Arc::new(vec![0])).is_err(), "one target for two rows");
        assert!(losses(&x.narrow(1, 0, 2)?, &head, &Arc::new(vec![0, 1])).is_err(), "rows of another width");
        Ok(())
    }
}
