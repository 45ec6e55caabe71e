//! Matrix product with weights laid out once, at load: y = x·Wᵀ + b, with what follows it done while the result is
//! still in registers. A register tile of four rows and [`LANES`] outputs reads each weight once for four rows.
//! Forward only; the training path multiplies by [`super::matmul`], whose weights change at every step.

use super::storage::for_each_chunk;
use super::vector::{LANES, Lanes, mul_add};

/// Rows of a register tile.
const TILE: usize = 4;
/// Rows worked on together: their inputs stay in the first-level cache while all weights pass by.
pub(super) const ROWS: usize = 32;

/// A weight matrix `[O, I]` in panels of [`LANES`] outputs, `[panel, I, LANES]`, the last one zero-padded.
pub struct Packed {
    inputs: usize,
    outputs: usize,
    panels: Vec<f32>,
}

/// What is done with a result before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Stored as it is.
    Store,
    /// GELU.
    Gelu,
    /// Added to what the output holds: a residual.
    Add,
}

impl Packed {
    /// Lays out a row-major `[outputs, inputs]` matrix.
    ///
    /// # Panics
    /// If `weight` has another length.
    pub fn new(weight: &[f32], outputs: usize, inputs: usize) -> Self {
        assert_eq!(weight.len(), outputs * inputs, "weights of {outputs}×{inputs}");
        let mut panels = vec![0.0; outputs.div_ceil(LANES) * inputs * LANES];
        for (o, row) in weight.chunks_exact(inputs).enumerate() {
            let panel = &mut panels[o / LANES * inputs * LANES..];
            for (to, from) in panel.chunks_exact_mut(LANES).zip(row) {
                to[o % LANES] = *from;
            }
        }
        Self { inputs, outputs, panels }
    }

    /// Length of a row of results, O.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Length of a row of inputs, I.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// y = x·Wᵀ + b for the outputs in panels `first..first + n` (of [`LANES`] outputs each).
    ///
    /// # Shapes
    /// x `[rows, I]`, bias `[O]` or empty, out `[rows, n · LANES]`, or `[rows, O]` for all panels.
    fn panels(&self, x: &[f32], bias: &[f32], then: Then, first: usize, n: usize, out: &mut [f32]) {
        let width = (n * LANES).min(self.outputs - first * LANES);
        let rows = out.len() / width;
        let panels = self.panels.chunks_exact(self.inputs * LANES).skip(first).take(n);
        for (p, panel) in panels.enumerate() {
            let (panel, at) = (panel.as_chunks::<LANES>().0, p * LANES);
            let kept = LANES.min(width - at);
            let mut b = [0.0; LANES];
            if !bias.is_empty() {
                b[..kept].copy_from_slice(&bias[first * LANES + at..][..kept]);
            }
            let b = Lanes::from(b);
            for row in (0..rows).step_by(TILE) {
                // The last tile may hold fewer rows: it reads its last one again and stores less.
                let x = |t: usize| &x[(row + t).min(rows - 1) * self.inputs..][..self.inputs];
                let mut sums = [Lanes::ZERO; TILE];
                for ((((w, &x0), &x1), &x2), &x3) in panel.iter().zip(x(0)).zip(x(1)).zip(x(2)).zip(x(3)) {
                    let w = Lanes::from(*w);
                    for (sum, x) in sums.iter_mut().zip([x0, x1, x2, x3]) {
                        *sum = mul_add(Lanes::splat(x), w, *sum);
                    }
                }
                for (t, sum) in sums.into_iter().enumerate().take(rows - row) {
                    let out = &mut out[(row + t) * width + at..][..kept];
                    let mut value = sum + b;
                    match then {
                        Then::Store => (),
                        Then::Gelu => value = super::gelu::gelu(value),
                        Then::Add => {
                            let mut before = [0.0; LANES];
                            before[..kept].copy_from_slice(out);
                            value += Lanes::from(before);
                        }
                    }
                    out.copy_from_slice(&value.to_array()[..kept]);
                }
            }
        }
    }

    /// y = x·Wᵀ + b, then `then`, for few rows at a time (see [`ROWS`]).
    ///
    /// # Shapes
    /// x `[rows, I]`, bias `[O]` or empty (none), out `[rows, O]`.
    pub(super) fn rows(&self, x: &[f32], bias: &[f32], then: Then, out: &mut [f32]) {
        self.panels(x, bias, then, 0, self.outputs.div_ceil(LANES), out);
    }

    /// y = x·Wᵀ for the outputs from `first` on, a multiple of [`LANES`]; as many as `out` holds per row of `x`.
    ///
    /// # Shapes
    /// x `[rows, I]` → out `[rows, n]`, n a multiple of [`LANES`] unless it ends with O.
    pub(super) fn some_outputs(&self, x: &[f32], first: usize, out: &mut [f32]) {
        let n = out.len() / (x.len() / self.inputs);
        self.panels(x, &[], Then::Store, first / LANES, n.div_ceil(LANES), out);
    }

    /// y = x·Wᵀ + b, then `then`, for any number of rows.
    ///
    /// # Shapes
    /// x `[rows, I]`, bias `[O]` or empty (none), out `[rows, O]`.
    pub fn apply(&self, x: &[f32], bias: &[f32], then: Then, out: &mut [f32]) {
        for_each_chunk(out, ROWS * self.outputs, |i, out| {
            let x = &x[i * ROWS * self.inputs..][..out.len() / self.outputs * self.inputs];
            self.rows(x, bias, then, out);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, n: usize) -> Vec<f32> {
        let mut state = seed | 1;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    fn gelu(x: f64) -> f64 {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
    }

    #[test]
    fn products_are_sums_of_products_for_any_shape() {
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 5, 7), (4, 16, 16), (33, 24, 40), (70, 128, 100)] {
            let (x, w, b) = (noise(1, rows * inputs), noise(2, outputs * inputs), noise(3, outputs));
            let before = noise(4, rows * outputs);
            let packed = Packed::new(&w, outputs, inputs);
            for then in [Then::Store, Then::Gelu, Then::Add] {
                let mut out = before.clone();
                packed.apply(&x, &b, then, &mut out);
                for (i, y) in out.iter().enumerate() {
                    let (row, o) = (i / outputs, i % outputs);
                    let sum: f64 =
                        (0..inputs).map(|k| x[row * inputs + k] as f64 * w[o * inputs + k] as f64).sum::<f64>();
                    let sum = sum + b[o] as f64;
                    let expected = match then {
                        Then::Store => sum,
                        Then::Gelu => gelu(sum),
                        Then::Add => sum + before[i] as f64,
                    };
                    let error = (*y as f64 - expected).abs();
                    assert!(error < 2e-5, "{rows}×{inputs}×{outputs} {then:?} at {i}: {y} against {expected}");
                }
            }
        }
    }

    #[test]
    fn some_outputs_are_those_of_the_whole_product() {
        let (rows, inputs, outputs) = (5, 12, 3 * LANES + 3);
        let (x, w) = (noise(5, rows * inputs), noise(6, outputs * inputs));
        let packed = Packed::new(&w, outputs, inputs);
        let mut whole = vec![0.0; rows * outputs];
        packed.apply(&x, &[], Then::Store, &mut whole);
        for (first, n) in [(0, LANES), (LANES, 2 * LANES), (2 * LANES, LANES + 3)] {
            let mut part = vec![0.0; rows * n];
            packed.some_outputs(&x, first, &mut part);
            for (part, whole) in part.chunks(n).zip(whole.chunks(outputs)) {
                assert_eq!(part, &whole[first..first + n]);
            }
        }
    }
}
