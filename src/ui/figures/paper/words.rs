//! What is said of the paper's tables: charts and the finding.

use super::data::{CUT, lines, number, read, said, style};
use crate::chart::{Axis, Bar, BarChart, LineChart, Mark, Scale, Series};
use crate::ui::figure::spec::FigureOutput;
use crate::ui::format::numbers::{grouped, thousands};
use crate::ui::format::table::Table;
use crate::ui::runs::assets::Loaded;

/// Memory in training against training length, from the text of Table 1.
pub fn memory(text: &Loaded<String>) -> LineChart {
    let text = text.ready().map_or("", |text| text.as_str());
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

pub(super) fn axis(label: &str, log: Scale) -> Axis {
    let scale = if label.contains("log scale") { log } else { Scale::Linear };
    Axis { label: label.into(), scale, range: None }
}

/// What a file shows; `cut` draws the axes of the paper's Figure 1.
pub fn drawn(text: &Loaded<String>, cut: bool) -> FigureOutput {
    let text = match text {
        Loaded::Ready(text) => text.as_str(),
        Loaded::Unasked | Loaded::Loading => "",
        Loaded::Failed(reason) => {
            let trouble = format!("A table of the paper could not be loaded. {reason}");
            return FigureOutput { trouble, ..Default::default() };
        }
    };
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
        let marks = number(said(text, "mark")).map(|x| Mark { x, label: format!("trained at {}", thousands(x as u64)) });
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
    out.tables.push(with_commas(table));
    out
}

/// A table whose whole numbers, as headings and in cells, have commas between thousands; the files have none.
fn with_commas(mut table: Table) -> Table {
    let whole = |cell: &&mut String| cell.len() > 3 && cell.bytes().all(|b| b.is_ascii_digit());
    for cell in table.columns.iter_mut().chain(table.rows.iter_mut().flatten()).filter(whole) {
        *cell = grouped(cell);
    }
    table
}

/// Which lines leave the paper's Figure 1 and how far they go.
pub(super) fn beyond(series: &[Series]) -> String {
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
pub(super) fn bars(table: &Table, what: &str) -> BarChart {
    let bar = |row: &Vec<String>| {
        let (column, value) = (1..row.len()).rev().find_map(|i| Some((i, number(&row[i])?)))?;
        // Where the input length differs, the column says it.
        let at =
            table.columns.get(column).filter(|c| c.starts_with("at ")).map_or(String::new(), |c| format!(", {c}"));
        Some(Bar { name: format!("{}{at}", row[0]), value, shown: row[column].clone(), style: style(&row[0]) })
    };
    BarChart { label: format!("{what}, from 0; lower is better"), bars: table.rows.iter().filter_map(bar).collect() }
}
