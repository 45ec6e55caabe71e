//! What the slope figure shows, as plain values.

use crate::chart::sort_by;
use crate::position::{SlopeOrigin, slopes_with_origin};
use crate::ui::figures::slopes::settings::Order;
use crate::ui::format::table::csv_line;

/// One head's slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadSlope {
    /// Number of the head, counted from 1.
    pub head: usize,
    /// Slope m.
    pub slope: f64,
    /// x in m = 2^(−x), exactly.
    pub exponent: f64,
    /// Series that the slope was taken from.
    pub origin: SlopeOrigin,
}

/// Largest power of two not above the head count: the length of the base series.
pub fn base_count(heads: usize) -> usize {
    1 << heads.max(1).ilog2()
}

/// The slope set in the order asked for.
pub fn rows(heads: usize, order: Order) -> Vec<HeadSlope> {
    let base = base_count(heads);
    let mut rows: Vec<HeadSlope> = slopes_with_origin(heads)
        .into_iter()
        .enumerate()
        .map(|(i, (slope, origin))| {
            let exponent = match origin {
                SlopeOrigin::Base { index } => 8.0 * (index + 1) as f64 / base as f64,
                SlopeOrigin::Interleaved { index } => 4.0 * (index + 1) as f64 / base as f64,
            };
            HeadSlope { head: i + 1, slope, exponent, origin }
        })
        .collect();
    if order == Order::Sorted {
        sort_by(&mut rows, |a, b| b.slope.total_cmp(&a.slope));
    }
    rows
}

/// The whole data, slopes with every digit.
pub fn csv(heads: usize, order: Order) -> String {
    let base = base_count(heads);
    let mut out = csv_line(["head", "slope", "exponent", "series_heads", "series_index"]);
    for row in rows(heads, order) {
        let (series, index) = match row.origin {
            SlopeOrigin::Base { index } => (base, index + 1),
            SlopeOrigin::Interleaved { index } => (2 * base, index + 1),
        };
        out += &csv_line([
            row.head.to_string(),
            row.slope.to_string(),
            (-row.exponent).to_string(),
            series.to_string(),
            index.to_string(),
        ]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_gives_the_slope_for_every_head_count() {
        for heads in 1..=64 {
            for row in rows(heads, Order::Authors) {
                assert!((row.slope - (-row.exponent).exp2()).abs() < 1e-12, "{heads} heads, {row:?}");
            }
        }
    }

    #[test]
    fn the_csv_is_whole_and_exact() {
        let csv = csv(12, Order::Authors);
        assert_eq!(csv.lines().count(), 13);
        assert_eq!(csv.lines().nth(1), Some("1,0.5,-1,8,1"));
        let ninth: Vec<_> = csv.lines().nth(9).unwrap().split(',').collect();
        assert_eq!((ninth[0], ninth[2], ninth[3], ninth[4]), ("9", "-0.5", "16", "1"));
        assert_eq!(ninth[1].parse::<f64>().unwrap(), 0.5f64.sqrt());
    }
}
