//! What is said of how far heads reach: the finding, charts and tables.

use super::data::{BIAS_LENGTHS, INPUTS, bin_start, effective_tokens, horizon};
use crate::chart::{Axis, LineChart, Mark, Point, STEPS, Scale, Series, sort_by_key, style_of};
use crate::position::slopes;
use crate::ui::figure::curves::{chart, model_name, parts};
use crate::ui::figure::words::trained_at;
use crate::ui::format::numbers::{show_percent, thousands};
use crate::ui::format::table::Table;

pub(super) fn finding(entropies: &[(&str, Vec<(usize, f64)>)]) -> String {
    let bias = format!(
        "With equal scores, the bias alone leaves a key 1 % of its weight after {:.1} tokens for slope 1/2, and after {} for 1/256",
        horizon(0.5),
        thousands(horizon(1.0 / 256.0).round() as u64)
    );
    let mut said = format!("{bias}.");
    for trained in training_lengths(entropies) {
        let growth = entropies.iter().filter(|(model, _)| parts(model).1 == Some(trained)).filter_map(|(model, points)| {
            let at = |length| points.iter().find(|p| p.0 == length).map(|p| p.1);
            Some(format!("{} {}, then {}", model_name(model), whole(at(trained)?), whole(at(GROWN * trained)?)))
        });
        let growth: Vec<String> = growth.collect();
        if !growth.is_empty() {
            let [from, to] = [trained, GROWN * trained].map(|l| thousands(l as u64));
            said += &format!(
                " As inputs grow from {from} to {to} tokens, a query attends to this many (effective number): {}.",
                growth.join("; ")
            );
        }
    }
    said
}

/// How much longer the inputs are that models are compared at than those that they were trained on.
const GROWN: usize = 8;

/// Training lengths of the models, ascending.
fn training_lengths(entropies: &[(&str, Vec<(usize, f64)>)]) -> Vec<usize> {
    in_order(entropies.iter().filter_map(|(model, _)| parts(model).1))
}

fn in_order(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut all: Vec<usize> = numbers.collect();
    sort_by_key(&mut all, |n| *n);
    all.dedup();
    all
}

/// What the table of heads says, over the heads' slopes.
pub(super) fn bias_chart() -> LineChart {
    let line = |id: &str, name: String, style, value: &dyn Fn(f64) -> f64| {
        let points =
            slopes(8).into_iter().map(|slope| Point { x: 1.0 / slope, y: value(slope), low: None, high: None });
        Series { id: id.into(), name, style, points: points.collect(), faint: false }
    };
    let mut series = vec![line("horizon", "1 % of the weight left".into(), style_of("alibi"), &horizon)];
    series.extend(BIAS_LENGTHS.into_iter().zip(STEPS).map(|(length, style)| {
        let name = format!("spread, input of {}", thousands(length as u64));
        line(&format!("effective-{length}"), name, style, &|slope| effective_tokens(slope, length))
    }));
    LineChart {
        x: Axis { label: "1 ÷ slope of the head (log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "tokens, by the bias alone (log scale)".into(), scale: Scale::Log10, range: None },
        series,
        marks: Vec::new(),
    }
}

pub(super) fn entropy_chart(entropies: &[(&str, Vec<(usize, f64)>)]) -> LineChart {
    let series = entropies.iter().map(|(model, points)| Series {
        id: (*model).into(),
        name: model_name(model),
        style: style_of(parts(model).0),
        points: points.iter().map(|&(l, e)| Point { x: l as f64, y: e, low: None, high: None }).collect(),
        faint: false,
    });
    let mut chart = chart(series.collect(), &training_lengths(entropies));
    chart.y.label = "effective tokens per query (log scale)".into();
    chart
}

/// Share of attention within the nearest tokens: 1, 2, 4, …, each bin with those before it.
pub(super) fn within(mass: &[f64]) -> impl Iterator<Item = (usize, f64)> + '_ {
    let share = |sum: &mut f64, (bin, m): (usize, &f64)| {
        *sum += m;
        Some((1 << bin, *sum))
    };
    mass.iter().enumerate().scan(0.0, share)
}

pub(super) fn mass_chart(masses: &[(usize, Vec<f64>)], trained: usize) -> LineChart {
    let series = masses.iter().enumerate().map(|(i, (length, mass))| Series {
        id: format!("input-{length}"),
        name: format!("input {}", thousands(*length as u64)),
        style: STEPS[i % STEPS.len()],
        points: within(mass).map(|(n, share)| Point { x: n as f64, y: 100.0 * share, low: None, high: None }).collect(),
        faint: false,
    });
    LineChart {
        x: Axis { label: "nearest tokens (log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "attention to these tokens (%)".into(), scale: Scale::Linear, range: None },
        series: series.collect(),
        marks: vec![Mark { x: trained as f64, label: trained_at(trained) }],
    }
}

pub(super) fn heads() -> Table {
    let mut columns: Vec<String> = ["head", "slope", "1 % left at distance"].map(String::from).to_vec();
    columns.extend(BIAS_LENGTHS.iter().map(|&l| format!("effective tokens of {}", thousands(l as u64))));
    let row = |(h, &slope): (usize, &f64)| {
        let mut row = vec![(h + 1).to_string(), format!("1/{}", (1.0 / slope).round()), one_place(horizon(slope))];
        row.extend(BIAS_LENGTHS.iter().map(|&l| one_place(effective_tokens(slope, l))));
        row
    };
    Table {
        caption: "How far each of 8 heads sees by the bias alone, with equal scores".into(),
        columns,
        rows: slopes(8).iter().enumerate().map(row).collect(),
    }
}

/// No decimals.
pub(super) fn whole(value: f64) -> String {
    if value.is_finite() { thousands(value.round() as u64) } else { "diverged".into() }
}

/// One decimal below 100, none from there.
pub(super) fn one_place(value: f64) -> String {
    if !value.is_finite() {
        return "diverged".into();
    }
    if value < 100.0 { format!("{value:.1}") } else { thousands(value.round() as u64) }
}

pub(super) fn entropy_table(entropies: &[(&str, Vec<(usize, f64)>)]) -> Table {
    let lengths = in_order(entropies.iter().flat_map(|(_, points)| points.iter().map(|p| p.0)));
    let mut columns = vec!["model".to_string()];
    columns.extend(lengths.iter().map(|&l| format!("input {}", thousands(l as u64))));
    let row = |(model, points): &(&str, Vec<(usize, f64)>)| {
        let cell = |&l: &usize| points.iter().find(|p| p.0 == l).map_or("–".into(), |p| one_place(p.1));
        std::iter::once((*model).to_string()).chain(lengths.iter().map(cell)).collect()
    };
    Table {
        caption: format!(
            "Effective tokens per query: exp of the mean entropy over layers, heads and the last 64 queries of {INPUTS} inputs, the same at every length"
        ),
        columns,
        rows: entropies.iter().map(row).collect(),
    }
}

pub(super) fn mass_table(name: &str, masses: &[(usize, Vec<f64>)]) -> Table {
    let mut columns = vec!["distance".to_string()];
    columns.extend(masses.iter().map(|(l, _)| format!("input {}", thousands(*l as u64))));
    columns.push("nearest tokens".into());
    columns.extend(masses.iter().map(|(l, _)| format!("within these, input {}", thousands(*l as u64))));
    let sums: Vec<Vec<(usize, f64)>> = masses.iter().map(|(_, mass)| within(mass).collect()).collect();
    let percent = |share: Option<f64>| share.map_or("–".into(), show_percent);
    let row = |bin: usize| {
        let (low, high) = (bin_start(bin), bin_start(bin + 1).max(1) - 1);
        let [first, last] = [low, high].map(|n| thousands(n as u64));
        let place = if high > low { format!("{first}–{last}") } else { first };
        let at = masses.iter().map(|(_, m)| percent(m.get(bin).copied()));
        let up_to = sums.iter().map(|s| percent(s.get(bin).map(|s| s.1)));
        std::iter::once(place).chain(at).chain([thousands(high as u64 + 1)]).chain(up_to).collect()
    };
    Table {
        caption: format!("Share of attention by distance, {name}, mean over layers, heads and the same queries"),
        columns,
        rows: (0..masses.iter().map(|m| m.1.len()).max().unwrap_or(0)).map(row).collect(),
    }
}
