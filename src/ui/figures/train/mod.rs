//! Two small models, trained by the reader in the page, side by side: losses as they fall, perplexity against length as it
//! forms. Before that a training that was recorded. Figure `train`.

mod data;
mod kept;
mod session;
mod words;

use leptos::prelude::*;

use self::data::{MANY, Model, Status};
use self::kept::Checkpoints;
use self::session::{Session, Trouble};
use crate::chart::stacked;
use crate::chart::style_of;
use crate::config::{Course, ModelSize, Trained};
use crate::protocol::train::Plan;
use crate::ui::figure::curves::method_name;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec, methods};
use crate::ui::format::table::Table;
use crate::ui::runs::assets::{Loaded, base, load};
use crate::ui::settings::control::{Choice, Kind, Spread};
use crate::ui::settings::query::write;
use crate::ui::settings::setting::Setting;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::choice::Tick;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::{LinePlot, drawing};
use crate::ui::widgets::setting::SettingControl;
use crate::ui::widgets::visibility::near;

/// The recorded training.
const TRAINED: &str = "assets/models/trained.json";
/// Sizes to choose from.
const SIZES: &[Choice] = &[("tiny", "Tiny"), ("small", "Small"), ("default", "As this page’s")];
/// Bounds of the training tokens.
const TOKEN_BOUNDS: (u64, u64) = (1_024, 20_000_000);

/// Methods that are trained, in the order of their choice.
pub static METHODS: Setting<Vec<String>> =
    Setting::new("train-methods", words::METHODS, Kind::Names { of: "method" }, "sinusoidal,alibi");
/// Length of each training input, tokens.
pub static LENGTH: Setting<usize> = Setting::new(
    "train-length",
    words::LENGTH,
    Kind::Pick(&[("32", "32"), ("64", "64"), ("128", "128"), ("256", "256")]),
    "32",
);
/// Size of each model.
pub static SIZE: Setting<String> = Setting::new("train-size", words::SIZE, Kind::Pick(SIZES), "tiny");
/// Seed of initial values and of the order of the text.
pub static SEED: Setting<usize> =
    Setting::new("train-seed", words::SEED, Kind::Number { spread: Spread::Even, min: 1, max: 999 }, "1");
/// Training tokens, for shorter lessons; as the size has it where there is none.
pub static TOKENS: Setting<usize> = Setting::new("train-tokens", words::TOKENS, Kind::Hidden(8), "");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "train",
    title: words::TITLE,
    question: words::QUESTION,
    height: 1480,
    controls: &[&METHODS.control, &LENGTH.control, &SIZE.control, &SEED.control, &TOKENS.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Train /> }.into_any());

fn size(id: &str) -> ModelSize {
    match id {
        "small" => ModelSize::Small,
        "default" => ModelSize::Default,
        _ => ModelSize::Tiny,
    }
}

/// What is on show: a course for each model, steps in all, tokens of each, training length.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    courses: Vec<Course>,
    steps: usize,
    tokens_per_step: usize,
    train_length: usize,
}

impl Shown {
    fn recorded(trained: &Trained) -> Self {
        Self {
            courses: trained.courses.clone(),
            steps: trained.courses.iter().map(|c| c.losses.len()).max().unwrap_or_default(),
            tokens_per_step: trained.tokens_per_step,
            train_length: trained.train_length,
        }
    }

    fn own(models: &[Model]) -> Self {
        let most = |of: fn(&Model) -> usize| models.iter().map(of).max().unwrap_or_default();
        Self {
            courses: models.iter().map(|m| m.course.clone()).collect(),
            steps: most(|m| m.steps),
            tokens_per_step: most(|m| m.tokens_per_step),
            train_length: most(|m| m.plan.train_length),
        }
    }
}

/// The figure.
#[component]
pub fn Train() -> impl IntoView {
    let (settings, near) = (use_settings(), near());
    let session = Session::new();
    let models = session.models;
    let trained = RwSignal::new(Loaded::<Trained>::Unasked);
    Effect::new(move || {
        if near.get() && trained.with_untracked(|t| *t == Loaded::Unasked) {
            load(trained, TRAINED);
        }
    });
    let own = Memo::new(move |_| models.with(|all| !all.is_empty()));
    let shown = Memo::new(move |_| match own.get() {
        true => models.with(|all| Shown::own(all)),
        false => trained.with(|t| t.ready().map(|t| Shown::recorded(t))).unwrap_or_default(),
    });
    let plans = Memo::new(move |_| -> Vec<Plan> {
        let size = size(&settings.get(&SIZE));
        let n_tokens = match settings.get(&TOKENS) as u64 {
            0 => data::budget(size),
            n => n.clamp(TOKEN_BOUNDS.0, TOKEN_BOUNDS.1),
        };
        let of = |method| data::plan(method, settings.get(&LENGTH), size, settings.get(&SEED), n_tokens);
        data::methods(&settings.get(&METHODS)).into_iter().map(of).collect()
    });
    let running = Memo::new(move |_| models.with(|all| all.iter().any(Model::owes)));
    let state = Signal::derive(move || match trained.get() {
        _ if session.trouble.with(Option::is_some) && !running.get() => "failed",
        _ if own.get() => models.with(|all| data::state(all)),
        Loaded::Unasked | Loaded::Loading => "loading",
        Loaded::Failed(_) => "failed",
        Loaded::Ready(_) => "idle",
    });
    let finding = Signal::derive(move || match shown.with(|s| words::finding(&s.courses)) {
        said if said.is_empty() && own.get() => words::BEGINS.into(),
        said => said,
    });
    let trouble = Signal::derive(move || match (session.trouble.get(), trained.get()) {
        (Some(Trouble::Said(said)), _) => Some(said),
        (None, Loaded::Failed(reason)) if !own.get() => Some(words::not_loaded(&reason)),
        _ => None,
    });
    let retry = move |()| match session.trouble.get_untracked() {
        Some(_) => session.start(plans.get_untracked()),
        None => load(trained, TRAINED),
    };
    let source = move || match own.get() {
        true => shown.with(|s| Some(words::own(s.courses.len(), s.train_length, MANY))),
        false => trained.with(|t| t.ready().map(|t| words::recorded(t.n_targets, t.train_length, &t.courses))),
    };
    let changed = move || {
        let now = plans.get();
        let other = models.with(|all| !all.is_empty() && !all.iter().map(|m| &m.plan).eq(now.iter()));
        other.then(|| view! { <p class="note" data-testid="changed">{words::CHANGED}</p> })
    };
    let ended = move || {
        let said: Vec<String> = models.with(|all| all.iter().filter_map(words::trouble).collect());
        said.into_iter()
            .map(|said| view! { <p class="note" role="alert" data-testid="ended">{said}</p> })
            .collect_view()
    };
    let alone = move || {
        let address = format!("{}{}#{}", base(), write(&settings.controls(), &settings.values(), None), SPEC.id);
        (session.trouble.get() == Some(Trouble::Alone)).then(|| {
            view! {
                <p class="note" role="alert" data-testid="alone">
                    {words::ALONE}
                    <a href=address target="_blank" rel="noopener">{words::FULL_PAGE}</a>
                </p>
            }
        })
    };
    let losses = Memo::new(move |_| shown.with(|s| words::loss_chart(&s.courses, s.steps, s.tokens_per_step)));
    let curves = Memo::new(move |_| shown.with(|s| words::curve_chart(&s.courses, s.train_length)));
    let loss_table = Memo::new(move |_| match shown.with(|s| s.courses.is_empty()) {
        true => Table::default(),
        false => shown.with(|s| words::loss_table(&s.courses, s.steps, s.tokens_per_step)),
    });
    let curve_table = Memo::new(move |_| match shown.with(|s| s.courses.is_empty()) {
        true => Table::default(),
        false => shown.with(|s| words::curve_table(&s.courses, s.train_length)),
    });
    let csv = Signal::derive(move || format!("{}\n{}", loss_table.with(Table::csv), curve_table.with(Table::csv)));
    let svg = Signal::derive(move || {
        let dark = settings.dark();
        let all = [losses.get(), curves.get()];
        stacked(all.iter().filter(|c| !c.series.is_empty()).filter_map(|c| drawing(c, dark)).collect())
    });
    view! {
        <Frame spec=&SPEC state=state finding=finding>
            <ErrorBanner trouble=trouble retry=retry />
            {alone}
            <div class="controls">
                <Methods />
                <SettingControl control=&LENGTH.control />
                <SettingControl control=&SIZE.control />
                <SettingControl control=&SEED.control />
            </div>
            <Checkpoints session=session />
            <Bar session=session plans=plans />
            {changed}
            {ended}
            <p class="source" data-testid="source">{source}</p>
            <LinePlot
                chart=losses.into()
                label=Signal::derive(move || words::label(words::LOSSES, &finding.get()))
                id="train-loss-plot"
            />
            <LinePlot
                chart=curves.into()
                label=Signal::derive(move || words::label(words::CURVES, &finding.get()))
                id="train-curve-plot"
            />
            <Made session=session />
            <DataTable series="train-loss" table=loss_table.into() />
            <DataTable series="train-curve" table=curve_table.into() />
            <Export stem=Signal::stored("alibi-train".to_string()) csv=csv svg=svg />
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

/// Buttons, and how far the training is.
#[component]
fn Bar(session: Session, plans: Memo<Vec<Plan>>) -> impl IntoView {
    let models = session.models;
    let any = move |of: fn(&Model) -> bool| Memo::new(move |_| models.with(|all| all.iter().any(of)));
    let (running, going, waiting) = (any(Model::owes), any(|m| m.status == Status::Going), any(Model::waits));
    let (alive, starting) = (any(Model::alive), any(|m| m.status == Status::Starting));
    let can_start = move || !running.get() && !plans.with(Vec::is_empty);
    let can_pause = move || going.get() || (waiting.get() && !running.get());
    let can_stop =
        move || going.get() || starting.get() || models.with(|all| all.iter().any(|m| m.status == Status::Resting));
    let can_lengthen = move || alive.get() && !starting.get();
    let share = move || {
        let of = |m: &Model| m.step as f64 / m.steps.max(1) as f64;
        models.with(|all| all.iter().filter(|m| m.alive()).map(of).min_by(f64::total_cmp)).unwrap_or(0.0)
    };
    let planned =
        move || plans.with(|all| all.first().map(|p| words::planned(all.len(), p.n_tokens)).unwrap_or_default());
    let status = move || match models.with(Vec::is_empty) {
        true => planned(),
        false => models.with(|all| words::status(all, data::pace(all))),
    };
    view! {
        <div class="train-bar">
            // Not `disabled`, which would take the keyboard's place on the page away with the press.
            <button
                type="button"
                class="primary"
                data-testid="run"
                aria-disabled=move || (!can_start()).to_string()
                on:click=move |_| {
                    if untrack(can_start) {
                        session.start(plans.get_untracked());
                    }
                }
            >
                {words::RUN}
            </button>
            <button
                type="button"
                data-testid="pause"
                aria-disabled=move || (!can_pause()).to_string()
                on:click=move |_| {
                    if untrack(can_pause) {
                        session.pause();
                    }
                }
            >
                {move || if waiting.get() && !going.get() { words::GO_ON } else { words::PAUSE }}
            </button>
            <button
                type="button"
                data-testid="stop"
                aria-disabled=move || (!can_stop()).to_string()
                on:click=move |_| {
                    if untrack(can_stop) {
                        session.stop();
                    }
                }
            >
                {words::STOP}
            </button>
            <button
                type="button"
                data-testid="longer"
                aria-disabled=move || (!can_lengthen()).to_string()
                on:click=move |_| {
                    if untrack(can_lengthen) {
                        session.lengthen();
                    }
                }
            >
                {words::LONGER}
            </button>
            <div class="run-state">
                <progress max="1" aria-label=words::SHARE prop:value=share class:unseen=move || !alive.get()></progress>
                // Every step would be too much to listen to; the outcome is announced.
                <p data-testid="status" role="status" aria-live=move || if running.get() { "off" } else { "polite" }>{status}</p>
            </div>
        </div>
    }
}

/// What came of it: a line that each model wrote, and its weights.
#[component]
fn Made(session: Session) -> impl IntoView {
    let models = session.models;
    let lines = Memo::new(move |_| {
        let of = |m: &Model| (m.plan.method.clone(), m.line.clone());
        models.with(|all| all.iter().filter(|m| !m.line.is_empty()).map(of).collect::<Vec<_>>())
    });
    let there = Memo::new(move |_| {
        let kept = |m: &Model| (m.alive() || m.status == Status::NotFinite) && m.step > 0;
        let of = |(i, m): (usize, &Model)| (i, m.plan.method.clone(), kept(m));
        models.with(|all| all.iter().enumerate().map(of).filter(|m| m.2).collect::<Vec<_>>())
    });
    let lines = move || {
        lines
            .get()
            .into_iter()
            .map(|(method, line)| {
                view! {
                    <p class="train-line" data-testid="train-line" data-model=method.clone()>
                        <i class="swatch" data-palette=style_of(&method) aria-hidden="true"></i>
                        {words::writes(&method)}
                        <q>{data::PROMPT}<b>{line}</b></q>
                    </p>
                }
            })
            .collect_view()
    };
    let weights = move || {
        let buttons = there.get().into_iter().map(|(i, method, _)| {
            view! {
                <button type="button" data-testid=format!("weights-{method}") on:click=move |_| session.weights(i)>
                    {method_name(&method).to_string()}
                </button>
            }
        });
        let buttons = buttons.collect_view();
        (!there.with(Vec::is_empty))
            .then(|| view! { <div class="export train-weights"><span>{words::WEIGHTS}</span>{buttons}</div> })
    };
    view! {
        {lines}
        {weights}
    }
}

#[cfg(test)]
mod tests;
