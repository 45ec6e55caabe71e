//! Two small models, trained by the reader in the page, side by side: losses as they fall, perplexity against length as it
//! forms. Before that a training that was recorded. Figure `train`.

mod bar;
mod checkpoints;
mod data;
mod kept;
mod made;
mod measure;
mod note;
mod session;
mod settings;
mod shown;
mod start;
mod task;
mod words;
mod yours;

use leptos::prelude::*;

use self::bar::Bar;
use self::data::Model;
use self::measure::MANY;
use self::checkpoints::Checkpoints;
use self::made::Made;
use self::session::{Session, Trouble};
use self::shown::{Shown, here};
use self::settings::{METHODS, SEED};
use self::start::text::{self, Text};
use self::settings::FROM;
use self::start::{Start, is_task, planned, shipped};
use crate::chart::stacked;
use crate::chart::style_of;
use crate::config::{Healed, Recalled, Trained};
use crate::ui::figure::frame::Frame;
use crate::ui::figure::spec::{Drawing, FigureSpec, methods};
use crate::ui::figures::recall::RECALLED;
use crate::ui::format::table::Table;
use crate::ui::runs::assets::{Assets, Loaded, base, load};
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::query::write;
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
/// Those that started from a model of this page.
const HEALED: &str = "assets/models/healed.json";

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "train",
    title: words::TITLE,
    question: words::QUESTION,
    height: 1720,
    controls: settings::CONTROLS,
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Apart;

/// The figure, drawn.
pub fn draw() -> AnyView {
    view! { <Train /> }.into_any()
}

/// The figure.
#[component]
pub fn Train() -> impl IntoView {
    let (settings, near) = (use_settings(), near());
    let session = Session::new(expect_context::<Assets>().manifest, expect_context::<WorkerPool>().yours);
    let models = session.models;
    let (trained, healed) = (RwSignal::new(Loaded::<Trained>::Unasked), RwSignal::new(Loaded::<Healed>::Unasked));
    let (site, assets) = (expect_context::<Assets>().recorded, expect_context::<Assets>());
    let task = Memo::new(move |_| is_task(settings));
    // The model of this page to start from, if one is chosen.
    let from = Memo::new(move |_| shipped(&settings.get(&FROM)).filter(|_| !task.get()).map(String::from));
    let counted = move || if near.get() { assets.text(RECALLED) } else { Loaded::Unasked };
    let read = move || match from.with_untracked(Option::is_some) {
        // It is asked for where it is shown.
        _ if task.get_untracked() => assets.load(),
        true => load(healed, HEALED),
        false => load(trained, TRAINED),
    };
    Effect::new(move || {
        from.track();
        task.track();
        if near.get() {
            read();
        }
    });
    let kept = Memo::new(move |_| match from.with(Option::is_some) {
        _ if task.get() => here(&counted()),
        true => healed.with(here),
        false => trained.with(here),
    });
    let own = Memo::new(move |_| models.with(|all| !all.is_empty()));
    let shown = Memo::new(move |_| match own.get() {
        true => site.with(|r| models.with(|all| Shown::own(all, r.ready().map(|r| &**r)))),
        false => match from.get() {
            _ if task.get() => {
                let of = |text: &String| task::recorded(&Recalled::read(text), &data::methods(&settings.get(&METHODS)));
                counted().ready().map(|text| of(text)).unwrap_or_default()
            }
            None => trained.with(|t| t.ready().map(|t| Shown::recorded(t))).unwrap_or_default(),
            Some(from) => {
                let chosen = data::methods(&settings.get(&METHODS));
                let shown = |h: &Healed| site.with(|r| Shown::healed(h, r.ready().map(|r| &**r), &from, &chosen));
                healed.with(|h| h.ready().map(|h| shown(h))).unwrap_or_default()
            }
        },
    });
    let text = RwSignal::new(text::left());
    let file = session.file;
    let plans = Memo::new(move |_| text.with(|own| planned(settings, own, file.with(Option::is_some))));
    let running = Memo::new(move |_| models.with(|all| all.iter().any(Model::owes)));
    let state = Signal::derive(move || match kept.get() {
        _ if session.trouble.with(Option::is_some) && !running.get() => "failed",
        _ if own.get() => models.with(|all| data::state(all)),
        Ok(false) => "loading",
        Err(_) => "failed",
        Ok(true) => "idle",
    });
    let found = |s: &Shown| match &s.from {
        _ if s.task => task::finding(&s.courses),
        Some(from) if s.n_own.is_none() => words::healing(from, s.before.as_ref(), &s.courses),
        _ => words::finding(&s.courses),
    };
    let finding = Signal::derive(move || match shown.with(found) {
        said if said.is_empty() && own.get() => words::BEGINS.into(),
        said => said,
    });
    let trouble = Signal::derive(move || match (session.trouble.get(), kept.get()) {
        (Some(Trouble::Said(said)), _) => Some(said),
        (None, Err(reason)) if !own.get() => Some(words::not_loaded(&reason)),
        _ => None,
    });
    let retry = move |()| match session.trouble.get_untracked() {
        Some(_) => session.start(plans.get_untracked()),
        None => read(),
    };
    let source = move || match own.get() {
        by if shown.with(|s| s.task) => Some(task::source(if by { shown.with(|s| s.courses.len()) } else { 0 })),
        false if task.get() => None,
        true => shown.with(|s| Some(words::own(s.courses.len(), s.train_length, MANY, s.n_own))),
        false if from.with(Option::is_some) => healed.with(|h| {
            let (n, chosen) = (h.ready()?.n_targets, data::methods(&settings.get(&METHODS)));
            shown.with(|s| Some(words::healed(n, s.from.as_ref()?, &chosen, &s.courses)))
        }),
        false => trained.with(|t| t.ready().map(|t| words::recorded(t.n_targets, t.train_length, &t.courses))),
    };
    let changed = move || {
        let now = plans.get();
        // Where nothing can be planned, the text or the file that is missing is asked for beside its choice.
        let other = models.with(|all| !all.is_empty() && !all.iter().map(|m| &m.plan).eq(now.iter()));
        (other && !now.is_empty()).then(|| view! { <p class="note" data-testid="changed">{words::CHANGED}</p> })
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
    let curves = Memo::new(move |_| {
        shown.with(|s| match s.task {
            true => task::chart(&s.courses),
            false => words::curve_chart(&s.courses, s.train_length, s.before.as_ref()),
        })
    });
    let lossless = Memo::new(move |_| shown.with(|s| s.task && s.courses.iter().all(|c| c.losses.is_empty())));
    let loss_table = Memo::new(move |_| match lossless.get() || shown.with(|s| s.courses.is_empty()) {
        true => Table::default(),
        false => shown.with(|s| words::loss_table(&s.courses, s.steps, s.tokens_per_step)),
    });
    let curve_table = Memo::new(move |_| match shown.with(|s| s.courses.is_empty()) {
        true => Table::default(),
        false => shown.with(|s| match s.task {
            true => task::table(&s.courses),
            false => words::curve_table(&s.courses, s.train_length, s.before.as_ref()),
        }),
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
                <Start file=file />
                <Text own=text />
                <SettingControl control=&SEED.control />
            </div>
            <Checkpoints session=session />
            <Bar session=session plans=plans />
            {changed}
            {ended}
            <p class="source" data-testid="source">{source}</p>
            <div hidden=lossless>
                <LinePlot
                    chart=losses.into()
                    label=Signal::derive(move || words::label(words::LOSSES, &finding.get()))
                    id="train-loss-plot"
                />
            </div>
            <LinePlot
                chart=curves.into()
                label=Signal::derive(move || {
                    words::label(if shown.with(|s| s.task) { task::CURVES } else { words::CURVES }, &finding.get())
                })
                id="train-curve-plot"
            />
            {move || shown.with(|s| task::marks(&s.courses).filter(|_| s.task)).map(|m| view! { <p class="source">{m}</p> })}
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

#[cfg(test)]
mod tests;
