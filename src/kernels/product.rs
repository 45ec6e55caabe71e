//! The product of two matrices by register tiles, for WASM: both are laid out by blocks of the inner dimension, so that the
//! inner loop reads two streams. [`super::matmul`] says when; [`super::packed`] is for weights that do not change.
//!
//! # Source
//! Blocks and packing: Goto & van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication", §4.

use super::attention_layout::{TILE, tile_products};
use super::vector::{LANES, Lanes, load, store};

/// Inner dimension of a block: a panel of it and the rows at hand stay in the first-level cache.
const INNER: usize = 256;
/// Rows worked on while a panel is at hand.
const ROWS: usize = 32;

/// A row-major matrix, possibly read transposed.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `data` as `[rows, columns]`.
    ///
    /// # Panics
    /// If `data` has another length.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "matrix of {rows}×{columns}");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// out = a·b, or out += a·b with `accumulate`; `out` is row-major `[a.rows, b.columns]`.
pub fn product(a: Matrix, b: Matrix, out: &mut [f32], accumulate: bool) {
    let columns = b.columns;
    let mut panels = vec![0.0; columns.next_multiple_of(LANES) * INNER.min(a.columns)];
    let mut tiles = vec![0.0; ROWS * INNER.min(a.columns)];
    if a.columns == 0 && !accumulate {
        out.fill(0.0);
    }
    for first in (0..a.columns).step_by(INNER) {
        let inner = INNER.min(a.columns - first);
        let adds = accumulate || first > 0;
        let panels = &mut panels[..columns.next_multiple_of(LANES) * inner];
        lay_out::<LANES>(b.t(), 0, columns, first, inner, panels);
        for row in (0..a.rows).step_by(ROWS) {
            let rows = ROWS.min(a.rows - row);
            let tiles = &mut tiles[..rows.next_multiple_of(TILE) * inner];
            lay_out::<TILE>(a, row, rows, first, inner, tiles);
            let out = &mut out[row * columns..][..rows * columns];
            for (p, panel) in panels.chunks_exact(inner * LANES).enumerate() {
                let at = p * LANES;
                for (tile, out) in tiles.chunks_exact(inner * TILE).zip(out.chunks_mut(TILE * columns)) {
                    let sums = tile_products(tile, panel, [Lanes::ZERO; TILE]);
                    for (sum, out) in sums.into_iter().zip(out.chunks_exact_mut(columns)) {
                        put(sum, adds, &mut out[at..]);
                    }
                }
            }
        }
    }
}

/// Stores lanes, or adds them to what is there; of the last panel those that are columns.
#[inline(always)]
fn put(sum: Lanes, adds: bool, out: &mut [f32]) {
    if out.len() >= LANES {
        store(if adds { sum + load(out) } else { sum }, out);
        return;
    }
    for (out, sum) in out.iter_mut().zip(sum.to_array()) {
        *out = if adds { *out + sum } else { sum };
    }
}

/// `inner` columns from `first` on of `rows` rows from `row` on, in groups of N rows: `[group, inner, N]`, the last one
/// padded with zeros.
fn lay_out<const N: usize>(from: Matrix, row: usize, rows: usize, first: usize, inner: usize, out: &mut [f32]) {
    for (g, group) in out.chunks_exact_mut(inner * N).enumerate() {
        let row = row + g * N;
        let n = N.min(rows - g * N);
        let group = group.as_chunks_mut::<N>().0;
        if n < N {
            group.fill([0.0; N]);
        }
        if from.row_stride == 1 {
            for (k, to) in group.iter_mut().enumerate() {
                let source = &from.data[(first + k) * from.column_stride + row..];
                match source.first_chunk::<N>() {
                    Some(whole) if n == N => *to = *whole,
                    _ => to[..n].copy_from_slice(&source[..n]),
                }
            }
        } else {
            for t in 0..n {
                let source = &from.data[(row + t) * from.row_stride + first * from.column_stride..];
                for (to, value) in group.iter_mut().zip(source.iter().step_by(from.column_stride)) {
                    to[t] = *value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, cases, noise, wide};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(cases(96))]
        #[test]
        fn products_are_sums_of_products(
            m in 1usize..80, k in 1usize..600, n in 1usize..50, a_t: bool, b_t: bool, accumulate: bool,
        ) {
            let (a, b, before) = (noise(1, m * k, 1.0), noise(2, k * n, 1.0), noise(3, m * n, 1.0));
            let of = |data, rows, columns, t| {
                if t { Matrix::new(data, columns, rows).t() } else { Matrix::new(data, rows, columns) }
            };
            let mut out = before.clone();
            product(of(&a, m, k, a_t), of(&b, k, n, b_t), &mut out, accumulate);
            let (a, b) = (wide(&a), wide(&b));
            let wanted: Vec<f64> = (0..m * n)
                .map(|at| {
                    let (i, j) = (at / n, at % n);
                    let left = |l: usize| if a_t { a[l * m + i] } else { a[i * k + l] };
                    let right = |l: usize| if b_t { b[j * k + l] } else { b[l * n + j] };
                    let start = if accumulate { f64::from(before[at]) } else { 0.0 };
                    start + (0..k).map(|l| left(l) * right(l)).sum::<f64>()
                })
                .collect();
            assert_close("product", &out, &wanted, 1e-4);
        }
    }
}
