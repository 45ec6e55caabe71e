//! Everything that a reader of the figure `recall` can read, but for the prose around it.

use super::data::{FINDS, Outcome, PAIRS, distances, has_horizons, horizons, outcome, reaching, series, share};
use crate::chart::{Axis, KINDS, LineChart, Mark, Point, Scale, Series};
use crate::config::{RECALL_ASKED, RECALL_TOKENS, RECALL_TRAINED, Recalled};
use crate::ui::figure::curves::method_name;
use crate::ui::format::numbers::{show_percent, thousands};
use crate::ui::format::table::Table;

/// Title.
pub(super) const TITLE: &str = "Finding a far word";
/// Question.
pub(super) const QUESTION: &str = "Does a level curve mean that far words are used?";
/// Setting.
pub(super) const METHODS: &str = "Position methods";
/// Buttons.
pub(super) const RUN: &str = "Ask them here";
pub(super) const STOP: &str = "Stop";
/// What the bar is called.
pub(super) const SHARE: &str = "Share of the questions asked";
/// Said where nothing is chosen.
pub(super) const NO_METHOD: &str = "Tick at least one position method.";
/// Said where the page may start nothing beside it.
pub(super) const ALONE: &str = "Asking the models needs a process of its own, which this frame may not start. What was recorded is shown.";

/// Why there are no counts.
pub(super) fn not_loaded(reason: &str) -> String {
    format!("The recorded answers could not be loaded. {reason}")
}

/// Said of what answers and is gone.
pub(super) fn gone(detail: &str) -> String {
    let detail = if detail.is_empty() { "the browser gives no reason" } else { detail };
    format!("What asks the models has stopped working ({detail}). Retry begins anew.")
}

/// How far the asking is; at the end, whether the answers are those recorded.
pub(super) fn status(done: usize, of: usize, running: bool, (differ, all): (usize, usize)) -> String {
    let compared = match differ {
        0 => "every count equals the recorded one".into(),
        n => format!("{n} differ from the recorded ones, where two values were almost equally likely"),
    };
    match (running, all) {
        (true, _) => format!("{done} of {of} distances asked"),
        (false, 0) => String::new(),
        (false, _) => format!("{all} distances asked here: {compared}."),
    }
}

/// Where the numbers come from.
pub(super) fn source(own: bool) -> String {
    let by = match own {
        true => "Asked in your browser where you have run it, the rest recorded",
        false => "Recorded with the very weights that this page ships",
    };
    format!(
        "{by}: {} questions at every distance, the same for every model; bands are one standard error. Each model has two layers and eight heads and was trained on {} tokens of this task alone, in windows of {RECALL_TRAINED}.",
        thousands(RECALL_ASKED as u64),
        thousands(RECALL_TOKENS)
    )
}

fn times(distance: usize) -> String {
    format!("{} tokens", thousands(distance as u64))
}

/// What the counts say.
pub(super) fn finding(models: &[Recalled]) -> String {
    found(models, &format!("Trained on distances below {RECALL_TRAINED}"))
}

/// What counts say of models of which that much is said first.
pub(in crate::ui::figures) fn found(models: &[Recalled], first: &str) -> String {
    let said = |model: &Recalled| {
        let name = method_name(&model.method);
        let last = model.points.last()?.distance;
        Some(match outcome(model)? {
            Outcome::NotLearned(best) => {
                format!("{name} did not learn the task ({} right at best)", show_percent(best))
            }
            Outcome::Everywhere(share) => format!("{name} is still right {} of the time at {}", show_percent(share), times(last)),
            Outcome::UpTo(distance, share) => format!(
                "{name} finds the value up to {} back, and {} of the time at {}",
                times(distance),
                show_percent(share),
                times(last)
            ),
        })
    };
    let parts: Vec<String> = models.iter().filter_map(said).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(
        "{first}: {}. (To find means: right at least {} of the time.)",
        parts.join("; "),
        show_percent(FINDS)
    )
}

/// A chart for those who do not see it.
pub(super) fn label(finding: &str) -> String {
    format!("Right answers against distance. {finding}")
}

/// Right answers against distance.
pub(in crate::ui::figures) fn chart(models: &[Recalled]) -> LineChart {
    let ends = [distances()[0], distances()[distances().len() - 1]].map(|d| d as f64);
    let mut lines = vec![Series {
        id: "guess".into(),
        name: format!("a guess among {PAIRS}"),
        style: KINDS - 1,
        points: ends.map(|x| Point { x, y: 100.0 / PAIRS as f64, low: None, high: None }).to_vec(),
        faint: true,
    }];
    lines.extend(models.iter().map(series));
    let mut marks = vec![Mark { x: RECALL_TRAINED as f64, label: format!("trained at {RECALL_TRAINED}") }];
    if has_horizons(models) {
        let inside = horizons().into_iter().filter(|x| (ends[0]..=ends[1]).contains(x));
        marks.extend(inside.map(|x| Mark { x, label: String::new() }));
    }
    LineChart {
        x: Axis { label: "distance back to the key (tokens, log scale)".into(), scale: Scale::Log2, range: Some((ends[0], ends[1])) },
        y: Axis { label: "right answers (%)".into(), scale: Scale::Linear, range: Some((0.0, 100.0)) },
        series: lines,
        marks,
    }
}

/// A row for each distance.
pub(in crate::ui::figures) fn table(models: &[Recalled]) -> Table {
    let heads = has_horizons(models);
    let mut columns = vec!["distance".to_string()];
    columns.extend(models.iter().map(|m| format!("{}, right", method_name(&m.method))));
    if heads {
        columns.push("heads of ALiBi that reach it".into());
    }
    let cell = |model: &Recalled, distance| {
        let point = model.points.iter().find(|p| p.distance == distance);
        point.map_or("–".into(), |p| show_percent(share(p.right).0))
    };
    let row = |&distance: &usize| {
        let mut row = vec![thousands(distance as u64)];
        row.extend(models.iter().map(|m| cell(m, distance)));
        if heads {
            row.push(reaching(distance).to_string());
        }
        row
    };
    Table {
        caption: format!(
            "Right answers by distance, of {} at each; a head reaches as far as its bias alone leaves a key 1 %",
            thousands(RECALL_ASKED as u64)
        ),
        columns,
        rows: distances().iter().map(row).collect(),
    }
}

/// The legend of the marks.
pub(in crate::ui::figures) const MARKS: &str = "Ticks on the axis: how far each head of ALiBi reaches, to where its bias alone leaves a key 1 % of its weight.";
