//! Leaves: controls and frames that take signals and know no figure.

pub mod figure;
