//! How much of the gain from longer inputs is the early token curse? Figure `early-tokens`.

mod words;

use self::words::{curve_table, curves, finding, position_table, positions};
use crate::position::by_id;
use crate::protocol::{Job, Protocol, Stretch, Task};
use crate::ui::figure::spec::{Answer, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, METHOD};
use crate::ui::settings::control::{Control, Kind};
use crate::ui::runs::results::Summary;

/// Input lengths of the curves, tokens.
const LENGTHS: [usize; 6] = [64, 128, 256, 512, 1_024, 2_048];
/// Targets of every point of the curves.
const TARGETS: usize = 4_096;
/// Targets of the losses by position: few segments would make the first positions a matter of chance.
const TARGETS_BY_POSITION: usize = 32_768;
/// Context that counts as little, tokens: the first author's example.
const LITTLE: usize = 100;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "early-tokens",
    title: "The early token curse",
    question: "Why do longer inputs help at all?",
    height: 1270,
    controls: &[
        &Control { key: "early-method", label: "Method, trained at 256 tokens", kind: METHOD, default: "alibi" },
        &Control {
            key: "early-length",
            label: "Segment length of the first chart, tokens",
            kind: Kind::List(&[
                ("256", "256"),
                ("512", "512"),
                ("1024", "1,024"),
                ("2048", "2,048"),
                ("4096", "4,096"),
            ]),
            default: "512",
        },
    ],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["early-tokens-plot", "early-tokens-curves"],
    series: &["early-tokens", "early-tokens-curves"],
    precomputed: Some(&["early-method"]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn model(context: &FigureContext) -> String {
    format!("{}-256", context.value("early-method"))
}

fn by_position(context: &FigureContext) -> Job {
    let length = context.number("early-length");
    context.ask(&model(context), Task::ScoreByPosition(context.stretch(length, TARGETS_BY_POSITION)))
}

/// One point of the curves; the window advances by an eighth of its length.
fn point(context: &FigureContext, length: usize, sliding: bool) -> Job {
    let protocol = if sliding { Protocol::Sliding { stride: length / 8 } } else { Protocol::Nonoverlapping };
    context.ask(&model(context), Task::Score(Stretch { protocol, ..context.stretch(length, TARGETS) }))
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    if context.model(&model(context)).is_none() {
        return Vec::new();
    }
    let points = LENGTHS.iter().flat_map(|&l| [point(context, l, false), point(context, l, true)]);
    std::iter::once(by_position(context)).chain(points).collect()
}

/// Mean loss over positions `low..high` of the answer to a [`Task::ScoreByPosition`] for inputs of `length`.
fn mean(answer: &Answer, length: usize, low: usize, high: usize) -> Option<f64> {
    let (means, counts) = Stretch { length, ..Default::default() }.positions(&answer.values)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for i in low..high.min(length) {
        let n = f64::from(*counts.get(i)?);
        if n > 0.0 {
            sum += f64::from(means[i]) * n;
            count += n;
        }
    }
    (count > 0.0).then_some(sum / count)
}

/// Standard error of [`mean`], from how much the means of the positions differ within the group: each has targets of its
/// own. Absent below four positions.
fn error(answer: &Answer, length: usize, low: usize, high: usize) -> Option<f64> {
    let (means, counts) = Stretch { length, ..Default::default() }.positions(&answer.values)?;
    let counted = || (low..high.min(length)).filter(|&i| counts.get(i).is_some_and(|n| *n > 0.0));
    let (n, centre) = (counted().count() as f64, mean(answer, length, low, high)?);
    let squares: f64 = counted().map(|i| (f64::from(means[i]) - centre).powi(2)).sum();
    (n >= 4.0).then(|| (squares / (n - 1.0) / n).sqrt())
}

/// A group of positions, from 0.
struct Group {
    /// First.
    low: usize,
    /// One past the last.
    high: usize,
    /// Mean loss, nats.
    loss: f64,
    /// Its standard error, nats.
    error: Option<f64>,
}

/// Positions grouped by powers of two: 0, 1, 2–3, 4–7, …
fn groups(length: usize) -> Vec<(usize, usize)> {
    let mut out = vec![(0, 1)];
    let mut low = 1;
    while low < length {
        out.push((low, (2 * low).min(length)));
        low *= 2;
    }
    out
}

fn render(context: &FigureContext) -> FigureOutput {
    let length = context.number("early-length");
    let answer = context.find(&by_position(context));
    let grouped: Vec<Group> = answer
        .iter()
        .flat_map(|a| {
            groups(length).into_iter().filter_map(|(low, high)| {
                Some(Group { low, high, loss: mean(a, length, low, high)?, error: error(a, length, low, high) })
            })
        })
        .collect();
    let curve = |sliding| -> Vec<(usize, Summary)> {
        LENGTHS.iter().filter_map(|&l| Some((l, context.summary(&point(context, l, sliding))?))).collect()
    };
    let (apart, slid) = (curve(false), curve(true));
    let name = by_id(context.value("early-method")).map_or("", |m| m.name());
    FigureOutput {
        finding: finding(name, &apart, &slid),
        // Where no losses by position are kept for the length, there is nothing to draw of them.
        charts: match answer.is_none() && !context.precomputed.is_empty() {
            true => vec![curves(&apart, &slid)],
            false => vec![positions(context.value("early-method"), &grouped), curves(&apart, &slid)],
        },
        panel: match answer {
            Some(_) => String::new(),
            None => {
                "<p class=\"claim\">Losses by position were not recorded at this length: measure them here.</p>".into()
            }
        },
        tables: vec![position_table(name, &grouped, length), curve_table(name, &apart, &slid)],
        ..Default::default()
    }
}

/// Share of predictions of a nonoverlapping evaluation that have at most [`LITTLE`] tokens of context.
fn share(length: usize) -> f64 {
    LITTLE.min(length) as f64 / length as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Scored;

    #[test]
    fn the_authors_example_of_little_context() {
        assert_eq!(share(1_000), 0.1);
        assert_eq!(share(2_000), 0.05);
        assert_eq!(share(64), 1.0);
    }

    #[test]
    fn groups_cover_every_position_once() {
        for length in [1, 2, 5, 256, 1_000] {
            let all: Vec<usize> = groups(length).into_iter().flat_map(|(l, h)| l..h).collect();
            assert_eq!(all, (0..length).collect::<Vec<_>>());
        }
    }

    #[test]
    fn means_of_groups_weigh_by_counts() {
        let answer = Answer {
            scored: &Scored::default(),
            values: vec![9.0, 2.0, 4.0, f32::NAN, 1.0, 3.0, 1.0, 0.0],
            live: true,
        };
        assert_eq!(mean(&answer, 4, 1, 3), Some(2.5));
        assert_eq!(mean(&answer, 4, 2, 4), Some(4.0));
        assert_eq!(mean(&answer, 4, 3, 4), None);
        assert_eq!(mean(&answer, 8, 0, 1), None);
        // Means 1, 3, 2, 4 of equal counts: variance 5/3 over four.
        let answer =
            Answer { scored: &Scored::default(), values: vec![1.0, 3.0, 2.0, 4.0, 7.0, 7.0, 7.0, 7.0], live: true };
        assert!((error(&answer, 4, 0, 4).unwrap() - (5.0f64 / 12.0).sqrt()).abs() < 1e-9);
        assert_eq!(error(&answer, 4, 1, 4), None);
    }
}
