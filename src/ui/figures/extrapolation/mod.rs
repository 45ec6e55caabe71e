//! Perplexity against input length: recorded results of the shipped weights at once, the reader's own on a click.
//! The words of both files are in [`words`].

mod guess;
mod words;

use leptos::prelude::*;

use self::guess::{GUESS, Guess, Guesses, LENGTHS, PREDICT, Sketch, TRAINED};
use crate::chart::{sort_by_key, style_of};
use crate::position::METHODS;
use crate::protocol::Protocol;
use crate::ui::figure::curves::{self, CurvePoint, model_name, parts};
use crate::ui::figure::frame::{self, Frame};
use crate::ui::figure::provenance::Provenance;
use crate::ui::figure::run_bar::RunBar;
use crate::ui::figure::spec::{Drawing, ENGINE, FigureSpec, TARGETS};
use crate::ui::settings::control::{Choice, Kind};
use crate::ui::settings::setting::Setting;
use crate::ui::runs::assets::{Assets, Loaded};
use crate::ui::runs::plan::{Choices, evaluations, expected_engine, n_targets};
use crate::ui::format::numbers::thousands;
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::choice::Tick;
use crate::ui::widgets::setting::PickControl;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::{LinePlot, drawing};
use crate::ui::widgets::soon::Soon;

/// Longest input that the run on the reader's machine includes, tokens; the laboratory goes further.
const LONGEST_LIVE: usize = 4_096;

/// Training lengths to choose from.
const TRAINED_AT: &[Choice] = &[("64", "64"), ("128", "128"), ("256", "256"), ("512", "512")];

/// Training length of the models shown.
pub static LENGTH: Setting<usize> =
    Setting::new("trained", words::LENGTH, Kind::Pick(TRAINED_AT), "256");
/// Stands for the methods that are shown on request only.
const EXTRAS: &str = "extras";
/// Models that are not shown, by id with commas between; each stands for its method at every training length.
pub static WITHOUT: Setting<Vec<String>> =
    Setting::new("without", words::WITHOUT, Kind::Hidden(200), EXTRAS);

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "extrapolation",
    title: words::TITLE,
    question: words::QUESTION,
    height: 1030,
    controls: &[&LENGTH.control, &WITHOUT.control, &PREDICT.control, &GUESS.control],
    shared: &[&TARGETS.control, &ENGINE.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Extrapolation /> }.into_any());

/// The models that [`EXTRAS`] stands for.
fn extras() -> impl Iterator<Item = String> {
    METHODS.iter().filter(|m| !m.compared()).map(|m| format!("{}-{TRAINED}", m.id()))
}

/// Whether a list of models that are not shown names a model's method.
fn left_out(without: &[String], model: &str) -> bool {
    let extra = || extras().any(|m| same_method(&m, model));
    without.iter().any(|m| same_method(m, model) || (m == EXTRAS && extra()))
}

fn same_method(a: &str, b: &str) -> bool {
    parts(a).0 == parts(b).0
}

/// The figure.
#[component]
pub fn Extrapolation() -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Assets>());
    let client = expect_context::<WorkerPool>();
    let run = RunState::default();
    let hidden = Memo::new(move |_| settings.get(&WITHOUT));
    let trained = Memo::new(move |_| settings.get(&LENGTH));
    let guessable = move || trained.get() == TRAINED;
    let predicting = Memo::new(move |_| guessable() && settings.get(&PREDICT));
    let guesses = Memo::new(move |_| if guessable() { Guesses::read(&settings.get(&GUESS)) } else { Guesses::default() });
    let live_targets = RwSignal::new(0_usize);

    let recorded = Memo::new(move |_| {
        let all = site.recorded.with(|r| r.ready().map(|r| curves::recorded_points(r)).unwrap_or_default());
        all.into_iter().filter(|p| parts(&p.model).1 == Some(trained.get())).collect::<Vec<_>>()
    });
    // One line for each method, those of other seeds as its band.
    let spread = Memo::new(move |_| recorded.with(|points| curves::across_seeds(points)));
    let visible = move |model: &str| !hidden.with(|h| left_out(h, model));
    // While the reader guesses, nothing in the figure tells.
    let told = move |p: &CurvePoint| p.length <= trained.get() || !predicting.get();
    let chosen = Memo::new(move |_| {
        spread.with(|(points, _)| curves::models(points)).into_iter().filter(|m| visible(m)).collect::<Vec<_>>()
    });
    let background = Memo::new(move |_| -> Vec<CurvePoint> {
        spread.get().0.into_iter().filter(|p| told(p) && chosen.with(|c| c.contains(&p.model))).collect()
    });
    let live = Memo::new(move |_| -> Vec<CurvePoint> {
        let points = client
            .results
            .with(|r| curves::live_points(&r.of("held-out", Protocol::Nonoverlapping, live_targets.get())));
        points.into_iter().filter(|p| told(p) && chosen.with(|c| c.contains(&p.model))).collect()
    });
    let chart = Memo::new(move |_| {
        let live = live.get();
        background.with(|points| {
            let mut lines = curves::series(points, "", !live.is_empty());
            if !live.is_empty() {
                // The recorded lines stay as a pale background and are named by the computed ones.
                lines.extend(curves::series(&live, "-live", false));
            }
            guesses.with(|g| lines.extend(g.series(points)));
            let chart = curves::chart(lines, &curves::training_lengths(points));
            if predicting.get() { guess::blank(chart) } else { chart }
        })
    });
    let sketch =
        Sketch { models: chosen, points: Memo::new(move |_| spread.get().0), model: RwSignal::new(String::new()) };
    provide_context(sketch);
    let pencil = Callback::new(move |(x, y): (f64, f64)| {
        // Left of the first guessed length nothing is drawn: that was measured.
        if x > TRAINED as f64 * 1.2 {
            guess::change(settings, |g| g.set(&sketch.model.get_untracked(), guess::nearest(x), y));
        }
    });
    let pencil = Signal::derive(move || predicting.get().then_some(pencil));
    let finding = Signal::derive(move || match predicting.get() {
        true => words::question(TRAINED, &thousands(LENGTHS[LENGTHS.len() - 1] as u64)),
        false => curves::finding(&background.get()),
    });
    let spoken = frame::told(SPEC.id, finding);
    // Every training by itself, under the method that shows it.
    let shown = Memo::new(move |_| -> Vec<CurvePoint> {
        let first = |p: &CurvePoint| parts(&p.model).0.to_string();
        let methods: Vec<String> = background.with(|b| b.iter().map(first).collect());
        let rows = recorded.get().into_iter().filter(|p| told(p) && methods.contains(&first(p)));
        rows.chain(live.get()).collect()
    });

    let planned = Memo::new(move |_| {
        let stream = site.recorded.with(|r| r.ready().map(|r| r.stream.clone()))?;
        let mut lengths: Vec<usize> = background.with(|b| b.iter().map(|p| p.length).collect());
        lengths.retain(|&l| l <= LONGEST_LIVE);
        sort_by_key(&mut lengths, |l| *l);
        lengths.dedup();
        let choices = Choices {
            models: chosen.get(),
            lengths,
            protocol: Protocol::Nonoverlapping,
            targets: settings.get(&TARGETS),
            engine: settings.get(&ENGINE),
            stream,
            own: None,
        };
        let expected = client.results.with(|r| expected_engine(choices.engine, r));
        let targets = n_targets(&choices, expected);
        Some((targets, evaluations(&choices, targets)))
    });
    let asked = Signal::derive(move || planned.with(|p| p.iter().flat_map(|p| p.1.clone()).collect::<Vec<_>>()));
    let before = move |()| planned.with_untracked(|p| p.iter().for_each(|p| live_targets.set(p.0)));

    let state = Signal::derive(move || match site.recorded.get() {
        Loaded::Unasked | Loaded::Loading => "loading",
        Loaded::Failed(_) => "failed",
        Loaded::Ready(_) => run.state(),
    });
    let trouble = Signal::derive(move || match site.recorded.get() {
        Loaded::Failed(reason) => Some(words::not_loaded(&reason)),
        _ => None,
    });
    let source = move || {
        let note = site.recorded.with(|r| {
            r.ready().map(|r| {
                let counted = |p: &crate::config::RecordedPoint| p.block_targets.iter().map(|&n| u64::from(n)).sum();
                let targets = thousands(r.points.first().map_or(0, counted));
                words::lines(&targets)
            })
        });
        let bands = match spread.with(|(_, n)| *n) {
            Some((few, many)) => words::bands(few, many),
            None => words::BANDS.into(),
        };
        let live = match live_targets.get() {
            _ if live.with(Vec::is_empty) => String::new(),
            n => words::live(&thousands(n as u64)),
        };
        note.unwrap_or_default() + &bands + &live
    };
    view! {
        <Frame spec=&SPEC state=state finding=finding>
            <ErrorBanner trouble=trouble retry=move |()| site.load() />
            <div class="controls" hidden=predicting>
                <PickControl control=&LENGTH.control choices=TRAINED_AT />
            </div>
            <div class="ticks" role="group" aria-label=words::METHODS>
                {move || {
                    spread.with(|(points, _)| curves::models(points)).into_iter().map(|model| {
                        let id = model.clone();
                        let for_checked = model.clone();
                        view! {
                            <Tick
                                testid=format!("show-{model}")
                                value=model.clone()
                                label=model_name(&model)
                                style=style_of(parts(&model).0)
                                checked=Signal::derive(move || visible(&for_checked))
                                choose=move |on: bool| {
                                    settings.update(&WITHOUT, |without| {
                                        if without.iter().any(|m| m == EXTRAS) {
                                            without.retain(|m| m != EXTRAS);
                                            without.extend(extras());
                                        }
                                        without.retain(|m| !same_method(m, &id));
                                        if !on {
                                            without.push(id.clone());
                                        }
                                    });
                                }
                            />
                        }
                    }).collect_view()
                }}
            </div>
            <LinePlot
                chart=chart.into()
                label=Signal::derive(move || words::chart(&spoken.get()))
                id="extrapolation-plot"
                pencil=pencil
            />
            <div class="guess-place" hidden=move || !guessable()><Guess /></div>
            <p class="source">{source}</p>
            <Soon>
                <RunBar
                    run=run
                    label=words::RUN
                    asked=asked
                    before=before
                    // While the reader guesses, less is planned than was run.
                    stays=predicting
                />
                <Provenance points=live />
            </Soon>
            <Soon>
                <DataTable
                    series="extrapolation"
                    table=Signal::derive(move || curves::table(&shown.get(), words::CAPTION.into()))
                />
                <Export
                    stem=Signal::stored("alibi-extrapolation".to_string())
                    csv=Signal::derive(move || curves::csv(&shown.get()))
                    svg=Signal::derive(move || drawing(&chart.get(), settings.dark()))
                />
            </Soon>
        </Frame>
    }
}
