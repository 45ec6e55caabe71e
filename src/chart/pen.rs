//! A pen over a plotters backend: CSS pixels in, device pixels out.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle};

use super::error::ChartError;
use super::palette::Marker;
use super::theme::{Colour, Theme};

/// Device pixels per CSS pixel inside an SVG: its coordinates are whole numbers, this gives them a fraction.
const SVG_SCALE: u32 = 4;

/// plotters' SVG backend divides font sizes by this; the canvas backend does not.
const SVG_FONT_FACTOR: f64 = 1.24;

/// Size of every label, CSS pixels.
pub(super) const TEXT: f64 = 12.0;
/// Height of a row of labels, CSS pixels.
pub(super) const ROW: f64 = 16.0;

/// Typeface of every label.
const FONT: FontFamily = FontFamily::SansSerif;

/// What a drawing is made on, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sheet {
    /// Width, CSS pixels.
    pub width: f64,
    /// Height, CSS pixels.
    pub height: f64,
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

/// Draws on a backend in CSS pixels.
pub struct Pen<'a, B: DrawingBackend> {
    backend: &'a mut B,
    scale: f64,
    font_factor: f64,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Left edge, vertically centred.
    Left,
    /// Right edge, vertically centred.
    Right,
    /// Middle of the upper edge.
    Top,
    /// Middle of the lower edge.
    Bottom,
    /// Left end of the upper edge.
    TopLeft,
    /// Left end of the lower edge.
    BottomLeft,
    /// Right end of the lower edge.
    BottomRight,
    /// Centre.
    Centre,
}

impl Anchor {
    fn pos(self) -> Pos {
        match self {
            Self::Left => Pos::new(HPos::Left, VPos::Center),
            Self::Right => Pos::new(HPos::Right, VPos::Center),
            Self::Top => Pos::new(HPos::Center, VPos::Top),
            Self::Bottom => Pos::new(HPos::Center, VPos::Bottom),
            Self::TopLeft => Pos::new(HPos::Left, VPos::Top),
            Self::BottomLeft => Pos::new(HPos::Left, VPos::Bottom),
            Self::BottomRight => Pos::new(HPos::Right, VPos::Bottom),
            Self::Centre => Pos::new(HPos::Center, VPos::Center),
        }
    }
}

/// Width of a text, CSS pixels: an upper estimate from an average glyph, so that no layout needs the DOM.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|c| if matches!(c, 'i' | 'l' | 'j' | '.' | ',' | ' ' | '\'' | 't' | 'f') { 0.34 } else { 0.6 })
        .sum::<f64>()
        * size
}

impl<'a, B: DrawingBackend> Pen<'a, B> {
    /// A pen for a backend with `scale` device pixels to a CSS pixel, whose font sizes are pixels (a canvas).
    pub fn new(backend: &'a mut B, scale: f64) -> Self {
        Self { backend, scale, font_factor: 1.0 }
    }

    /// Size of the drawing.
    pub fn sheet(&self) -> Sheet {
        let (width, height) = self.backend.get_size();
        Sheet { width: f64::from(width) / self.scale, height: f64::from(height) / self.scale }
    }

    fn device(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn style(&self, colour: Colour, alpha: f64, width: f64) -> ShapeStyle {
        let stroke_width = ((width * self.scale).round() as u32).max(1);
        ShapeStyle { color: RGBAColor(colour.0, colour.1, colour.2, alpha), filled: false, stroke_width }
    }

    /// A straight stroke.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour, width: f64) -> Result<(), ChartError> {
        let (style, from, to) = (self.style(colour, 1.0, width), self.device(from), self.device(to));
        self.backend.draw_line(from, to, &style).map_err(failed)
    }

    /// Joined strokes; `dash` as in [`super::palette::Style::dash`].
    pub fn polyline(
        &mut self,
        points: &[(f64, f64)],
        dash: &[f64],
        colour: Colour,
        alpha: f64,
        width: f64,
    ) -> Result<(), ChartError> {
        let style = self.style(colour, alpha, width);
        for piece in if dash.is_empty() { vec![points.to_vec()] } else { dashes(points, dash) } {
            if piece.len() > 1 {
                let path: Vec<_> = piece.into_iter().map(|p| self.device(p)).collect();
                self.backend.draw_path(path, &style).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[(f64, f64)], colour: Colour, alpha: f64) -> Result<(), ChartError> {
        let path: Vec<_> = points.iter().map(|p| self.device(*p)).collect();
        let style = self.style(colour, alpha, 1.0);
        self.backend.fill_polygon(path, &style).map_err(failed)
    }

    /// A filled rectangle.
    pub fn rect(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) -> Result<(), ChartError> {
        let (style, from, to) = (self.style(colour, 1.0, 1.0), self.device(from), self.device(to));
        self.backend.draw_rect(from, to, &style, true).map_err(failed)
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour, width: f64) -> Result<(), ChartError> {
        let corners = [from, (to.0, from.1), to, (from.0, to.1), from];
        self.polyline(&corners, &[], colour, 1.0, width)
    }

    /// A marker of radius `r` at a point.
    pub fn marker(&mut self, marker: Marker, (x, y): (f64, f64), r: f64, colour: Colour) -> Result<(), ChartError> {
        match marker {
            Marker::Disc | Marker::Ring => {
                let style = self.style(colour, 1.0, 1.6);
                let radius = (r * self.scale).round().max(1.0) as u32;
                let centre = self.device((x, y));
                self.backend.draw_circle(centre, radius, &style, marker == Marker::Disc).map_err(failed)
            }
            Marker::Square => {
                let s = r * 0.9;
                self.polygon(&[(x - s, y - s), (x + s, y - s), (x + s, y + s), (x - s, y + s)], colour, 1.0)
            }
            Marker::Triangle => {
                self.polygon(&[(x, y - r * 1.2), (x + r * 1.1, y + r * 0.8), (x - r * 1.1, y + r * 0.8)], colour, 1.0)
            }
            Marker::Wedge => {
                self.polygon(&[(x, y + r * 1.2), (x + r * 1.1, y - r * 0.8), (x - r * 1.1, y - r * 0.8)], colour, 1.0)
            }
            Marker::Diamond => {
                let s = r * 1.25;
                self.polygon(&[(x, y - s), (x + s, y), (x, y + s), (x - s, y)], colour, 1.0)
            }
            Marker::Cross => {
                self.line((x - r, y - r), (x + r, y + r), colour, 1.8)?;
                self.line((x - r, y + r), (x + r, y - r), colour, 1.8)
            }
            Marker::Plus => {
                self.line((x - r, y), (x + r, y), colour, 1.8)?;
                self.line((x, y - r), (x, y + r), colour, 1.8)
            }
        }
    }

    /// A text of `size` CSS pixels.
    pub fn text(
        &mut self,
        text: &str,
        at: (f64, f64),
        size: f64,
        colour: Colour,
        anchor: Anchor,
    ) -> Result<(), ChartError> {
        let font =
            FontDesc::new(FONT, size * self.scale * self.font_factor, FontStyle::Normal).transform(FontTransform::None);
        let colour = RGBAColor(colour.0, colour.1, colour.2, 1.0);
        let style = TextStyle::from(font).color(&colour).pos(anchor.pos());
        let at = self.device(at);
        self.backend.draw_text(text, &style, at).map_err(failed)
    }
}

/// Runs `draw` on an SVG of `(width, height)` CSS pixels over the theme's paper.
pub(super) fn svg(
    (width, height): (u32, u32),
    theme: &Theme,
    draw: impl FnOnce(&mut Pen<'_, SVGBackend<'_>>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    svg_with((width, height), theme, &[], draw)
}

/// As [`svg`], with pictures (place and `data:` URL) laid over the drawing.
pub(super) fn svg_with(
    (width, height): (u32, u32),
    theme: &Theme,
    images: &[(Square, String)],
    draw: impl FnOnce(&mut Pen<'_, SVGBackend<'_>>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let mut out = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut out, (width * SVG_SCALE, height * SVG_SCALE));
        let mut pen = Pen { backend: &mut backend, scale: f64::from(SVG_SCALE), font_factor: SVG_FONT_FACTOR };
        pen.rect((0.0, 0.0), (f64::from(width), f64::from(height)), theme.paper)?;
        draw(&mut pen)?;
        backend.present().map_err(failed)?;
    }
    // The view box keeps the fine grid; the document's size is the one asked for.
    let fine = format!("width=\"{}\" height=\"{}\" viewBox", width * SVG_SCALE, height * SVG_SCALE);
    let mut out = out.replacen(&fine, &format!("width=\"{width}\" height=\"{height}\" viewBox"), 1);
    // plotters writes no pictures on wasm32, so they are put in before the document's end.
    if let Some(end) = out.rfind("</svg>") {
        let fine = |v: f64| v * f64::from(SVG_SCALE);
        let pictures: String = images
            .iter()
            .map(|(at, url)| {
                let (x, y, side) = (fine(at.x), fine(at.y), fine(at.side));
                format!("<image x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" style=\"image-rendering:pixelated\" href=\"{url}\"/>\n")
            })
            .collect();
        out.insert_str(end, &pictures);
    }
    Ok(out)
}

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Backend(error.to_string())
}

/// Cuts a polyline into the pieces that a dash pattern leaves visible.
fn dashes(points: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let mut out = Vec::new();
    let mut current = points.first().map(|p| vec![*p]).unwrap_or_default();
    let (mut i, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let rest = (to.0 - from.0).hypot(to.1 - from.1);
            if rest <= left {
                left -= rest;
                if i % 2 == 0 {
                    current.push(to);
                }
                break;
            }
            let share = left / rest;
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if i % 2 == 0 {
                current.push(from);
                out.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            i = (i + 1) % pattern.len();
            left = pattern[i];
        }
    }
    out.push(current);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_keep_pattern_across_corners() {
        let pieces = dashes(&[(0.0, 0.0), (4.0, 0.0), (4.0, 6.0)], &[3.0, 2.0]);
        assert_eq!(pieces[0], vec![(0.0, 0.0), (3.0, 0.0)]);
        assert_eq!(pieces[1], vec![(4.0, 1.0), (4.0, 4.0)]);
        assert_eq!(pieces.len(), 3);
        assert!(pieces[2].len() < 2, "the line ends with the gap");
    }
}
