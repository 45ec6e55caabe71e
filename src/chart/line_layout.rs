//! Where the parts of a line chart stand, and what a place on it means.

use super::axis::format_tick;
use super::error::ChartError;
use super::line::LineChart;
use super::pen::{ROW, Sheet, TEXT, text_width};

/// From this width up, series are named at their lines' ends.
const WIDE: f64 = 520.0;
/// Room between two names of the legend, CSS pixels: more than between a name and its own line.
const BETWEEN: f64 = 18.0;
/// Radius of a marker, CSS pixels.
pub(super) const MARKER: f64 = 3.6;

/// Where things stand on the sheet, CSS pixels; also what a pointer's position means.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Left edge of the plotting area.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
    /// Smallest and largest x.
    pub x_extent: (f64, f64),
    /// Smallest and largest y.
    pub y_extent: (f64, f64),
    /// Legend entries above the area: index of the series, left edge, middle line. Empty if names stand at line ends.
    pub(super) legend: Vec<(usize, f64, f64)>,
}

impl Layout {
    /// The layout of a chart on a sheet.
    ///
    /// # Errors
    /// If the sheet is too small for axes and labels.
    pub fn of(chart: &LineChart, sheet: Sheet) -> Result<Self, ChartError> {
        let points = || chart.series.iter().flat_map(|s| &s.points);
        let x_extent = chart.x.extent(points().map(|p| p.x).chain(chart.marks.iter().map(|m| m.x)), 0.0);
        let ys = points().flat_map(|p| [Some(p.y), p.low, p.high].into_iter().flatten());
        let y_extent = chart.y.extent(ys, 0.06);

        let named = || chart.series.iter().filter(|s| chart.labels(s));
        let at_ends = sheet.width >= WIDE;
        let names = named().map(|s| text_width(&s.name, TEXT)).fold(0.0, f64::max);
        let right = if at_ends && names > 0.0 { sheet.width - names - 18.0 } else { sheet.width - 14.0 };

        // Rows above the area: title of the y axis, legend, labels of marks.
        let mut row = ROW * 0.5 + 2.0;
        let mut legend = Vec::new();
        if !at_ends {
            let mut x = 4.0;
            row += ROW;
            for (i, series) in chart.series.iter().enumerate().filter(|(_, s)| chart.labels(s)) {
                let width = 34.0 + text_width(&series.name, TEXT) + BETWEEN;
                if x > 4.0 && x + width > sheet.width {
                    (x, row) = (4.0, row + ROW);
                }
                legend.push((i, x, row));
                x += width;
            }
        }
        if !chart.marks.is_empty() {
            row += ROW;
        }
        let top = row + ROW * 0.5 + 2.0;
        let bottom = sheet.height - 2.0 * ROW - 8.0;
        let labels =
            chart.y.ticks(y_extent, tick_count(bottom - top)).into_iter().map(|t| text_width(&format_tick(t), TEXT));
        let left = labels.fold(0.0, f64::max) + 12.0;
        if right - left < 40.0 || bottom - top < 20.0 {
            return Err(ChartError::TooSmall {
                width: sheet.width.max(0.0) as u32,
                height: sheet.height.max(0.0) as u32,
            });
        }
        Ok(Self { left, right, top, bottom, x_extent, y_extent, legend })
    }

    /// Horizontal place of a value.
    pub fn x(&self, chart: &LineChart, value: f64) -> f64 {
        let inset = MARKER * 2.0;
        self.left + inset + chart.x.share(value, self.x_extent) * (self.right - self.left - 2.0 * inset)
    }

    /// Vertical place of a value; a value that is not finite stands at the upper edge.
    pub fn y(&self, chart: &LineChart, value: f64) -> f64 {
        let share = chart.y.share(value, self.y_extent);
        if value.is_finite() && share.is_finite() { self.bottom - share * (self.bottom - self.top) } else { self.top }
    }

    /// The values that stand at a place, each held to its axis.
    pub fn values(&self, chart: &LineChart, (x, y): (f64, f64)) -> (f64, f64) {
        let inset = MARKER * 2.0;
        let across = (x - self.left - inset) / (self.right - self.left - 2.0 * inset);
        let up = (self.bottom - y) / (self.bottom - self.top);
        (chart.x.value(across, self.x_extent), chart.y.value(up, self.y_extent))
    }

    /// The x value among the chart's points whose place is nearest to a pointer.
    pub fn nearest_x(&self, chart: &LineChart, pointer: f64) -> Option<f64> {
        let away = |x: &f64| (self.x(chart, *x) - pointer).abs();
        let xs = chart.series.iter().flat_map(|s| &s.points).map(|p| p.x).filter(|x| away(x).is_finite());
        xs.min_by(|a, b| away(a).total_cmp(&away(b)))
    }
}

/// Labels that fit along a length of axis, upright.
pub(super) fn tick_count(height: f64) -> usize {
    (height / 34.0).max(2.0) as usize
}
