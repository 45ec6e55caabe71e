//! Perplexity against input length: recorded results of the shipped weights at once, the reader's own on a click.

use leptos::prelude::*;

use crate::chart::{LineChart, Theme, sort_by_key, style_of, to_svg};
use crate::protocol::Protocol;
use crate::ui::client::Client;
use crate::ui::components::{
    choice::Tick, data_table::DataTable, export::Export, figure::Figure, plot::LinePlot, prose::Prose, ran::Ran,
    run_bar::RunBar, trouble::Trouble,
};
use crate::ui::curves::{self, Shown, model_name, parts};
use crate::ui::plan::{Choices, evaluations, expected_engine, n_targets};
use crate::ui::results::thousands;
use crate::ui::run::Run;
use crate::ui::site::{Loaded, Site};
use crate::ui::state::use_settings;

/// Longest input that the run on the reader's machine includes, tokens; the laboratory goes further.
const LONGEST_LIVE: usize = 4_096;
/// Size of the drawing for download, CSS pixels.
pub const SVG_SIZE: (u32, u32) = (760, 460);

/// Training length of the models shown, tokens.
const TRAINED: usize = 256;

/// The figure.
#[component]
pub fn Extrapolation() -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Site>());
    let client = expect_context::<Client>();
    let run = Run::default();
    let hidden = RwSignal::new(Vec::<String>::new());
    let live_targets = RwSignal::new(0_usize);

    let recorded = Memo::new(move |_| {
        let all = site.recorded.with(|r| r.ready().map(|r| curves::recorded_points(r)).unwrap_or_default());
        // One training length and one seed here; the others have figures of their own.
        all.into_iter().filter(|p| matches!(parts(&p.model), (_, Some(TRAINED), None))).collect::<Vec<_>>()
    });
    let visible = move |model: &str| !hidden.with(|h| h.iter().any(|m| m == model));
    let chosen = Memo::new(move |_| {
        recorded.with(|points| curves::models(points)).into_iter().filter(|m| visible(m)).collect::<Vec<_>>()
    });
    let background = Memo::new(move |_| -> Vec<Shown> {
        recorded.get().into_iter().filter(|p| chosen.with(|c| c.contains(&p.model))).collect()
    });
    let live = Memo::new(move |_| -> Vec<Shown> {
        let points = client
            .results
            .with(|r| curves::live_points(&r.of("held-out", Protocol::Nonoverlapping, live_targets.get())));
        points.into_iter().filter(|p| chosen.with(|c| c.contains(&p.model))).collect()
    });
    let chart = Memo::new(move |_| {
        let live = live.get();
        background.with(|points| {
            let mut lines = curves::series(points, "", !live.is_empty());
            if !live.is_empty() {
                // The recorded lines stay as a pale background and are named by the computed ones.
                lines.extend(curves::series(&live, "-live", false));
            }
            curves::chart(lines, &curves::training_lengths(points))
        })
    });
    let shown = Memo::new(move |_| [background.get(), live.get()].concat());

    let start = move |()| {
        let Some(stream) = site.recorded.with(|r| r.ready().map(|r| r.stream.clone())) else { return };
        let mut lengths: Vec<usize> = background.with(|b| b.iter().map(|p| p.length).collect());
        lengths.retain(|&l| l <= LONGEST_LIVE);
        sort_by_key(&mut lengths, |l| *l);
        lengths.dedup();
        let choices = Choices {
            models: chosen.get(),
            lengths,
            protocol: Protocol::Nonoverlapping,
            targets: settings.targets.get(),
            engine: settings.engine.get(),
            stream,
            own: None,
        };
        let expected = client.results.with(|r| expected_engine(choices.engine, r));
        let targets = n_targets(&choices, expected);
        let mut all = evaluations(&choices, targets);
        let missing = |e: &crate::protocol::Evaluate| !client.results.with(|r| r.answered(e));
        if all.iter().any(missing) {
            all.retain(missing);
        }
        live_targets.set(targets);
        client.start(run, all);
    };

    let state = Signal::derive(move || match site.recorded.get() {
        Loaded::Loading => "loading",
        Loaded::Failed(_) => "failed",
        Loaded::Ready(_) => run.state(),
    });
    let trouble = Signal::derive(move || match site.recorded.get() {
        Loaded::Failed(reason) => Some(format!("The recorded results could not be loaded. {reason}")),
        _ => None,
    });
    let source = move || {
        let note = site.recorded.with(|r| {
            r.ready().map(|r| {
                let targets = thousands(r.n_targets as u64);
                format!("Lines: recorded results of the very weights this page ships, {targets} target tokens at every length. ")
            })
        });
        let live = match live_targets.get() {
            0 => String::new(),
            n => format!("Over them: computed in this page, {} targets at every length.", thousands(n as u64)),
        };
        note.unwrap_or_default() + &live
    };
    view! {
        <Prose id="extrapolation-before" />
        <Figure
            id="extrapolation"
            title="Perplexity against input length"
            state=state
            finding=Signal::derive(move || curves::finding(&background.get()))
        >
            <Trouble trouble=trouble retry=move |()| site.load() />
            <div class="ticks" role="group" aria-label="Position methods shown">
                {move || {
                    recorded.with(|points| curves::models(points)).into_iter().map(|model| {
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
                                    hidden.update(|h| {
                                        h.retain(|m| *m != id);
                                        if !on {
                                            h.push(id.clone());
                                        }
                                    })
                                }
                            />
                        }
                    }).collect_view()
                }}
            </div>
            <LinePlot
                chart=chart.into()
                label=Signal::derive(move || {
                    format!("Perplexity against input length, both on logarithmic scales. {}", curves::finding(&background.get()))
                })
                id="extrapolation-plot"
            />
            <p class="source">{source}</p>
            <RunBar
                run=run
                label="Run it here"
                empty=Signal::derive(move || chosen.with(Vec::is_empty))
                start=start
            />
            <Ran points=live />
            <DataTable
                series="extrapolation"
                table=Signal::derive(move || curves::table(&shown.get(), "Perplexity by method and input length".into()))
            />
            <Export
                stem=Signal::stored("alibi-extrapolation".to_string())
                csv=Signal::derive(move || curves::csv(&shown.get()))
                svg=Signal::derive(move || drawing(&chart.get(), settings.dark()))
            />
        </Figure>
        <Prose id="extrapolation-after" />
    }
}

/// The chart as an SVG, in the colours of the page.
pub fn drawing(chart: &LineChart, dark: bool) -> Option<String> {
    to_svg(chart, if dark { &Theme::DARK } else { &Theme::LIGHT }, SVG_SIZE).ok()
}
