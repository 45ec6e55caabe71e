//! The bias heatmap drawn: axes and a colour scale, and for download the cells.

use plotters::backend::DrawingBackend;

use super::axis::{Axis, Scale, format_tick};
use super::error::ChartError;
use super::heatmap::Heatmap;
use super::heatmap_layout::{GAP, HeatLayout, SCALE_HEIGHT};
use super::pen::{Anchor, Pen, ROW, Square, TEXT, svg_with};
use super::png::data_url;
use super::raster::{heat_colours, raster};
use super::theme::Theme;

/// Pixels along a map's side in an SVG, at least, so that no cell is lost that could be seen.
const SVG_PIXELS: usize = 256;

/// The heatmap as an SVG `width` CSS pixels wide, its cells as embedded PNG images.
///
/// # Errors
/// If the sheet is too narrow for axes and labels.
pub fn heatmap_to_svg(heatmap: &Heatmap, theme: &Theme, width: u32) -> Result<String, ChartError> {
    let at = HeatLayout::of(heatmap, f64::from(width))?;
    let least = if heatmap.small { SVG_PIXELS / 2 } else { SVG_PIXELS };
    // A whole number of pixels per cell where the cells are few.
    let pixels = if heatmap.length < least { heatmap.length * least.div_ceil(heatmap.length) } else { least };
    let colours = heat_colours(theme);
    let images = (0..heatmap.maps.len()).map(|map| {
        let cells = raster(heatmap, map, &colours, pixels, 3);
        (at.squares[map], data_url(&cells))
    });
    let images: Vec<_> = images.collect();
    svg_with((width, at.height.ceil() as u32), theme, &images, |pen| draw_heatmap(pen, heatmap, theme))
}

/// Draws everything but the cells: titles, axes, colour scale.
///
/// # Errors
/// If the sheet is too narrow for axes and labels.
pub fn draw_heatmap<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    heatmap: &Heatmap,
    theme: &Theme,
) -> Result<(), ChartError> {
    let at = HeatLayout::of(heatmap, pen.sheet().width)?;
    for (map, square) in heatmap.maps.iter().zip(&at.squares) {
        let &Square { x, y, side } = square;
        pen.frame((x - 0.5, y - 0.5), (x + side + 0.5, y + side + 0.5), theme.muted, 1.0)?;
        if heatmap.small {
            pen.text(&map.title, (x, y - 4.0), TEXT, theme.ink, Anchor::BottomLeft)?;
        } else {
            pen.text(&map.title, (4.0, ROW * 0.5), TEXT, theme.ink, Anchor::Left)?;
            axes(pen, heatmap.length, square, theme)?;
        }
    }
    colour_scale(pen, heatmap, theme, &at)
}

fn axes<B: DrawingBackend>(pen: &mut Pen<'_, B>, length: usize, at: &Square, theme: &Theme) -> Result<(), ChartError> {
    let positions = Axis { label: String::new(), scale: Scale::Linear, range: None };
    let last = (length - 1) as f64;
    let cell = at.side / length as f64;
    for tick in positions.ticks((0.0, last), 8.min(length)).into_iter().filter(|t| t.fract() == 0.0) {
        let (label, along) = (format_tick(tick), (tick + 0.5) * cell);
        pen.line((at.x + along, at.y + at.side), (at.x + along, at.y + at.side + 4.0), theme.muted, 1.0)?;
        pen.text(&label, (at.x + along, at.y + at.side + 6.0), TEXT, theme.muted, Anchor::Top)?;
        pen.line((at.x - 4.0, at.y + along), (at.x, at.y + along), theme.muted, 1.0)?;
        pen.text(&label, (at.x - 6.0, at.y + along), TEXT, theme.muted, Anchor::Right)?;
    }
    pen.text("Query i (downwards)", (4.0, ROW * 1.5), TEXT, theme.ink, Anchor::Left)?;
    pen.text("Key j", (at.x + at.side / 2.0, at.y + at.side + ROW + 6.0), TEXT, theme.ink, Anchor::Top)
}

fn colour_scale<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    heatmap: &Heatmap,
    theme: &Theme,
    at: &HeatLayout,
) -> Result<(), ChartError> {
    const STEPS: usize = 64;
    let (left, top) = (GAP, at.height - SCALE_HEIGHT + 10.0);
    let width = (at.width * 0.5).clamp(110.0, 260.0);
    for step in 0..STEPS {
        let colour = theme.ramp_colour(step as f64 / (STEPS - 1) as f64);
        // Each step reaches to the end, so that no seam shows between it and the next.
        pen.rect((left + width * step as f64 / STEPS as f64, top), (left + width, top + 12.0), colour)?;
    }
    let beyond = heatmap.maps.iter().flat_map(|m| m.row.last()).any(|b| b.abs() > heatmap.limit.abs());
    let limit = format_tick(f64::from(heatmap.limit));
    let end = if beyond { format!("{limit} and beyond") } else { limit };
    pen.text("bias 0", (left, top + 16.0), TEXT, theme.muted, Anchor::TopLeft)?;
    pen.text(&end, (left + width, top + 30.0), TEXT, theme.muted, Anchor::BottomRight)?;

    let x = left + width + 24.0;
    pen.rect((x, top), (x + 12.0, top + 12.0), theme.mask[0])?;
    pen.polyline(&[(x, top + 12.0), (x + 12.0, top)], &[], theme.mask[1], 1.0, 2.0)?;
    pen.frame((x, top), (x + 12.0, top + 12.0), theme.muted, 1.0)?;
    pen.text("masked", (x + 18.0, top + 6.0), TEXT, theme.muted, Anchor::Left)
}
