//! Rotary position embedding: queries and keys are rotated by an angle proportional to their position (Su et al.,
//! RoFormer, arXiv 2104.09864), so that q·k depends on the distance only.

use super::method::{PositionMethod, Rotation};

/// Base of the angles' geometric series.
const BASE: f64 = 10_000.0;

/// Rotary, half-split: coordinate `pair` turns with coordinate `pair + D/2`.
pub struct Rotary;

impl PositionMethod for Rotary {
    fn id(&self) -> &'static str {
        "rotary"
    }

    fn name(&self) -> &'static str {
        "Rotary"
    }

    fn rotation(&self, position: f64, pair: usize, head_dim: usize) -> Option<Rotation> {
        let frequency = BASE.powf(-2.0 * pair as f64 / head_dim as f64);
        Some(Rotation { angle: position * frequency, scale: 1.0 })
    }
}
