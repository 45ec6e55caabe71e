//! How far back does each head see? Figure `reach`: the bias alone by arithmetic, then the trained models by measurement.

pub mod data;
mod words;

use self::data::{INPUTS, bins, lengths};
use self::words::{bias_chart, entropy_chart, entropy_table, finding, heads, mass_chart, mass_table};
use crate::config::{ModelEntry, RUN_IN, SPREAD_STEP, is_yours};
use crate::protocol::task::Spread;
use crate::protocol::{Job, Task};
use crate::ui::figure::curves::model_name;
use crate::ui::figure::spec::{ANY_MODEL, Answer, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::setting::Setting;

/// The method whose attention is shown by distance.
pub static METHOD: Setting<String> = Setting::new("reach-method", "Show attention by distance for", ANY_MODEL, "alibi");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "reach",
    title: "How far each head reaches",
    question: "How far back can a head see?",
    height: 1820,
    controls: &[&METHOD.control],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["reach-bias", "reach-entropy", "reach-mass"],
    series: &["reach", "reach-entropy", "reach-mass"],
    precomputed: Some(&[]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

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
    let shown = context.trained(&METHOD);
    models.extend(shown.filter(|shown| models.iter().all(|m| m.id != shown.id)));
    models
}

fn questions(context: &FigureContext, models: &[&ModelEntry]) -> Vec<Job> {
    let of = |m: &&ModelEntry| {
        let ask = |l| ask(context, &m.id, l);
        lengths(m.config.train_length).into_iter().map(ask).collect::<Vec<_>>()
    };
    models.iter().flat_map(of).collect()
}

/// One of the reader's own by itself: of the others answers were recorded.
fn evaluations(context: &FigureContext) -> Vec<Job> {
    match context.trained(&METHOD).filter(|m| is_yours(&m.id)) {
        Some(own) => questions(context, &[own]),
        None => shown(context),
    }
}

fn shown(context: &FigureContext) -> Vec<Job> {
    questions(context, &models(context))
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
        .map(|m| {
            let at = |l| Some((l, measured(context, &m.id, l)?.0));
            (m.id.as_str(), lengths(m.config.train_length).into_iter().filter_map(at).collect::<Vec<_>>())
        })
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let Some(chosen) = context.trained(&METHOD) else { return FigureOutput::default() };
    let trained = chosen.config.train_length;
    let at = |l| Some((l, measured(context, &chosen.id, l)?.1));
    let masses: Vec<(usize, Vec<f64>)> = lengths(trained).into_iter().filter_map(at).collect();
    FigureOutput {
        finding: finding(&entropies),
        charts: vec![bias_chart(), entropy_chart(&entropies), mass_chart(&masses, trained)],
        tables: vec![heads(), entropy_table(&entropies), mass_table(&model_name(&chosen.id), &masses)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::{bin_start, effective_tokens, horizon};
    use super::words::{one_place, within};
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
    fn the_finding_takes_each_training_length_by_itself() {
        let grown = |from: usize, to: usize| vec![(from, 10.0), (to, 30.0)];
        let said = finding(&[("alibi-256", grown(256, 2_048)), ("alibi-32-yours3f9a", grown(32, 256))]);
        assert!(said.contains("As inputs grow from 32 to 256 tokens, a query attends to this many (effective number): Yours: ALiBi (3f9a) 10, then 30."), "{said}");
        assert!(said.contains("As inputs grow from 256 to 2,048 tokens, a query attends to this many (effective number): ALiBi 10, then 30."), "{said}");
        let rows = entropy_table(&[("a", grown(256, 2_048)), ("b", grown(32, 256))]);
        assert_eq!(rows.columns, ["model", "input 32", "input 256", "input 2,048"]);
        assert_eq!(rows.rows[1], ["b", "10.0", "30.0", "–"]);
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
