//! The slope chart: one stem per head, and below it all slopes on one logarithmic line.

use plotters::backend::DrawingBackend;

use super::error::ChartError;
use super::palette::Marker;
use super::pen::{self, Anchor, Pen, ROW, Sheet, TEXT, text_width};
use super::theme::{Colour, Theme};

/// Palette indices of base and interleaved slopes.
const STYLES: [usize; 2] = [3, 1];
/// Height of the lower strip with its title, CSS pixels.
const STRIP: f64 = 108.0;

/// One head's slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stem {
    /// Number of the head, counted from 1.
    pub head: usize,
    /// Exponent x of the slope 2^(−x).
    pub exponent: f64,
    /// Whether it was taken from the series for twice as many heads.
    pub interleaved: bool,
}

/// A slope set.
#[derive(Clone, Debug, PartialEq)]
pub struct SlopeChart {
    /// Stems from left to right.
    pub stems: Vec<Stem>,
    /// Names of the two series, base first; the second is absent where nothing is interleaved.
    pub names: (String, Option<String>),
    /// Index of the stem to point out.
    pub chosen: Option<usize>,
}

/// Where things stand on the sheet, CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct SlopeLayout {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Middle line of the strip.
    line: f64,
    /// Exponents at the bottom and the top of the stems.
    lowest: f64,
    count: usize,
    legend_rows: bool,
}

impl SlopeLayout {
    /// The layout of a chart on a sheet.
    ///
    /// # Errors
    /// If the sheet is too small for axes and labels.
    pub fn of(chart: &SlopeChart, sheet: Sheet) -> Result<Self, ChartError> {
        let names = [Some(&chart.names.0), chart.names.1.as_ref()];
        let legend: f64 = names.into_iter().flatten().map(|n| text_width(n, TEXT) + 30.0).sum();
        let legend_rows = legend > sheet.width;
        let top = ROW * if legend_rows && chart.names.1.is_some() { 3.0 } else { 2.0 } + 14.0;
        let at = Self {
            left: 46.0,
            right: sheet.width - 10.0,
            top,
            bottom: sheet.height - STRIP - 2.0 * ROW - 12.0,
            line: sheet.height - STRIP / 2.0 + 4.0,
            lowest: 8.4,
            count: chart.stems.len(),
            legend_rows,
        };
        if at.right - at.left < 60.0 || at.bottom - at.top < 40.0 {
            return Err(ChartError::TooSmall {
                width: sheet.width.max(0.0) as u32,
                height: sheet.height.max(0.0) as u32,
            });
        }
        Ok(at)
    }

    /// Horizontal place of the stem of that index.
    pub fn x(&self, index: usize) -> f64 {
        self.left + (self.right - self.left) * (index as f64 + 0.5) / self.count.max(1) as f64
    }

    /// Index of the stem nearest to a pointer.
    pub fn nearest(&self, pointer: f64) -> Option<usize> {
        let share = (pointer - self.left) / (self.right - self.left);
        Some(((share * self.count as f64).max(0.0) as usize).min(self.count.checked_sub(1)?))
    }

    fn y(&self, exponent: f64) -> f64 {
        self.top + (self.bottom - self.top) * exponent / self.lowest
    }

    /// Place of a slope on the strip, steep on the left.
    fn along(&self, exponent: f64) -> f64 {
        self.left + (self.right - self.left) * exponent / self.lowest
    }
}

/// 2^(−exponent) as the label of a whole exponent.
pub(super) fn fraction(exponent: u32) -> String {
    if exponent == 0 { "1".into() } else { format!("1/{}", 1u64 << exponent) }
}

/// The chart as an SVG of `(width, height)` CSS pixels.
///
/// # Errors
/// If the size is too small for axes and labels.
pub fn slopes_to_svg(chart: &SlopeChart, theme: &Theme, size: (u32, u32)) -> Result<String, ChartError> {
    pen::svg(size, theme, |pen| draw_slopes(pen, chart, theme))
}

/// Draws a slope chart over the whole of the pen's sheet.
///
/// # Errors
/// If the sheet is too small for axes and labels.
pub fn draw_slopes<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &SlopeChart,
    theme: &Theme,
) -> Result<(), ChartError> {
    let at = SlopeLayout::of(chart, pen.sheet())?;
    legend(pen, chart, theme, &at)?;
    for exponent in 0..=8 {
        let y = at.y(f64::from(exponent));
        pen.line((at.left, y), (at.right, y), theme.grid, 1.0)?;
        pen.text(&fraction(exponent), (at.left - 6.0, y), TEXT, theme.muted, Anchor::Right)?;
    }
    pen.line((at.left, at.bottom), (at.right, at.bottom), theme.muted, 1.0)?;
    let room = (at.right - at.left) / chart.stems.len().max(1) as f64;
    let every = ((text_width("64", TEXT) + 8.0) / room).ceil().max(1.0) as usize;
    for (i, stem) in chart.stems.iter().enumerate() {
        let (place, colour) = ((at.x(i), at.y(stem.exponent)), colour_of(stem, theme));
        if chart.chosen == Some(i) {
            pen.line((place.0, at.top - 4.0), (place.0, at.bottom), theme.ink, 1.0)?;
        }
        pen.line((place.0, at.bottom), place, colour, (room * 0.3).clamp(1.0, 2.5))?;
        dot(pen, stem, place, chart.chosen == Some(i), theme)?;
        if i % every == 0 {
            pen.text(&stem.head.to_string(), (place.0, at.bottom + 5.0), TEXT, theme.muted, Anchor::Top)?;
        }
    }
    let middle = (at.left + at.right) / 2.0;
    pen.text("Head", (middle, at.bottom + ROW + 5.0), TEXT, theme.ink, Anchor::Top)?;
    strip(pen, chart, theme, &at)
}

fn legend<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &SlopeChart,
    theme: &Theme,
    at: &SlopeLayout,
) -> Result<(), ChartError> {
    let (mut x, mut y) = (8.0, ROW * 0.5 + 2.0);
    pen.text("Slope m (each line halves it)", (4.0, y), TEXT, theme.ink, Anchor::Left)?;
    y += ROW + 2.0;
    for (name, interleaved) in [(Some(&chart.names.0), false), (chart.names.1.as_ref(), true)] {
        let Some(name) = name else { continue };
        let stem = Stem { head: 0, exponent: 0.0, interleaved };
        dot(pen, &stem, (x, y), false, theme)?;
        pen.text(name, (x + 10.0, y), TEXT, colour_of(&stem, theme), Anchor::Left)?;
        if at.legend_rows {
            y += ROW;
        } else {
            x += text_width(name, TEXT) + 30.0;
        }
    }
    Ok(())
}

/// All slopes on one line: base above it, interleaved below, each under the gap that it fills.
fn strip<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &SlopeChart,
    theme: &Theme,
    at: &SlopeLayout,
) -> Result<(), ChartError> {
    let title = "All slopes on one line, steepest on the left";
    pen.text(title, (4.0, at.line - STRIP / 2.0 + 8.0), TEXT, theme.ink, Anchor::Left)?;
    pen.line((at.left, at.line), (at.right, at.line), theme.muted, 1.0)?;
    // Where labels would touch, every second one stands.
    let narrow = at.along(1.0) - at.along(0.0) < text_width(&fraction(8), TEXT) + 4.0;
    for exponent in 0..=8 {
        let x = at.along(f64::from(exponent));
        pen.line((x, at.line - 3.0), (x, at.line + 3.0), theme.muted, 1.0)?;
        if narrow && exponent % 2 == 1 {
            continue;
        }
        pen.text(&fraction(exponent), (x, at.line + 28.0), TEXT, theme.muted, Anchor::Top)?;
    }
    for (i, stem) in chart.stems.iter().enumerate() {
        let side = if stem.interleaved { 18.0 } else { -18.0 };
        let place = (at.along(stem.exponent), at.line + side);
        pen.line((place.0, at.line), place, colour_of(stem, theme), 1.0)?;
        dot(pen, stem, place, chart.chosen == Some(i), theme)?;
    }
    Ok(())
}

fn dot<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    stem: &Stem,
    place: (f64, f64),
    chosen: bool,
    theme: &Theme,
) -> Result<(), ChartError> {
    let marker = if stem.interleaved { Marker::Diamond } else { Marker::Disc };
    pen.marker(marker, place, 3.6, colour_of(stem, theme))?;
    if chosen { pen.marker(Marker::Ring, place, 7.0, theme.ink) } else { Ok(()) }
}

fn colour_of(stem: &Stem, theme: &Theme) -> Colour {
    theme.style_colour(STYLES[usize::from(stem.interleaved)])
}
