//! What the page opens with: the recorded perplexities of four models by input length, and what each of them writes after an
//! input of the length chosen. Nothing runs here; the figure `extrapolation` has the rest.

mod data;
mod plot;
mod words;

use leptos::prelude::*;

use self::data::LENGTHS;
use self::plot::{Plot, SLIDER};
use crate::config::Lines;
use crate::ui::figure::curves::{self, CurvePoint};
use crate::ui::figure::frame::{Finding, Frame, told};
use crate::ui::figure::spec::{Drawing, FigureSpec, TRAINED};
use crate::ui::format::numbers::show_perplexity;
use crate::ui::runs::assets::{Assets, Loaded};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::{ON_OFF, Setting};
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::data_table::DataTable;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::export::Export;
use crate::ui::widgets::line_plot::drawing;
use crate::ui::widgets::soon::Soon;

/// Length of the inputs looked at, tokens.
pub static LENGTH: Setting<usize> = Setting::new(SLIDER, words::LENGTH, Kind::Nearest(&LENGTHS), "4096");
/// Whether the results past the training length are out of sight, for the reader to guess.
pub static GUESS: Setting<bool> = Setting::new("opening-guess", words::GUESS, Kind::Pick(ON_OFF), "off");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "opening",
    title: words::TITLE,
    question: words::QUESTION,
    height: 670,
    controls: &[&LENGTH.control, &GUESS.control],
    ..FigureSpec::BLANK
};
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Own(|| view! { <Opening /> }.into_any());

/// The figure.
#[component]
pub fn Opening() -> impl IntoView {
    let (settings, site) = (use_settings(), expect_context::<Assets>());
    let (length, guessing) = (settings.of(&LENGTH), Memo::new(move |_| settings.get(&GUESS)));
    let points = Memo::new(move |_| -> Vec<CurvePoint> {
        let all = site.recorded.with(|r| r.ready().map(|r| data::points(r)).unwrap_or_default());
        all.into_iter().filter(|p| !data::hidden(p.length, guessing.get())).collect()
    });
    let chart = Memo::new(move |_| points.with(|points| data::chart(points, None)));
    let finding = Signal::derive(move || match guessing.get() {
        true => words::question(TRAINED),
        false => points.with(|points| data::finding(points, length.get())),
    });
    let told = told(SPEC.id, finding);
    // What stands in the rows comes when the chart is on the screen.
    Effect::new(move || {
        let settled = site.recorded.with(|r| matches!(r, Loaded::Ready(_) | Loaded::Failed(_)));
        if settled {
            request_animation_frame(move || set_timeout(move || site.load_lines(), std::time::Duration::ZERO));
        }
    });
    let state = Signal::derive(move || match (site.recorded.get(), site.lines.get()) {
        (Loaded::Failed(_), _) => "failed",
        (Loaded::Ready(_), Loaded::Ready(_) | Loaded::Failed(_)) => "idle",
        _ => "loading",
    });
    let trouble = Signal::derive(move || match (site.recorded.get(), site.lines.get()) {
        (Loaded::Failed(reason), _) => Some(words::not_loaded(&reason)),
        (_, Loaded::Failed(reason)) => Some(words::no_lines(&reason)),
        _ => None,
    });
    let targets = move || {
        let counted = |n: &[u32]| n.iter().map(|&n| u64::from(n)).sum::<u64>();
        site.recorded.with(|r| r.ready().and_then(|r| r.points.first().map(|p| counted(&p.block_targets))))
    };
    let svg = Signal::derive(move || {
        let chart = points.with(|points| data::chart(points, Some(length.get())));
        drawing(&chart, settings.dark())
    });
    view! {
        <Frame spec=&SPEC state=state first=true>
            <ErrorBanner trouble=trouble retry=move |()| site.load() />
            <div class="opening">
                <Plot
                    chart=chart
                    label=Signal::derive(move || words::chart(&told.get()))
                    length=length
                    choose=move |length| settings.set(&LENGTH, length)
                >
                    <button
                        type="button"
                        class:primary=guessing
                        data-testid="opening-guess"
                        on:click=move |_| settings.set(&GUESS, !guessing.get_untracked())
                    >
                        {move || if guessing.get() { words::SHOW } else { words::GUESS }}
                    </button>
                </Plot>
                <Rows points=points length=length guessing=guessing lines=site.lines />
                <div class="opening-said">
                    <Finding text=finding />
                </div>
            </div>
            <p class="source">{move || targets().map(words::source)}</p>
            <Soon>
                <details class="folded">
                    <summary>{words::NUMBERS}</summary>
                    <DataTable
                        series="opening"
                        table=Signal::derive(move || points.with(|p| curves::table(p, words::CAPTION.into())))
                    />
                    <Export
                        stem=Signal::stored("alibi-opening".to_string())
                        csv=Signal::derive(move || points.with(|p| curves::csv(p)))
                        svg=svg
                    />
                </details>
            </Soon>
        </Frame>
    }
}

/// A row for each model: its perplexity at the length chosen, and what it writes there.
#[component]
fn Rows(
    points: Memo<Vec<CurvePoint>>,
    length: Signal<usize>,
    guessing: Memo<bool>,
    lines: RwSignal<Loaded<Lines>>,
) -> impl IntoView {
    let hidden = Memo::new(move |_| data::hidden(length.get(), guessing.get()));
    let head = move || lines.with(|l| l.ready().map_or_else(|| words::MODEL.into(), |l| words::after(&l.before)));
    // The models stay; what is said of them follows.
    let models = data::rows(&[], TRAINED).into_iter().map(|row| {
        let model = row.model;
        let perplexity =
            move || points.with(|p| data::rows(p, length.get()).into_iter().find(|r| r.model == model)?.perplexity);
        let number = move || match hidden.get() {
            true => Some(words::HIDDEN.to_string()),
            false => perplexity().map(show_perplexity),
        };
        let line = move || match hidden.get() {
            true => None,
            false => lines.with(|l| l.ready().and_then(|l| data::line(l, model, length.get()).map(words::line))),
        };
        view! {
            <li data-model=model>
                <i class="swatch" data-palette=row.style aria-hidden="true"></i>
                <span class="opening-name">{row.name}</span>
                <span class="opening-number" data-testid="opening-perplexity">
                    <span class="visually-hidden">{words::PERPLEXITY}" "</span>
                    <span aria-hidden=move || hidden.get().to_string()>{number}</span>
                    <span class="visually-hidden">{move || hidden.get().then_some(words::HIDDEN_TOLD)}</span>
                </span>
                <span class="opening-line" data-testid="opening-line">{line}</span>
            </li>
        }
    });
    view! {
        <div class="opening-rows">
            <p aria-hidden="true"><span>{head}</span><span>{words::PERPLEXITY}</span></p>
            <ul aria-label=words::ROWS>{models.collect_view()}</ul>
        </div>
    }
}
