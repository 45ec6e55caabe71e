//! What does ALiBi change? One query, four keys, and what a slope does to their shares of the attention. Figure `idea`.

mod data;
mod settings;
mod words;

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use self::data::{KEYS, Key};
use self::settings::{SCORE, SCORES, SLOPE, SLOPES, Score, Slope};
use crate::chart::bars_to_svg;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec};
use crate::ui::format::table::Table;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::{SVG_SIZE, theme};

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "idea",
    title: words::TITLE,
    question: words::QUESTION,
    height: 700,
    controls: &[
        &SLOPE.control,
        &SCORE[0].control,
        &SCORE[1].control,
        &SCORE[2].control,
        &SCORE[3].control,
    ],
    series: &["idea"],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Idea /> }.into_any());

/// A slope, four scores, and what follows from them.
#[component]
pub fn Idea() -> impl IntoView {
    let settings = use_settings();
    let slope = settings.of(&SLOPE);
    let keys = Memo::new(move |_| {
        let scores = SCORE.each_ref().map(|score| settings.get(score).number());
        data::keys(scores, slope.get().number())
    });
    let finding = Signal::derive(move || keys.with(|keys| words::finding(slope.get(), keys)));
    let table = Memo::new(move |_| keys.with(|keys| words::table(slope.get(), keys)));
    let csv = Signal::derive(move || table.with(Table::csv));
    let svg = Signal::derive(move || {
        keys.with(|keys| bars_to_svg(&words::chart(slope.get(), keys), &theme(), SVG_SIZE.0).ok())
    });
    let reset = move |_| {
        for control in SPEC.controls {
            settings.put(control, control.default.into());
        }
    };
    view! {
        <Frame spec=&SPEC finding=finding>
            <div class="controls idea-slope">
                <Slider
                    testid=SLOPE.control.key
                    label=SLOPE.control.label
                    places=SLOPES.len()
                    place=Signal::derive(move || slope.get().0)
                    shown=Signal::derive(move || slope.get().label())
                    choose=move |place| settings.set(&SLOPE, Slope(place))
                    named=true
                />
                <button type="button" data-testid="idea-reset" on:click=reset>{words::RESET}</button>
            </div>
            <Columns keys=keys />
            <DataTable series="idea" table=table.into() />
            <Export stem=Signal::stored("alibi-idea".to_string()) csv=csv svg=svg />
        </Frame>
    }
}

/// A column for each key, from its score down to its share of the attention.
#[component]
fn Columns(keys: Memo<[Key; KEYS]>) -> impl IntoView {
    let settings = use_settings();
    // A cell for each key.
    let text = move |of: fn(&Key) -> String| {
        (0..KEYS).map(|k| view! { <span>{move || keys.with(|keys| of(&keys[k]))}</span> }).collect_view()
    };
    let names = (0..KEYS).map(|k| {
        view! { <span><b>{words::name(k)}</b><small>{move || keys.with(|keys| words::back(keys[k].distance))}</small></span> }
    });
    let scores = SCORE.iter().map(|score| {
        let now = settings.of(score);
        view! {
            <Slider
                testid=score.control.key
                label=score.control.label
                places=SCORES.len()
                place=Signal::derive(move || now.get().0)
                shown=Signal::derive(move || now.get().label())
                choose=move |place| settings.set(score, Score(place))
            />
        }
    });
    let percent = |share: f64| format!("{:.2}%", 100.0 * share);
    let bars = (0..KEYS).map(|k| {
        let of = move |read: fn(&Key) -> f64| keys.with(|keys| read(&keys[k]));
        view! {
            <span>
                <span class="idea-bars" aria-hidden="true">
                    <i style:height=move || percent(of(|key| key.bare))></i>
                    <i style:height=move || percent(of(|key| key.weight))></i>
                </span>
                <b data-testid=format!("idea-share-{}", k + 1)>{move || words::share(of(|key| key.weight))}</b>
                <small>{move || words::was(of(|key| key.bare))}</small>
            </span>
        }
    });
    view! {
        <div class="panel idea">
            <div class="idea-row"><span class="visually-hidden">{words::KEY}</span>{names.collect_view()}</div>
            <div class="idea-row"><span>{words::SCORE}</span>{scores.collect_view()}</div>
            <div class="idea-row"><span>{words::BIAS}</span>{text(|key| words::term(key.bias))}</div>
            <div class="idea-row"><span>{words::SUM}</span>{text(|key| words::term(key.sum()))}</div>
            <div class="idea-row">
                <span>{words::WEIGHT}<small><i></i>{words::BARE}</small><small><i></i>{words::BIASED}</small></span>
                {bars.collect_view()}
            </div>
        </div>
    }
}

/// A slider over numbered places, with the value of the present one beside it.
#[component]
fn Slider(
    /// Test handle.
    testid: &'static str,
    /// What it sets.
    label: &'static str,
    /// How many places there are.
    places: usize,
    /// The present one, from 0.
    place: Signal<usize>,
    /// Its value.
    shown: Signal<&'static str>,
    /// Takes another place.
    #[prop(into)]
    choose: Callback<usize>,
    /// Whether the label is seen.
    #[prop(optional)]
    named: bool,
) -> impl IntoView {
    let last = places.saturating_sub(1);
    let slide = move |event: web_sys::Event| {
        // NaN where it is no number; the cast makes 0 of what is negative.
        let number = event_target::<HtmlInputElement>(&event).value_as_number();
        if number.is_finite() {
            choose.run((number.round() as usize).min(last));
        }
    };
    view! {
        <label class="control idea-slider">
            <span>{named.then_some(label)} " " <b>{shown}</b></span>
            <input
                type="range"
                data-testid=testid
                aria-label=label
                aria-valuetext=shown
                min="0"
                max=last
                step="1"
                prop:value=move || place.get().to_string()
                on:input=slide
            />
        </label>
    }
}
