//! The chart that the page opens with: a line stands at the length chosen, and a slider under it moves that line along the
//! same axis.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::chart::{self, Layout, LineChart, Sheet, Theme};
use crate::ui::figure::spec::TRAINED;
use crate::ui::figures::opening::data::{LENGTHS, length_at, nearest, place};
use crate::ui::figures::opening::words;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{Painter, use_room};
use crate::ui::widgets::visibility::near;

/// Test handle of the slider, and its setting's name in the address.
pub const SLIDER: &str = "opening-length";

/// Height of the chart at that width, CSS pixels: it leaves room for what else is to be seen at once.
fn height_for(width: f64) -> f64 {
    (width * 0.5).clamp(230.0, 300.0).round()
}

/// The chart.
#[component]
pub fn Plot(
    /// What to draw.
    chart: Memo<LineChart>,
    /// Accessible name.
    label: Signal<String>,
    /// The length chosen.
    length: Signal<usize>,
    /// Takes another one.
    #[prop(into)]
    choose: Callback<usize>,
    /// What stands beside the name of the slider.
    children: Children,
) -> impl IntoView {
    let (settings, near) = (use_settings(), near());
    let (frame, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let painter = Painter::default();
    let room = use_room(frame);
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
    let layout = Memo::new(move |_| chart.with(|chart| Layout::of(chart, sheet.get()).ok()));
    let point = move |event: &web_sys::PointerEvent| {
        let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        let x = chart.with_untracked(|chart| layout.with_untracked(|l| l.as_ref().map(|l| l.values(chart, at).0)));
        if let Some(x) = x {
            choose.run(nearest(x));
        }
    };
    let cursor = move || {
        let at = layout.get()?;
        let left = chart.with(|chart| at.x(chart, length.get() as f64));
        Some(format!("left:{left:.1}px;top:{:.1}px;height:{:.1}px", at.top, at.bottom - at.top))
    };
    // As far as the axis reaches, so that the slider's thumb stands under the line.
    let track = move || {
        layout.with(|l| l.as_ref().map(|l| format!("margin-left:{:.0}px;width:{:.0}px", l.left, l.right - l.left)))
    };
    let slide = move |event: web_sys::Event| {
        let place = event_target::<HtmlInputElement>(&event).value_as_number();
        choose.run(length_at(place));
    };
    let told = move || format!("{}, {}", words::tokens(length.get()), words::against_training(length.get(), TRAINED));
    view! {
        <div class="plot" node_ref=frame>
            <canvas
                id="opening-plot"
                node_ref=canvas
                role="img"
                aria-label=label
                style=move || Some(sheet.get()).filter(|s| s.width > 0.0).map(|s| format!("height:{}px", s.height))
                on:pointerdown=move |event| point(&event)
                on:pointermove=move |event| {
                    if event.buttons() != 0 {
                        point(&event);
                    }
                }
            ></canvas>
            <div class="opening-cursor" aria-hidden="true" style=cursor></div>
        </div>
        {painter.trouble()}
        <div class="controls">
            <label class="control" for="opening-slider">
                <span>{words::LENGTH}</span>
                <span class="opening-at">
                    <b>{move || words::tokens(length.get())}</b>", "{move || words::against_training(length.get(), TRAINED)}
                </span>
            </label>
            {children()}
            <input
                type="range"
                id="opening-slider"
                data-testid=SLIDER
                min="0"
                max=LENGTHS.len() - 1
                step="1"
                style=track
                aria-valuetext=told
                prop:value=move || place(length.get()).to_string()
                on:input=slide
            />
        </div>
    }
}
