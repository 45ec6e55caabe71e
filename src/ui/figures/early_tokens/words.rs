//! What is said of early tokens: the finding, charts and tables.

use super::data::{Group, LENGTHS, HARDLY_ANY, LITTLE, TARGETS, share, share_with};
use crate::chart::{Axis, LineChart, Mark, Point, STEPS, Scale, Series, style_of};
use crate::ui::format::numbers::{show_3, show_perplexity, thousands};
use crate::ui::format::table::Table;
use crate::ui::runs::results::{Summary, show_half};

/// In place of losses by position that are not known, as HTML.
pub(super) const UNRECORDED: &str =
    "<p class=\"claim\">Losses by position were not recorded at this length. Measure them here.</p>";

pub(super) fn finding(name: &str, apart: &[(usize, Summary)], slid: &[(usize, Summary)]) -> String {
    let ends = |points: &[(usize, Summary)]| {
        let first = points.iter().find(|p| p.0 == 256)?.1.perplexity;
        Some((show_perplexity(first), show_perplexity(points.iter().find(|p| p.0 == 2_048)?.1.perplexity)))
    };
    let (Some(apart), Some(slid)) = (ends(apart), ends(slid)) else {
        return "Nothing has been measured for this model yet. Run it here.".into();
    };
    format!(
        "From inputs of 256 tokens to 2,048, {name} {} nonoverlapping, and {} with a sliding window, where every prediction has context. Meanwhile the predictions with at most {LITTLE} tokens of context (the first author’s example) drop from {:.0}\u{a0}% of all to {:.0}\u{a0}%, those with at most {HARDLY_ANY} from {:.1}\u{a0}% to {:.1}\u{a0}%.",
        went(&apart),
        went(&slid),
        100.0 * share(256),
        100.0 * share(2_048),
        100.0 * share_with(HARDLY_ANY, 256),
        100.0 * share_with(HARDLY_ANY, 2_048),
    )
}

/// From one perplexity to another, as they are shown.
fn went((from, to): &(String, String)) -> String {
    if from == to { format!("stays at {to}") } else { format!("goes from {from} to {to}") }
}

pub(super) fn line(id: &str, name: &str, style: usize, points: Vec<Point>) -> Series {
    Series { id: id.into(), name: name.into(), style, points, faint: false }
}

pub(super) fn positions(method: &str, grouped: &[Group]) -> LineChart {
    let point = |g: &Group| Point {
        // The middle of the group by ratio; positions count from 1 on a logarithmic axis.
        x: ((g.low + 1) as f64 * g.high as f64).sqrt(),
        y: g.loss,
        low: g.error.map(|e| g.loss - e),
        high: g.error.map(|e| g.loss + e),
    };
    LineChart {
        x: Axis { label: "position in the segment (tokens, log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "loss (nats per token)".into(), scale: Scale::Linear, range: None },
        series: vec![line("by-position", "loss by position", style_of(method), grouped.iter().map(point).collect())],
        marks: vec![Mark { x: 256.0, label: "trained at 256".into() }],
    }
}

pub(super) fn curves(apart: &[(usize, Summary)], slid: &[(usize, Summary)]) -> LineChart {
    let points = |of: &[(usize, Summary)]| of.iter().map(|(l, s)| s.point(*l)).collect::<Vec<_>>();
    LineChart {
        x: Axis { label: "input length (tokens, log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "perplexity (log scale)".into(), scale: Scale::Log10, range: None },
        series: vec![
            line("nonoverlapping", "nonoverlapping", STEPS[0], points(apart)),
            line("sliding", "sliding window", STEPS[3], points(slid)),
        ],
        marks: vec![Mark { x: 256.0, label: "trained at 256".into() }],
    }
}

pub(super) fn position_table(name: &str, grouped: &[Group], length: usize) -> Table {
    let row = |g: &Group| {
        let [first, last] = [g.low + 1, g.high].map(|n| thousands(n as u64));
        let place = if first == last { first } else { format!("{first}–{last}") };
        vec![place, show_3(g.loss), show_perplexity(g.loss.exp()), g.error.map_or("–".into(), |e| format!("{e:.3}"))]
    };
    Table {
        caption: format!("{name}: loss by position in segments of {} tokens", thousands(length as u64)),
        columns: ["position", "loss (nats)", "perplexity", "± (1 s.e. of the loss)"].map(String::from).to_vec(),
        rows: grouped.iter().map(row).collect(),
    }
}

pub(super) fn curve_table(name: &str, apart: &[(usize, Summary)], slid: &[(usize, Summary)]) -> Table {
    let of = |points: &[(usize, Summary)], l| {
        points.iter().find(|p| p.0 == l).map_or("–".into(), |p| show_perplexity(p.1.perplexity))
    };
    let half =
        |points: &[(usize, Summary)], l| points.iter().find(|p| p.0 == l).map_or("–".into(), |p| show_half(&p.1));
    let row = |&l: &usize| {
        vec![
            thousands(l as u64),
            of(apart, l),
            of(slid, l),
            format!("{:.0} %", 100.0 * share(l)),
            half(apart, l),
            half(slid, l),
        ]
    };
    Table {
        caption: format!("{name}: perplexity on the same {} tokens", thousands(TARGETS as u64)),
        columns: [
            "input length",
            "nonoverlapping",
            "sliding window",
            "nonoverlapping with at most 100 tokens of context",
            "nonoverlapping ± (1 s.e.)",
            "sliding window ± (1 s.e.)",
        ]
        .map(String::from)
        .to_vec(),
        rows: LENGTHS.iter().map(row).collect(),
    }
}
