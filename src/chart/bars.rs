//! The bar chart: one value for each name, lying bars that start at zero, every value written out.

use plotters::backend::DrawingBackend;

use super::error::ChartError;
use super::pen::{self, Anchor, Pen, TEXT, text_width};
use super::theme::Theme;

/// Names and values.
#[derive(Clone, Debug, PartialEq)]
pub struct BarChart {
    /// What the values are, with their unit.
    pub label: String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Name before it, or above it where the chart is narrow.
    pub name: String,
    /// Its length; what is negative or not finite has none.
    pub value: f64,
    /// The value as it is written.
    pub shown: String,
    /// Palette index.
    pub style: usize,
}

/// Height of a row of the chart's title, CSS pixels.
const TITLE: f64 = 28.0;
/// Height of a bar with the room around it, CSS pixels.
const ROW: f64 = 22.0;
/// Height of a name above its bar, CSS pixels.
const NAME: f64 = 16.0;
/// Height of a bar, CSS pixels.
const BAR: f64 = 13.0;
/// From this width up, names stand before the bars.
const WIDE: f64 = 480.0;

impl BarChart {
    /// Height that the chart needs at a width, both CSS pixels.
    pub fn height(&self, width: f64) -> f64 {
        TITLE + self.bars.len() as f64 * row(width) + 6.0
    }

    /// The chart in words, for those who cannot see it.
    pub fn words(&self) -> String {
        let bars: Vec<String> = self.bars.iter().map(|b| format!("{} {}", b.name, b.shown)).collect();
        format!("{}: {}", self.label, bars.join(", "))
    }
}

/// Height of a bar with its name.
fn row(width: f64) -> f64 {
    if width >= WIDE { ROW } else { ROW + NAME }
}

/// Draws a bar chart over the whole of the pen's sheet.
///
/// # Errors
/// If the sheet is too small for names and values.
pub fn draw_bars<B: DrawingBackend>(pen: &mut Pen<'_, B>, chart: &BarChart, theme: &Theme) -> Result<(), ChartError> {
    let sheet = pen.sheet();
    let widest = |of: &dyn Fn(&Bar) -> &str| chart.bars.iter().map(|b| text_width(of(b), TEXT)).fold(0.0, f64::max);
    let wide = sheet.width >= WIDE;
    // Names are right-aligned; the widths are estimates, and an arrow is wider than a letter.
    let left = if wide { 1.06 * widest(&|b| &b.name) + 14.0 } else { 4.0 };
    let right = sheet.width - widest(&|b| &b.shown) - 12.0;
    if right - left < 40.0 || sheet.height + 0.5 < chart.height(sheet.width) {
        return Err(ChartError::TooSmall { width: sheet.width.max(0.0) as u32, height: sheet.height.max(0.0) as u32 });
    }
    pen.text(&chart.label, (4.0, TITLE / 2.0), TEXT, theme.ink, Anchor::Left)?;
    let longest = chart.bars.iter().map(|b| b.value).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let mut y = TITLE;
    for bar in &chart.bars {
        if !wide {
            pen.text(&bar.name, (left, y + NAME / 2.0), TEXT, theme.ink, Anchor::Left)?;
            y += NAME;
        }
        let middle = y + ROW / 2.0;
        if wide {
            pen.text(&bar.name, (left - 8.0, middle), TEXT, theme.ink, Anchor::Right)?;
        }
        let share = if bar.value.is_finite() && longest > 0.0 { bar.value.max(0.0) / longest } else { 0.0 };
        let end = left + share * (right - left);
        pen.rect((left, middle - BAR / 2.0), (end, middle + BAR / 2.0), theme.style_colour(bar.style))?;
        pen.text(&bar.shown, (end + 6.0, middle), TEXT, theme.ink, Anchor::Left)?;
        y += ROW;
    }
    // Where every bar begins; names above the bars would be struck through.
    if wide { pen.line((left, TITLE), (left, y), theme.muted, 1.0) } else { Ok(()) }
}

/// The chart as a self-contained SVG document of that width, CSS pixels, and the height that it needs.
///
/// # Errors
/// If the width is too small for names and values.
pub fn bars_to_svg(chart: &BarChart, theme: &Theme, width: u32) -> Result<String, ChartError> {
    let height = chart.height(f64::from(width)).ceil() as u32;
    pen::svg((width, height), theme, |pen| draw_bars(pen, chart, theme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::tests::golden;

    fn chart() -> BarChart {
        let bar =
            |name: &str, value: f64, shown: &str, style| Bar { name: name.into(), value, shown: shown.into(), style };
        BarChart {
            label: "Perplexity on the test set".into(),
            bars: vec![
                bar("Sinusoidal 3072", 19.38, "19.38", 0),
                bar("ALiBi 512 → 3072", 19.08, "19.08", 3),
                bar("a model that diverged", f64::NAN, "diverged", 4),
            ],
        }
    }

    /// Width of every rectangle after the sheet's own, in quarters of a CSS pixel.
    fn widths(svg: &str) -> Vec<f64> {
        let width = |tag: &str| tag.split("width=\"").nth(1)?.split('"').next()?.parse().ok();
        svg.split("<rect ").skip(2).filter_map(width).collect()
    }

    #[test]
    fn bars_wide_and_light() {
        golden("bars-wide-light.svg", &bars_to_svg(&chart(), &Theme::LIGHT, 720).unwrap());
    }

    #[test]
    fn bars_narrow_and_dark() {
        golden("bars-narrow-dark.svg", &bars_to_svg(&chart(), &Theme::DARK, 330).unwrap());
    }

    #[test]
    fn lengths_are_in_the_proportion_of_the_values() {
        for width in [330, 720] {
            let drawn = widths(&bars_to_svg(&chart(), &Theme::LIGHT, width).unwrap());
            assert_eq!(drawn.len(), 3, "{drawn:?}");
            // To a quarter of a pixel, which is the grid of the drawing.
            assert!((drawn[1] - drawn[0] * 19.08 / 19.38).abs() <= 1.0, "{drawn:?}");
            assert!(drawn[2] <= 1.0, "what diverged has no length: {drawn:?}");
        }
    }

    #[test]
    fn words_name_every_bar() {
        assert_eq!(
            chart().words(),
            "Perplexity on the test set: Sinusoidal 3072 19.38, ALiBi 512 → 3072 19.08, a model that diverged diverged"
        );
    }

    #[test]
    fn a_sheet_too_small_is_refused_in_words() {
        assert!(bars_to_svg(&chart(), &Theme::LIGHT, 60).is_err());
        assert!(bars_to_svg(&BarChart { bars: Vec::new(), ..chart() }, &Theme::LIGHT, 300).is_ok());
    }
}
