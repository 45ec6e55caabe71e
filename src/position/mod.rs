//! Position methods: how a transformer learns where its tokens stand. Plain arithmetic, no tensor library.
//!
//! A method is one file here, its `mod` line and its place in [`METHODS`]. It says what it is, and answers three questions,
//! each with a default of "nothing": what is added to the embedding of a position, by which angle a query or key is
//! rotated, and which bias a head adds to a score at a given distance. The decoder, the GPU and the page never ask which
//! method they hold: they read the three [`Tables`] made from the answers for the length at hand, and figures choose
//! methods by what these say of themselves ([`Places`], [`Learned`], [`PositionMethod::compared`]). [`Changed`] answers in a method's place
//! for a trained model whose tables are changed. This is not the place for model code or for drawing.

mod alibi;
mod change;
mod kerple;
mod method;
mod none;
mod rotary;
mod sinusoidal;
mod t5;
mod tables;
mod trainable;

pub use alibi::{Alibi, SlopeOrigin, slopes, slopes_with_origin};
pub use change::{ChangeAt, Changed, GROWTH_SCALE, LOWEST_BIAS, MAX_SLOPES};
pub use method::{BiasForm, Learned, Places, PositionMethod, Rotation, Shape};
pub use none::NoPosition;
pub use rotary::Rotary;
pub use sinusoidal::Sinusoidal;
pub use t5::{T5Bias, bucket as t5_bucket};
pub use tables::{RotationTable, Tables};
pub use trainable::TrainableSlopes;

/// Every position method, in the order in which the page lists them.
pub static METHODS: [&(dyn PositionMethod + Sync); 7] =
    [&Sinusoidal, &Rotary, &T5Bias, &Alibi, &NoPosition, &TrainableSlopes, &kerple::Kerple];

/// The method of that id.
pub fn by_id(id: &str) -> Option<&'static (dyn PositionMethod + Sync)> {
    METHODS.iter().copied().find(|m| m.id() == id)
}

#[cfg(test)]
mod tests;
