//! A trained model's tables, changed without training anew: what the figure `what-if` asks. A change answers the
//! hooks in place of the method, so CPU, GPU and candle read their tables as ever.
//!
//! Changes that name slopes set the bias of any method; only those that scale or add keep the method's own.

use super::alibi::slope;
use super::method::{BiasForm, Learned, PositionMethod, Rotation, Shape};
use crate::config::Change;

/// Finite stand-in for a bias of −∞, and the largest that any change makes: WGSL may assume infinities away, and the
/// CPU kernel multiplies by log₂ e. The weight of such a key is exactly 0.
pub const LOWEST_BIAS: f32 = -1e30;

/// Distance over which the exponential and the logarithmic bias depart from ALiBi's line, tokens.
pub const GROWTH_SCALE: f64 = 64.0;

/// Most heads of a set of slopes.
pub const MAX_SLOPES: usize = 64;

/// A change with the lengths that it depends on. Tables of several sizes may be made with the same one: a last, shorter
/// segment is changed as the inputs before it are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChangeAt {
    /// What is changed.
    pub change: Change,
    /// Input length, tokens.
    pub length: usize,
    /// Training length, tokens.
    pub train_length: usize,
}

impl ChangeAt {
    /// Whether the change can be made.
    pub fn is_possible(&self) -> bool {
        match self.change {
            Change::BiasTimes(x) | Change::OneSlope(x) => x.is_finite(),
            Change::SlopesOf(n) => (1..=MAX_SLOPES).contains(&n),
            Change::Window(n) => n > 0,
            _ => true,
        }
    }

    /// Factor on positions and distances: position interpolation (Chen et al., arXiv 2306.15595), for ALiBi by Al-Khateeb
    /// et al., arXiv 2310.13017.
    fn interpolation(&self) -> f64 {
        match self.change {
            Change::Interpolate => (self.train_length as f64 / self.length as f64).min(1.0),
            _ => 1.0,
        }
    }

    /// Factor on queries and on keys; its square is that on scores.
    fn sharpening(&self) -> f64 {
        match self.change {
            Change::LogN => ((self.length as f64).ln() / (self.train_length.max(2) as f64).ln()).max(1.0).sqrt(),
            _ => 1.0,
        }
    }
}

/// A method under a change.
pub struct Changed<'a> {
    /// The method.
    pub method: &'a dyn PositionMethod,
    /// The change.
    pub at: ChangeAt,
}

impl Changed<'_> {
    /// ALiBi's slope of a head under [`Change::Ntk`]: the steepest stays, the flattest is divided by input length ÷
    /// training length, those between by a power of it that grows evenly along the geometric series.
    fn ntk_slope(&self, head: usize, n_head: usize) -> f64 {
        let (steepest, flattest) = (0..n_head)
            .map(|h| slope(n_head, h).0)
            .fold((0.0, f64::INFINITY), |(a, b), m| (f64::max(a, m), f64::min(b, m)));
        let own = slope(n_head, head).0;
        let longer = (self.at.length as f64 / self.at.train_length.max(1) as f64).max(1.0);
        // One head is steepest and flattest at once, and stays.
        let part = if flattest < steepest { (steepest / own).ln() / (steepest / flattest).ln() } else { 0.0 };
        own / longer.powf(part)
    }

    /// The method's own bias at a distance that may lie between two whole ones: on the line between them.
    fn own_bias(&self, head: usize, distance: f64, shape: Shape, learned: &[f32]) -> f64 {
        let whole = distance.floor();
        let at = |d: f64| self.method.bias(head, d as usize, shape, learned) as f64;
        match distance - whole {
            0.0 => at(whole),
            part => (1.0 - part) * at(whole) + part * at(whole + 1.0),
        }
    }
}

/// What the method is stays what it is: words and forms are those that it was trained with.
impl PositionMethod for Changed<'_> {
    fn id(&self) -> &'static str {
        self.method.id()
    }

    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn compared(&self) -> bool {
        self.method.compared()
    }

    fn bias_form(&self) -> BiasForm {
        self.method.bias_form()
    }

    fn learned(&self) -> Option<Learned> {
        self.method.learned()
    }

    fn embedding(&self, position: f64, out: &mut [f32]) -> bool {
        self.method.embedding(position * self.at.interpolation(), out)
    }

    fn rotation(&self, position: f64, pair: usize, head_dim: usize) -> Option<Rotation> {
        let own = self.method.rotation(position * self.at.interpolation(), pair, head_dim);
        let factor = self.at.sharpening();
        match own {
            None if factor == 1.0 => None,
            None => Some(Rotation { angle: 0.0, scale: factor }),
            Some(Rotation { angle, scale }) => Some(Rotation { angle, scale: scale * factor }),
        }
    }

    fn bias(&self, head: usize, distance: usize, shape: Shape, learned: &[f32]) -> f32 {
        let own = || self.method.bias(head, distance, shape, learned);
        let d = distance as f64;
        let bias = match self.at.change {
            Change::None | Change::LogN => return own(),
            Change::Window(width) => return if distance < width { own() } else { LOWEST_BIAS },
            Change::Interpolate => self.own_bias(head, d * self.at.interpolation(), shape, learned),
            Change::BiasTimes(factor) => factor * own() as f64,
            Change::Ntk => -self.ntk_slope(head, shape.n_head) * d,
            Change::OneSlope(slope) => -slope * d,
            Change::SlopesOf(n) => -slope(n.max(1), head % n.max(1)).0 * d,
            Change::Exponential => -slope(shape.n_head, head).0 * GROWTH_SCALE * (d / GROWTH_SCALE).exp_m1(),
            Change::Logarithmic => -slope(shape.n_head, head).0 * GROWTH_SCALE * (d / GROWTH_SCALE).ln_1p(),
            Change::NoBias => 0.0,
        };
        (bias as f32).clamp(LOWEST_BIAS, -LOWEST_BIAS)
    }
}
