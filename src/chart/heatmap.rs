//! The bias heatmap: one map, or one small map per head, with axes and a colour scale.
//!
//! A map never holds a value per cell. Its row of `length` values, by distance or by key, gives every cell, and
//! [`super::raster`] samples that row once per pixel.

use plotters::backend::DrawingBackend;

use super::line::TEXT;
use super::pen::{Anchor, Pen, text_width};
use super::raster::{heat_colours, raster};
use super::{Axis, ChartError, Scale, Theme, format_number, pen, png};

/// Height of a row of labels, CSS pixels.
const ROW: f64 = 16.0;
/// Largest side of a single map, CSS pixels.
const MAX_SIDE: f64 = 460.0;
/// Gap between small maps, CSS pixels.
const GAP: f64 = 10.0;
/// Height of the colour scale with its labels, CSS pixels.
const SCALE_HEIGHT: f64 = 58.0;
/// Pixels along a map's side in an SVG, at least, so that no cell is lost that could be seen.
const SVG_PIXELS: usize = 256;

/// What a cell's bias depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyedBy {
    /// The distance between query and key (the paper's form).
    Distance,
    /// The key's position (the released code's form).
    Key,
}

/// The bias of one head over a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasMap {
    /// Text above the map.
    pub title: String,
    /// Bias, `[length]`, indexed as [`Heatmap::keyed_by`] says.
    pub row: Vec<f32>,
}

/// One or several maps of the same length, form and colour scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    /// Maps in reading order, at least one.
    pub maps: Vec<BiasMap>,
    /// Sequence length, tokens.
    pub length: usize,
    /// What a cell's bias depends on.
    pub keyed_by: KeyedBy,
    /// Bias at the end of the colour scale; anything beyond is drawn like it.
    pub limit: f32,
    /// Whether the maps are drawn small, without axes of their own.
    pub small: bool,
}

impl Heatmap {
    /// The bias of a cell; nothing where the causal mask forbids the key.
    pub fn value(&self, map: usize, query: usize, key: usize) -> Option<f32> {
        let index = match self.keyed_by {
            KeyedBy::Distance => query.checked_sub(key)?,
            KeyedBy::Key => (key <= query).then_some(key)?,
        };
        self.maps.get(map)?.row.get(index).copied()
    }

    /// Share (0 to 1) of the colour scale of a bias.
    pub fn share(&self, bias: f32) -> f64 {
        if self.limit == 0.0 { 0.0 } else { f64::from((bias / self.limit).clamp(0.0, 1.0)) }
    }
}

/// A cell of one of the maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the map.
    pub map: usize,
    /// Position of the query, from 0.
    pub query: usize,
    /// Position of the key, from 0.
    pub key: usize,
}

/// A square on the sheet, CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Side.
    pub side: f64,
}

/// Where the maps stand, and how high the sheet must be.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatLayout {
    /// One square per map.
    pub squares: Vec<Square>,
    /// Height of the sheet, CSS pixels.
    pub height: f64,
    length: usize,
    width: f64,
}

impl HeatLayout {
    /// The layout of a heatmap on a sheet of that width, CSS pixels.
    ///
    /// # Errors
    /// If the sheet is too narrow for axes and labels.
    pub fn of(heatmap: &Heatmap, width: f64) -> Result<Self, ChartError> {
        let count = heatmap.maps.len();
        let squares: Vec<Square> = if heatmap.small {
            let wish = if count <= 8 {
                150.0
            } else if count <= 24 {
                110.0
            } else {
                76.0
            };
            let columns = (((width - GAP) / (wish + GAP)) as usize).clamp(2, count.max(2));
            let side = ((width - GAP) / columns as f64 - GAP).min(wish * 1.3).floor();
            (0..count)
                .map(|i| Square {
                    x: GAP + (i % columns) as f64 * (side + GAP),
                    y: ROW + 4.0 + (i / columns) as f64 * (side + ROW + GAP),
                    side,
                })
                .collect()
        } else {
            let left = text_width(&format_number(heatmap.length as f64), TEXT) + 14.0;
            vec![Square { x: left, y: 2.0 * ROW + 2.0, side: (width - left - GAP).min(MAX_SIDE).floor() }]
        };
        let side = squares.first().map_or(0.0, |s| s.side);
        let bottom = squares.last().map_or(0.0, |s| s.y + s.side);
        let axis = if heatmap.small { 8.0 } else { 2.0 * ROW + 8.0 };
        let height = bottom + axis + SCALE_HEIGHT;
        if side < 24.0 || width < 200.0 {
            return Err(ChartError::TooSmall { width: width.max(0.0) as u32, height: height as u32 });
        }
        Ok(Self { squares, height, length: heatmap.length, width })
    }

    /// The cell under a point; nothing between the maps.
    pub fn cell_at(&self, x: f64, y: f64) -> Option<Cell> {
        let index = |offset: f64, side: f64| {
            (0.0..side).contains(&offset).then(|| ((offset / side * self.length as f64) as usize).min(self.length - 1))
        };
        self.squares
            .iter()
            .enumerate()
            .find_map(|(map, s)| Some(Cell { map, query: index(y - s.y, s.side)?, key: index(x - s.x, s.side)? }))
    }

    /// The place of a cell.
    pub fn place(&self, cell: Cell) -> Option<Square> {
        let s = self.squares.get(cell.map)?;
        let side = s.side / self.length as f64;
        Some(Square { x: s.x + cell.key as f64 * side, y: s.y + cell.query as f64 * side, side })
    }
}

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
        (at.squares[map], png::data_url(&cells))
    });
    let images: Vec<_> = images.collect();
    pen::svg_with((width, at.height.ceil() as u32), theme, &images, |pen| draw_heatmap(pen, heatmap, theme))
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
        let (label, along) = (format_number(tick), (tick + 0.5) * cell);
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
    let limit = format_number(f64::from(heatmap.limit));
    let end = if beyond { format!("{limit} and beyond") } else { limit };
    pen.text("bias 0", (left, top + 16.0), TEXT, theme.muted, Anchor::TopLeft)?;
    pen.text(&end, (left + width, top + 30.0), TEXT, theme.muted, Anchor::BottomRight)?;

    let x = left + width + 24.0;
    pen.rect((x, top), (x + 12.0, top + 12.0), theme.mask[0])?;
    pen.polyline(&[(x, top + 12.0), (x + 12.0, top)], &[], theme.mask[1], 1.0, 2.0)?;
    pen.frame((x, top), (x + 12.0, top + 12.0), theme.muted, 1.0)?;
    pen.text("masked", (x + 18.0, top + 6.0), TEXT, theme.muted, Anchor::Left)
}
