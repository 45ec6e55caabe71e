//! Train at L, test at L_valid: the paper's Table 5 in small. Figure `train-short`.

use crate::chart::{STEPS, Series, style_of};
use crate::protocol::{Job, Task};
use crate::ui::figure::curves::chart;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, methods};
use crate::position::by_id;
use crate::ui::settings::control::{Choice, Control, Kind};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::runs::results::Summary;
use crate::ui::format::table::Table;

/// Training lengths, and the shorter of the lengths tested at.
const TRAINED: [usize; 4] = [64, 128, 256, 512];
/// Lengths tested at.
const TESTED: [usize; 6] = [64, 128, 256, 512, 1_024, 2_048];
/// Targets of every point.
const TARGETS: usize = 8_192;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "train-short",
    title: "Train short, test long: Table 5 in small",
    question: "How short can you train?",
    height: 810,
    controls: &[&Control {
        key: "train-short-compare",
        label: "Beside ALiBi, trained at the very length it is tested at",
        kind: Kind::PickOf(others),
        default: "sinusoidal",
    }],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["train-short-plot"],
    series: &["train-short"],
    kept: Some(&["train-short-compare"]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

/// Every method that ALiBi can stand beside: those that figures compare, and those that follow it up.
fn others() -> Vec<Choice> {
    methods().into_iter().filter(|(id, _)| *id != "alibi").collect()
}

fn point(context: &FigureContext, method: &str, trained: usize, length: usize) -> Option<Job> {
    let model = format!("{method}-{trained}");
    context.model(&model)?;
    Some(context.ask(&model, Task::Score(context.stretch(length, TARGETS))))
}

/// Every cell that a trained model can fill: ALiBi at its training length and beyond, the other at its own.
fn cells(context: &FigureContext) -> Vec<(&'static str, usize, usize, Job)> {
    let other = by_id(context.value("train-short-compare")).map_or("", |method| method.id());
    let alibi = TRAINED.iter().flat_map(|&t| TESTED.iter().filter(move |&&l| l >= t).map(move |&l| ("alibi", t, l)));
    let own = TRAINED.iter().map(|&t| (other, t, t));
    alibi.chain(own).filter_map(|(m, t, l)| Some((m, t, l, point(context, m, t, l)?))).collect()
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    cells(context).into_iter().map(|c| c.3).collect()
}

/// A measured cell: method, training length, tested length, result.
type Cell = (&'static str, usize, usize, Summary);

fn render(context: &FigureContext) -> FigureOutput {
    let found = cells(context).into_iter().filter_map(|(m, t, l, ask)| Some((m, t, l, context.summary(&ask)?)));
    let found: Vec<Cell> = found.collect();
    let other = context.value("train-short-compare");
    let name = crate::position::by_id(other).map_or("", |m| m.name());
    FigureOutput {
        finding: finding(name, &found),
        charts: vec![chart(series(other, name, &found), &[])],
        tables: vec![table(name, &found)],
        ..Default::default()
    }
}

fn series(other: &str, name: &str, found: &[Cell]) -> Vec<Series> {
    let line = |id: String, name: String, style, keep: &dyn Fn(&Cell) -> bool| Series {
        id,
        name,
        style,
        points: found.iter().filter(|c| keep(c)).map(|c| c.3.point(c.2)).collect(),
        faint: false,
    };
    let mut lines: Vec<Series> = TRAINED
        .iter()
        .enumerate()
        .map(|(i, &t)| line(format!("alibi-{t}"), format!("ALiBi {t}"), STEPS[i], &|c| c.0 == "alibi" && c.1 == t))
        .collect();
    lines.push(line("own".into(), format!("{name}, own length"), style_of(other), &|c| c.0 != "alibi"));
    lines.retain(|l| !l.points.is_empty());
    lines
}

/// Differences that another seed can make, in perplexity: three trainings of one method at 256 tokens differ by up to 0.24
/// at their training length.
const LEVEL: f64 = 0.2;

/// Of each length tested at: the ALiBi model of the shortest training, below that length, that is ahead of the other one; else
/// the one that is level with it, if any is.
fn finding(name: &str, found: &[Cell]) -> String {
    let mut said = Vec::new();
    for &length in &TESTED {
        let Some(own) = found.iter().find(|c| c.0 != "alibi" && c.2 == length) else { continue };
        let shortest = |most: f64| {
            found
                .iter()
                .find(|c| c.0 == "alibi" && c.2 == length && c.1 < length && c.3.perplexity <= own.3.perplexity + most)
        };
        let (at, theirs) = (format!("at {length} tokens"), show_perplexity(own.3.perplexity));
        if let Some(best) = shortest(-LEVEL) {
            said.push(format!(
                "{at} ALiBi trained at {} reaches {}, {name} trained at {length} {theirs}",
                best.1,
                show_perplexity(best.3.perplexity)
            ));
        } else if let Some(level) = shortest(LEVEL) {
            said.push(format!(
                "{at} ALiBi trained at {} is level with {name} trained at {length} ({} and {theirs}: another seed changes as much)",
                level.1,
                show_perplexity(level.3.perplexity)
            ));
        } else if length > TRAINED[0] {
            said.push(format!("{at} no ALiBi model trained shorter is level with {name}"));
        }
    }
    let Some(first) = said.first_mut() else { return "Too few models have been trained for a comparison.".into() };
    first[..1].make_ascii_uppercase();
    format!("{}.", said.join("; "))
}

fn table(name: &str, found: &[Cell]) -> Table {
    let cell = |keep: &dyn Fn(&Cell) -> bool| {
        found.iter().find(|c| keep(c)).map_or("–".into(), |c| show_perplexity(c.3.perplexity))
    };
    let row = |head: String, keep: &dyn Fn(&Cell, usize) -> bool| {
        let cells = TESTED.iter().map(|&l| cell(&|c| c.2 == l && keep(c, l)));
        std::iter::once(head).chain(cells).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> =
        TRAINED.iter().map(|&t| row(format!("ALiBi, trained at {t}"), &|c, _| c.0 == "alibi" && c.1 == t)).collect();
    rows.push(row(format!("{name}, trained at that length"), &|c, l| c.0 != "alibi" && c.1 == l));
    let mut columns = vec!["model".to_string()];
    columns.extend(TESTED.iter().map(|&l| format!("tested at {}", thousands(l as u64))));
    Table {
        caption: format!("Perplexity of the same {} targets, nonoverlapping", thousands(TARGETS as u64)),
        columns,
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::runs::results::summarise;

    fn cell(method: &'static str, trained: usize, tested: usize, perplexity: f64) -> Cell {
        let block = [crate::protocol::BlockSum { nll: perplexity.ln(), n_targets: 1 }];
        (method, trained, tested, summarise(&block, 1).unwrap())
    }

    #[test]
    fn the_shortest_training_that_wins_is_named() {
        let found = [cell("alibi", 64, 256, 15.0), cell("alibi", 128, 256, 13.5), cell("sinusoidal", 256, 256, 14.0)];
        assert_eq!(
            finding("Sinusoidal", &found),
            "At 256 tokens ALiBi trained at 128 reaches 13.50, Sinusoidal trained at 256 14.00."
        );
        let found = [cell("alibi", 64, 256, 15.0), cell("sinusoidal", 256, 256, 14.0)];
        assert!(finding("Sinusoidal", &found).starts_with("At 256 tokens no ALiBi model"));
        assert!(finding("Sinusoidal", &[]).starts_with("Too few"));
        // Neither side wins by what another seed would change.
        for alibi in [13.9, 14.1] {
            let found = [cell("alibi", 64, 256, 15.0), cell("alibi", 128, 256, alibi), cell("t5", 256, 256, 14.0)];
            assert_eq!(
                finding("T5 bias", &found),
                format!(
                    "At 256 tokens ALiBi trained at 128 is level with T5 bias trained at 256 ({alibi:.2} and 14.00: another seed changes as much)."
                )
            );
        }
    }

    #[test]
    fn rows_are_training_lengths_and_columns_tested_ones() {
        let table = table("Rotary", &[cell("alibi", 128, 512, 13.0), cell("rotary", 64, 64, 16.0)]);
        assert_eq!(table.rows[1], ["ALiBi, trained at 128", "–", "–", "–", "13.00", "–", "–"]);
        assert_eq!(table.rows[4], ["Rotary, trained at that length", "16.00", "–", "–", "–", "–", "–"]);
    }
}
