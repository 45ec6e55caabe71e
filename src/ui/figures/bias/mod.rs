//! What exactly is added to the scores, and why do two different formulas do the same? Figure `bias`.

use leptos::prelude::*;

use crate::chart::heatmap_to_svg;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Control, Kind, put};
use crate::ui::settings::state::{BIAS_LENGTHS, Form, MAX_HEADS, View, use_settings};
use crate::ui::widgets::choice::{Choice, Segmented};
use crate::ui::widgets::data_table::{DataTable, Table};
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::theme;
use crate::ui::widgets::number::{NumberControl, PickControl, Spread};
use crate::ui::widgets::visibility::near;

mod data;
mod map;
mod softmax;

use data::Setting;
use softmax::Scores;

/// Width of the downloaded drawing, CSS pixels.
const SVG_WIDTH: u32 = 760;
const FORMS: &[Choice] = &[("paper", "paper: −m(i − j)"), ("code", "code: +m·j")];
const VIEWS: &[Choice] = &[("one", "one head"), ("all", "all heads")];

/// The scores of the worked example.
pub static SCORES: Control =
    Control { key: "scores", label: "Example scores", kind: Kind::Pick(EXAMPLES), default: "uneven" };
const EXAMPLES: &[Choice] = &[("uneven", "uneven"), ("equal", "all equal")];

/// Bias heatmap of one head or all, in both forms, and the weights that follow.
#[component]
pub fn Bias() -> impl IntoView {
    let settings = use_settings();
    let labs = settings.labs;
    let chosen = move || SCORES.value(&labs.read());
    let scores = Memo::new(move |_| if chosen() == "equal" { Scores::Equal } else { Scores::Uneven });
    let scores_name = Signal::derive(move || if scores.get() == Scores::Equal { "equal" } else { "uneven" });
    let near = near();
    let at = Memo::new(move |before: Option<&Setting>| match before {
        // Far from the reader it stays as it was, though its heads are those of another figure.
        Some(before) if !near.get() => *before,
        _ => Setting {
            heads: settings.heads.get(),
            head: settings.shown_head(),
            length: settings.length.get(),
            form: settings.form.get(),
            view: settings.view.get(),
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
    let head = Signal::derive(move || settings.shown_head() + 1);
    view! {
        <Frame id="bias" title="The bias of every query and key" finding=finding>
            <div class="controls">
                <NumberControl
                    testid="heads"
                    label="Heads"
                    value=settings.heads.into()
                    set=move |n| settings.heads.set(n)
                    min=1
                    max=Signal::stored(MAX_HEADS)
                />
                <NumberControl
                    testid="head"
                    label="Head shown"
                    value=head
                    set=move |n: usize| settings.head.set(n.saturating_sub(1))
                    min=1
                    max=settings.heads
                />
                <NumberControl
                    testid="length"
                    label="Sequence length, tokens"
                    value=settings.length.into()
                    set=move |n| settings.length.set(n)
                    min=BIAS_LENGTHS.0
                    max=Signal::stored(BIAS_LENGTHS.1)
                    spread=Spread::Log2
                />
                <PickControl testid="form" label="Form" value=settings.form choices=FORMS values=&[Form::Paper, Form::Code] />
                <PickControl testid="view" label="View" value=settings.view choices=VIEWS values=&[View::One, View::All] />
            </div>
            <map::Map heatmap=heatmap.into() at=at.into() />
            <DataTable series="bias" table=table />
            <Export stem=stem csv=csv svg=svg />
            <h4>"Scores + bias → softmax"</h4>
            <p>
                "One query with a few keys, worked out. The scores are an example, not a model’s. Follow one column down: "
                "the two sums differ, by " <i>"m"</i> "·" <i>"i"</i>
                ", but by the same number in every column, and so the weights come out equal."
            </p>
            <Segmented
                testid=SCORES.key
                label=SCORES.label
                choices=EXAMPLES
                value=scores_name
                choose=move |name: &'static str| labs.update(|all| put(all, &SCORES, name.into()))
            />
            <Steps scores=scores.into() slope=slope.into() at=at.into() />
            <p>
                "Over all " {move || at.get().length} " keys of the last query, in f32, the weights of the two forms differ by at most "
                <output data-testid="max-difference">{move || data::tiny(difference.get())}</output> "."
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
    at: Signal<Setting>,
) -> impl IntoView {
    let table: Memo<Table> = Memo::new(move |_| softmax::table(scores.get(), slope.get(), at.get().length));
    let caption = move || {
        let head = at.get().head + 1;
        format!("{}, head {head}", table.read().caption)
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
