//! How much of the gain from longer inputs is the early token curse? Figure `early-tokens`.

mod data;
mod words;

use self::data::{Group, LENGTHS, TARGETS, error, groups, mean};
use self::words::{UNRECORDED, curve_table, curves, finding, position_table, positions};
use crate::position::by_id;
use crate::protocol::{Job, Protocol, Stretch, Task};
use crate::ui::figure::spec::{ANY_METHOD, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;
use crate::ui::runs::results::Summary;

/// Targets of the losses by position: few segments would make the first positions a matter of chance.
const TARGETS_BY_POSITION: usize = 32_768;

/// The method that is measured.
pub static METHOD: Setting<String> = Setting::new("early-method", "Method, trained at 256 tokens", ANY_METHOD, "alibi");
/// Length of the segments whose losses are shown by position, tokens.
pub static LENGTH: Setting<usize> = Setting::new(
    "early-length",
    "Segment length in the first chart, tokens",
    Kind::List(&[("256", "256"), ("512", "512"), ("1024", "1,024"), ("2048", "2,048"), ("4096", "4,096")]),
    "512",
);

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "early-tokens",
    title: "The early token curse",
    question: "Why do longer inputs help at all?",
    height: 1340,
    controls: &[&METHOD.control, &LENGTH.control],
    shared: &[&ENGINE.control],
    run: Some("Measure it here"),
    plots: &["early-tokens-plot", "early-tokens-curves"],
    series: &["early-tokens", "early-tokens-curves"],
    precomputed: Some(&[&METHOD.control]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn model(context: &FigureContext) -> String {
    format!("{}-256", context.get(&METHOD))
}

fn by_position(context: &FigureContext) -> Job {
    let length = context.get(&LENGTH);
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

fn render(context: &FigureContext) -> FigureOutput {
    let length = context.get(&LENGTH);
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
    let method = context.get(&METHOD);
    let name = by_id(&method).map_or("", |m| m.name());
    FigureOutput {
        finding: finding(name, &apart, &slid),
        // Where no losses by position are kept for the length, there is nothing to draw of them.
        charts: match answer.is_none() && !context.precomputed.is_empty() {
            true => vec![curves(&apart, &slid)],
            false => vec![positions(&method, &grouped), curves(&apart, &slid)],
        },
        panel: match answer {
            Some(_) => String::new(),
            None => UNRECORDED.into(),
        },
        tables: vec![position_table(name, &grouped, length), curve_table(name, &apart, &slid)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::{share, share_with};
    use super::*;
    use crate::protocol::Scored;
    use crate::ui::figure::spec::Answer;

    #[test]
    fn the_authors_example_of_little_context() {
        assert_eq!(share(1_000), 0.1);
        assert_eq!(share(2_000), 0.05);
        assert_eq!(share(64), 1.0);
        assert_eq!(share_with(10, 256), 0.0390625);
        assert_eq!(share_with(10, 8), 1.0);
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
