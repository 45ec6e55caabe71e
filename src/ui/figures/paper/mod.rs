//! What did the paper measure? Figure `paper`: its tables, read from files of the site, which bring their captions, their
//! findings and what is to be drawn.

use crate::chart::{Axis, Bar, BarChart, LineChart, Mark, Point, Scale, Series};
use crate::position::METHODS;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::{Control, Kind};
use crate::ui::format::numbers::thousands;
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
    kept: None,
};

/// What it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations: |_| Vec::new(), render };
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

/// Memory in training against training length, from the text of Table 1.
pub fn memory(text: &str) -> LineChart {
    let mut table = read(text);
    let column = table.columns.iter().position(|c| c.ends_with("memory (GB)"));
    for row in table.rows.iter_mut().filter(|row| row.len() > 2) {
        row[2] = column.and_then(|c| row.get(c).cloned()).unwrap_or_default();
    }
    LineChart {
        x: axis(said(text, "x"), Scale::Log2),
        y: Axis { label: "Table 1: memory in training (GB)".into(), scale: Scale::Linear, range: Some((0.0, 26.0)) },
        series: lines(&table, "groups"),
        marks: Vec::new(),
    }
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

fn axis(label: &str, log: Scale) -> Axis {
    let scale = if label.contains("log scale") { log } else { Scale::Linear };
    Axis { label: label.into(), scale, range: None }
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

/// What a file shows; `cut` draws the axes of the paper's Figure 1.
pub fn drawn(text: &str, cut: bool) -> FigureOutput {
    let failed = said(text, "failed");
    if !failed.is_empty() {
        return FigureOutput {
            trouble: format!("A table of the paper could not be loaded. {failed}"),
            ..Default::default()
        };
    }
    let table = read(text);
    let how = said(text, "lines");
    let mut out = FigureOutput { finding: said(text, "finding").into(), ..Default::default() };
    if table.rows.is_empty() {
        // An empty chart keeps the place of the one to come.
        out.finding = "The paper’s table is on its way.".into();
    }
    if how == "bars" {
        out.bars = Some(bars(&table, said(text, "y")));
    } else {
        let marks = number(said(text, "mark")).map(|x| Mark { x, label: format!("trained at {x}") });
        let mut chart = LineChart {
            x: axis(said(text, "x"), Scale::Log2),
            y: axis(said(text, "y"), Scale::Log10),
            series: lines(&table, how),
            marks: marks.into_iter().collect(),
        };
        if cut && how == "columns" {
            let highest = chart.series.iter().flat_map(|s| &s.points).fold(0.0, |a: f64, p| a.max(p.y));
            chart.x = axis("input length (tokens)", Scale::Linear);
            chart.y = axis(&format!("perplexity, cut at {}: sinusoidal goes on to {highest:.0}", CUT.1), Scale::Linear);
            chart.y.range = Some(CUT);
            out.panel = beyond(&chart.series);
        }
        out.charts.push(chart);
    }
    out.tables.push(table);
    out
}

/// Which lines leave the paper's Figure 1 and how far they go.
fn beyond(series: &[Series]) -> String {
    let highest =
        |s: &Series| s.points.iter().fold((0.0, 0.0), |a: (f64, f64), p| if p.y > a.1 { (p.x, p.y) } else { a });
    let said: Vec<String> = series
        .iter()
        .map(|s| (s, highest(s)))
        .filter(|(_, (_, y))| *y > CUT.1)
        .map(|(s, (x, y))| format!("{} {y:.2} at {} tokens", s.name, thousands(x as u64)))
        .collect();
    format!("<p class=\"source\">Highest values beyond the cut: {}.</p>", said.join(", "))
}

/// The last number of every row as a bar from zero.
fn bars(table: &Table, what: &str) -> BarChart {
    let bar = |row: &Vec<String>| {
        let (column, value) = (1..row.len()).rev().find_map(|i| Some((i, number(&row[i])?)))?;
        // Where the input length differs, the column says it.
        let at =
            Some(&table.columns[column]).filter(|c| c.starts_with("at ")).map_or(String::new(), |c| format!(", {c}"));
        Some(Bar { name: format!("{}{at}", row[0]), value, shown: row[column].clone(), style: style(&row[0]) })
    };
    BarChart { label: format!("{what}, from 0; lower is better"), bars: table.rows.iter().filter_map(bar).collect() }
}

#[cfg(test)]
mod tests;
