//! A line chart on a canvas, with a readout by pointer, touch and keyboard.

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use crate::chart::{self, Layout, LineChart, Point, Series, Sheet, Theme, format_short, to_svg};
use crate::ui::format::numbers::grouped;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{Painter, use_room};
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
    let painter = Painter::default();
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
                painter.paint(&canvas, (width, height), room.get().density, |pen| chart::draw(pen, chart, &theme));
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
    let longest = Memo::new(move |_| if near.get() { chart.with(longest_description) } else { String::new() });
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
        {painter.trouble()}
        <Readout text=text hint=words::POINT_AT_CHART longest=longest />
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

/// Of more lines than these at one place, the faint ones are not told: the table has them.
const TOLD: usize = 5;

/// What the chart shows at `x`, in words; nothing if no series has a point there.
fn describe(chart: &LineChart, x: f64) -> Option<String> {
    let told: Vec<_> = chart.series.iter().filter_map(|s| Some((s, s.points.iter().find(|p| p.x == x)?))).collect();
    let many = told.len() > TOLD && told.iter().any(|(s, _)| !s.faint);
    let tell = |(s, p): &(&Series, &Point)| match (p.y.is_finite(), p.low, p.high) {
        (false, ..) => words::diverged(&s.name),
        (true, Some(low), Some(high)) => words::value(&s.name, &short(p.y), Some((&short(low), &short(high)))),
        _ => words::value(&s.name, &short(p.y), None),
    };
    let values: Vec<String> = told.iter().filter(|(s, _)| !(many && s.faint)).map(tell).collect();
    // "input length (tokens, log scale)": quantity, unit, scale; the unit may be missing.
    let (quantity, rest) = chart.x.label.split_once(" (").unwrap_or((&chart.x.label, ""));
    let unit = rest.split([',', ')']).next().filter(|unit| *unit != "log scale").unwrap_or_default();
    let at = format!("{quantity} {} {unit}", chart::format_tick(x));
    (!values.is_empty()).then(|| format!("{}: {}", at.trim_end(), values.join(", ")))
}

/// Charts with many places are asked at so many of them what is told there.
const ASKED: usize = 24;

/// The longest of what a chart tells at its places, or nearly.
fn longest_description(chart: &LineChart) -> String {
    let xs = values_of_x(chart);
    let told = xs.iter().step_by(xs.len().div_ceil(ASKED).max(1)).filter_map(|x| describe(chart, *x));
    told.max_by_key(|text| text.chars().count()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Axis, Scale};

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

    #[test]
    fn room_is_kept_for_the_longest_of_what_is_told() {
        let at = |x: f64| Point { x, y: 20.5, low: None, high: None };
        let series = |name: &str, points: Vec<Point>| Series {
            id: name.into(),
            name: name.into(),
            style: 0,
            points,
            faint: false,
        };
        let mut chart = crate::ui::figure::curves::chart(Vec::new(), &[]);
        assert_eq!(longest_description(&chart), "");
        chart.series = vec![
            series("ALiBi", (1..=1_000).map(|i| at(f64::from(i) * 32.0)).collect()),
            series("Rotary", vec![at(32.0)]),
        ];
        assert_eq!(longest_description(&chart), "input length 32 tokens: ALiBi 20.5, Rotary 20.5");
        let before = |name: &str| Series { faint: true, ..series(name, vec![at(32.0)]) };
        chart.series.extend(["a", "b", "c"].map(before));
        assert_eq!(
            describe(&chart, 32.0).unwrap(),
            "input length 32 tokens: ALiBi 20.5, Rotary 20.5, a 20.5, b 20.5, c 20.5"
        );
        chart.series.push(before("d"));
        assert_eq!(describe(&chart, 32.0).unwrap(), "input length 32 tokens: ALiBi 20.5, Rotary 20.5");
    }
}
