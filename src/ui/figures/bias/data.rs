//! What the bias figure shows, as plain values. Positions are counted from 0, heads from 1.

use crate::chart::{BiasMap, Cell, Heatmap, KeyedBy, format_number, format_short};
use crate::position::slopes;
use crate::ui::figures::slopes::words::slope_text;
use crate::ui::figures::bias::words::{self, Form, View};
use crate::ui::format::numbers::{show_tiny, thousands};
use crate::ui::format::table::Table;
use crate::ui::format::table::csv_line;

/// End of the colour scale in the paper's form: e^−16 leaves a key about a ten-millionth of its weight.
const FADED: f32 = -16.0;
/// Most rows of the table.
const MAX_ROWS: usize = 512;
/// Most cells of the table where it has a column per head: making them must not hold up a slider.
const MAX_CELLS: usize = 1_024;

/// All that the figure depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Head count.
    pub heads: usize,
    /// Head shown, from 0, below `heads`.
    pub head: usize,
    /// Sequence length, tokens.
    pub length: usize,
    /// Form of the bias.
    pub form: Form,
    /// One head or all.
    pub view: View,
}

impl Shown {
    /// The slope of a head, counted from 0.
    pub fn slope(&self, head: usize) -> f64 {
        slopes(self.heads).get(head).copied().unwrap_or(0.0)
    }

    /// Heads that are shown, from 0.
    pub fn shown(&self) -> std::ops::Range<usize> {
        match self.view {
            View::One => self.head..self.head + 1,
            View::All => 0..self.heads,
        }
    }
}

/// The bias of a slope, `[length]`: by distance in the paper's form, by key in the code's.
pub fn bias_row(slope: f64, length: usize, form: Form) -> Vec<f32> {
    let signed = match form {
        Form::Paper => -slope,
        Form::Code => slope,
    };
    (0..length).map(|i| (signed * i as f64) as f32).collect()
}

/// The drawing's values.
pub fn heatmap(at: &Shown) -> Heatmap {
    let all = slopes(at.heads);
    let small = at.view == View::All;
    let maps: Vec<BiasMap> = at
        .shown()
        .filter_map(|head| {
            let slope = *all.get(head)?;
            let name = if small {
                words::short_head_and_slope(head + 1, &slope_text(slope))
            } else {
                words::head_and_slope(head + 1, &slope_text(slope))
            };
            Some(BiasMap { title: name, row: bias_row(slope, at.length, at.form) })
        })
        .collect();
    let limit = match at.form {
        Form::Paper => FADED,
        Form::Code => maps.iter().filter_map(|m| m.row.last().copied()).fold(0.0, f32::max),
    };
    let keyed_by = match at.form {
        Form::Paper => KeyedBy::Distance,
        Form::Code => KeyedBy::Key,
    };
    Heatmap { maps, length: at.length, keyed_by, limit, small }
}

/// What the figure tells about one cell: "query 12, key 3, distance 9, bias −4.5".
pub fn describe(at: &Shown, heatmap: &Heatmap, cell: Cell) -> String {
    let Cell { map, query, key } = cell;
    let head = (at.view == View::All).then_some(map + 1);
    let bias = heatmap.value(map, query, key);
    words::cell(head, query, key, bias.map(|bias| (query - key, format_number(f64::from(bias)))))
}

/// Distance from which on a key's weight is below 1 % of that of the query's own position, equal scores assumed.
pub fn reach(slope: f64) -> usize {
    (100f64.ln() / slope).ceil() as usize
}

/// What the map shows, in one sentence; `difference` is the largest between the two forms' weights.
pub fn finding(at: &Shown, difference: f32) -> String {
    let same = words::same((difference != 0.0).then(|| show_tiny(difference)).as_deref());
    if at.view == View::All && at.heads > 1 {
        let all = slopes(at.heads);
        let (steepest, flattest) = all.iter().fold((0.0, f64::INFINITY), |(s, f), m| (m.max(s), m.min(f)));
        return words::all_heads(
            at.heads,
            (reach(steepest), &slope_text(steepest)),
            (reach(flattest), &slope_text(flattest)),
            &same,
        );
    }
    let slope = at.slope(at.head);
    let head = words::one_head(at.head + 1, at.heads, &slope_text(slope));
    let last = at.length - 1;
    let most = format_short(slope * last as f64);
    match at.form {
        Form::Paper if reach(slope) <= last => words::fades(&head, &most, reach(slope), &same),
        Form::Paper => {
            let percent = format_short(100.0 * (-slope * last as f64).exp());
            words::stays(&head, &most, at.length, &percent, &same)
        }
        Form::Code => words::rises(&head, &most, &same),
    }
}

/// Up to `most` indices below `length`, evenly spread, first and last among them.
fn sampled(length: usize, most: usize) -> impl Iterator<Item = usize> {
    let rows = length.min(most.max(2));
    (0..rows).map(move |i| if rows < 2 { 0 } else { i * (length - 1) / (rows - 1) })
}

/// The table of `heatmap`, made from `at`: bias by distance (by key in the code's form), one column per head shown.
pub fn table(at: &Shown, heatmap: &Heatmap) -> Table {
    let most = MAX_ROWS.min(MAX_CELLS / heatmap.maps.len().max(1));
    let all = at.length <= most;
    let mut columns = vec![words::index(at.form).0.to_string()];
    columns.extend(at.shown().map(|head| words::bias_of_head(head + 1)));
    Table {
        caption: words::caption(at.form, all),
        columns,
        rows: sampled(at.length, most)
            .map(|i| {
                let biases = heatmap.maps.iter().map(|m| format_number(f64::from(m.row[i])));
                std::iter::once(thousands(i as u64)).chain(biases).collect()
            })
            .collect(),
    }
}

/// The whole data: every distance (or key), every head.
pub fn csv(at: &Shown) -> String {
    let rows: Vec<Vec<f32>> = slopes(at.heads).into_iter().map(|m| bias_row(m, at.length, at.form)).collect();
    let names = (1..=at.heads).map(|head| format!("bias_head_{head}"));
    let mut out = csv_line(std::iter::once(words::index(at.form).1.to_string()).chain(names));
    for i in 0..at.length {
        out += &csv_line(std::iter::once(i.to_string()).chain(rows.iter().map(|row| row[i].to_string())));
    }
    out
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
