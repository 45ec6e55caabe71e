//! The one component that draws every figure from its data.

use std::cell::Cell;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::chart::{BarChart, LineChart, Theme, bars_to_svg, stacked};
use crate::config::{Manifest, ModelEntry, is_yours};
use crate::protocol::Job;
use crate::ui::figure::frame::{Frame, told};
use crate::ui::figure::model_picker::{Models, missing, training};
use crate::ui::figure::run_bar::RunBar;
use crate::ui::figure::spec::{
    COMPARED, ENGINE, EVERY, Figure, FigureContext, FigureOutput, FigureSpec, Origin, chosen, standing,
};
use crate::ui::figure::words;
use crate::ui::format::table::Table;
use crate::ui::runs::assets::{Assets, Loaded};
use crate::ui::runs::run_state::{RunState, engine_id, engine_name};
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::runs::yours::own;
use crate::ui::settings::control::{Choice, Control, Kind, Values, put};
use crate::ui::settings::state::use_settings;
use crate::ui::settings::text::text_problem;
use crate::ui::settings::value::Value;
use crate::ui::widgets::attempt::attempt;
use crate::ui::widgets::bar_plot::BarPlot;
use crate::ui::widgets::choice::List;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::LinePlot;
use crate::ui::widgets::line_plot::{SVG_SIZE, drawing};
use crate::ui::widgets::readout::Move;
use crate::ui::widgets::setting::SettingControl;
use crate::ui::widgets::visibility::near;

/// Draws a figure with its controls, its run, its charts, its table and the text around it.
#[component]
pub fn FigureView(
    /// What it does.
    figure: &'static Figure,
) -> impl IntoView {
    let spec = figure.spec;
    let near = near();
    let (settings, site, client) = (use_settings(), expect_context::<Assets>(), expect_context::<WorkerPool>());
    let run = RunState::default();
    let values = Memo::new(move |_| settings.values_of(spec.controls));
    Effect::new(move || {
        if near.get() && spec.precomputed.is_some() {
            site.load_precomputed();
        }
    });
    // Whether a file of the site that was read is still on its way; what was said if the figure broke down over it, which leaves
    // the others alone.
    let with_context = move |values: &Values, use_it: &mut dyn FnMut(&FigureContext)| -> Result<bool, String> {
        // Tracked in one place, plain values from here on.
        let (results, precomputed) = (client.results.read(), site.precomputed.read());
        let manifest = site.manifest.get();
        let waits = Cell::new(spec.precomputed.is_some() && matches!(*precomputed, Loaded::Unasked | Loaded::Loading));
        let text = |path: &str| {
            let text = site.text(path);
            waits.set(waits.get() || matches!(text, Loaded::Unasked | Loaded::Loading));
            text
        };
        let context = FigureContext {
            spec,
            values,
            manifest: manifest.ready().map(Arc::as_ref),
            results: &results,
            precomputed: precomputed.ready().map_or(&[], |k| k.as_slice()),
            engine: settings.get(&ENGINE),
            dark: settings.dark(),
            text: &text,
        };
        attempt(&mut || use_it(&context))?;
        Ok(waits.get())
    };
    // How often the reader has asked again.
    let again = RwSignal::new(0);
    // What is wrong with a text of the reader's.
    let texts = move || spec.controls.iter().copied().filter(|c| matches!(c.kind, Kind::Text { .. }));
    let unusable = Memo::new(move |_| values.with(|v| texts().filter_map(|c| text_problem(c.value(v))).next()));
    // The last texts that there were answers for.
    let answered = StoredValue::new(Vec::<(&'static Control, String)>::new());
    let shown = Memo::new(move |before: Option<&(FigureOutput, Origin)>| {
        // What is far from the reader stays as it was.
        if !near.get() {
            return before.cloned().unwrap_or_default();
        }
        again.track();
        let (mut values, usable) = (values.get(), unusable.with(Option::is_none));
        if !usable {
            answered.with_value(|all| all.iter().for_each(|(control, text)| put(&mut values, control, text.clone())));
        }
        let mut out = (FigureOutput::default(), Origin::default());
        let outcome = with_context(&values, &mut |context| {
            out = ((figure.render)(context), context.origin(&(figure.shown)(context)));
        });
        match outcome {
            Ok(waits) => out.1.waits = waits,
            Err(reason) => {
                let trouble = words::broken(&reason);
                return (FigureOutput { trouble, ..FigureOutput::default() }, Origin::default());
            }
        }
        // Without the precomputed answers a figure would say that there are none.
        if spec.precomputed.is_some() && out.1.live + out.1.precomputed == 0 {
            match &*site.precomputed.read() {
                Loaded::Ready(_) => {}
                Loaded::Failed(_) => out.0.finding = words::ANSWERS_MISSING.into(),
                Loaded::Unasked | Loaded::Loading => out.0.finding = words::ANSWERS_COMING.into(),
            }
        }
        if usable && out.1.live + out.1.precomputed > 0 {
            answered.set_value(texts().map(|c| (c, c.value(&values).to_string())).collect());
        }
        out
    });
    let evaluations = move || {
        let mut out: Vec<Job> = Vec::new();
        // What broke is said where it is drawn.
        let asked = with_context(&values.read(), &mut |context| out = (figure.evaluations)(context));
        asked.map(|_| out).unwrap_or_default()
    };
    let questions = Memo::new(move |before: Option<&Vec<Job>>| match near.get() {
        true => evaluations(),
        false => before.cloned().unwrap_or_default(),
    });
    let waits = Memo::new(move |_| shown.with(|s| s.1.waits));
    let state = Signal::derive(move || {
        let run = match site.manifest.get() {
            _ if spec.run.is_none() => "idle",
            Loaded::Unasked | Loaded::Loading => "loading",
            Loaded::Failed(_) => "failed",
            Loaded::Ready(_) => run.state(),
        };
        if run == "idle" && waits.get() { "loading" } else { run }
    });
    let trouble = Signal::derive(move || match (site.manifest.get(), site.precomputed.get()) {
        (Loaded::Failed(reason), _) if spec.run.is_some() => Some(words::no_models(&reason)),
        (_, Loaded::Failed(reason)) if spec.precomputed.is_some() => Some(words::no_answers(&reason)),
        _ => shown.with(|s| (!s.0.trouble.is_empty()).then(|| s.0.trouble.clone())),
    });
    let finding = Signal::derive(move || shown.with(|s| s.0.finding.clone()));
    let told = told(spec.id, finding);
    let controls = spec.controls.iter().map(|control| view! { <ControlOf control=control /> }).collect_view();
    let plots = spec.plots.iter().enumerate().map(move |(i, id)| {
        let chart = Signal::derive(move || shown.with(|s| s.0.charts.get(i).cloned()).unwrap_or_else(empty));
        let label = Signal::derive(move || words::chart_label(spec.title, &told.get()));
        let absent = move || shown.with(|s| s.0.charts.len() <= i);
        view! { <div hidden=absent><LinePlot chart=chart label=label id=id /></div> }
    });
    let tables = spec.series.iter().enumerate().map(move |(i, series)| {
        let table = Signal::derive(move || shown.with(|s| s.0.tables.get(i).cloned()).unwrap_or_default());
        view! { <DataTable series=series table=table /> }
    });
    let svg = Signal::derive(move || {
        let dark = settings.dark();
        let bars = |b: &BarChart| bars_to_svg(b, if dark { &Theme::DARK } else { &Theme::LIGHT }, SVG_SIZE.0).ok();
        shown.with(|(s, _)| {
            let lines = s.charts.iter().filter(|c| !c.series.is_empty()).filter_map(|c| drawing(c, dark));
            stacked(lines.chain(s.bars.iter().filter_map(bars)).collect())
        })
    });
    let bars = Memo::new(move |_| shown.with(|s| s.0.bars.clone()));
    let csv =
        Signal::derive(move || shown.with(|(s, _)| s.tables.iter().map(Table::csv).collect::<Vec<_>>().join("\n")));
    view! {
        <Frame spec=spec state=state finding=finding>
            <ErrorBanner trouble=trouble retry=move |()| {
                site.load();
                again.update(|n| *n += 1);
            } />
            <div class="controls">{controls}</div>
            {move || unusable.get().map(|reason| view! { <p class="note" role="alert" data-testid="text-problem">{reason}</p> })}
            {spec.run.map(|label| view! {
                <RunBar run=run label=label asked=questions />
            })}
            {plots.collect_view()}
            {move || bars.get().map(|chart| view! { <BarPlot chart=Signal::stored(chart) id=format!("{}-bars", spec.id) /> })}
            <Panel spec=spec shown=shown />
            {move || source(&shown.with(|s| s.1), spec.run)}
            {tables.collect_view()}
            <Export stem=Signal::stored(format!("alibi-{}", spec.id)) csv=csv svg=svg drawn=!spec.plots.is_empty() />
        </Frame>
    }
}

fn empty() -> LineChart {
    crate::ui::figure::curves::chart(Vec::new(), &[])
}

/// Where the numbers come from.
fn source(origin: &Origin, run: Option<&str>) -> Option<impl IntoView + use<>> {
    let Origin { live, precomputed, engine, mixed, unrecorded, .. } = *origin;
    let on = if mixed { words::BOTH_ENGINES } else { engine_name(engine) };
    let unrecorded = run.filter(|_| unrecorded).map(words::not_recorded);
    let text = match (live, precomputed) {
        (0, 0) => String::new(),
        (0, _) => words::ALL_RECORDED.into(),
        (_, 0) => words::all_computed_here(on),
        (n, k) => words::some_computed_here(n, k, on),
    };
    let text = text + unrecorded.as_deref().unwrap_or_default();
    (!text.is_empty()).then(|| view! { <p class="source" data-testid="source" data-engine=(live > 0).then(|| engine_id(engine))>{text}</p> })
}

/// HTML of the figure's own, in which elements with `data-set` are controls.
#[component]
fn Panel(spec: &'static FigureSpec, shown: Memo<(FigureOutput, Origin)>) -> impl IntoView {
    let settings = use_settings();
    let place = NodeRef::<html::Div>::new();
    let of = |event: &web_sys::Event| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        target.and_then(|t| t.closest("[data-set]").ok().flatten())
    };
    let choose = move |pressed: Element| {
        let Some((key, value)) = pressed.get_attribute("data-set").and_then(|s| {
            let (key, value) = s.split_once('=')?;
            Some((key.to_string(), value.to_string()))
        }) else {
            return;
        };
        let Some(control) = spec.controls.iter().find(|c| c.key == key) else { return };
        settings.put(control, value.clone());
        // The panel is drawn anew, and with it goes the focus: back before the next key is heard, and, should the drawing come
        // later than that, with the next frame.
        let focus = move || {
            let again = place
                .try_get_untracked()
                .flatten()
                .and_then(|p| p.query_selector(&format!("[data-set=\"{key}={value}\"]")).ok().flatten())
                .and_then(|e| e.dyn_into::<HtmlElement>().ok());
            if let Some(element) = again {
                let _ = element.focus();
            }
        };
        queue_microtask(focus.clone());
        request_animation_frame(move || {
            let lost = document().active_element().is_none_or(|e| e.tag_name() == "BODY");
            if lost {
                focus();
            }
        });
    };
    let press = move |event: web_sys::MouseEvent| {
        if let Some(pressed) = of(&event) {
            choose(pressed);
        }
    };
    let walk = move |event: web_sys::KeyboardEvent| {
        let (Some(step), Some(pressed)) = (Move::of(&event), of(&event)) else { return };
        let all = pressed.parent_element();
        let next = match step {
            Move::Left | Move::Up => pressed.previous_element_sibling(),
            Move::Right | Move::Down => pressed.next_element_sibling(),
            Move::Home | Move::PageUp => all.and_then(|all| all.first_element_child()),
            Move::End | Move::PageDown => all.and_then(|all| all.last_element_child()),
        };
        event.prevent_default();
        if let Some(next) = next.filter(|e| e.has_attribute("data-set")) {
            choose(next);
        }
    };
    view! { <div class="panel" node_ref=place on:click=press on:keydown=walk inner_html=move || shown.with(|s| s.0.panel.clone())></div> }
}

/// The control of a setting.
#[component]
fn ControlOf(control: &'static Control) -> impl IntoView {
    match control.kind {
        Kind::Models(fits) => view! { <ModelsOf control=control fits=fits /> }.into_any(),
        Kind::OneModel(methods) => view! { <OneModelOf control=control methods=methods() /> }.into_any(),
        _ => view! { <SettingControl control=control /> }.into_any(),
    }
}

/// The models that a figure can use.
#[component]
fn ModelsOf(control: &'static Control, fits: fn(&ModelEntry) -> bool) -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Assets>());
    let ids = Signal::derive(move || {
        let of = |m: &Manifest| m.models.iter().filter(|m| fits(m)).map(|m| m.id.clone()).collect();
        site.manifest.with(|m| m.ready().map(|m| of(m)).unwrap_or_default())
    });
    let ids_of = |manifest: &Manifest, value: &str| {
        chosen(manifest, value).into_iter().map(|m| m.id.clone()).collect::<Vec<_>>()
    };
    let several = |value: &str| value == COMPARED || value == EVERY;
    let asked = move || settings.text(control);
    // A word for several stands for those that there are; what there is not is said.
    let now = Signal::derive(move || {
        let asked = asked();
        site.manifest.with(|m| match m.ready().map(|m| (m, standing(m, control, &asked))) {
            Some((m, value)) if several(value) => ids_of(m, value),
            None if several(&asked) => Vec::new(),
            other => Vec::<String>::read(other.map_or(&asked, |o| o.1)),
        })
    });
    let asked = Signal::derive(move || match asked() {
        value if several(&value) => Vec::new(),
        value => Vec::<String>::read(&value),
    });
    let choose = move |ids: Vec<String>| settings.put(control, ids.write());
    view! { <Models testid=control.key label=control.label ids=ids chosen=now asked=asked choose=choose /> }
}

/// A list of methods, each standing for its model, and of the reader's own models.
#[component]
fn OneModelOf(control: &'static Control, methods: Vec<Choice>) -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Assets>());
    let ids = Memo::new(move |_| site.manifest.with(|all| own(all).into_iter().map(|m| m.id).collect::<Vec<_>>()));
    let ready = move || site.manifest.with(|m| m.ready().is_some());
    let gone = move |value: &String| is_yours(value) && ids.with(|ids| !ids.contains(value)) && ready();
    let value = Signal::derive(move || match settings.text(control) {
        value if gone(&value) => control.default.into(),
        value => value,
    });
    let list = move || {
        let methods = methods.iter().map(|(id, name)| (id.to_string(), name.to_string()));
        let yours = ids.get().into_iter().map(|id| {
            let name = words::yours_among(&training(&id));
            (id, name)
        });
        let set = move |new: String| settings.put(control, new);
        let choices = methods.chain(yours).collect();
        view! { <List testid=control.key label=control.label choices=choices value=value choose=set /> }
    };
    let note = move || {
        let value = settings.text(control);
        missing(if gone(&value) { std::slice::from_ref(&value) } else { &[] })
    };
    view! {
        {list}
        {note}
    }
}
