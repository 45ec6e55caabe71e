//! What does ALiBi cost? Figure `cost`: speed and memory on the reader's machine, beside the paper's Table 1.

mod data;
mod words;

use self::data::{LENGTHS, ROUNDS, Measured, TARGETS};
use self::words::{chart, finding, masks, memory_chart, table};
use crate::config::{BLOCK, ModelEntry, RUN_IN, is_yours};
use crate::protocol::{EngineChoice, Job, Stretch, Task};
use crate::ui::figure::curves::speed;
use crate::ui::figure::spec::{COMPARED, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;
use crate::ui::figures::paper;
use crate::ui::runs::plan::tokens;

/// Begins where no other figure does, so that no answer of theirs, perhaps of the GPU, stands in for a timing.
const FIRST: usize = RUN_IN + BLOCK;

/// Models that are measured.
pub static MODELS: Setting<Vec<String>> =
    Setting::new("cost-models", "Models, by training length in tokens", Kind::Models(|m| m.seed == 1 || is_yours(&m.id)), COMPARED);
/// Longest input, tokens.
pub static LONGEST: Setting<usize> = Setting::new(
    "cost-longest",
    "Longest input, tokens",
    Kind::Pick(&[("1024", "1,024"), ("4096", "4,096")]),
    "4096",
);

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "cost",
    title: "What each method costs here",
    question: "What does ALiBi cost?",
    height: 1580,
    controls: &[&MODELS.control, &LONGEST.control],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    precomputed: None,
    plots: &["cost-plot", "cost-memory", "cost-paper-plot", "cost-paper-memory"],
    series: &["cost", "cost-paper"],
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

/// Lengths that are measured.
fn lengths(context: &FigureContext) -> impl Iterator<Item = usize> {
    let longest = context.get(&LONGEST);
    LENGTHS.into_iter().filter(move |l| *l <= longest)
}

/// Every task on the CPU, where every key can be computed and where far ones can be skipped.
fn question(context: &FigureContext, model: &str, length: usize, task: fn(Stretch) -> Task, round: usize) -> Job {
    let stretch = Stretch { first: FIRST + round * TARGETS, ..context.stretch(length, TARGETS) };
    Job { engine: EngineChoice::Cpu, ..context.ask(model, task(stretch)) }
}

/// Round by round, so that what disturbs one does not disturb all measurements of a model.
fn evaluations(context: &FigureContext) -> Vec<Job> {
    let mut out = Vec::new();
    for round in 0..ROUNDS {
        for length in lengths(context) {
            for model in context.models(&MODELS) {
                for task in [Task::ScoreInFull, Task::Score] {
                    out.push(question(context, &model.id, length, task, round));
                }
            }
        }
    }
    out
}

fn row(context: &FigureContext, model: &ModelEntry, length: usize) -> Measured {
    let of = |task| {
        let (mut fastest, mut bytes) = (None, 0);
        for round in 0..ROUNDS {
            let asked = question(context, &model.id, length, task, round);
            if let Some(answer) = context.find(&asked).filter(|a| a.live) {
                let measured = asked.task.stretch().and_then(|s| speed((answer.scored.seconds, tokens(s))));
                if measured > fastest {
                    fastest = measured;
                }
                bytes = bytes.max(answer.scored.peak_bytes);
            }
        }
        (fastest, bytes)
    };
    let ((full, bytes), (skipping, _)) = (of(Task::ScoreInFull), of(Task::Score));
    let shape = (model.config.n_layer, model.config.d_model);
    Measured { model: model.id.clone(), shape, length, full, skipping, bytes }
}

fn render(context: &FigureContext) -> FigureOutput {
    let models = context.models(&MODELS);
    let mut rows = Vec::new();
    for model in &models {
        rows.extend(lengths(context).map(|l| row(context, model, l)).filter(|r| r.full.or(r.skipping).is_some()));
    }
    let n_head = models.first().map_or(8, |m| m.config.n_head);
    let mut out = FigureOutput {
        finding: finding(&rows),
        charts: if rows.is_empty() { Vec::new() } else { vec![chart(&rows)] },
        panel: masks(n_head, context.get(&LONGEST)),
        tables: vec![table(&rows)],
        ..Default::default()
    };
    let table_1 = (context.text)(&paper::file("1"));
    let mut theirs = paper::drawn(&table_1, false);
    out.tables.append(&mut theirs.tables);
    out.trouble = theirs.trouble;
    if rows.iter().any(|r| r.bytes > 0) {
        out.charts.push(memory_chart(&rows));
    }
    // First until something is measured here, then beside it.
    out.charts.append(&mut theirs.charts);
    out.charts.push(paper::memory(&table_1));

    out
}

#[cfg(test)]
mod tests;
