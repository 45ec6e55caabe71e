//! What a line chart shows.

use super::axis::Axis;

/// Lines over an x axis, with optional bands and vertical marks.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The lines, drawn in this order.
    pub series: Vec<Series>,
    /// Vertical dashed marks.
    pub marks: Vec<Mark>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Stable id, as in `data-series`.
    pub id: String,
    /// Name at the end of the line or in the legend.
    pub name: String,
    /// Palette index: colour, dash and marker together; see [`style_of`].
    pub style: usize,
    /// Points in the order in which they are joined.
    pub points: Vec<Point>,
    /// Drawn pale, as background to the others.
    pub faint: bool,
}

/// One point. A `y` that is not finite is drawn at the top edge and labelled "diverged".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Horizontal value.
    pub x: f64,
    /// Vertical value.
    pub y: f64,
    /// Lower edge of the band, if there is one.
    pub low: Option<f64>,
    /// Upper edge of the band, if there is one.
    pub high: Option<f64>,
}

/// A vertical dashed line with a label, or without one a tick on the x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where, in values of the x axis.
    pub x: f64,
    /// Text at the line's upper end, or none.
    pub label: String,
}

impl LineChart {
    /// Whether a series is named in the drawing: a pale one is not where its own colour stands beside it.
    pub(super) fn labels(&self, series: &Series) -> bool {
        let outshone = series.faint && self.series.iter().any(|s| !s.faint && s.style == series.style);
        !series.name.is_empty() && !outshone
    }
}
