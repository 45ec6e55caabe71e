//! Where the maps of a heatmap stand, and which cell a place belongs to.

use super::axis::format_tick;
use super::error::ChartError;
use super::heatmap::{Cell, Heatmap};
use super::pen::{ROW, Square, TEXT, text_width};

/// Largest side of a single map, CSS pixels.
const MAX_SIDE: f64 = 460.0;
/// Gap between small maps, CSS pixels.
pub(super) const GAP: f64 = 10.0;
/// Height of the colour scale with its labels, CSS pixels.
pub(super) const SCALE_HEIGHT: f64 = 58.0;

/// Where the maps stand, and how high the sheet must be.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatLayout {
    /// One square per map.
    pub squares: Vec<Square>,
    /// Height of the sheet, CSS pixels.
    pub height: f64,
    length: usize,
    pub(super) width: f64,
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
            let left = text_width(&format_tick(heatmap.length as f64), TEXT) + 14.0;
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
