//! Reads the files of the paper’s tables: what they say of themselves, their cells, the lines to be drawn.

use crate::chart::{Point, Series};
use crate::position::METHODS;
use crate::ui::format::table::Table;

/// Vertical axis of the paper's Figure 1.
pub(super) const CUT: (f64, f64) = (15.0, 55.0);
/// Palette index of models that stand for no position method.
pub(super) const GREY: usize = 4;

/// What a file says of itself.
pub(super) fn said<'a>(text: &'a str, key: &str) -> &'a str {
    let line = |l: &'a str| l.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": ");
    text.lines().find_map(line).unwrap_or_default()
}

/// The table of a file.
pub(super) fn read(text: &str) -> Table {
    let mut rows: Vec<Vec<String>> =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').map(String::from).collect()).collect();
    let columns = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    Table { caption: said(text, "caption").into(), columns, rows }
}

/// The method that a model's name begins with, as a palette index.
pub(super) fn style(name: &str) -> usize {
    METHODS.iter().position(|m| name.starts_with(m.name())).unwrap_or(GREY)
}

/// Lines of a table: by column, by row, or by the names in the first column. A cell that is no number is left out.
pub(super) fn lines(table: &Table, how: &str) -> Vec<Series> {
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
pub(super) fn number(text: &str) -> Option<f64> {
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
