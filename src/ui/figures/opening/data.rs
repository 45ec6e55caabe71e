//! What the figure `opening` shows of what was recorded: the four curves, a row for each model, a sentence.

use crate::chart::{LineChart, Mark, style_of};
use crate::config::{Lines, OPENING, Recorded};
use crate::ui::figure::curves::{self, CurvePoint, model_name, parts};
use crate::ui::figure::spec::TRAINED;
use crate::ui::figures::opening::words;

/// Input lengths that were recorded, tokens.
pub const LENGTHS: [usize; 10] = [32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];
/// Perplexities that the chart has room for, whatever of them is shown: what is hidden does not tell by the axis.
const RANGE: (f64, f64) = (10.0, 200.0);

/// One model at the length chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Model id.
    pub model: &'static str,
    /// Its name.
    pub name: String,
    /// Colour index of its line.
    pub style: usize,
    /// Its perplexity, where it is known and not out of sight.
    pub perplexity: Option<f64>,
}

/// What was recorded of the models that the page opens with, in the page's order.
pub fn points(recorded: &Recorded) -> Vec<CurvePoint> {
    curves::recorded_points(recorded).into_iter().filter(|p| OPENING.contains(&p.model.as_str())).collect()
}

/// Whether what was measured at a length is out of sight.
pub fn hidden(length: usize, guessing: bool) -> bool {
    guessing && length > TRAINED
}

/// The chart of these points, with room for all; a second mark at `length` where there is one.
pub fn chart(points: &[CurvePoint], length: Option<usize>) -> LineChart {
    let mut chart = curves::chart(curves::series(points, "", false), &[TRAINED]);
    chart.x.range = Some((LENGTHS[0] as f64, LENGTHS[LENGTHS.len() - 1] as f64));
    chart.y.range = Some(RANGE);
    chart.marks.extend(length.filter(|l| *l != TRAINED).map(|l| Mark { x: l as f64, label: String::new() }));
    chart
}

/// The recorded length nearest to a place on the axis of lengths.
pub fn nearest(x: f64) -> usize {
    let away = |l: &usize| (*l as f64 / x).log2().abs();
    LENGTHS.into_iter().min_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or(TRAINED)
}

/// Place of a length on the slider.
pub fn place(length: usize) -> usize {
    LENGTHS.iter().position(|l| *l == length).unwrap_or_default()
}

/// The length at a place of the slider.
pub fn length_at(place: f64) -> usize {
    LENGTHS[(place.max(0.0).round() as usize).min(LENGTHS.len() - 1)]
}

/// A row for each model.
pub fn rows(points: &[CurvePoint], length: usize) -> Vec<Row> {
    let row = |model: &'static str| Row {
        model,
        name: model_name(model),
        style: style_of(parts(model).0),
        perplexity: points.iter().find(|p| p.model == model && p.length == length).map(|p| p.summary.perplexity),
    };
    OPENING.into_iter().map(row).collect()
}

/// What a model wrote after an input of that length.
pub fn line<'a>(lines: &'a Lines, model: &str, length: usize) -> Option<&'a str> {
    lines.lines.iter().find(|l| l.model == model && l.length == length).map(|l| l.text.as_str())
}

/// What the points say of that length, next to the training length. Empty while there are none.
pub fn finding(points: &[CurvePoint], length: usize) -> String {
    if length > TRAINED {
        let up_to: Vec<CurvePoint> = points.iter().filter(|p| p.length <= length).cloned().collect();
        return curves::finding(&up_to);
    }
    let rows = rows(points, length);
    let known = || rows.iter().filter_map(|r| Some((r.name.as_str(), r.perplexity?)));
    let low = known().min_by(|a, b| a.1.total_cmp(&b.1));
    let high = known().max_by(|a, b| a.1.total_cmp(&b.1));
    low.zip(high).map_or_else(String::new, |(low, high)| words::within(length, low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Vec<CurvePoint> {
        let text = include_str!("../../../../assets/models/recorded.json");
        points(&serde_json::from_str::<Recorded>(text).unwrap())
    }

    fn lines() -> Lines {
        serde_json::from_str(include_str!("../../../../assets/models/lines.json")).unwrap()
    }

    #[test]
    fn every_model_is_shown_at_every_length_and_fits_into_the_chart() {
        let points = recorded();
        assert_eq!(points.len(), OPENING.len() * LENGTHS.len());
        for length in LENGTHS {
            for row in rows(&points, length) {
                let perplexity = row.perplexity.unwrap();
                assert!((RANGE.0..RANGE.1).contains(&perplexity), "{} at {length}: {perplexity}", row.model);
            }
        }
    }

    /// The table of assets/models/README.md.
    #[test]
    fn a_row_has_its_models_number_at_that_length() {
        let points = recorded();
        let shown =
            |length| rows(&points, length).iter().map(|r| format!("{:.2}", r.perplexity.unwrap())).collect::<Vec<_>>();
        assert_eq!(shown(256), ["16.16", "13.83", "14.11", "14.09"]);
        assert_eq!(shown(4_096), ["85.78", "104.47", "15.48", "13.74"]);
        assert!(rows(&points[..3], 256).iter().all(|r| r.perplexity.is_none()), "what is not known is not shown");
    }

    #[test]
    fn the_sentence_follows_the_length() {
        let points = recorded();
        let at = |length| finding(&points, length);
        assert_eq!(
            at(64),
            "At 64 tokens, no more than in training, the four lie between 14.79 (Rotary) and 17.14 (Sinusoidal)."
        );
        assert!(at(256).starts_with("At 256 tokens, no more than in training"));
        assert!(
            at(512).starts_with("At 512 tokens, 2 times the training length: Sinusoidal explodes to 36.46"),
            "{}",
            at(512)
        );
        assert!(at(16_384).contains("ALiBi improves to 13.73 from 14.09"), "{}", at(16_384));
        assert_eq!(finding(&[], 64), "");
    }

    #[test]
    fn a_guess_leaves_the_axes_as_they_are_and_nothing_past_the_training() {
        let points = recorded();
        let seen: Vec<_> = points.iter().filter(|p| !hidden(p.length, true)).cloned().collect();
        let (whole, blank) = (chart(&points, None), chart(&seen, None));
        assert_eq!((whole.x.range, whole.y.range), (blank.x.range, blank.y.range));
        assert!(blank.series.iter().all(|s| s.points.len() == 4 && s.points.iter().all(|p| p.x <= 256.0)));
        assert_eq!(whole.series.iter().map(|s| s.points.len()).sum::<usize>(), 40);
    }

    #[test]
    fn slider_and_pointer_reach_every_length() {
        for length in LENGTHS {
            assert_eq!(length_at(place(length) as f64), length);
            assert_eq!([0.8, 1.0, 1.3].map(|off| nearest(length as f64 * off)), [length; 3]);
        }
        assert_eq!((length_at(-3.0), length_at(1e9), length_at(f64::NAN)), (32, 16_384, 32));
        assert_eq!((nearest(1.0), nearest(1e9)), (32, 16_384));
    }

    #[test]
    fn every_model_has_a_line_at_every_length() {
        let lines = lines();
        for model in OPENING {
            for length in LENGTHS {
                assert!(line(&lines, model, length).is_some_and(|l| !l.trim().is_empty()), "{model} at {length}");
            }
        }
        assert_eq!(lines.lines.len(), OPENING.len() * LENGTHS.len());
    }
}
