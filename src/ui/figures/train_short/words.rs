//! What is said of training short: the finding, the curves, the table.

use super::data::{Cell, TARGETS, TESTED, TRAINED};
use crate::chart::{STEPS, Series, style_of};
use crate::ui::figure::words::SEEDS;
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::format::table::Table;

pub(super) fn series(other: &str, name: &str, found: &[Cell]) -> Vec<Series> {
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

/// Of each length tested at: the ALiBi model of the shortest training, below that length, that is ahead of the other one; else
/// the one that is level with it, if any is.
pub(super) fn finding(name: &str, found: &[Cell]) -> String {
    let mut said = Vec::new();
    for &length in &TESTED {
        let Some(own) = found.iter().find(|c| c.0 != "alibi" && c.2 == length) else { continue };
        let shortest = |most: f64| {
            found
                .iter()
                .find(|c| c.0 == "alibi" && c.2 == length && c.1 < length && c.3.perplexity <= own.3.perplexity * (1.0 + most))
        };
        let (at, theirs) = (format!("At {length} tokens"), show_perplexity(own.3.perplexity));
        if let Some(best) = shortest(-SEEDS) {
            said.push(format!(
                "{at}, ALiBi trained at {} reaches {} and {name} trained at {length} reaches {theirs}.",
                best.1,
                show_perplexity(best.3.perplexity)
            ));
        } else if let Some(level) = shortest(SEEDS) {
            said.push(format!(
                "{at}, ALiBi trained at {} is level with {name} trained at {length} ({} and {theirs}: another seed would change as much).",
                level.1,
                show_perplexity(level.3.perplexity)
            ));
        } else if length > TRAINED[0] {
            said.push(format!("{at}, no ALiBi model trained on shorter inputs matches {name}."));
        }
    }
    if said.is_empty() { "Too few models are trained to compare.".into() } else { said.join(" ") }
}

pub(super) fn table(name: &str, found: &[Cell]) -> Table {
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
        caption: format!("Perplexity on the same {} tokens, nonoverlapping", thousands(TARGETS as u64)),
        columns,
        rows,
    }
}
