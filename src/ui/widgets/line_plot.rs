//! A line chart on a canvas, with a readout by pointer, touch and keyboard.

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use crate::chart::{self, Layout, LineChart, Sheet, Theme, format_short, to_svg};
use crate::ui::format::numbers::grouped;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{paint, use_room};
use crate::ui::widgets::readout::{ChosenPlace, Move, Readout};
use crate::ui::widgets::visibility::near;
use crate::ui::widgets::words;

/// The theme in use. Tracks the reader's choice and the system's.
pub fn theme() -> Theme {
    if use_settings().dark() { Theme::DARK } else { Theme::LIGHT }
}

/// Size of the drawing for download, CSS pixels.
pub const SVG_SIZE: (u32, u32) = (760, 460);

/// The chart as an SVG, in the colours of the page.
pub fn drawing(chart: &LineChart, dark: bool) -> Option<String> {
    to_svg(chart, if dark { &Theme::DARK } else { &Theme::LIGHT }, SVG_SIZE).ok()
}

/// Height of a chart of that width, CSS pixels.
fn height_for(width: f64) -> f64 {
    (width * 0.5).clamp(260.0, 400.0).round()
}

/// What takes the values under a pointer that draws; absent while nothing can be drawn.
pub type Pencil = Signal<Option<Callback<(f64, f64)>>>;

/// Draws `chart` as wide as its place allows. `label` is its accessible name, `id` its element's id.
#[component]
pub fn LinePlot(
    /// What to draw.
    chart: Signal<LineChart>,
    /// Accessible name.
    label: Signal<String>,
    /// Id of the element.
    id: &'static str,
    /// Where the reader draws, takes the values under the pointer; else absent.
    #[prop(optional, into)]
    pencil: Option<Pencil>,
) -> impl IntoView {
    let near = near();
    let pencil = move || pencil.and_then(|p| p.get_untracked());
    let settings = use_settings();
    let (place, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let room = use_room(place);
    let sheet = Memo::new(move |_| {
        let width = room.get().width;
        Sheet { width, height: height_for(width) }
    });
    Effect::new(move || {
        let (Some(canvas), Sheet { width, height }, true) = (canvas.get(), sheet.get(), near.get()) else { return };
        let theme = if settings.dark() { Theme::DARK } else { Theme::LIGHT };
        chart.with(|chart| {
            if width > 0.0 {
                paint(&canvas, (width, height), room.get().density, |pen| chart::draw(pen, chart, &theme));
            }
        });
    });

    let choice = ChosenPlace::<f64>::new(None);
    let layout = move || chart.with(|chart| Layout::of(chart, sheet.get()).ok());
    let under = move |event: &MouseEvent| {
        let chart = chart.read_untracked();
        Layout::of(&chart, sheet.get_untracked()).ok()?.nearest_x(&chart, f64::from(event.offset_x()))
    };
    let draw_at = move |event: &web_sys::PointerEvent| {
        let Some(pencil) = pencil() else { return };
        let chart = chart.read_untracked();
        if let Ok(at) = Layout::of(&chart, sheet.get_untracked()) {
            pencil.run(at.values(&chart, (f64::from(event.offset_x()), f64::from(event.offset_y()))));
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let Some(step) = Move::of(&event) else { return };
        let xs = chart.with_untracked(values_of_x);
        let from = choice.now().and_then(|x| xs.iter().position(|v| *v == x));
        if let Some(i) = step.along(from, xs.len()) {
            event.prevent_default();
            choice.step_to(xs[i]);
        }
    };
    let text = Signal::derive(move || choice.get().and_then(|x| chart.with(|chart| describe(chart, x))));
    let cursor = move || {
        let at = layout()?;
        let x = choice.get()?;
        let left = chart.with(|chart| at.x(chart, x));
        Some(view! {
            <div
                class="plot-cursor"
                aria-hidden="true"
                style=format!(
                    "position:absolute;pointer-events:none;width:1px;background:currentColor;left:{left:.1}px;top:{:.1}px;height:{:.1}px",
                    at.top,
                    at.bottom - at.top,
                )
            ></div>
        })
    };

    view! {
        <div class="plot" node_ref=place style="position:relative;width:100%">
            <canvas
                id=id
                node_ref=canvas
                role="application"
                aria-roledescription=words::CHART
                aria-label=label
                tabindex="0"
                style=move || format!("display:block;width:100%;height:{}px;touch-action:pan-y", sheet.get().height)
                on:pointerdown=move |event| draw_at(&event)
                on:pointermove=move |event| {
                    if event.buttons() != 0 {
                        draw_at(&event);
                    }
                    choice.hover(&event, under(&event));
                }
                on:pointerleave=move |_| choice.leave()
                on:click=move |event| choice.pin(under(&event))
                on:keydown=on_key
            ></canvas>
            {cursor}
        </div>
        <Readout text=text hint=words::POINT_AT_CHART />
    }
}

/// Every x at which some series has a point, ascending.
fn values_of_x(chart: &LineChart) -> Vec<f64> {
    let mut xs: Vec<f64> = chart.series.iter().flat_map(|s| &s.points).map(|p| p.x).collect();
    chart::sort_by(&mut xs, f64::total_cmp);
    xs.dedup();
    xs
}

fn short(value: f64) -> String {
    grouped(&format_short(value))
}

/// What the chart shows at `x`, in words; nothing if no series has a point there.
fn describe(chart: &LineChart, x: f64) -> Option<String> {
    let values: Vec<String> = chart
        .series
        .iter()
        .filter_map(|s| {
            let p = s.points.iter().find(|p| p.x == x)?;
            Some(match (p.y.is_finite(), p.low, p.high) {
                (false, ..) => words::diverged(&s.name),
                (true, Some(low), Some(high)) => words::value(&s.name, &short(p.y), Some((&short(low), &short(high)))),
                _ => words::value(&s.name, &short(p.y), None),
            })
        })
        .collect();
    // "input length (tokens, log scale)": quantity, unit, scale; the unit may be missing.
    let (quantity, rest) = chart.x.label.split_once(" (").unwrap_or((&chart.x.label, ""));
    let unit = rest.split([',', ')']).next().filter(|unit| *unit != "log scale").unwrap_or_default();
    let at = format!("{quantity} {} {unit}", chart::format_tick(x));
    (!values.is_empty()).then(|| format!("{}: {}", at.trim_end(), values.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Axis, Point, Scale, Series};

    #[test]
    fn a_readout_names_every_series_at_that_length() {
        let series = |name: &str, y: f64| Series {
            id: name.into(),
            name: name.into(),
            style: 0,
            points: vec![Point { x: 512.0, y, low: None, high: None }],
            faint: false,
        };
        let mut chart = LineChart {
            x: crate::ui::figure::curves::chart(Vec::new(), &[]).x,
            y: Axis { label: "Perplexity".into(), scale: Scale::Log10, range: None },
            series: vec![series("ALiBi", 20.9531), series("Sinusoidal", f64::NAN)],
            marks: Vec::new(),
        };
        assert_eq!(
            describe(&chart, 512.0).as_deref(),
            Some("input length 512 tokens: ALiBi 20.95, Sinusoidal diverged")
        );
        assert_eq!(describe(&chart, 64.0), None);
        chart.series.push(series("Rotary", 12_345.6));
        chart.series[2].points[0].x = 4_096.0;
        assert_eq!(describe(&chart, 4_096.0).as_deref(), Some("input length 4,096 tokens: Rotary 12,346"));
        chart.series.pop();
        chart.x.label = "nearest tokens (log scale)".into();
        assert!(describe(&chart, 512.0).is_some_and(|s| s.starts_with("nearest tokens 512: ALiBi")));
        assert_eq!(values_of_x(&chart), [512.0]);
    }
}
