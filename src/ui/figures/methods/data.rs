//! Where each method brings in position, and the bias for attention that looks both ways, as plain values.

use crate::position::{Places, PositionMethod, Shape};

/// Shape of the models of this page.
pub(super) const SHAPE: Shape = Shape { d_model: 128, n_head: 8 };
/// Tokens along a side of the maps.
pub(super) const SIDE: usize = 32;
/// Shades of the maps; one more stands for cells that are masked.
pub(super) const LEVELS: usize = 200;

/// What a method's hooks answer, and how many numbers it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) places: Places,
    pub(super) learned: usize,
}

pub(super) fn entry(method: &dyn PositionMethod) -> Entry {
    let learned = method.learned().map_or(0, |l| l.n_row * SHAPE.n_head);
    Entry { places: Places::of(method, SHAPE), learned }
}

/// The logistic function.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Bias of a key `offset` positions after the query (before it where negative); nothing where it is masked.
pub(super) fn bias(slopes: &[Option<f64>; 2], offset: i64) -> Option<f64> {
    let slope = if offset == 0 { Some(0.0) } else { slopes[usize::from(offset > 0)] };
    slope.map(|m| -m * offset.abs() as f64)
}
