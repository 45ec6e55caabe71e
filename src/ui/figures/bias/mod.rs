//! What exactly is added to the scores, and why do two different formulas do the same? Figure `bias`.

use leptos::prelude::*;

use crate::chart::heatmap_to_svg;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec};
use crate::ui::figures::slopes::settings::HEADS;
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::state::use_settings;
use crate::ui::format::numbers::show_tiny;
use crate::ui::format::table::Table;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::theme;
use crate::ui::widgets::setting::SettingControl;
use crate::ui::widgets::visibility::near;

mod data;
mod map;
mod softmax;
mod words;

use data::Shown;
use words::{Form, Scores, View};

/// Width of the downloaded drawing, CSS pixels.
const SVG_WIDTH: u32 = 760;

/// Head shown, from 1.
pub static HEAD: Setting<usize> = Setting::new("head", words::HEAD, Kind::Among(&HEADS.control), "1");
/// Sequence length, tokens.
pub static LENGTH: Setting<usize> = Setting::new(
    "length",
    words::LENGTH,
    Kind::Number { min: 2, max: 4_096, spread: Spread::Log2 },
    "64",
);
/// Form of the bias.
pub static FORM: Setting<Form> = Setting::new("form", words::FORM, Kind::Pick(Form::CHOICES), "paper");
/// One head or all.
pub static VIEW: Setting<View> = Setting::new("view", words::VIEW, Kind::Pick(View::CHOICES), "one");
/// The scores of the worked example.
pub static SCORES: Setting<Scores> =
    Setting::new("scores", words::SCORES, Kind::Pick(Scores::CHOICES), "uneven");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "bias",
    title: words::TITLE,
    question: words::QUESTION,
    height: 1_700,
    controls: &[&HEAD.control, &LENGTH.control, &FORM.control, &VIEW.control, &SCORES.control],
    shared: &[&HEADS.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Bias /> }.into_any());

/// Bias heatmap of one head or all, in both forms, and the weights that follow.
#[component]
pub fn Bias() -> impl IntoView {
    let settings = use_settings();
    let scores = Memo::new(move |_| settings.get(&SCORES));
    let near = near();
    let at = Memo::new(move |before: Option<&Shown>| match before {
        // Far from the reader it stays as it was, though its heads are those of another figure.
        Some(before) if !near.get() => *before,
        _ => Shown {
            heads: settings.get(&HEADS),
            head: settings.get(&HEAD).saturating_sub(1),
            length: settings.get(&LENGTH),
            form: settings.get(&FORM),
            view: settings.get(&VIEW),
        },
    });
    let slope = Memo::new(move |_| at.with(|at| at.slope(at.head)));
    let difference = Memo::new(move |_| softmax::difference(&scores.get().of(at.get().length), slope.get()));
    let heatmap = Memo::new(move |_| at.with(data::heatmap));
    let finding = Signal::derive(move || at.with(|at| data::finding(at, difference.get())));
    let table = Signal::derive(move || at.with(|at| heatmap.with(|heatmap| data::table(at, heatmap))));
    let stem = Signal::derive(move || at.with(|at| format!("alibi-bias-{}-heads-length-{}", at.heads, at.length)));
    let csv = Signal::derive(move || at.with(data::csv));
    let svg = Signal::derive(move || heatmap.with(|heatmap| heatmap_to_svg(heatmap, &theme(), SVG_WIDTH).ok()));
    view! {
        <Frame spec=&SPEC finding=finding>
            <div class="controls">
                <SettingControl control=&HEADS.control />
                <SettingControl control=&HEAD.control />
                <SettingControl control=&LENGTH.control />
                <SettingControl control=&FORM.control />
                <SettingControl control=&VIEW.control />
            </div>
            <map::Map heatmap=heatmap.into() at=at.into() />
            <DataTable series="bias" table=table />
            <Export stem=stem csv=csv svg=svg />
            <h5>{words::EXAMPLE}</h5>
            <p inner_html=words::EXAMPLE_HTML></p>
            <SettingControl control=&SCORES.control />
            <Steps scores=scores.into() slope=slope.into() at=at.into() />
            <p>
                {words::OVER_ALL} {move || at.get().length} {words::DIFFER}
                <output data-testid="max-difference">{move || show_tiny(difference.get())}</output> {words::STOP}
            </p>
        </Frame>
    }
}

/// The worked example as a table that is always open: steps downwards, keys across.
#[component]
fn Steps(
    /// Content scores.
    scores: Signal<Scores>,
    /// Slope of the head shown.
    slope: Signal<f64>,
    /// Head and length.
    at: Signal<Shown>,
) -> impl IntoView {
    let table: Memo<Table> = Memo::new(move |_| softmax::table(scores.get(), slope.get(), at.get().length));
    let caption = move || {
        let head = at.get().head + 1;
        words::with_head(&table.read().caption, head)
    };
    view! {
        <div class="data-scroll" tabindex="0" role="region" aria-label=caption>
            <table data-series="softmax" class="steps">
                <caption>{caption}</caption>
                <thead inner_html=move || table.with(Table::head_html)></thead>
                <tbody inner_html=move || table.with(Table::body_html)></tbody>
            </table>
        </div>
    }
}
