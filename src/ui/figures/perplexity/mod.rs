//! The laboratory: the reader chooses models, input lengths, protocol and engine, and measures.

mod controls;
mod own;
mod matrix;
mod plan;
mod settings;
mod words;

use std::sync::Arc;

use leptos::prelude::*;

use self::controls::Controls;
use self::own::Own;
use self::plan::Plan;
use self::settings::{LENGTHS, MODELS, PROTOCOL, STRIDE, TEXT, TextChoice, protocol_of};
use self::matrix::Matrix;
use self::words::{describe, finding};
use crate::chart::sort_by_key;
use crate::config::{Manifest, ModelConfig, is_yours};
use crate::protocol::Protocol;
use crate::ui::figure::curves;
use crate::ui::figure::curves::CurvePoint;
use crate::ui::figure::frame::Frame;
use crate::ui::figure::words::not_recorded;
use crate::ui::figure::provenance::Provenance;
use crate::ui::figure::run_bar::RunBar;
use crate::ui::figure::spec::{Drawing, ENGINE, FigureSpec, TARGETS, own_text, standing};
use crate::ui::runs::assets::{Assets, Loaded};
use crate::ui::runs::plan::{Choices, estimate, evaluations, expected_engine, n_targets};
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::state::use_settings;
use crate::ui::settings::value::Value;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::LinePlot;
use crate::ui::widgets::line_plot::drawing;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "perplexity",
    title: "The laboratory",
    question: "Does it hold when you measure it yourself?",
    height: 1_590,
    controls: &[&MODELS.control, &LENGTHS.control, &PROTOCOL.control, &STRIDE.control, &TEXT.control],
    shared: &[&TARGETS.control, &ENGINE.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Apart;

/// The figure, drawn.
pub fn draw() -> AnyView {
    view! { <Perplexity /> }.into_any()
}

/// The figure.
#[component]
pub fn Perplexity() -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Assets>());
    let client = expect_context::<WorkerPool>();
    let run = RunState::default();
    let own = Own(RwSignal::new("".into()));
    provide_context(own);
    let manifest = Memo::new(move |_| site.manifest.with(|m| m.ready().cloned()));

    // Those that are here: in place of the reader's own of another visit, the first ones.
    let chosen = Memo::new(move |_| {
        let value = settings.text(&MODELS.control);
        let standing = manifest.with(|m| m.as_ref().map(|m| standing(m, &MODELS.control, &value).to_string()));
        Vec::<String>::read(&standing.unwrap_or(value))
    });
    let plan = Memo::new(move |_| {
        let manifest: Arc<Manifest> = manifest.get()?;
        let (chosen, text) = (chosen.get(), settings.get(&TEXT));
        let mut models: Vec<String> =
            manifest.models.iter().map(|m| m.id.clone()).filter(|id| chosen.contains(id)).collect();
        sort_by_key(&mut models, |m| curves::order(m));
        let choices = Choices {
            lengths: settings.get(&LENGTHS),
            protocol: protocol_of(settings.get(&PROTOCOL), settings.get(&STRIDE)),
            targets: settings.get(&TARGETS),
            engine: settings.get(&ENGINE),
            stream: match text {
                TextChoice::Own => own_text(&own.0.get()).0,
                TextChoice::MobyDick => "moby-dick".into(),
                TextChoice::HeldOut => "held-out".into(),
            },
            own: None,
            models,
        };
        let choices = match text {
            TextChoice::Own => {
                let counted = client.results.with(|r| r.counted(&choices.stream)).unwrap_or(0);
                Choices { own: Some((own.0.get(), counted)), ..choices }
            }
            _ => choices,
        };
        client.results.with(|results| {
            let expected = expected_engine(choices.engine, results);
            let n_targets = n_targets(&choices, expected);
            let evaluations = evaluations(&choices, n_targets);
            let default = ModelConfig::default_preset("alibi", 256);
            let config = choices.models.first().and_then(|m| manifest.model(m)).map_or(&default, |m| &m.config);
            let seconds = estimate(&evaluations, config, results);
            let left_out = choices.lengths.iter().copied().filter(|l| !choices.usable().contains(l)).collect();
            let (stream, own) = (choices.stream, choices.own.map(|(_, tokens)| tokens));
            Some(Plan { evaluations, n_targets, protocol: choices.protocol, seconds, stream, own, left_out })
        })
    });
    // What is on show: points for the present choices, or else the last ones of the same protocol.
    let points = Memo::new(move |_| -> Vec<CurvePoint> {
        let Some(plan) = plan.get() else { return Vec::new() };
        client.results.with(|r| {
            let now = r.of(&plan.stream, plan.protocol, plan.n_targets);
            let found = match (now.is_empty(), r.latest_targets(&plan.stream, plan.protocol)) {
                (true, Some(other)) if settings.get(&TARGETS) == 0 => r.of(&plan.stream, plan.protocol, other),
                _ => now,
            };
            curves::live_points(&found)
        })
    });
    // Before anything has run: what these choices gave when it was recorded, pale.
    let recorded = Memo::new(move |_| -> Vec<CurvePoint> {
        let (models, lengths) = (chosen.get(), settings.get(&LENGTHS));
        if points.with(|p| !p.is_empty())
            || settings.get(&TEXT) != TextChoice::HeldOut
            || plan.with(|p| p.as_ref().is_none_or(|p| p.protocol != Protocol::Nonoverlapping))
        {
            return Vec::new();
        }
        let all = site.recorded.with(|r| r.ready().map(|r| curves::recorded_points(r)).unwrap_or_default());
        all.into_iter().filter(|p| models.contains(&p.model) && lengths.contains(&p.length)).collect()
    });
    let chart = Memo::new(move |_| {
        let background = recorded.get();
        points.with(|p| {
            let mut trained = curves::training_lengths(p);
            if trained.is_empty() {
                trained = chosen.get().iter().filter_map(|m| curves::parts(m).1).collect();
                sort_by_key(&mut trained, |l| *l);
                trained.dedup();
            }
            let mut lines = curves::series(&background, "-recorded", false);
            lines.iter_mut().for_each(|line| line.faint = true);
            lines.extend(curves::series(p, "", false));
            let mut chart = curves::chart(lines, &trained);
            // The axis covers what is planned, so that it stands still while points arrive.
            let planned =
                plan.with(|plan| plan.iter().flat_map(|p| &p.evaluations).filter_map(|e| e.task.length()).collect::<Vec<_>>());
            let lengths = || p.iter().map(|p| p.length).chain(planned.iter().copied()).chain(trained.iter().copied());
            chart.x.range =
                lengths().min().zip(lengths().max()).filter(|(a, b)| a < b).map(|(a, b)| (a as f64, b as f64));
            chart
        })
    });
    let everything = move || client.results.with(|r| curves::live_points(&r.points()));

    // Of the reader's own models nothing is known before they have run.
    let unrecorded = move || {
        let unknown = |id: &String| is_yours(id) && points.with(|all| all.iter().all(|p| p.model != *id));
        plan.with(|plan| plan.iter().flat_map(|p| &p.evaluations).any(|e| unknown(&e.model)))
    };
    let asked = Signal::derive(move || plan.with(|p| p.iter().flat_map(|p| p.evaluations.clone()).collect::<Vec<_>>()));
    let state = Signal::derive(move || match site.manifest.get() {
        Loaded::Unasked | Loaded::Loading => "loading",
        Loaded::Failed(_) => "failed",
        Loaded::Ready(_) => run.state(),
    });
    let trouble = Signal::derive(move || match site.manifest.get() {
        Loaded::Failed(reason) => Some(words::no_models(&reason)),
        _ => None,
    });
    let said = move || {
        // Tracked before what depends on it: see the map of the bias figure.
        points.track();
        recorded.with(|r| points.with(|p| finding(p, r)))
    };
    view! {
        <Frame
            spec=&SPEC
            state=state
            finding=Signal::derive(said)
        >
            <ErrorBanner trouble=trouble retry=move |()| site.load() />
            <Controls manifest=manifest chosen=chosen />
            <p class="estimate" data-testid="estimate">{move || {
                plan.get().map(|p| describe(&p, settings.get(&TARGETS)) + &if unrecorded() { not_recorded(words::MEASURE) } else { String::new() })
            }}</p>
            <RunBar
                run=run
                label=words::MEASURE
                asked=asked
            />
            <LinePlot
                chart=chart.into()
                label=Signal::derive(move || words::drawing(&said()))
                id="perplexity-plot"
            />
            <Matrix
                run=run
                points=points
                planned=asked
                left_out=Signal::derive(move || plan.get().map(|p| p.left_out).unwrap_or_default())
            />
            <Provenance points=points />
            <DataTable
                series="perplexity"
                table=Signal::derive(move || {
                    // The pale lines have their numbers too.
                    points.track();
                    let (shown, caption) = match recorded.get() {
                        r if r.is_empty() => (points.get(), words::MEASURED),
                        r => (r, words::RECORDED),
                    };
                    curves::table(&shown, caption.into())
                })
            />
            <Export
                stem=Signal::stored("alibi-perplexity".to_string())
                csv=Signal::derive(move || {
                    // Everything measured in this page, whatever is chosen now; before that, what is drawn pale.
                    let measured = everything();
                    if measured.is_empty() { curves::csv(&recorded.get()) } else { curves::csv(&measured) }
                })
                svg=Signal::derive(move || drawing(&chart.get(), settings.dark()))
            />
        </Frame>
    }
}

#[cfg(test)]
mod tests {
    use super::words::instead;
    use super::*;

    #[test]
    fn another_number_of_targets_than_the_chosen_one_has_its_reason() {
        let non = Protocol::Nonoverlapping;
        assert_eq!((instead(non, 8_192, 0), instead(non, 2_048, 2_048)), (String::new(), String::new()));
        assert_eq!(instead(non, 4_096, 2_048), " (not 2,048: the longest input holds that many)");
        assert!(instead(non, 512, 2_048).contains("the text has no more"));
        assert!(instead(Protocol::Sliding { stride: 4_096 }, 4_096, 2_048).contains("one stride scores that many"));
        assert!(instead(Protocol::LastTokens, 1_024, 2_048).contains("sets the number itself"));
    }
}
