//! What did the paper measure? Figure `paper`: its tables, read from files of the site, which bring their captions, their
//! findings and what is to be drawn.

mod data;
mod words;

pub use self::words::{drawn, memory};
use crate::choices;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;

choices! {
    /// Which part of the axes is shown.
    Axes {
        /// All of it.
        Whole = ("whole", "whole"),
        /// As the paper's Figure 1.
        Cut = ("cut", "as the paper cut it"),
    }
}

/// Number of the table.
pub static TABLE: Setting<String> = Setting::new(
    "paper-table",
    "Table of the paper",
    Kind::List(&[
        ("2", "2: trained at 512 tokens (Figure 1, left)"),
        ("3", "3: trained at 1,024 tokens (Figure 1, right)"),
        ("4", "4: trained at 3,072 tokens"),
        ("5", "5: ALiBi trained at 64 to 3,072 tokens"),
        ("1", "1: speed and memory"),
        ("6", "6: WikiText-103 test set"),
        ("7", "7: the same, sliding window"),
        ("8", "8: Toronto BookCorpus"),
        ("9", "9: Toronto BookCorpus, test set"),
        ("10", "10: the same, sliding window"),
        ("11", "11: 1.3 billion parameters, equal time"),
        ("12", "12: 1.3 billion parameters, equal updates"),
        ("13", "13: sinusoidal, sliding window of stride 1"),
        ("14", "14: T5 bias, sliding window of stride 1"),
        ("15", "15: ALiBi, sliding window of stride 1"),
    ]),
    "2",
);
/// Axes of the tables that Figure 1 draws.
pub static AXES: Setting<Axes> = Setting::new("paper-axis", "Axes of Tables 2 to 4", Kind::Pick(Axes::CHOICES), "whole");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "paper",
    title: "The paper’s own numbers",
    question: "What did the paper measure?",
    height: 750,
    controls: &[&TABLE.control, &AXES.control],
    shared: &[&ENGINE.control],
    run: None,
    plots: &["paper-plot"],
    series: &["paper"],
    precomputed: None,
};

/// What it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations: |_| Vec::new(), shown: |_| Vec::new(), render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

/// The file of a table.
pub fn file(table: &str) -> String {
    format!("assets/paper/table-{table}.csv")
}

fn render(context: &FigureContext) -> FigureOutput {
    drawn(&(context.text)(&file(&context.get(&TABLE))), context.get(&AXES) == Axes::Cut)
}

#[cfg(test)]
mod tests;
