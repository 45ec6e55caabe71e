//! Rotation of queries and keys, half-split: coordinate `pair` of a head turns with coordinate `pair + D/2`.
//!
//! # Source
//! Su et al. 2021, arXiv 2104.09864, §3.4.2, which pairs neighbours; in halves as GPT-NeoX does.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::storage::{floats, for_each_chunk, with_gradient_floats};
use crate::position::RotationTable;

/// Rotates the queries and keys of packed rows in place; values stay as they are.
///
/// # Shapes
/// qkv `[rows, 3C]`; row r stands at position `(first + r) % length` of its segment; cos and sin `[length, D/2]`.
pub fn rotate(qkv: &mut [f32], table: &RotationTable, n_head: usize, d_model: usize, first: usize, sign: f32) {
    let half = d_model / n_head / 2;
    let length = table.cos.len() / half;
    for (r, row) in qkv.chunks_exact_mut(3 * d_model).enumerate() {
        let position = (first + r) % length;
        let (cos, sin) = (&table.cos[position * half..][..half], &table.sin[position * half..][..half]);
        // Queries and keys: the first 2·H heads of the row.
        for head in row[..2 * d_model].chunks_exact_mut(2 * half) {
            let (low, high) = head.split_at_mut(half);
            for i in 0..half {
                let (a, b, s) = (low[i], high[i], sign * sin[i]);
                low[i] = a * cos[i] - b * s;
                high[i] = b * cos[i] + a * s;
            }
        }
    }
}

/// [`rotate`] of many rows, on all cores.
pub fn rotate_rows(qkv: &mut [f32], table: &RotationTable, n_head: usize, d_model: usize, first: usize, sign: f32) {
    const ROWS: usize = 64;
    for_each_chunk(qkv, ROWS * 3 * d_model, |i, chunk| rotate(chunk, table, n_head, d_model, first + i * ROWS, sign));
}

/// The rotation of a whole batch as a candle operation.
struct Rotate {
    table: Arc<RotationTable>,
    n_head: usize,
    first: usize,
}

/// Rotates queries and keys of `qkv`, whose first row stands at position `first`.
///
/// # Shapes
/// qkv `[rows, 3C]` → the same.
///
/// # Errors
/// If the tensor is not contiguous f32 on the CPU.
pub fn apply(qkv: &Tensor, table: &Arc<RotationTable>, n_head: usize, first: usize) -> Result<Tensor> {
    qkv.apply_op1(Rotate { table: table.clone(), n_head, first })
}

impl Rotate {
    fn rotated(&self, qkv: &[f32], width: usize, sign: f32) -> Vec<f32> {
        let mut out = qkv.to_vec();
        rotate_rows(&mut out, &self.table, self.n_head, width / 3, self.first, sign);
        out
    }
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotary"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let &[_, width] = layout.dims() else { bail!("rotary: expected [rows, 3C], got {:?}", layout.dims()) };
        Ok((CpuStorage::F32(self.rotated(floats(storage, layout)?, width, 1.0)), layout.shape().clone()))
    }

    /// The transpose of a rotation (times its scale) turns the other way.
    fn bwd(&self, qkv: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let width = qkv.dim(1)?;
        let dx = with_gradient_floats(grad, |grad| Ok(self.rotated(grad, width, -1.0)))?;
        Tensor::from_vec(dx, qkv.shape(), qkv.device()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, cases, gradients, noise, values, variable, wide};
    use super::*;
    use proptest::prelude::*;

    /// Position 0 turns nothing; position 1 turns the first pair by 90° and the second by 180°.
    fn quarter_turns() -> RotationTable {
        RotationTable { cos: vec![1.0, 1.0, 0.0, -1.0], sin: vec![0.0, 0.0, 1.0, 0.0] }
    }

    #[test]
    fn quarter_turns_by_hand() -> Result<()> {
        let row: Vec<f32> = (1..=12).map(|i| i as f32).collect();
        let x = variable(&row.repeat(3), 12)?;
        // Rows at positions 1, 0 and 1.
        let out = apply(&x, &Arc::new(quarter_turns()), 1, 1)?;
        let turned = [-3.0, -2.0, 1.0, -4.0, -7.0, -6.0, 5.0, -8.0, 9.0, 10.0, 11.0, 12.0];
        assert_eq!(values(&out)?, [&turned[..], &row, &turned].concat());
        let back = [3.0, -2.0, -1.0, -4.0, 7.0, -6.0, -5.0, -8.0, 9.0, 10.0, 11.0, 12.0];
        assert_eq!(gradients(&out, &row.repeat(3), &[&x])?[0], [&back[..], &row, &back].concat());
        Ok(())
    }

    #[test]
    fn heads_turn_apart() {
        let table = RotationTable { cos: vec![0.0], sin: vec![1.0] };
        let mut row: Vec<f32> = (1..=12).map(|i| i as f32).collect();
        rotate(&mut row, &table, 2, 4, 0, 1.0);
        assert_eq!(row, [-2.0, 1.0, -4.0, 3.0, -6.0, 5.0, -8.0, 7.0, 9.0, 10.0, 11.0, 12.0]);
    }

    proptest! {
        #![proptest_config(cases(48))]
        #[test]
        fn rows_turn_by_their_position_alone(
            half in 1usize..9, n_head in 1usize..4, length in 1usize..12, first in 0usize..20, rows in 1usize..150,
        ) {
            let c = 2 * half * n_head;
            let angles = noise(1, length * half, 3.0);
            let table = RotationTable {
                cos: angles.iter().map(|a| a.cos()).collect(),
                sin: angles.iter().map(|a| a.sin()).collect(),
            };
            let qkv = noise(2, rows * 3 * c, 1.0);
            let got = values(&apply(variable(&qkv, 3 * c)?.as_tensor(), &Arc::new(table), n_head, first)?)?;
            for (r, (row, before)) in got.chunks(3 * c).zip(qkv.chunks(3 * c)).enumerate() {
                let angles = wide(&angles[(first + r) % length * half..][..half]);
                let at = |i: usize| f64::from(before[i]);
                let wanted: Vec<f64> = (0..3 * c)
                    .map(|i| match (i % (2 * half)).checked_sub(half) {
                        _ if i >= 2 * c => at(i),
                        None => at(i) * angles[i % half].cos() - at(i + half) * angles[i % half].sin(),
                        Some(pair) => at(i) * angles[pair].cos() + at(i - half) * angles[pair].sin(),
                    })
                    .collect();
                assert_close(&format!("row {r}"), row, &wanted, 1e-6);
            }
        }
    }
}
