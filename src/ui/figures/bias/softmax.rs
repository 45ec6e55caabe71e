//! From scores to weights, with the bias in both forms: what the lower half of the bias figure computes.
//!
//! Content scores here are an example, made by a fixed rule, not those of a model. Both rows of weights are computed
//! in f32, as a model would.

use crate::chart::{format_number, format_short};
use crate::ui::figures::bias::words::{self, Form, Scores};
use crate::ui::format::numbers::show_tiny;
use crate::ui::format::table::Table;

use crate::ui::figures::bias::data::bias_row;

/// Keys of the worked example, at most.
const EXAMPLE_KEYS: usize = 8;

impl Scores {
    /// q·k/√D of each of `count` keys.
    pub fn of(self, count: usize) -> Vec<f32> {
        // No value is a sum of powers of two: sums round, as those of a model do.
        const PATTERN: [f32; 8] = [0.6, 2.1, -0.9, 1.4, 0.1, 3.2, -0.4, 0.9];
        match self {
            Self::Uneven => (0..count).map(|i| PATTERN[i % PATTERN.len()]).collect(),
            Self::Equal => vec![0.0; count],
        }
    }
}

/// The last query's row with one form of the bias.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryRow {
    /// Bias added to each score.
    pub bias: Vec<f32>,
    /// Score plus bias.
    pub sum: Vec<f32>,
    /// Weight of each key; they add up to 1.
    pub weights: Vec<f32>,
}

/// Score plus bias, then softmax, for the query that sees all of `scores`.
pub fn row(scores: &[f32], slope: f64, form: Form) -> QueryRow {
    let mut bias = bias_row(slope, scores.len(), form);
    if form == Form::Paper {
        // By distance; the query is the last position, so key j is at distance length − 1 − j.
        bias.reverse();
    }
    let sum: Vec<f32> = scores.iter().zip(&bias).map(|(s, b)| s + b).collect();
    let max = sum.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = sum.iter().map(|s| (s - max).exp()).collect();
    let total: f32 = raised.iter().sum();
    QueryRow { bias, sum, weights: raised.iter().map(|r| r / total).collect() }
}

/// Largest difference between the weights that the two forms give.
pub fn difference(scores: &[f32], slope: f64) -> f32 {
    let (paper, code) = (row(scores, slope, Form::Paper), row(scores, slope, Form::Code));
    paper.weights.iter().zip(&code.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Number of keys of the worked example in a sequence of that length.
pub fn example_keys(length: usize) -> usize {
    length.min(EXAMPLE_KEYS)
}

/// The worked example: one row per step, one column per key.
pub fn table(scores: Scores, slope: f64, length: usize) -> Table {
    let keys = example_keys(length);
    let scores = scores.of(keys);
    let (paper, code) = (row(&scores, slope, Form::Paper), row(&scores, slope, Form::Code));
    let line = |name: &str, values: &[f32], show: fn(f32) -> String| -> Vec<String> {
        std::iter::once(name.to_string()).chain(values.iter().map(|v| show(*v))).collect()
    };
    let number = |v: f32| format_number(f64::from(v));
    let short = |v: f32| format_short(f64::from(v));
    let percent = |v: f32| format!("{:.3} %", 100.0 * v);
    let apart: Vec<f32> = paper.weights.iter().zip(&code.weights).map(|(a, b)| (a - b).abs()).collect();
    let [score, paper_bias, paper_sum, paper_weight, code_bias, code_sum, code_weight, of_weights] = words::STEPS;
    Table {
        caption: words::example_caption(keys - 1, keys),
        columns: std::iter::once(words::STEP.to_string()).chain((0..keys).map(words::key)).collect(),
        rows: vec![
            line(score, &scores, number),
            line(paper_bias, &paper.bias, short),
            line(paper_sum, &paper.sum, short),
            line(paper_weight, &paper.weights, percent),
            line(code_bias, &code.bias, short),
            line(code_sum, &code.sum, short),
            line(code_weight, &code.weights, percent),
            line(of_weights, &apart, show_tiny),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::slopes;

    #[test]
    fn both_forms_give_the_same_weights_for_every_head_and_length() {
        for heads in [1, 2, 3, 8, 12, 64] {
            for slope in slopes(heads) {
                for length in [2, 64, 1000, 4096] {
                    for scores in [Scores::Equal, Scores::Uneven] {
                        let apart = difference(&scores.of(length), slope);
                        assert!(apart < 2e-4, "slope {slope}, length {length}: {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn weights_are_those_of_the_definition() {
        let got = row(&[0.0, 0.0, 0.0], 0.5, Form::Paper);
        let total = 1.0 + (-0.5f64).exp() + (-1.0f64).exp();
        for (weight, distance) in got.weights.iter().zip([2.0, 1.0, 0.0f64]) {
            assert!((f64::from(*weight) - (-0.5 * distance).exp() / total).abs() < 1e-6);
        }
        assert_eq!(got.bias, [-1.0, -0.5, 0.0]);
        assert_eq!(row(&[0.0, 0.0, 0.0], 0.5, Form::Code).bias, [0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_bias_along_the_query_axis_would_be_noticed() {
        // Constant along a row, softmax would cancel it: equal scores must not give equal weights.
        let weights = row(&Scores::Equal.of(4), 0.25, Form::Code).weights;
        assert!(weights.windows(2).all(|w| w[0] < w[1]), "{weights:?}");
    }

    #[test]
    fn the_example_shows_every_step() {
        let table = table(Scores::Uneven, 0.5, 64);
        assert_eq!(table.columns.len(), 9);
        assert!(table.rows.iter().all(|r| r.len() == 9));
        assert_eq!(table.rows[0][1..4], ["0.6", "2.1", "−0.9"]);
        assert_eq!((table.rows[1][1].as_str(), table.rows[1][8].as_str()), ("−3.5", "0"));
        assert_eq!((table.rows[5][1].as_str(), table.rows[5][8].as_str()), ("0.6", "4.4"));
        assert_eq!(table.rows[3][1..], table.rows[6][1..], "the weights are the same");
    }

    #[test]
    fn the_shortest_sequence_has_an_example_too() {
        assert_eq!(super::table(Scores::Equal, 0.5, 2).columns.len(), 3);
    }
}
