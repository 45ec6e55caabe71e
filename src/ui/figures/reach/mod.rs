//! How far back does each head see? Figure `reach`: the bias alone by arithmetic, then the trained models by measurement.

use crate::chart::{Axis, LineChart, Mark, Point, STEPS, Scale, Series, style_of};
use crate::config::{ModelEntry, RUN_IN, SPREAD_STEP};
use crate::position::{by_id, slopes};
use crate::protocol::task::Spread;
use crate::protocol::{Job, Task};
use crate::ui::figure::curves::{chart, model_name, parts};
use crate::ui::figure::spec::{Answer, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, METHOD, TRAINED};
use crate::ui::settings::control::{Control};
use crate::ui::format::numbers::{show_percent, thousands};
use crate::ui::format::table::Table;

/// Input lengths: one, two, four and eight times the training length.
const LENGTHS: [usize; 4] = [256, 512, 1_024, 2_048];
/// Inputs that attention is averaged over, at every length.
const INPUTS: usize = 8;
/// Lengths at which the effective number of tokens of the bias alone is tabulated.
const BIAS_LENGTHS: [usize; 4] = [64, 256, 1_024, 16_384];

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "reach",
    title: "How far each head reaches",
    question: "How far back can a head see?",
    height: 1740,
    controls: &[&Control { key: "reach-method", label: "Attention by distance of", kind: METHOD, default: "alibi" }],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["reach-bias", "reach-entropy", "reach-mass"],
    series: &["reach", "reach-entropy", "reach-mass"],
    kept: Some(&[]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

/// Distance at which the bias of a head with that slope alone leaves 1 % of the weight of distance 0.
pub fn horizon(slope: f64) -> f64 {
    100f64.ln() / slope
}

/// Effective number of tokens, the exponential of the entropy, of weights e^(−m·d) at distances below `length`.
pub fn effective_tokens(slope: f64, length: usize) -> f64 {
    let weights = || (0..length).map(|d| (-slope * d as f64).exp());
    let total: f64 = weights().sum();
    // A share may be 0 where its weight is not yet.
    let shares = weights().map(|w| w / total).filter(|share| *share > 0.0);
    let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
    entropy.exp()
}

/// Inputs of that length, at every length the same queries.
fn spread(length: usize) -> Spread {
    Spread { length, n_inputs: INPUTS, first_end: RUN_IN + SPREAD_STEP }
}

fn ask(context: &FigureContext, model: &str, length: usize) -> Job {
    context.ask(model, Task::Spread(spread(length)))
}

/// Models measured: those that are compared, and the one whose attention is shown.
fn models<'a>(context: &'a FigureContext) -> Vec<&'a ModelEntry> {
    let mut models = context.compared();
    let shown = context.model(&format!("{}-{TRAINED}", context.value("reach-method")));
    models.extend(shown.filter(|shown| models.iter().all(|m| m.id != shown.id)));
    models
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    let models = models(context);
    models.iter().flat_map(|m| LENGTHS.iter().map(|&l| ask(context, &m.id, l))).collect()
}

/// Bins of distances: 0, 1, 2–3, 4–7, …
pub fn bins(length: usize) -> usize {
    if length < 2 { 1 } else { 2 + (length - 1).ilog2() as usize }
}

/// Smallest distance of a bin.
fn bin_start(bin: usize) -> usize {
    if bin == 0 { 0 } else { 1 << (bin - 1) }
}

/// Mean over layers and heads: effective number of tokens, and mass by bin.
fn means(answer: &Answer, length: usize, n_unit: usize) -> Option<(f64, Vec<f64>)> {
    let n_bin = bins(length);
    let (entropies, masses) = answer.values.split_at_checked(n_unit)?;
    if masses.len() != n_unit * n_bin {
        return None;
    }
    let entropy = entropies.iter().map(|&e| f64::from(e)).sum::<f64>() / n_unit as f64;
    let mass = |bin: usize| masses.iter().skip(bin).step_by(n_bin).map(|&m| f64::from(m)).sum::<f64>() / n_unit as f64;
    Some((entropy.exp(), (0..n_bin).map(mass).collect()))
}

fn measured(context: &FigureContext, model: &str, length: usize) -> Option<(f64, Vec<f64>)> {
    let config = &context.model(model)?.config;
    means(&context.find(&ask(context, model, length))?, length, config.n_layer * config.n_head)
}

fn render(context: &FigureContext) -> FigureOutput {
    let models = models(context);
    let entropies: Vec<(&str, Vec<(usize, f64)>)> = models
        .iter()
        .map(|m| m.id.as_str())
        .map(|m| (m, LENGTHS.iter().filter_map(|&l| Some((l, measured(context, m, l)?.0))).collect::<Vec<_>>()))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let method = context.value("reach-method");
    let model = format!("{method}-{TRAINED}");
    let masses: Vec<(usize, Vec<f64>)> =
        LENGTHS.iter().filter_map(|&l| Some((l, measured(context, &model, l)?.1))).collect();
    FigureOutput {
        finding: finding(&entropies),
        charts: vec![bias_chart(), entropy_chart(&entropies), mass_chart(&masses)],
        tables: vec![heads(), entropy_table(&entropies), mass_table(by_id(method).map_or("", |m| m.name()), &masses)],
        ..Default::default()
    }
}

fn finding(entropies: &[(&str, Vec<(usize, f64)>)]) -> String {
    let bias = format!(
        "The bias alone leaves 1 % at {:.1} tokens for slope 1/2 and at {} for 1/256",
        horizon(0.5),
        thousands(horizon(1.0 / 256.0).round() as u64)
    );
    let growth = entropies.iter().filter_map(|(model, points)| {
        let at = |length| points.iter().find(|p| p.0 == length).map(|p| p.1);
        Some(format!("{} {} and {}", model_name(model), whole(at(256)?), whole(at(2_048)?)))
    });
    let growth: Vec<String> = growth.collect();
    if growth.is_empty() {
        return format!("{bias}.");
    }
    format!(
        "{bias}. Effective number of tokens attended to at 256 and at 2,048 tokens of input: {}.",
        growth.join("; ")
    )
}

/// What the table of heads says, over the heads' slopes.
fn bias_chart() -> LineChart {
    let line = |id: &str, name: String, style, value: &dyn Fn(f64) -> f64| {
        let points =
            slopes(8).into_iter().map(|slope| Point { x: 1.0 / slope, y: value(slope), low: None, high: None });
        Series { id: id.into(), name, style, points: points.collect(), faint: false }
    };
    let mut series = vec![line("horizon", "1 % left at".into(), style_of("alibi"), &horizon)];
    series.extend(BIAS_LENGTHS.into_iter().zip(STEPS).map(|(length, style)| {
        let name = format!("effective of {}", thousands(length as u64));
        line(&format!("effective-{length}"), name, style, &|slope| effective_tokens(slope, length))
    }));
    LineChart {
        x: Axis { label: "1 ÷ slope of the head (log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "tokens, by the bias alone (log scale)".into(), scale: Scale::Log10, range: None },
        series,
        marks: Vec::new(),
    }
}

fn entropy_chart(entropies: &[(&str, Vec<(usize, f64)>)]) -> LineChart {
    let series = entropies.iter().map(|(model, points)| Series {
        id: (*model).into(),
        name: model_name(model),
        style: style_of(parts(model).0),
        points: points.iter().map(|&(l, e)| Point { x: l as f64, y: e, low: None, high: None }).collect(),
        faint: false,
    });
    let mut chart = chart(series.collect(), &[256]);
    chart.y.label = "effective tokens per query (log scale)".into();
    chart
}

/// Share of attention within the nearest tokens: 1, 2, 4, …, each bin with those before it.
fn within(mass: &[f64]) -> impl Iterator<Item = (usize, f64)> + '_ {
    let share = |sum: &mut f64, (bin, m): (usize, &f64)| {
        *sum += m;
        Some((1 << bin, *sum))
    };
    mass.iter().enumerate().scan(0.0, share)
}

fn mass_chart(masses: &[(usize, Vec<f64>)]) -> LineChart {
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
        marks: vec![Mark { x: 256.0, label: "trained at 256".into() }],
    }
}

fn heads() -> Table {
    let mut columns: Vec<String> = ["head", "slope", "1 % left at distance"].map(String::from).to_vec();
    columns.extend(BIAS_LENGTHS.iter().map(|&l| format!("effective tokens of {}", thousands(l as u64))));
    let row = |(h, &slope): (usize, &f64)| {
        let mut row = vec![(h + 1).to_string(), format!("1/{}", (1.0 / slope).round()), one_place(horizon(slope))];
        row.extend(BIAS_LENGTHS.iter().map(|&l| one_place(effective_tokens(slope, l))));
        row
    };
    Table {
        caption: "What the bias alone lets each of 8 heads see, all scores equal".into(),
        columns,
        rows: slopes(8).iter().enumerate().map(row).collect(),
    }
}

/// No decimals.
fn whole(value: f64) -> String {
    if value.is_finite() { thousands(value.round() as u64) } else { "diverged".into() }
}

/// One decimal below 100, none from there.
fn one_place(value: f64) -> String {
    if !value.is_finite() {
        return "diverged".into();
    }
    if value < 100.0 { format!("{value:.1}") } else { thousands(value.round() as u64) }
}

fn entropy_table(entropies: &[(&str, Vec<(usize, f64)>)]) -> Table {
    let mut columns = vec!["model".to_string()];
    columns.extend(LENGTHS.iter().map(|&l| format!("input {}", thousands(l as u64))));
    let row = |(model, points): &(&str, Vec<(usize, f64)>)| {
        let cell = |&l: &usize| points.iter().find(|p| p.0 == l).map_or("–".into(), |p| one_place(p.1));
        std::iter::once((*model).to_string()).chain(LENGTHS.iter().map(cell)).collect()
    };
    Table {
        caption: format!(
            "Effective tokens per query: exp of the mean entropy over layers, heads and the last 64 queries of {INPUTS} inputs, which are the same at every length"
        ),
        columns,
        rows: entropies.iter().map(row).collect(),
    }
}

fn mass_table(name: &str, masses: &[(usize, Vec<f64>)]) -> Table {
    let mut columns = vec!["distance".to_string()];
    columns.extend(masses.iter().map(|(l, _)| format!("input {}", thousands(*l as u64))));
    columns.push("nearest tokens".into());
    columns.extend(masses.iter().map(|(l, _)| format!("within these, input {}", thousands(*l as u64))));
    let sums: Vec<Vec<(usize, f64)>> = masses.iter().map(|(_, mass)| within(mass).collect()).collect();
    let percent = |share: Option<f64>| share.map_or("–".into(), show_percent);
    let row = |bin: usize| {
        let (low, high) = (bin_start(bin), bin_start(bin + 1).max(1) - 1);
        let place = if high > low { format!("{low}–{high}") } else { low.to_string() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Scored;

    #[test]
    fn reach_of_the_bias_alone() {
        // Worked out independently (64 tokens at 1/256, for one, are 63.8); ln 100 = 4.60517.
        assert!((horizon(0.5) - 9.21034).abs() < 1e-4);
        assert!((horizon(1.0 / 256.0) - 1_178.92).abs() < 0.01);
        let golden = [
            (0.5, 64, 5.5),
            (0.25, 1_024, 10.9),
            (0.125, 64, 21.7),
            (0.0625, 64, 39.6),
            (1.0 / 32.0, 128, 79.0),
            (1.0 / 64.0, 256, 158.5),
            (1.0 / 128.0, 512, 317.0),
            (1.0 / 256.0, 1_024, 634.0),
            (1.0 / 256.0, 16_384, 696.0),
            (0.5, 16_384, 5.5),
            (0.25, 16_384, 10.9),
            (1.0 / 16.0, 16_384, 43.5),
        ];
        for (slope, length, tokens) in golden {
            let found = effective_tokens(slope, length);
            let tolerance = if tokens < 60.0 { 0.05 } else { 0.5 };
            assert!((found - tokens).abs() <= tolerance, "slope {slope}, length {length}: {found} against {tokens}");
        }
        assert!((effective_tokens(0.0, 100) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_table_of_heads_has_the_papers_slopes() {
        let table = heads();
        assert_eq!(table.rows.len(), 8);
        assert_eq!(table.rows[0][..3], ["1", "1/2", "9.2"]);
        assert_eq!(table.rows[7], ["8", "1/256", "1,179", "63.8", "246", "634", "696"]);
    }

    #[test]
    fn bins_hold_every_distance_once() {
        assert_eq!([1, 2, 3, 5, 256, 257].map(bins), [1, 2, 3, 4, 9, 10]);
        for length in [2usize, 3, 64, 257] {
            let last = bins(length) - 1;
            assert!(bin_start(last) < length && bin_start(last + 1) >= length, "{length}");
        }
    }

    #[test]
    fn attention_adds_up_over_the_nearest_tokens() {
        // Distances 0, 1, 2–3, 4–7: the nearest 1, 2, 4, 8.
        let found: Vec<_> = within(&[0.5, 0.25, 0.125, 0.125]).collect();
        assert_eq!(found, [(1, 0.5), (2, 0.75), (4, 0.875), (8, 1.0)]);
        let row = &mass_table("", &[(8, vec![0.5, 0.25, 0.125, 0.125]), (4, vec![0.5, 0.25, 0.25])]).rows[3];
        assert_eq!(row, &["4–7", "12.5 %", "–", "8", "100.0 %", "–"]);
    }

    #[test]
    fn every_head_is_drawn_where_the_table_has_it() {
        let chart = bias_chart();
        let last: Vec<String> = chart.series.iter().map(|s| one_place(s.points[7].y)).collect();
        assert_eq!(last, heads().rows[7][2..]);
        assert!(chart.series.iter().all(|s| s.points.len() == 8 && s.points[7].x == 256.0));
    }

    #[test]
    fn means_are_over_layers_and_heads() {
        // Two units, length 2: entropies 0 and ln 4; masses (1, 0) and (0.5, 0.5).
        let values = vec![0.0, 4f32.ln(), 1.0, 0.0, 0.5, 0.5];
        let scored = Scored::default();
        let (tokens, mass) = means(&Answer { scored: &scored, values, live: true }, 2, 2).unwrap();
        assert!((tokens - 2.0).abs() < 1e-6);
        assert_eq!(mass, [0.75, 0.25]);
        assert!(means(&Answer { scored: &scored, values: vec![0.0; 5], live: true }, 2, 2).is_none());
    }
}
