//! What attention's kernels have in common: the shape of a call, the tiles in which it is computed, and what they read,
//! laid out for them: keys and values in panels, biases reversed, and the bounds by which far keys are ruled out.

use std::f32::consts::LOG2_E;

use super::storage::map_indices;
use super::vector::{LANES, Lanes, mul_add};

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

/// `start` plus inner products of `TILE` vectors (`[D, TILE]`) with a panel of [`LANES`] (`[D, LANES]`).
#[inline(always)]
pub(super) fn tile_products(tile: &[f32], panel: &[f32], start: [Lanes; TILE]) -> [Lanes; TILE] {
    let mut out = start;
    for (a, b) in tile.as_chunks::<TILE>().0.iter().zip(panel.as_chunks::<LANES>().0) {
        let b = Lanes::from(*b);
        for t in 0..TILE {
            out[t] = mul_add(Lanes::splat(a[t]), b, out[t]);
        }
    }
    out
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
    /// One vector per row, times `scale`, zero-padded to `[n, padded]`, n rounded up to whole lanes.
    pub(super) fn rows(&self, padded: usize, scale: f32) -> Vec<f32> {
        let mut rows = vec![0.0; self.n.next_multiple_of(LANES) * padded];
        for (row, from) in rows.chunks_exact_mut(padded).zip(self.source.chunks(self.stride)).take(self.n) {
            row.iter_mut().zip(&from[..self.d]).for_each(|(to, from)| *to = from * scale);
        }
        rows
    }

    /// Transposed in panels of [`LANES`] vectors, `[panel, d, LANES]`, the last one zero-padded.
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
    pub(super) values: Vec<f32>,
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

/// Bias of one head by distance, as the kernel reads it: in units of log 2, so that weights are powers of 2.
pub struct HeadBias {
    pub(super) reversed: ReversedBias,
    /// Largest bias at each distance or beyond it: tables need not fall.
    pub(super) largest_beyond: Vec<f32>,
}

impl HeadBias {
    /// From the bias at distances 0, 1, ….
    pub fn new(bias: &[f32]) -> Self {
        let bias: Vec<f32> = bias.iter().map(|b| b * LOG2_E).collect();
        let mut largest_beyond = bias.clone();
        for d in (1..bias.len()).rev() {
            largest_beyond[d - 1] = larger(largest_beyond[d - 1], largest_beyond[d]);
        }
        Self { reversed: ReversedBias::new(&bias), largest_beyond }
    }

    /// One per row of a table `[n_head, length]`.
    pub fn of_table(bias: &[f32], n_head: usize) -> Vec<Self> {
        bias.chunks_exact((bias.len() / n_head).max(1)).map(Self::new).collect()
    }
}

/// Keys and values of one head of one segment, laid out for the kernel.
pub struct KeyValues {
    /// `[panel, D, LANES]`
    pub(super) keys: Vec<f32>,
    /// `[dimension panel, keys, LANES]`
    pub(super) values: Vec<f32>,
    /// Largest Euclidean norm of a key up to the end of each block of [`KEYS`].
    pub(super) norms: Vec<f32>,
}

impl KeyValues {
    fn new(qkv: &[f32], head: usize, shape: &AttentionShape) -> Self {
        let (c, d, padded, n) = (shape.d_model, shape.head_dim(), shape.padded(), shape.length);
        let keys = Vectors { source: &qkv[c + head * d..], stride: 3 * c, n, d };
        let mut values = vec![0.0; n.next_multiple_of(KEYS) * padded];
        let rows = values.len() / padded;
        for (j, from) in qkv[2 * c + head * d..].chunks(3 * c).take(n).enumerate() {
            for (p, part) in from[..d].chunks(LANES).enumerate() {
                values[(p * rows + j) * LANES..][..part.len()].copy_from_slice(part);
            }
        }
        let mut largest = 0.0f32;
        let norms = keys.source.chunks(3 * c * KEYS).take(n.div_ceil(KEYS)).map(|block| {
            largest = block.chunks(3 * c).map(|key| norm(&key[..d])).fold(largest, larger);
            largest
        });
        Self { norms: norms.collect(), keys: keys.panels(), values }
    }

    /// Those of every head of every segment, segment by segment.
    ///
    /// # Shapes
    /// qkv `[n_segment · T, 3C]`.
    pub fn of(qkv: &[f32], shape: &AttentionShape) -> Vec<Self> {
        let segment = shape.length * 3 * shape.d_model;
        map_indices(shape.n_segment * shape.n_head, |i| {
            Self::new(&qkv[(i / shape.n_head) * segment..][..segment], i % shape.n_head, shape)
        })
    }
}

/// The larger of two values; NaN if one of them is: a bound that is no number rules nothing out.
fn larger(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

/// Euclidean norm.
pub(super) fn norm(x: &[f32]) -> f32 {
    x.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, noise, wide};
    use super::*;

    #[test]
    fn a_query_reads_its_biases_by_ascending_keys_and_then_the_mask() {
        let bias = ReversedBias::new(&[10.0, 11.0, 12.0, 13.0]);
        assert_eq!(bias.of(2, 0)[..3], [12.0, 11.0, 10.0]);
        assert!(bias.of(2, 3)[..KEYS - 3].iter().all(|&b| b == f32::NEG_INFINITY));
        assert_eq!(bias.of(3, 1)[..3], [12.0, 11.0, 10.0]);
        assert_eq!(bias.values[bias.offset(3, 1)], 12.0);
    }

    #[test]
    fn the_bound_on_a_bias_is_the_largest_at_its_distance_or_beyond() {
        let head = HeadBias::new(&[0.0, -3.0, -1.0, -2.0]);
        let bound = |d: usize| head.largest_beyond[d] / LOG2_E;
        assert_close("bound", &[bound(0), bound(1), bound(2), bound(3)], &[0.0, -1.0, -1.0, -2.0], 1e-6);
        // What is no number bounds nothing.
        let head = HeadBias::new(&[0.0, f32::NAN, -1.0]);
        assert!(head.largest_beyond[0].is_nan() && head.largest_beyond[1].is_nan());
        assert_eq!(HeadBias::of_table(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).len(), 3);
    }

    #[test]
    fn keys_and_values_lie_in_panels_and_the_rest_is_zero() {
        let shape = AttentionShape { n_segment: 2, length: KEYS + 3, n_head: 2, d_model: 12 };
        let (n, c, d) = (shape.length, shape.d_model, shape.head_dim());
        let qkv = noise(1, 2 * n * 3 * c, 1.0);
        let all = KeyValues::of(&qkv, &shape);
        assert_eq!(all.len(), 4);
        for (i, kv) in all.iter().enumerate() {
            let (segment, head) = (i / 2, i % 2);
            // Part 1 of a row is its key, part 2 its value.
            let at = |part: usize, j: usize, k: usize| qkv[((segment * n + j) * 3 + part) * c + head * d + k];
            for (j, k) in (0..n.next_multiple_of(LANES)).flat_map(|j| (0..d).map(move |k| (j, k))) {
                let key = kv.keys[(j / LANES * d + k) * LANES + j % LANES];
                assert_eq!(key, if j < n { at(1, j, k) } else { 0.0 }, "key {j}, {k}");
            }
            let rows = n.next_multiple_of(KEYS);
            for (j, k) in (0..rows).flat_map(|j| (0..shape.padded()).map(move |k| (j, k))) {
                let value = kv.values[(k / LANES * rows + j) * LANES + k % LANES];
                assert_eq!(value, if j < n && k < d { at(2, j, k) } else { 0.0 }, "value {j}, {k}");
            }
            let norm = |j: usize| (0..d).map(|k| f64::from(at(1, j, k)).powi(2)).sum::<f64>().sqrt();
            let largest = |end: usize| (0..end).map(norm).fold(0.0, f64::max);
            assert_close("norm", &kv.norms, &[largest(KEYS), largest(n)], 1e-6);
        }
    }

    #[test]
    fn tile_products_are_inner_products() {
        let d = 3;
        let (tile, panel) = (noise(2, d * TILE, 1.0), noise(3, d * LANES, 1.0));
        let found = tile_products(&tile, &panel, [Lanes::splat(0.5); TILE]).map(|lanes| lanes.to_array());
        let (tile, panel) = (wide(&tile), wide(&panel));
        for (t, found) in found.iter().enumerate() {
            let product = |l: usize| 0.5 + (0..d).map(|k| tile[k * TILE + t] * panel[k * LANES + l]).sum::<f64>();
            assert_close(&format!("vector {t}"), found, &(0..LANES).map(product).collect::<Vec<_>>(), 1e-6);
        }
    }

    #[test]
    fn rows_are_scaled_and_padded() {
        let vectors = Vectors { source: &[1.0, 2.0, 9.0, 3.0, 4.0, 9.0], stride: 3, n: 2, d: 2 };
        let rows = vectors.rows(4, 10.0);
        assert_eq!(rows.len(), LANES * 4);
        assert_eq!(rows[..8], [10.0, 20.0, 0.0, 0.0, 30.0, 40.0, 0.0, 0.0]);
        assert!(rows[8..].iter().all(|&v| v == 0.0));
    }
}
