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
