//! Negative log-likelihood of target tokens: log Σ exp(logits) − logits[target], in nats.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::storage::{floats, for_each_chunk, map_indices, with_gradient_floats};
use super::vector::{LANES, Lanes, exp, map, max};

/// Target that is not scored: its loss is 0 and it has no gradient.
pub const NOT_SCORED: u32 = u32::MAX;

/// log Σ exp of one row of logits.
#[inline(always)]
fn log_sum_exp(row: &[f32]) -> f32 {
    let top = max(row);
    top + sum_of_exp(row, top).ln()
}

/// Σ e^(x − top).
#[inline(always)]
pub(super) fn sum_of_exp(row: &[f32], top: f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let total = chunks.iter().fold(Lanes::ZERO, |sum, &x| sum + exp(Lanes::from(x) - Lanes::splat(top)));
    total.reduce_add() + rest.iter().map(|&x| (x - top).exp()).sum::<f32>()
}

/// Loss of each row, nats.
///
/// # Shapes
/// logits `[rows, V]`, targets `[rows]` → `[rows]`.
pub fn cross_entropy(logits: &[f32], targets: &[u32]) -> Vec<f32> {
    let v = logits.len() / targets.len().max(1);
    map_indices(targets.len(), |r| {
        let row = &logits[r * v..][..v];
        match targets[r] {
            NOT_SCORED => 0.0,
            target => log_sum_exp(row) - row[target as usize],
        }
    })
}

struct CrossEntropy {
    targets: Arc<Vec<u32>>,
}

/// Loss of each row as a candle operation; targets equal to [`NOT_SCORED`] give 0.
///
/// # Shapes
/// logits `[rows, V]` → `[rows]`.
///
/// # Errors
/// If the number of rows differs from the number of targets, or a target is not below V.
pub fn apply(logits: &Tensor, targets: &Arc<Vec<u32>>) -> Result<Tensor> {
    logits.apply_op1(CrossEntropy { targets: targets.clone() })
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let logits = floats(storage, layout)?;
        let &[rows, v] = layout.dims() else { bail!("cross_entropy: expected [rows, V], got {:?}", layout.dims()) };
        if rows != self.targets.len() {
            bail!("cross_entropy: {rows} rows, {} targets", self.targets.len());
        }
        if let Some(bad) = self.targets.iter().find(|&&t| t != NOT_SCORED && t as usize >= v) {
            bail!("target {bad} is not in the vocabulary of {v}");
        }
        Ok((CpuStorage::F32(cross_entropy(logits, &self.targets)), rows.into()))
    }

    fn bwd(&self, logits: &Tensor, losses: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let v = logits.dim(1)?;
        let mut dx = vec![0.0; logits.elem_count()];
        with_gradient_floats(logits, |logits| {
            with_gradient_floats(losses, |losses| {
                with_gradient_floats(grad, |grad| {
                    for_each_chunk(&mut dx, v, |r, dx| {
                        let target = self.targets[r];
                        if target == NOT_SCORED {
                            return;
                        }
                        let row = &logits[r * v..][..v];
                        let lse = losses[r] + row[target as usize];
                        map(row, dx, |x| Lanes::splat(grad[r]) * exp(x - Lanes::splat(lse)));
                        dx[target as usize] -= grad[r];
                    });
                    Ok(())
                })
            })
        })?;
        Tensor::from_vec(dx, logits.shape(), logits.device()).map(Some)
    }
}
