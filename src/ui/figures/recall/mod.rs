//! Models that look a value up: right answers by distance, recorded, and counted anew in the reader's browser. Figure
//! `recall`.

pub(super) mod data;
mod session;
pub(super) mod words;

use leptos::prelude::*;

use self::session::Session;
use crate::chart::style_of;
use crate::config::Recalled;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec, methods};
use crate::ui::format::table::Table;
use crate::ui::runs::assets::{Assets, Loaded};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::choice::Tick;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::{LinePlot, drawing};
use crate::ui::widgets::visibility::near;

/// What was counted natively.
pub(super) const RECALLED: &str = "assets/models/recall.csv";

/// Methods on show.
pub static METHODS: Setting<Vec<String>> =
    Setting::new("recall-methods", words::METHODS, Kind::Names { of: "method" }, "sinusoidal,rotary,t5,alibi");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "recall",
    title: words::TITLE,
    question: words::QUESTION,
    height: 1070,
    controls: &[&METHODS.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Apart;

/// The figure, drawn.
pub fn draw() -> AnyView {
    view! { <Recall /> }.into_any()
}

/// The figure.
#[component]
pub fn Recall() -> impl IntoView {
    let (settings, site, near) = (use_settings(), expect_context::<Assets>(), near());
    let session = Session::new();
    let file = move || if near.get() { site.text(RECALLED) } else { Loaded::Unasked };
    let recorded = move || file().ready().map(|text| Recalled::read(text)).unwrap_or_default();
    let models = Memo::new(move |_| data::shown(&recorded(), &session.counted.get(), &settings.get(&METHODS)));
    let running = Memo::new(move |_| session.running.with(Option::is_some));
    let own = Memo::new(move |_| session.counted.with(|all| !all.is_empty()));
    let state = Signal::derive(move || match file() {
        _ if running.get() => "running",
        _ if session.trouble.with(Option::is_some) => "failed",
        Loaded::Unasked | Loaded::Loading => "loading",
        Loaded::Failed(_) => "failed",
        Loaded::Ready(_) if own.get() => "done",
        Loaded::Ready(_) => "idle",
    });
    let finding = Signal::derive(move || models.with(|all| words::finding(all)));
    let trouble = Signal::derive(move || match (session.trouble.get(), file()) {
        (Some(said), _) => Some(said),
        (None, Loaded::Failed(reason)) => Some(words::not_loaded(&reason)),
        _ => None,
    });
    let start = move || session.start(models.with_untracked(|all| data::questions(all)));
    let retry = move |()| match session.trouble.get_untracked() {
        Some(_) => start(),
        None => site.load(),
    };
    let can_start = move || !running.get() && models.with(|all| !all.is_empty());
    let status = move || {
        let (done, of) = session.running.get().unwrap_or_default();
        words::status(done, of, running.get(), session.counted.with(|c| data::differing(&recorded(), c)))
    };
    let share = move || session.running.get().map_or(0.0, |(done, of)| done as f64 / of.max(1) as f64);
    let chart = Memo::new(move |_| models.with(|all| words::chart(all)));
    let table = Memo::new(move |_| match models.with(Vec::is_empty) {
        true => Table::default(),
        false => models.with(|all| words::table(all)),
    });
    let csv = Signal::derive(move || table.with(Table::csv));
    let svg = Signal::derive(move || drawing(&chart.get(), settings.dark()));
    let marks = move || models.with(|all| data::has_horizons(all)).then_some(words::MARKS);
    view! {
        <Frame spec=&SPEC state=state finding=finding>
            <ErrorBanner trouble=trouble retry=retry />
            <div class="controls">
                <Methods />
            </div>
            <div class="train-bar">
                <button
                    type="button"
                    class="primary"
                    data-testid="run"
                    aria-disabled=move || (!can_start()).to_string()
                    on:click=move |_| {
                        if untrack(can_start) {
                            start();
                        }
                    }
                >
                    {words::RUN}
                </button>
                <button
                    type="button"
                    data-testid="stop"
                    aria-disabled=move || (!running.get()).to_string()
                    on:click=move |_| session.end()
                >
                    {words::STOP}
                </button>
                <div class="run-state">
                    <progress max="1" aria-label=words::SHARE prop:value=share class:unseen=move || !running.get()></progress>
                    <p data-testid="status" role="status" aria-live=move || if running.get() { "off" } else { "polite" }>{status}</p>
                </div>
            </div>
            <p class="source" data-testid="source">{move || words::source(own.get())}</p>
            <LinePlot chart=chart.into() label=Signal::derive(move || words::label(&finding.get())) id="recall-plot" />
            <p class="source">{marks}</p>
            <DataTable series="recall" table=table.into() />
            <Export stem=Signal::stored("alibi-recall".to_string()) csv=csv svg=svg />
        </Frame>
    }
}

/// Methods to choose from.
#[component]
fn Methods() -> impl IntoView {
    let settings = use_settings();
    let key = METHODS.control.key;
    let ticks = methods().into_iter().map(|(id, name)| {
        let checked = Signal::derive(move || data::methods(&settings.get(&METHODS)).contains(&id));
        view! {
            <Tick
                testid=format!("{key}-{id}")
                value=id.to_string()
                label=name.to_string()
                style=style_of(id)
                checked=checked
                choose=move |on: bool| settings.update(&METHODS, |chosen| *chosen = data::with(chosen, id, on))
            />
        }
    });
    view! {
        <fieldset class="wide" data-testid=key>
            <legend>{METHODS.control.label}</legend>
            <div class="ticks">{ticks.collect_view()}</div>
            {move || {
                data::methods(&settings.get(&METHODS))
                    .is_empty()
                    .then(|| view! { <p class="note" data-testid="no-method">{words::NO_METHOD}</p> })
            }}
        </fieldset>
    }
}

#[cfg(test)]
mod tests;
