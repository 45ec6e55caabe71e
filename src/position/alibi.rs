//! ALiBi: a penalty on every score, head-specific slope × distance (Press, Smith, Lewis, ICLR 2022, §3).

use super::method::{BiasForm, PositionMethod, Shape};

/// Attention with linear biases: −m·(i − j), the same in every layer, not learned.
pub struct Alibi;

/// Where a slope comes from when the head count is no power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlopeOrigin {
    /// Entry `index` (from 0) of the set for the largest power of two not above the head count.
    Base {
        /// Index in the base set.
        index: usize,
    },
    /// Entry `index` (from 0, always even) of the set for twice that power: fills a gap between base slopes.
    Interleaved {
        /// Index in the doubled set.
        index: usize,
    },
}

/// The slope of each of `n_head` heads, in the authors' order.
///
/// A power of two gives the geometric series 2^(−8/n), 2^(−16/n), …, 2^(−8). Any other count takes the series of the
/// largest power of two c below it, then every second entry of the series of 2c.
///
/// # Source
/// `get_slopes` in the authors' released code; §3 of the paper for powers of two.
pub fn slopes(n_head: usize) -> Vec<f64> {
    slopes_with_origin(n_head).into_iter().map(|(slope, _)| slope).collect()
}

/// The slopes of [`slopes`], each with the series it was taken from.
pub fn slopes_with_origin(n_head: usize) -> Vec<(f64, SlopeOrigin)> {
    (0..n_head).map(|head| slope(n_head, head)).collect()
}

/// The slope of one head, with the series it was taken from.
pub(super) fn slope(n_head: usize, head: usize) -> (f64, SlopeOrigin) {
    let base = 1 << n_head.ilog2();
    if head < base {
        (geometric(base, head), SlopeOrigin::Base { index: head })
    } else {
        let index = 2 * (head - base);
        (geometric(2 * base, index), SlopeOrigin::Interleaved { index })
    }
}

/// Entry `index` (from 0) of the geometric series for `n` heads, n a power of two: 2^(−8·(index + 1)/n).
fn geometric(n: usize, index: usize) -> f64 {
    (-8.0 * (index + 1) as f64 / n as f64).exp2()
}

impl PositionMethod for Alibi {
    fn id(&self) -> &'static str {
        "alibi"
    }

    fn name(&self) -> &'static str {
        "ALiBi"
    }

    fn bias_form(&self) -> BiasForm {
        BiasForm::Falls
    }

    fn bias(&self, head: usize, distance: usize, shape: Shape, _learned: &[f32]) -> f32 {
        let (slope, _) = slope(shape.n_head, head);
        (-slope * distance as f64) as f32
    }
}
