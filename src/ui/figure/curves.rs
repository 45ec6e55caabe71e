//! Perplexity against input length: from computed and recorded points to lines, table rows, CSV and a sentence.

use crate::chart::{Axis, LineChart, Mark, Scale, Series, sort_by_key, style_of};
use crate::config::{Recorded, YOURS, is_yours};
use crate::position::{METHODS, by_id};
use crate::protocol::Protocol;
use crate::ui::figure::words;
use crate::ui::format::numbers::{show_3, show_perplexity, thousands};
use crate::ui::format::table::Table;
use crate::ui::runs::plan::tokens;
use crate::ui::runs::results::{Entry, Summary, show_half, summarise, summarise_recorded};
use crate::ui::runs::run_state::engine_id;
use crate::ui::runs::words::adapter_name;

/// A point as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Model id.
    pub model: String,
    /// Input length, tokens.
    pub length: usize,
    /// Id of the text.
    pub text: String,
    /// How the text was cut.
    pub protocol: Protocol,
    /// What was measured.
    pub summary: Summary,
    /// `recorded`, `cpu` or `gpu`.
    pub source: &'static str,
    /// Name of the GPU, where one ran.
    pub adapter: Option<String>,
    /// Seconds of computing and tokens sent through the model; absent for what was recorded.
    pub effort: Option<(f64, u64)>,
}

/// A model id taken apart: method, training length, seed or what stands in its place of a model of the reader's own.
pub fn parts(model: &str) -> (&str, Option<usize>, Option<&str>) {
    let mut pieces = model.split('-');
    let method = pieces.next().unwrap_or(model);
    let train_length = pieces.next().and_then(|l| l.parse().ok());
    (method, train_length, pieces.next())
}

/// A method as the reader knows it: its name, or the id of one that this page does not know.
pub fn method_name(method: &str) -> &str {
    by_id(method).map_or(method, |m| m.name())
}

/// What tells models of the reader's own apart that have the same method and training length: the first of the digits that
/// their ids end with. Nothing of others.
pub fn tag(model: &str) -> Option<&str> {
    let digits = parts(model).2?.strip_prefix(YOURS)?;
    Some(digits.get(..TAG).unwrap_or(digits))
}

/// Digits of it.
const TAG: usize = 4;

/// A model as the reader knows it: the method's name, and the seed beyond the first.
pub fn model_name(model: &str) -> String {
    let (method, _, seed) = parts(model);
    let name = method_name(method);
    if let Some(tag) = tag(model) {
        return words::yours(name, tag);
    }
    seed.map_or_else(|| name.to_string(), |s| words::with_seed(name, s.trim_start_matches('s')))
}

/// Place of a model in lists: methods in the page's order, short training first; those of the reader's own come last.
pub fn order(model: &str) -> (usize, Option<usize>, String) {
    let (method, train_length, _) = parts(model);
    let place = METHODS.iter().position(|m| m.id() == method).unwrap_or(METHODS.len());
    let place = if is_yours(model) { METHODS.len() + 1 + place } else { place };
    (place, train_length, model.into())
}

/// Every recorded point that says something, in the page's order.
pub fn recorded_points(recorded: &Recorded) -> Vec<CurvePoint> {
    let shown = |p: &crate::config::RecordedPoint| {
        Some(CurvePoint {
            model: p.model.clone(),
            length: p.length,
            text: recorded.stream.clone(),
            protocol: Protocol::Nonoverlapping,
            summary: summarise_recorded(p)?,
            source: "recorded",
            adapter: None,
            effort: None,
        })
    };
    sorted(recorded.points.iter().filter_map(shown).collect())
}

/// Computed points, in the page's order.
pub fn live_points(entries: &[&Entry]) -> Vec<CurvePoint> {
    let shown = |e: &&Entry| {
        let stretch = e.asked.task.stretch()?;
        Some(CurvePoint {
            model: e.asked.model.clone(),
            length: stretch.length,
            // Texts of the reader's own are told apart by a sum of their contents.
            text: e.asked.stream.clone(),
            protocol: stretch.protocol,
            summary: summarise(&e.scored.blocks, e.scored.n_bytes)?,
            source: engine_id(e.scored.engine),
            adapter: e.scored.adapter.as_deref().map(adapter_name),
            effort: Some((e.scored.seconds, tokens(stretch))),
        })
    };
    sorted(entries.iter().filter_map(shown).collect())
}

fn sorted(mut points: Vec<CurvePoint>) -> Vec<CurvePoint> {
    sort_by_key(&mut points, |p| (order(&p.model), p.length));
    points
}

/// Widens the band of every first training to the lowest and the highest perplexity of that method's trainings from
/// other seeds, and leaves those out; a method trained once keeps the band of its standard error. Also returns the fewest and
/// the most trainings that a widened band spans; absent where no band was widened.
pub fn across_seeds(points: &[CurvePoint]) -> (Vec<CurvePoint>, Option<(usize, usize)>) {
    let mut counts = None;
    let first = |p: &&CurvePoint| parts(&p.model).2.is_none();
    let widened = points.iter().filter(first).map(|p| {
        let (method, trained, _) = parts(&p.model);
        let same = |q: &&CurvePoint| {
            let (other, length, _) = parts(&q.model);
            (other, length, q.length, q.protocol) == (method, trained, p.length, p.protocol)
        };
        let all = || points.iter().filter(same).map(|q| q.summary.perplexity);
        let mut out = p.clone();
        let n = all().count();
        if n > 1 {
            counts = Some(counts.map_or((n, n), |(few, many): (usize, usize)| (few.min(n), many.max(n))));
            // A training that diverged leaves its mark: the band then has no end.
            let widest = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::INFINITY } else { a.max(b) };
            out.summary.band = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, widest));
        }
        out
    });
    // In this order: the counts are known once all bands are.
    let shown = widened.collect();
    (shown, counts)
}

/// Ids of the models among the points, in their order.
pub fn models(points: &[CurvePoint]) -> Vec<String> {
    let mut ids: Vec<String> = points.iter().map(|p| p.model.clone()).collect();
    ids.dedup();
    ids
}

/// One line per model. `suffix` keeps the ids of recorded and computed lines apart; faint lines are the recorded
/// ones behind computed ones, and named so.
pub fn series(points: &[CurvePoint], suffix: &str, faint: bool) -> Vec<Series> {
    let several = training_lengths(points).len() > 1;
    models(points)
        .into_iter()
        .map(|model| Series {
            id: format!("{model}{suffix}"),
            name: {
                let length = parts(&model).1.filter(|_| several).map(|l| format!(" {l}")).unwrap_or_default();
                let name = format!("{}{length}", model_name(&model));
                if faint { words::recorded(&name) } else { name }
            },
            style: style_of(parts(&model).0),
            points: points.iter().filter(|p| p.model == model).map(|p| p.summary.point(p.length)).collect(),
            faint,
        })
        .collect()
}

/// Training lengths among the points, ascending.
pub fn training_lengths(points: &[CurvePoint]) -> Vec<usize> {
    let mut lengths: Vec<usize> = points.iter().filter_map(|p| parts(&p.model).1).collect();
    sort_by_key(&mut lengths, |l| *l);
    lengths.dedup();
    lengths
}

/// The chart: both axes by ratio, training lengths marked.
pub fn chart(series: Vec<Series>, training_lengths: &[usize]) -> LineChart {
    let marks = training_lengths.iter().map(|&l| Mark { x: l as f64, label: words::trained_at(l) });
    LineChart {
        x: Axis { label: words::INPUT_LENGTH.into(), scale: Scale::Log2, range: None },
        y: Axis { label: words::PERPLEXITY.into(), scale: Scale::Log10, range: None },
        series,
        marks: marks.collect(),
    }
}

/// One row per point.
pub fn table(points: &[CurvePoint], caption: String) -> Table {
    let row = |p: &CurvePoint| {
        let s = &p.summary;
        vec![
            p.model.clone(),
            thousands(p.length as u64),
            show_perplexity(s.perplexity),
            show_half(s),
            show_3(s.mean_nll),
            show_3(s.bits_per_byte),
            thousands(s.n_targets),
            p.adapter.as_ref().map_or_else(|| p.source.into(), |a| words::from_adapter(p.source, a)),
            p.effort.map_or("–".into(), |(seconds, _)| format!("{seconds:.2}")),
            p.effort.and_then(speed).map_or("–".into(), |v| thousands(v as u64)),
        ]
    };
    Table { caption, columns: words::COLUMNS.map(String::from).to_vec(), rows: points.iter().map(row).collect() }
}

/// Tokens per second, where time was measured.
pub fn speed((seconds, tokens): (f64, u64)) -> Option<f64> {
    (seconds > 0.0).then(|| tokens as f64 / seconds)
}

/// Every point at full precision; "diverged" stands for what is not finite.
pub fn csv(points: &[CurvePoint]) -> String {
    let mut out = String::from(
        "model,length,text,protocol,stride,targets,perplexity,low,high,mean_nll,standard_error,bits_per_byte,source,adapter,seconds,tokens\n",
    );
    for p in points {
        let s = &p.summary;
        let (protocol, stride) = match p.protocol {
            Protocol::Nonoverlapping => ("nonoverlapping", p.length),
            Protocol::Sliding { stride } => ("sliding", stride),
            Protocol::LastTokens => ("last-tokens", p.length),
        };
        let number = |v: f64| if v.is_finite() { v.to_string() } else { "diverged".into() };
        let error = s.standard_error.map_or(String::new(), number);
        let [perplexity, low, high, loss] = [s.perplexity, s.band.0, s.band.1, s.mean_nll].map(number);
        // Without bytes there are no bits per byte.
        let bits =
            if s.mean_nll.is_finite() && s.bits_per_byte.is_nan() { String::new() } else { number(s.bits_per_byte) };
        let adapter = p.adapter.as_ref().map_or(String::new(), |a| format!("\"{}\"", a.replace('"', "\"\"")));
        let (seconds, tokens) = p.effort.map_or_else(Default::default, |(s, t)| (s.to_string(), t.to_string()));
        out += &format!(
            "{},{},{},{protocol},{stride},{},{perplexity},{low},{high},{loss},{error},{bits},{},{adapter},{seconds},{tokens}\n",
            p.model, p.length, p.text, s.n_targets, p.source,
        );
    }
    out
}

/// What the points say at the longest length that every model was scored at, next to each model's training length.
/// Empty where nothing can be compared.
pub fn finding(points: &[CurvePoint]) -> String {
    let ids = models(points);
    let at = |model: &str, length: usize| {
        points.iter().find(|p| p.model == model && p.length == length).map(|p| p.summary.perplexity)
    };
    let comparable: Vec<(&String, usize)> =
        ids.iter().filter_map(|m| parts(m).1.filter(|&l| at(m, l).is_some()).map(|l| (m, l))).collect();
    let Some((_, trained)) = comparable.first().copied() else { return String::new() };
    let everywhere = |length: &usize| comparable.iter().all(|(m, _)| at(m, *length).is_some());
    let Some(length) = points.iter().map(|p| p.length).filter(everywhere).max().filter(|&l| l > trained) else {
        return String::new();
    };
    let several = comparable.iter().any(|(_, l)| *l != trained);
    let name = |m: &str, l: usize| if several { format!("{} {l}", model_name(m)) } else { model_name(m) };
    let said: Vec<String> = comparable
        .iter()
        .filter_map(|(m, l)| Some(format!("{} {}", name(m, *l), words::verdict(at(m, *l)?, at(m, length)?))))
        .collect();
    let times = (!several && length.is_multiple_of(trained)).then(|| length / trained);
    words::finding(length, times, &said)
}

#[cfg(test)]
#[path = "curves_tests.rs"]
mod tests;
