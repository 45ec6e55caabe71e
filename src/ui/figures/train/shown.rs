//! What is on show: the reader's own training, or a recorded one.

use super::data::Model;
use super::measure::{MANY, lengths};
use super::start::shipped;
use crate::config::{BLOCK, Course, Curve, Healed, Recorded, Trained};
use crate::protocol::BlockSum;
use crate::protocol::train::{StartFrom, TrainText};
use crate::ui::figure::curves::parts;
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::summarise;

/// A course for each model, steps in all, tokens of each, training length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) courses: Vec<Course>,
    pub(super) steps: usize,
    pub(super) tokens_per_step: usize,
    pub(super) train_length: usize,
    /// Id of the model of this page that they started from.
    pub(super) from: Option<String>,
    /// Its own curve.
    pub(super) before: Option<Course>,
    /// Targets of the last curve, where they are of the reader's own text.
    pub(super) n_own: Option<u32>,
    /// Whether keys and values are read, and no text.
    pub(super) task: bool,
}

/// The curve of a model of this page, over as many targets as those at the end of a training.
fn before(recorded: &Recorded, model: &str) -> Option<Course> {
    let (method, trained, _) = parts(model);
    let all = lengths(trained?);
    let of = |p: &crate::config::RecordedPoint| {
        let blocks = p.block_nll.iter().zip(&p.block_targets).take(MANY / BLOCK);
        let blocks: Vec<BlockSum> = blocks.map(|(&nll, &n_targets)| BlockSum { nll, n_targets }).collect();
        Some((p.length, summarise(&blocks, 0)?.perplexity))
    };
    let points =
        recorded.points.iter().filter(|p| p.model == model && all.contains(&p.length)).filter_map(of).collect();
    Some(Course { method: method.into(), curves: vec![Curve { tokens: 0, points }], ..Course::default() })
}

impl Shown {
    /// A training from drawn values.
    pub(super) fn recorded(trained: &Trained) -> Self {
        Self {
            courses: trained.courses.clone(),
            steps: trained.courses.iter().map(|c| c.losses.len()).max().unwrap_or_default(),
            tokens_per_step: trained.tokens_per_step,
            train_length: trained.train_length,
            ..Self::default()
        }
    }

    /// What was recorded of these methods in the place of a model's own.
    pub(super) fn healed(healed: &Healed, recorded: Option<&Recorded>, from: &str, methods: &[&str]) -> Self {
        let case = |method: &&str| healed.cases.iter().find(|c| c.from == from && c.course.method == *method);
        let courses: Vec<Course> = methods.iter().filter_map(case).map(|c| c.course.clone()).collect();
        Self {
            steps: courses.iter().map(|c| c.losses.len()).max().unwrap_or_default(),
            courses,
            tokens_per_step: healed.tokens_per_step,
            train_length: healed.train_length,
            before: recorded.and_then(|r| before(r, from)),
            from: shipped(from).map(String::from),
            ..Self::default()
        }
    }

    /// The reader's own.
    pub(super) fn own(models: &[Model], recorded: Option<&Recorded>) -> Self {
        let most = |of: fn(&Model) -> usize| models.iter().map(of).max().unwrap_or_default();
        let plan = models.first().map(|m| &m.plan);
        let own = plan.is_some_and(|p| matches!(p.text, TrainText::Own(_)));
        let from = plan.and_then(|p| match &p.from {
            StartFrom::Shipped { model } => Some(model.clone()),
            _ => None,
        });
        Self {
            courses: models.iter().map(|m| m.course.clone()).collect(),
            steps: most(|m| m.steps),
            tokens_per_step: most(|m| m.tokens_per_step),
            train_length: most(|m| m.plan.train_length),
            // What was measured on another text is no measure.
            before: recorded.zip(from.as_deref().filter(|_| !own)).and_then(|(r, from)| before(r, from)),
            from,
            n_own: own.then(|| models.iter().map(|m| m.n_targets).max().unwrap_or_default()),
            task: plan.is_some_and(|p| p.text == TrainText::Recall),
        }
    }
}

/// Whether a file of the site is here; why not, if it cannot be had.
pub(super) fn here<T>(file: &Loaded<T>) -> Result<bool, String> {
    match file {
        Loaded::Failed(reason) => Err(reason.clone()),
        other => Ok(other.ready().is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::figures::train::start::HEALING;
    use crate::ui::figures::train::words;
    use crate::ui::format::numbers::show_perplexity;

    fn recorded() -> Recorded {
        serde_json::from_str(include_str!("../../../../assets/models/recorded.json")).unwrap()
    }

    fn healed() -> Healed {
        serde_json::from_str(include_str!("../../../../assets/models/healed.json")).unwrap()
    }

    fn of(from: &str, methods: &[&str]) -> Shown {
        Shown::healed(&healed(), Some(&recorded()), from, methods)
    }

    #[test]
    fn what_is_recorded_is_the_default_choice_to_its_end() {
        let healed = healed();
        assert_eq!((healed.train_length, healed.n_targets), (256, MANY));
        for case in &healed.cases {
            let tokens: Vec<u64> = case.course.curves.iter().map(|c| c.tokens).collect();
            assert_eq!(tokens, [0, 51_200, 102_400, 153_600, HEALING]);
            assert_eq!((case.course.losses.len() * healed.tokens_per_step) as u64, HEALING);
            for curve in &case.course.curves {
                assert_eq!(curve.points.iter().map(|p| p.0).collect::<Vec<_>>(), lengths(256));
            }
        }
    }

    /// Perplexities before, right after the cut and at the end, at the shortest and the longest input.
    fn ends(from: &str, method: &str) -> [[String; 2]; 3] {
        let shown = of(from, &[method]);
        let pair = |c: &Curve| [c.points[0].1, c.points[4].1].map(show_perplexity);
        let curves = &shown.courses[0].curves;
        [pair(&shown.before.as_ref().unwrap().curves[0]), pair(&curves[0]), pair(&curves[4])]
    }

    #[test]
    fn the_prose_says_what_is_recorded() {
        let prose = include_str!("after.html").replace('\n', " ");
        let said = |text: String| assert!(prose.contains(&text), "{text}");
        said(format!("read {} tokens, a fiftieth", crate::ui::format::numbers::thousands(HEALING)));
        let [[before, far], [cut, far_cut], [end, far_end]] = ends("rotary-256", "alibi");
        said(format!("perplexity at 256 tokens goes from {before} to {cut} at the cut, then down to {end}."));
        said(format!("At 4,096 tokens it goes from {far} to {far_cut}, then {far_end}."));
        let [[before, _], [cut, _], [end, _]] = ends("sinusoidal-256", "alibi");
        said(format!("{before} at 256 tokens, {cut} at the cut, {end} at the end."));
        let [[before, _], _, [end, _]] = ends("rotary-256", "none");
        said(format!("the model is left at {end}, almost three times"));
        let ratio = end.parse::<f64>().unwrap() / before.parse::<f64>().unwrap();
        assert!((2.6..3.0).contains(&ratio), "{ratio}");
        let [[_, far], _, [end, far_end]] = ends("alibi-256", "rotary");
        said(format!("{end} at 256 tokens, and {far_end} at 4,096, where ALiBi had {far}."));
    }

    #[test]
    fn finding_table_and_chart_show_before_the_cut_and_now() {
        let shown = of("rotary-256", &["sinusoidal", "alibi"]);
        let (before, courses) = (shown.before.as_ref(), &shown.courses);
        assert_eq!(
            words::healing("rotary-256", before, courses),
            "Rotary, trained at 256 tokens, has a perplexity of 14.64 at 256 tokens and 108.9 at 4,096. In its place: ALiBi: 53.18 and 55.63 right after the cut, 23.84 and 23.71 after 204,800 tokens of training."
        );
        let source = words::healed(MANY, "rotary-256", &["sinusoidal", "alibi"], courses);
        assert!(source.starts_with("This is a recorded training: ALiBi in the place of Rotary, "), "{source}");
        assert!(
            source.ends_with("Nothing is recorded for Sinusoidal in the place of Rotary. Press Train for your own.")
        );
        let table = words::curve_table(courses, 256, before);
        assert_eq!(table.columns, ["input length", "ALiBi", "Rotary before", "ALiBi right after the cut"]);
        assert_eq!(table.rows[0], ["256", "23.84", "14.64", "53.18"]);
        let chart = words::curve_chart(courses, 256, before);
        let lines: Vec<(&str, bool)> = chart.series.iter().map(|s| (s.id.as_str(), s.faint)).collect();
        let earlier = ["alibi-0", "alibi-51200", "alibi-102400", "alibi-153600"].map(|id| (id, true));
        assert_eq!(lines, [&[("before", false)][..], &earlier, &[("alibi", false)]].concat());
        // Where nothing is recorded, the model's own curve stands alone.
        let none = of("t5-256", &["alibi"]);
        assert!(
            none.courses.is_empty() && words::curve_chart(&none.courses, 256, none.before.as_ref()).series.len() == 1
        );
    }
}
