//! Which slopes does each number of heads get? Figure `slopes`.

mod data;
pub mod settings;
pub(super) mod words;

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use self::settings::{HEADS, ORDER};
use crate::chart::{Sheet, SlopeLayout, Theme, draw_slopes, slopes_to_svg};
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec};
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{Painter, use_room};
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::theme;
use crate::ui::widgets::setting::SettingControl;
use crate::ui::widgets::readout::{ChosenPlace, Move, Readout};
use crate::ui::widgets::visibility::near;

/// Height of the drawing, CSS pixels.
const HEIGHT: f64 = 400.0;
/// Size of the downloaded drawing, CSS pixels.
const SVG_SIZE: (u32, u32) = (760, 400);

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "slopes",
    title: "The slope of every head",
    question: "How strongly does each head prefer what is near?",
    height: 740,
    controls: &[&HEADS.control, &ORDER.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Slopes /> }.into_any());

/// The slope set for any head count, with the interleaving for counts that are no powers of two.
#[component]
pub fn Slopes() -> impl IntoView {
    let settings = use_settings();
    let (heads, order) = (settings.of(&HEADS), settings.of(&ORDER));
    let finding = Signal::derive(move || words::finding(heads.get(), order.get()));
    let table = Signal::derive(move || words::table(heads.get(), order.get()));
    let stem = Signal::derive(move || format!("alibi-slopes-{}-heads", heads.get()));
    let csv = Signal::derive(move || data::csv(heads.get(), order.get()));
    let svg =
        Signal::derive(move || slopes_to_svg(&words::chart(heads.get(), order.get(), None), &theme(), SVG_SIZE).ok());
    view! {
        <Frame spec=&SPEC finding=finding>
            <div class="controls">
                <SettingControl control=&HEADS.control />
                <SettingControl control=&ORDER.control />
            </div>
            <Stems />
            <DataTable series="slopes" table=table />
            <Export stem=stem csv=csv svg=svg />
        </Frame>
    }
}

/// The drawing with its readout.
#[component]
fn Stems() -> impl IntoView {
    let settings = use_settings();
    let (heads, order) = (settings.of(&HEADS), settings.of(&ORDER));
    let (place, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let painter = Painter::default();
    let (room, near) = (use_room(place), near());
    let choice = ChosenPlace::<usize>::new(None);
    // A choice made among more heads may lie beyond fewer.
    let chosen = move || choice.get().filter(|i| *i < heads.get());
    let chart = Memo::new(move |_| words::chart(heads.get(), order.get(), chosen()));
    Effect::new(move || {
        let (Some(canvas), room, true) = (canvas.get(), room.get(), near.get()) else { return };
        let theme = if settings.dark() { Theme::DARK } else { Theme::LIGHT };
        if room.width > 0.0 {
            chart.with(|chart| {
                painter.paint(&canvas, (room.width, HEIGHT), room.density, |pen| draw_slopes(pen, chart, &theme))
            });
        }
    });

    let under = move |event: &MouseEvent| {
        let sheet = Sheet { width: room.get_untracked().width, height: HEIGHT };
        chart.with_untracked(|chart| SlopeLayout::of(chart, sheet).ok()?.nearest(f64::from(event.offset_x())))
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let Some(step) = Move::of(&event) else { return };
        if let Some(i) = step.along(untrack(chosen), heads.get_untracked()) {
            event.prevent_default();
            choice.step_to(i);
        }
    };
    let text = Signal::derive(move || chosen().and_then(|i| words::describe(heads.get(), order.get(), i)));
    view! {
        <div class="plot" node_ref=place style="position:relative;width:100%">
            <canvas
                id="slopes-plot"
                node_ref=canvas
                role="application"
                aria-roledescription="chart"
                aria-label=move || words::drawing(heads.get())
                tabindex="0"
                style=format!("display:block;width:100%;height:{HEIGHT}px;touch-action:pan-y")
                on:pointermove=move |event| choice.hover(&event, under(&event))
                on:pointerleave=move |_| choice.leave()
                on:click=move |event| choice.pin(under(&event))
                on:keydown=on_key
            ></canvas>
        </div>
        {painter.trouble()}
        <Readout text=text hint=words::HINT />
    }
}
