//! What did the paper measure? Figure `paper`: its tables, read from files of the site, which bring their captions, their
//! findings and what is to be drawn.

mod words;

pub use self::words::{drawn, memory};
use crate::chart::{Point, Series};
use crate::position::METHODS;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::{Control, Kind};
use crate::ui::format::table::Table;

/// Vertical axis of the paper's Figure 1.
const CUT: (f64, f64) = (15.0, 55.0);
/// Palette index of models that stand for no position method.
const GREY: usize = 4;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "paper",
    title: "The paper’s own numbers",
    question: "What did the paper measure?",
    height: 750,
    controls: &[
        &Control {
            key: "paper-table",
            label: "Table of the paper",
            kind: Kind::List(&[
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
            default: "2",
        },
        &Control {
            key: "paper-axis",
            label: "Axes of Tables 2 to 4",
            kind: Kind::Pick(&[("whole", "whole"), ("cut", "as the paper cut it")]),
            default: "whole",
        },
    ],
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
    drawn(&(context.text)(&file(context.value("paper-table"))), context.value("paper-axis") == "cut")
}

/// What a file says of itself.
fn said<'a>(text: &'a str, key: &str) -> &'a str {
    let line = |l: &'a str| l.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": ");
    text.lines().find_map(line).unwrap_or_default()
}

/// The table of a file.
fn read(text: &str) -> Table {
    let mut rows: Vec<Vec<String>> =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').map(String::from).collect()).collect();
    let columns = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    Table { caption: said(text, "caption").into(), columns, rows }
}

/// The method that a model's name begins with, as a palette index.
fn style(name: &str) -> usize {
    METHODS.iter().position(|m| name.starts_with(m.name())).unwrap_or(GREY)
}

/// Lines of a table: by column, by row, or by the names in the first column. A cell that is no number is left out.
fn lines(table: &Table, how: &str) -> Vec<Series> {
    let mut out: Vec<Series> = Vec::new();
    let mut put = |name: &str, x: &str, y: &str| {
        let (Some(x), Some(y)) = (number(x), number(y)) else { return };
        let point = Point { x, y, low: None, high: None };
        match out.iter_mut().find(|s| s.name == name) {
            Some(line) => line.points.push(point),
            None => out.push(Series {
                id: name.into(),
                name: name.into(),
                style: style(name),
                points: vec![point],
                faint: false,
            }),
        }
    };
    for row in &table.rows {
        if how == "groups" {
            if let [name, x, y, ..] = row.as_slice() {
                put(name, x, y);
            }
            continue;
        }
        for (column, cell) in table.columns.iter().zip(row).skip(1) {
            if how == "rows" {
                put(&row[0], column, cell);
            } else if !column.ends_with("words/s") {
                put(column, &row[0], cell);
            }
        }
    }
    out
}

/// A number of digits and at most one point. The standard library's parser would bring tables of ten kilobytes along;
/// here numerator and denominator are exact, and so their quotient is rounded once.
fn number(text: &str) -> Option<f64> {
    let (mut value, mut scale, mut point) = (0.0, 1.0, false);
    for c in text.bytes() {
        match c {
            b'0'..=b'9' => {
                value = 10.0 * value + f64::from(c - b'0');
                scale *= if point { 10.0 } else { 1.0 };
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    (!text.is_empty()).then_some(value / scale)
}

#[cfg(test)]
mod tests;
