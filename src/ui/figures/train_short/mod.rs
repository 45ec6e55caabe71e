//! Train at L, test at L_valid: the paper's Table 5 in miniature. Figure `train-short`.

mod data;
mod words;

use self::data::{Cell, TARGETS, TESTED, TRAINED};
use self::words::{finding, series, table};
use crate::protocol::{Job, Task};
use crate::ui::figure::curves::chart;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, methods};
use crate::position::by_id;
use crate::ui::settings::control::{Choice, Kind};
use crate::ui::settings::setting::Setting;

/// The method beside ALiBi.
pub static COMPARE: Setting<String> = Setting::new(
    "train-short-compare",
    "Compare with",
    Kind::PickOf(others),
    "sinusoidal",
);

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "train-short",
    title: "Train short, test long: Table 5 in miniature",
    question: "How short can you train?",
    height: 910,
    controls: &[&COMPARE.control],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["train-short-plot"],
    series: &["train-short"],
    precomputed: Some(&[&COMPARE.control]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
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
    let other = by_id(&context.get(&COMPARE)).map_or("", |method| method.id());
    let alibi = TRAINED.iter().flat_map(|&t| TESTED.iter().filter(move |&&l| l >= t).map(move |&l| ("alibi", t, l)));
    let own = TRAINED.iter().map(|&t| (other, t, t));
    alibi.chain(own).filter_map(|(m, t, l)| Some((m, t, l, point(context, m, t, l)?))).collect()
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    cells(context).into_iter().map(|c| c.3).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let found = cells(context).into_iter().filter_map(|(m, t, l, ask)| Some((m, t, l, context.summary(&ask)?)));
    let found: Vec<Cell> = found.collect();
    let other = &context.get(&COMPARE);
    let name = crate::position::by_id(other).map_or("", |m| m.name());
    FigureOutput {
        finding: finding(name, &found),
        charts: vec![chart(series(other, name, &found), &[])],
        tables: vec![table(name, &found)],
        ..Default::default()
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
            "At 256 tokens, ALiBi trained at 128 reaches 13.50 and Sinusoidal trained at 256 reaches 14.00."
        );
        let found = [cell("alibi", 64, 256, 15.0), cell("sinusoidal", 256, 256, 14.0)];
        assert!(finding("Sinusoidal", &found).starts_with("At 256 tokens, no ALiBi model"));
        assert!(finding("Sinusoidal", &[]).starts_with("Too few"));
        // Neither side wins by what another seed would change.
        for alibi in [13.9, 14.1] {
            let found = [cell("alibi", 64, 256, 15.0), cell("alibi", 128, 256, alibi), cell("t5", 256, 256, 14.0)];
            assert_eq!(
                finding("T5 bias", &found),
                format!(
                    "At 256 tokens, ALiBi trained at 128 is level with T5 bias trained at 256 ({alibi:.2} and 14.00: another seed would change as much)."
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
