//! Drawing: from plain values to lines, dots and cells, generic over the plotters backend.
//!
//! The same code draws on a canvas at any pixel density, into an SVG for download, and into the golden snapshots
//! of the tests. Layout is in CSS pixels ([`pen::Pen`] multiplies by the density), and no text is measured, so a
//! drawing depends on nothing but its values, its theme and its size. This is not the place for state, for the
//! browser or for sentences: those are in `ui`.

mod axis;
mod bars;
mod heatmap;
mod line;
mod palette;
mod pen;
mod png;
mod raster;
mod slopes;
mod sort;
mod square;
mod theme;

pub use axis::{Axis, Scale, format_number, format_short};
pub use bars::{Bar, BarChart, bars_to_svg, draw_bars};
pub use heatmap::{BiasMap, Cell, HeatLayout, Heatmap, KeyedBy, Square, draw_heatmap, heatmap_to_svg};
pub use line::{Layout, draw};
pub use palette::{KINDS, STEPS, STYLES, style_of};
pub use pen::{Pen, Sheet};
pub use png::data_url;
pub use raster::{Raster, heat_colours, raster};
pub use slopes::{SlopeChart, SlopeLayout, Stem, draw_slopes, slopes_to_svg};
pub use sort::{sort_by, sort_by_key};
pub use square::square;
pub use theme::{Colour, Theme};

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

/// A vertical dashed line with a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where, in values of the x axis.
    pub x: f64,
    /// Text beside the line's upper end.
    pub label: String,
}

/// Why a chart could not be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// No room for axes and labels.
    #[error("a chart of {width}×{height} pixels is too small to draw (at least 120×80)")]
    TooSmall {
        /// Width, CSS pixels.
        width: u32,
        /// Height, CSS pixels.
        height: u32,
    },
    /// The canvas or the SVG writer failed.
    #[error("drawing failed: {0}")]
    Backend(String),
}

/// The chart as a self-contained SVG document of `(width, height)` CSS pixels.
///
/// # Errors
/// If the size is too small for axes and labels.
pub fn to_svg(chart: &LineChart, theme: &Theme, size: (u32, u32)) -> Result<String, ChartError> {
    pen::svg(size, theme, |pen| draw(pen, chart, theme))
}

/// Documents of this module as one, each below the last; one alone stays as it is.
pub fn stacked(documents: Vec<String>) -> Option<String> {
    if documents.len() < 2 {
        return documents.into_iter().next();
    }
    // The size of a document as its first tag says it.
    let size = |svg: &str, key: &str| -> u32 {
        let digits = svg.split(key).nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
        digits.bytes().fold(0, |n, c| 10 * n + u32::from(c.saturating_sub(b'0')))
    };
    let (mut inner, mut width, mut height) = (String::new(), 0, 0);
    for svg in &documents {
        inner += &svg.replacen("<svg ", &format!("<svg y=\"{height}\" "), 1);
        width = width.max(size(svg, "width=\""));
        height += size(svg, "height=\"");
    }
    Some(format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\n{inner}</svg>\n"
    ))
}

#[cfg(test)]
pub(crate) mod tests;
