//! The line chart drawn: bands, dashed lines, markers, names at the lines' ends (or above, where it is narrow).

use plotters::backend::DrawingBackend;

use super::axis::format_tick;
use super::error::ChartError;
use super::line::{LineChart, Series};
use super::line_layout::{Layout, MARKER, tick_count};
use super::palette::STYLES;
use super::pen::{Anchor, Pen, ROW, TEXT, svg, text_width};
use super::sort::sort_by;
use super::theme::{Colour, Theme};

/// Length of a mark without a label, CSS pixels.
const TICK: f64 = 9.0;
/// From this distance to the right edge on a line is named at its own end, CSS pixels.
const FAR: f64 = 60.0;
/// What stands at a value that is not finite.
const DIVERGED: &str = "diverged";

/// The chart as a self-contained SVG document of `(width, height)` CSS pixels.
///
/// # Errors
/// If the size is too small for axes and labels.
pub fn to_svg(chart: &LineChart, theme: &Theme, size: (u32, u32)) -> Result<String, ChartError> {
    svg(size, theme, |pen| draw(pen, chart, theme))
}

/// Draws a line chart over the whole of the pen's sheet.
///
/// # Errors
/// If the sheet is too small for axes and labels.
pub fn draw<B: DrawingBackend>(pen: &mut Pen<'_, B>, chart: &LineChart, theme: &Theme) -> Result<(), ChartError> {
    let at = Layout::of(chart, pen.sheet())?;
    axes(pen, chart, theme, &at)?;
    for series in &chart.series {
        band(pen, chart, series, theme, &at)?;
    }
    for series in &chart.series {
        line(pen, chart, series, theme, &at)?;
    }
    names(pen, chart, theme, &at)
}

fn axes<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &LineChart,
    theme: &Theme,
    at: &Layout,
) -> Result<(), ChartError> {
    pen.text(&chart.y.label, (4.0, ROW * 0.5 + 2.0), TEXT, theme.ink, Anchor::Left)?;
    for tick in chart.y.ticks(at.y_extent, tick_count(at.bottom - at.top)) {
        let y = at.y(chart, tick);
        pen.line((at.left, y), (at.right, y), theme.grid, 1.0)?;
        pen.text(&format_tick(tick), (at.left - 6.0, y), TEXT, theme.muted, Anchor::Right)?;
    }
    let widest = text_width(&format_tick(at.x_extent.1), TEXT) + 14.0;
    for tick in chart.x.ticks(at.x_extent, ((at.right - at.left) / widest) as usize) {
        let x = at.x(chart, tick);
        pen.line((x, at.bottom), (x, at.bottom + 4.0), theme.muted, 1.0)?;
        pen.text(&format_tick(tick), (x, at.bottom + 6.0), TEXT, theme.muted, Anchor::Top)?;
    }
    pen.line((at.left, at.bottom), (at.right, at.bottom), theme.muted, 1.0)?;
    let middle = (at.left + at.right) / 2.0;
    pen.text(&chart.x.label, (middle, at.bottom + ROW + 6.0), TEXT, theme.ink, Anchor::Top)?;

    for mark in &chart.marks {
        let x = at.x(chart, mark.x);
        if !(at.left..=at.right).contains(&x) {
            continue;
        }
        if mark.label.is_empty() {
            pen.line((x, at.bottom), (x, at.bottom - TICK), theme.ink, 2.0)?;
            continue;
        }
        pen.polyline(&[(x, at.bottom), (x, at.top - 4.0)], &[5.0, 4.0], theme.ink, 1.0, 1.2)?;
        let half = text_width(&mark.label, TEXT) / 2.0;
        let centre = x.clamp((at.left + half).min(middle), (at.right - half).max(middle));
        pen.text(&mark.label, (centre, at.top - 6.0), TEXT, theme.ink, Anchor::Bottom)?;
    }
    Ok(())
}

fn colour_of(series: &Series, theme: &Theme) -> Colour {
    let colour = theme.style_colour(series.style);
    if series.faint { colour.towards(theme.paper, 0.6) } else { colour }
}

fn band<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &LineChart,
    series: &Series,
    theme: &Theme,
    at: &Layout,
) -> Result<(), ChartError> {
    let inside = |y: f64| at.y(chart, y).clamp(at.top, at.bottom);
    let edges: Vec<_> = series
        .points
        .iter()
        .filter_map(|p| Some((at.x(chart, p.x), inside(p.low?), inside(p.high?))))
        .filter(|(x, ..)| x.is_finite())
        .collect();
    if edges.len() < 2 {
        return Ok(());
    }
    let outline: Vec<_> = edges.iter().map(|e| (e.0, e.1)).chain(edges.iter().rev().map(|e| (e.0, e.2))).collect();
    pen.polygon(&outline, colour_of(series, theme), 0.1)
}

fn line<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &LineChart,
    series: &Series,
    theme: &Theme,
    at: &Layout,
) -> Result<(), ChartError> {
    let colour = colour_of(series, theme);
    let style = STYLES[series.style % STYLES.len()];
    let placed: Vec<_> = series
        .points
        .iter()
        .map(|p| (at.x(chart, p.x), at.y(chart, p.y), p.y.is_finite()))
        .filter(|p| p.0.is_finite())
        .collect();
    for piece in clip(&placed.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(), at) {
        pen.polyline(&piece, style.dash, colour, 1.0, 2.0)?;
    }
    let mut told = false;
    for (x, y, finite) in placed {
        if x < at.left || x > at.right || y < at.top - 0.5 || y > at.bottom + 0.5 {
            continue;
        }
        pen.marker(style.marker, (x, y), MARKER, colour)?;
        if !finite {
            // An arrow through the edge, and once per series the word.
            pen.polyline(&[(x - 4.0, y - 4.0), (x, y - 10.0), (x + 4.0, y - 4.0)], &[], colour, 1.0, 1.6)?;
            if !std::mem::replace(&mut told, true) {
                let fits = x + 8.0 + text_width(DIVERGED, TEXT) < at.right;
                let (place, anchor) = if fits { (x + 8.0, Anchor::Left) } else { (x - 8.0, Anchor::Right) };
                pen.text(DIVERGED, (place, y + 17.0), TEXT, colour, anchor)?;
            }
        }
    }
    Ok(())
}

fn names<B: DrawingBackend>(
    pen: &mut Pen<'_, B>,
    chart: &LineChart,
    theme: &Theme,
    at: &Layout,
) -> Result<(), ChartError> {
    for &(i, x, y) in &at.legend {
        let series = &chart.series[i];
        let (colour, style) = (colour_of(series, theme), STYLES[series.style % STYLES.len()]);
        pen.polyline(&[(x, y), (x + 28.0, y)], style.dash, colour, 1.0, 2.0)?;
        pen.marker(style.marker, (x + 14.0, y), MARKER, colour)?;
        pen.text(&series.name, (x + 34.0, y), TEXT, name_colour(series, theme), Anchor::Left)?;
    }
    if !at.legend.is_empty() {
        return Ok(());
    }
    let mut ends: Vec<_> = chart
        .series
        .iter()
        .filter(|s| chart.labels(s))
        .filter_map(|s| {
            let placed: Vec<_> = s.points.iter().map(|p| (at.x(chart, p.x), at.y(chart, p.y))).collect();
            // A line that leaves the area is named where it does.
            let seen = clip(&placed, at).pop().and_then(|mut piece| piece.pop());
            let (x, y) = seen.or(placed.last().copied())?;
            Some((y.clamp(at.top, at.bottom), x.min(at.right), s))
        })
        .collect();
    sort_by(&mut ends, |a, b| a.0.total_cmp(&b.0));
    // None crosses the axis.
    let places = spread(&ends.iter().map(|e| e.0).collect::<Vec<_>>(), 15.0, (at.top, at.bottom - 7.0));
    for ((y, x, series), place) in ends.into_iter().zip(places) {
        let colour = colour_of(series, theme);
        // The name of a line that ends early stands at its end: a leader across the area would look like data.
        let edge = if at.right - x > FAR { x + MARKER + 2.0 } else { at.right };
        pen.polyline(&[(x + MARKER, y), (edge + 4.0, place), (edge + 9.0, place)], &[], colour, 0.7, 1.0)?;
        pen.text(&series.name, (edge + 12.0, place), TEXT, name_colour(series, theme), Anchor::Left)?;
    }
    Ok(())
}

/// A name stays readable where its line is pale.
fn name_colour(series: &Series, theme: &Theme) -> Colour {
    if series.faint { theme.muted } else { theme.style_colour(series.style) }
}

/// Moves ascending places apart to at least `gap`, inside `bounds` as far as they fit.
fn spread(places: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut out = places.to_vec();
    for i in 0..out.len() {
        out[i] = out[i].max(if i == 0 { low } else { out[i - 1] + gap });
    }
    let mut limit = high;
    for place in out.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    out
}

/// The pieces of a polyline inside the plotting area (Liang and Barsky, one segment at a time).
fn clip(points: &[(f64, f64)], at: &Layout) -> Vec<Vec<(f64, f64)>> {
    let mut out: Vec<Vec<(f64, f64)>> = Vec::new();
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut t0, mut t1) = (0.0f64, 1.0f64);
        let edges = [(-dx, a.0 - at.left), (dx, at.right - a.0), (-dy, a.1 - at.top), (dy, at.bottom - a.1)];
        let visible = edges.into_iter().all(|(p, q)| {
            if p == 0.0 {
                return q >= 0.0;
            }
            if p < 0.0 {
                t0 = t0.max(q / p)
            } else {
                t1 = t1.min(q / p)
            }
            t0 <= t1
        });
        if !visible {
            continue;
        }
        let on = |t: f64| (a.0 + dx * t, a.1 + dy * t);
        match out.last_mut() {
            Some(piece) if t0 == 0.0 && piece.last() == Some(&a) => piece.push(on(t1)),
            _ => out.push(vec![on(t0), on(t1)]),
        }
    }
    out
}

#[cfg(test)]
#[path = "line_drawing_tests.rs"]
mod tests;
