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
    use super::super::samples::{assert_close, cases, noise, wide};
    use super::*;
    use proptest::prelude::*;

    fn gelu(x: f64) -> f64 {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
    }

    proptest! {
        #![proptest_config(cases(64))]
        #[test]
        fn products_are_sums_of_products(rows in 1usize..80, inputs in 1usize..70, outputs in 1usize..70) {
            let (x, w, b) = (noise(1, rows * inputs, 1.0), noise(2, outputs * inputs, 1.0), noise(3, outputs, 1.0));
            let before = noise(4, rows * outputs, 1.0);
            let packed = Packed::new(&w, outputs, inputs);
            let (xs, ws, bs) = (wide(&x), wide(&w), wide(&b));
            let dot = |i: usize| -> f64 {
                let (x, w) = (&xs[i / outputs * inputs..][..inputs], &ws[i % outputs * inputs..][..inputs]);
                x.iter().zip(w).map(|(x, w)| x * w).sum()
            };
            let sums: Vec<f64> = (0..rows * outputs).map(|i| dot(i) + bs[i % outputs]).collect();
            for (then, wanted) in [
                (Then::Store, sums.clone()),
                (Then::Gelu, sums.iter().map(|&s| gelu(s)).collect()),
                (Then::Add, sums.iter().zip(&before).map(|(s, &b)| s + f64::from(b)).collect()),
            ] {
                let mut out = before.clone();
                packed.apply(&x, &b, then, &mut out);
                assert_close(&format!("{then:?}"), &out, &wanted, 2e-5);
            }
        }

        #[test]
        fn some_outputs_are_those_of_the_whole_product(
            rows in 1usize..9, inputs in 1usize..20, outputs in 1usize..90, from: prop::sample::Index, to: prop::sample::Index,
        ) {
            let (x, w) = (noise(5, rows * inputs, 1.0), noise(6, outputs * inputs, 1.0));
            let packed = Packed::new(&w, outputs, inputs);
            let mut whole = vec![0.0; rows * outputs];
            packed.apply(&x, &[], Then::Store, &mut whole);
            // Whole panels, the last of which may be ragged.
            let n_panel = outputs.div_ceil(LANES);
            let first = from.index(n_panel);
            let end = (first + 1 + to.index(n_panel - first)) * LANES;
            let (first, end) = (first * LANES, end.min(outputs));
            let mut part = vec![0.0; rows * (end - first)];
            packed.some_outputs(&x, first, &mut part);
            for (part, whole) in part.chunks(end - first).zip(whole.chunks(outputs)) {
                prop_assert_eq!(part, &whole[first..end]);
            }
        }
    }

    #[test]
    fn a_product_by_hand() {
        // [2, 2] · [3, 2]ᵀ and a bias.
        let packed = Packed::new(&[1.0, 0.0, 0.0, 1.0, 2.0, -1.0], 3, 2);
        assert_eq!((packed.outputs(), packed.inputs()), (3, 2));
        let mut out = [0.0; 6];
        packed.apply(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 30.0], Then::Store, &mut out);
        assert_eq!(out, [11.0, 22.0, 30.0, 13.0, 24.0, 32.0]);
    }
}
