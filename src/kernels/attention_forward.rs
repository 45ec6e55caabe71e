//! Attention of one head, forward: tiles of queries go over blocks of keys, each block scored, weighed and gathered before
//! the next. Internal to [`super::attention`], as its gradient in [`super::attention_backward`] is.

use std::f32::consts::{LN_2, LOG2_E};
use std::ops::Range;

use super::attention_layout::{AttentionShape, HeadBias, KEYS, KeyValues, TILE, norm, tile_products};
use super::vector::{LANES, Lanes, across, exp2, load, mul_add, store};

/// What becomes of keys so far away that a head's bias leaves them nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FarKeys {
    /// Left out where a bound shows that all of them together add less than half a unit in the last place of the
    /// softmax denominator.
    #[default]
    Skipped,
    /// Computed like the others.
    Computed,
}

/// What skipped keys may add to a denominator of at least 1, as a power of 2: under half a unit in its last place.
const NEGLIGIBLE: f32 = -26.0;

/// One head of one segment, as the kernel reads it.
pub(super) struct Head<'a> {
    /// `[T, 3C]`, queries first.
    pub(super) qkv: &'a [f32],
    /// Which head.
    pub(super) index: usize,
    pub(super) kv: &'a KeyValues,
    pub(super) bias: &'a HeadBias,
    pub(super) shape: &'a AttentionShape,
}

/// Queries that go over the keys together, and what they have gathered so far.
struct Tile {
    /// The first of them.
    first: usize,
    /// How many, up to [`TILE`]; the others are zero, and nobody reads what becomes of them.
    n: usize,
    /// Queries in units in which weights are powers of 2, `[D, TILE]`.
    queries: Vec<f32>,
    /// Their norms.
    norms: [f32; TILE],
    /// Scores of a block of keys, then their weights.
    scores: [[f32; KEYS]; TILE],
    /// Largest score so far.
    top: [f32; TILE],
    /// Sum of weights so far, relative to 2^top.
    denominator: [f32; TILE],
    /// Values times weights so far, relative to 2^top, one panel of dimensions after another.
    total: Vec<[Lanes; TILE]>,
}

impl Tile {
    fn new(shape: &AttentionShape) -> Self {
        Self {
            first: 0,
            n: 0,
            queries: vec![0.0; shape.head_dim() * TILE],
            norms: [0.0; TILE],
            scores: [[0.0; KEYS]; TILE],
            top: [f32::NEG_INFINITY; TILE],
            denominator: [0.0; TILE],
            total: vec![[Lanes::ZERO; TILE]; shape.padded() / LANES],
        }
    }

    /// Takes in `n` queries from `first` on, which have seen no key yet.
    #[inline(always)]
    fn load(&mut self, head: &Head, first: usize, n: usize) {
        let (d, stride) = (head.shape.head_dim(), 3 * head.shape.d_model);
        let scale = LOG2_E / (d as f32).sqrt();
        (self.first, self.n) = (first, n);
        self.queries.fill(0.0);
        self.norms = [0.0; TILE];
        for t in 0..n {
            let query = &head.qkv[(first + t) * stride + head.index * d..][..d];
            for k in 0..d {
                self.queries[k * TILE + t] = query[k] * scale;
            }
            self.norms[t] = norm(query) * scale;
        }
        self.total.fill([Lanes::ZERO; TILE]);
        (self.top, self.denominator) = ([f32::NEG_INFINITY; TILE], [0.0; TILE]);
    }

    /// The last query.
    fn last(&self) -> usize {
        self.first + self.n - 1
    }

    /// Whether the keys of a block and of all before it add nothing to any query.
    #[inline(always)]
    fn rules_out(&self, head: &Head, block: usize) -> bool {
        let j = block * KEYS;
        let nearest = self.first.saturating_sub(j + KEYS - 1);
        if nearest == 0 {
            return false;
        }
        let n_left = ((j + KEYS) as f32).log2();
        let beyond = head.bias.largest_beyond[nearest] + n_left - NEGLIGIBLE;
        (0..self.n).all(|t| self.norms[t] * head.kv.norms[block] + beyond < self.top[t])
    }

    /// Scores a block of keys; how many panels of [`LANES`] keys the queries see of it.
    #[inline(always)]
    fn score(&mut self, head: &Head, block: usize) -> usize {
        let (j, d, last) = (block * KEYS, head.shape.head_dim(), self.last());
        let n_panel = (KEYS / LANES).min((last + 1 - j).div_ceil(LANES));
        for p in 0..n_panel {
            let keys = &head.kv.keys[(j / LANES + p) * d * LANES..][..d * LANES];
            let sums = tile_products(&self.queries, keys, [Lanes::ZERO; TILE]);
            for t in 0..TILE {
                let start = load(head.bias.reversed.of((self.first + t).min(last), j + p * LANES));
                store(sums[t] + start, &mut self.scores[t][p * LANES..]);
            }
        }
        n_panel
    }

    /// Raises the largest score to that of the block at hand; what was gathered before becomes relative to it.
    #[inline(always)]
    fn raise(&mut self, n_panel: usize) {
        let highest = std::array::from_fn(|t| {
            let row = &self.scores[t].as_chunks::<LANES>().0[..n_panel];
            row.iter().fold(Lanes::splat(f32::NEG_INFINITY), |a, &b| Lanes::from(b).fast_max(a))
        });
        // A score that is no number is passed over here and makes the sum no number.
        let new_top = across(highest, |a, b| a.fast_max(b)).to_array();
        let top = self.top;
        let new_top: [f32; TILE] = std::array::from_fn(|t| if new_top[t] > top[t] { new_top[t] } else { top[t] });
        if new_top != top {
            for t in 0..TILE {
                let shrink = if new_top[t] > top[t] { (top[t] - new_top[t]).exp2() } else { 1.0 };
                self.denominator[t] *= shrink;
                self.total.iter_mut().for_each(|panel| panel[t] *= Lanes::splat(shrink));
            }
            self.top = new_top;
        }
    }

    /// Makes the block's scores weights, and adds them to the denominator.
    #[inline(always)]
    fn weigh(&mut self, n_panel: usize) {
        let sums = std::array::from_fn(|t| {
            // A query may see nothing of the last block of its tile.
            let shift = Lanes::splat(if self.top[t] == f32::NEG_INFINITY { 0.0 } else { self.top[t] });
            let mut sum = Lanes::ZERO;
            for chunk in &mut self.scores[t].as_chunks_mut::<LANES>().0[..n_panel] {
                let weight = exp2(Lanes::from(*chunk) - shift);
                sum += weight;
                *chunk = weight.to_array();
            }
            sum
        });
        let sums = across(sums, |a, b| a + b).to_array();
        (0..TILE).for_each(|t| self.denominator[t] += sums[t]);
    }

    /// Adds the block's values, times their weights.
    #[inline(always)]
    fn gather(&mut self, head: &Head, block: usize, n_panel: usize) {
        let rows = head.kv.values.len() / head.shape.padded();
        for (p, total) in self.total.iter_mut().enumerate() {
            let values = &head.kv.values[(p * rows + block * KEYS) * LANES..][..n_panel * LANES * LANES];
            accumulate(&self.scores, values, total);
        }
    }

    /// Output of one query, `[D]`, and the logarithm of its denominator.
    #[inline(always)]
    fn finish(&self, t: usize, out: &mut [f32]) -> f32 {
        for (part, total) in out.chunks_mut(LANES).zip(&self.total) {
            let values = (total[t] / Lanes::splat(self.denominator[t])).to_array();
            part.copy_from_slice(&values[..part.len()]);
        }
        self.top[t] * LN_2 + self.denominator[t].ln()
    }
}

/// out[t] += Σ_j weights[t][j] · values[j] over one panel of value dimensions, `[keys, LANES]`.
#[inline(always)]
fn accumulate(weights: &[[f32; KEYS]; TILE], panel: &[f32], out: &mut [Lanes; TILE]) {
    let mut total = *out;
    for (j, row) in panel.as_chunks::<LANES>().0.iter().enumerate().take(KEYS) {
        let row = Lanes::from(*row);
        for t in 0..TILE {
            total[t] = mul_add(Lanes::splat(weights[t][j]), row, total[t]);
        }
    }
    *out = total;
}

/// Outputs `[queries, D]` of one head of one segment, and the logarithm of each query's softmax denominator. Blocks of
/// keys are taken from the nearest to the farthest, so that the first that a bound rules out ends the work.
pub(super) fn head_forward(head: &Head, queries: &Range<usize>, far: FarKeys) -> (Vec<f32>, Vec<f32>) {
    let d = head.shape.head_dim();
    let (mut out, mut log_sums) = (vec![0.0; queries.len() * d], vec![0.0; queries.len()]);
    let mut tile = Tile::new(head.shape);
    for first in queries.clone().step_by(TILE) {
        tile.load(head, first, TILE.min(queries.end - first));
        for block in (0..=tile.last() / KEYS).rev() {
            if far == FarKeys::Skipped && tile.rules_out(head, block) {
                break;
            }
            let n_panel = tile.score(head, block);
            tile.raise(n_panel);
            tile.weigh(n_panel);
            tile.gather(head, block, n_panel);
        }
        for t in 0..tile.n {
            let at = first + t - queries.start;
            log_sums[at] = tile.finish(t, &mut out[at * d..][..d]);
        }
    }
    (out, log_sums)
}
