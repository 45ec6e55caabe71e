//! Drawing: from plain values to lines, dots and cells, generic over the plotters backend.
//!
//! The same code draws on a canvas at any pixel density, into an SVG for download, and into the golden snapshots
//! of the tests. Layout is in CSS pixels ([`pen::Pen`] multiplies by the density), and no text is measured, so a
//! drawing depends on nothing but its values, its theme and its size. This is not the place for state, for the
//! browser or for sentences: those are in `ui`.

mod axis;
mod bars;
mod error;
mod heatmap;
mod heatmap_drawing;
mod heatmap_layout;
mod line;
mod line_drawing;
mod line_layout;
mod palette;
mod pen;
mod png;
mod raster;
mod slopes;
mod sort;
mod square;
mod stacked;
mod theme;

pub use axis::{Axis, Scale, format_number, format_short, format_tick, grouped};
pub use bars::{Bar, BarChart, bars_to_svg, draw_bars};
pub use error::ChartError;
pub use heatmap::{BiasMap, Cell, Heatmap, KeyedBy};
pub use heatmap_drawing::{draw_heatmap, heatmap_to_svg};
pub use heatmap_layout::HeatLayout;
pub use line::{LineChart, Mark, Point, Series};
pub use line_drawing::{draw, to_svg};
pub use line_layout::Layout;
pub use palette::{KINDS, STEPS, STYLES, style_of};
pub use pen::{Pen, Sheet, Square};
pub use png::data_url;
pub use raster::{Raster, heat_colours, raster};
pub use slopes::{SlopeChart, SlopeLayout, Stem, draw_slopes, slopes_to_svg};
pub use sort::{sort_by, sort_by_key};
pub use square::square;
pub use stacked::stacked;
pub use theme::{Colour, Theme};

#[cfg(test)]
pub(crate) mod tests;
