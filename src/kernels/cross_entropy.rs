//! Negative log-likelihood of target tokens: log Σ exp(logits) − logits[target], in nats.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::storage::{floats, for_each_chunk, map_indices, with_gradient_floats};
use super::vector::{LANES, Lanes, exp, map, max};

/// Target that is not scored: its loss is 0 and it has no gradient.
pub const NOT_SCORED: u32 = u32::MAX;

/// log Σ exp(logits) − logits[target], from the highest logit and Σ exp(logits − highest): of two large numbers the difference
/// comes first, or the logarithm would be lost beside them.
#[inline(always)]
pub(super) fn loss_of(top: f32, sum: f32, of_target: f32) -> f32 {
    (top - of_target) + sum.ln()
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
            target => {
                let top = max(row);
                loss_of(top, sum_of_exp(row, top), row[target as usize])
            }
        }
    })
}

/// Gradient of the logits: of each row, `grad` times softmax − target, given the loss of the row. Rows that are not
/// scored stay as they are in `dx`.
///
/// # Shapes
/// logits and dx `[rows, V]`; losses, targets and grad `[rows]`.
pub fn cross_entropy_backward(logits: &[f32], losses: &[f32], targets: &[u32], grad: &[f32], dx: &mut [f32]) {
    let v = logits.len() / targets.len().max(1);
    for_each_chunk(dx, v, |r, dx| {
        let target = targets[r];
        if target == NOT_SCORED {
            return;
        }
        let row = &logits[r * v..][..v];
        let lse = losses[r] + row[target as usize];
        map(row, dx, |x| Lanes::splat(grad[r]) * exp(x - Lanes::splat(lse)));
        dx[target as usize] -= grad[r];
    });
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
        let mut dx = vec![0.0; logits.elem_count()];
        with_gradient_floats(logits, |logits| {
            with_gradient_floats(losses, |losses| {
                with_gradient_floats(grad, |grad| {
                    cross_entropy_backward(logits, losses, &self.targets, grad, &mut dx);
                    Ok(())
                })
            })
        })?;
        Tensor::from_vec(dx, logits.shape(), logits.device()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, cases, gradients, noise, values, variable, wide};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn losses_and_gradients_by_hand() -> Result<()> {
        // Probabilities 1/4 and 3/4: −ln(1/4), −ln(3/4), and a row that is not scored.
        let logits = variable(&[0.0, 3.0f32.ln()].repeat(3), 2)?;
        let out = apply(&logits, &Arc::new(vec![0, 1, NOT_SCORED]))?;
        assert_close("loss", &values(&out)?, &[1.386_294_361, 0.287_682_072, 0.0], 3e-7);
        let found = gradients(&out, &[1.0, 2.0, 5.0], &[&logits])?;
        assert_close("gradient", &found[0], &[-0.75, 0.75, 0.5, -0.5, 0.0, 0.0], 3e-7);
        Ok(())
    }

    #[test]
    fn large_logits_do_not_overflow_and_nan_stays() {
        assert_eq!(cross_entropy(&[1_000.0, 0.0, -1_000.0, 0.0], &[1, 1]), [1_000.0, 0.0]);
        assert_eq!(cross_entropy(&[f32::NEG_INFINITY, 2.0], &[0]), [f32::INFINITY]);
        assert!(cross_entropy(&[f32::NAN, 2.0], &[1])[0].is_nan());
        // Nothing is known, however large the logits.
        assert_eq!(cross_entropy(&[3e9; 4], &[2]), [4.0f32.ln()]);
    }

    #[test]
    fn targets_that_do_not_fit_are_refused() -> Result<()> {
        let logits = variable(&[0.0; 6], 3)?;
        assert!(apply(&logits, &Arc::new(vec![0, 3])).is_err(), "a target of 3 among 3");
        assert!(apply(&logits, &Arc::new(vec![0])).is_err(), "one target for two rows");
        Ok(())
    }

    proptest! {
        #![proptest_config(cases(64))]
        #[test]
        fn every_vocabulary_follows_the_definition(v in 1usize..300, rows in 1usize..9, size in 0.1f32..50.0) {
            let logits = noise(v as u64, rows * v, size);
            let targets: Vec<u32> = (0..rows).map(|r| (r * 37 % v) as u32).collect();
            let wanted: Vec<f64> = wide(&logits)
                .chunks(v)
                .zip(&targets)
                .map(|(row, &t)| row.iter().map(|l| (l - row[t as usize]).exp()).sum::<f64>().ln())
                .collect();
            assert_close("loss", &cross_entropy(&logits, &targets), &wanted, 1e-5 * f64::from(size.max(1.0)));
        }
    }
}
