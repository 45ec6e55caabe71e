//! What is measured of training short.

use crate::ui::runs::results::Summary;

/// Training lengths, and the shorter of the lengths tested at.
pub(super) const TRAINED: [usize; 4] = [64, 128, 256, 512];
/// Lengths tested at.
pub(super) const TESTED: [usize; 6] = [64, 128, 256, 512, 1_024, 2_048];
/// Targets of every point.
pub(super) const TARGETS: usize = 8_192;
/// A measured cell: method, training length, tested length, result.
pub(super) type Cell = (&'static str, usize, usize, Summary);
