//! The exercises: what is asked for, what is right, and which wrong answers are known for what led to them. Questions and
//! answers in full stand in `texts/exercises.html`, to be read without any script; what is said of an answer is in [`words`].
//!
//! [`words`]: crate::ui::page::exercises::words

use crate::position::slopes;
use crate::ui::figures::slopes::settings::{HEADS, ORDER, Order};
use crate::ui::page::exercises::number::{Written, read};
use crate::ui::settings::control::{Kind, Values};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::value::Value;

/// Numbers of the exercises that the reader has solved, from 1.
pub static SOLVED: Setting<Vec<usize>> = Setting::new("solved", "Solved exercises", Kind::Names { of: "exercise" }, "");
/// Head counts that exercise `jump` asks for are below this.
const FEWER: usize = 16;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing.
    Plain,
    /// Per cent; a share of 1 is taken too.
    Percent,
    /// Tokens.
    Tokens,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub enum Field {
    /// A number.
    Number {
        /// The right one.
        value: f64,
        /// How far off is still right.
        within: f64,
        /// What it counts.
        unit: Unit,
        /// Wrong ones that say what was done.
        misses: &'static [f64],
    },
    /// One of several answers, which the text lists by letters.
    Choice {
        /// How many.
        count: usize,
        /// Index of the right one.
        right: usize,
    },
    /// A state of a figure.
    State(fn(&Values) -> Verdict),
}

/// One exercise.
pub struct Exercise {
    /// Name in the document: `data-exercise`.
    pub id: &'static str,
    /// What is asked for.
    pub field: Field,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was given.
    Nothing,
    /// Something else than a number was given where one is asked for.
    NoNumber,
    /// Right.
    Right,
    /// A wrong one that says what was done: its index.
    Miss(usize),
    /// Any other wrong one.
    NotYet,
}

/// Every exercise, in the order of the text.
pub static EXERCISES: &[Exercise] = &[
    Exercise { id: "perplexity", field: number(14.154, 0.06, Unit::Plain, &[6.277]) },
    Exercise { id: "weight", field: number(64.84, 0.5, Unit::Percent, &[75.73, 83.37]) },
    Exercise { id: "six-heads", field: number(0.125, 0.0005, Unit::Plain, &[0.015_625, 0.003_906_25, 0.5]) },
    Exercise { id: "jump", field: Field::State(jump) },
    Exercise { id: "snippets", field: Field::Choice { count: 5, right: 3 } },
    Exercise { id: "plus", field: Field::Choice { count: 4, right: 1 } },
    Exercise { id: "one-percent", field: number(74.0, 0.5, Unit::Tokens, &[73.0, 36.84, 106.3]) },
    Exercise { id: "values", field: Field::Choice { count: 4, right: 3 } },
    Exercise { id: "share", field: number(19.53, 0.15, Unit::Percent, &[20.0, 80.47]) },
    Exercise { id: "penalty", field: Field::Choice { count: 4, right: 0 } },
];

const fn number(value: f64, within: f64, unit: Unit, misses: &'static [f64]) -> Field {
    Field::Number { value, within, unit, misses }
}

/// Whether the figure `slopes` shows fewer than [`FEWER`] heads whose slopes do not fall all the way.
fn jump(values: &Values) -> Verdict {
    let heads = usize::read(HEADS.control.value(values));
    if Order::read(ORDER.control.value(values)) == Order::Sorted {
        return Verdict::Miss(0);
    }
    match slopes(heads).windows(2).all(|pair| pair[1] < pair[0]) {
        true => Verdict::NotYet,
        false if heads >= FEWER => Verdict::Miss(1),
        false => Verdict::Right,
    }
}

/// Judges an answer: what was typed, the letter that was chosen, or the page's settings.
pub fn judge(field: &Field, given: &str, values: &Values) -> Verdict {
    match field {
        Field::State(verdict) => verdict(values),
        _ if given.trim().is_empty() => Verdict::Nothing,
        Field::Choice { count, right } => match (0..*count).find(|&i| letter(i) == given) {
            Some(i) if i == *right => Verdict::Right,
            Some(i) => Verdict::Miss(i),
            None => Verdict::Nothing,
        },
        Field::Number { value, within, unit, misses } => {
            let Some(written) = read(given) else { return Verdict::NoNumber };
            let number = in_unit(written, *unit);
            let is = |wanted: f64| (number - wanted).abs() <= *within;
            match misses.iter().position(|&miss| is(miss)) {
                _ if is(*value) => Verdict::Right,
                Some(i) => Verdict::Miss(i),
                None => Verdict::NotYet,
            }
        }
    }
}

fn in_unit(Written { value, percent }: Written, unit: Unit) -> f64 {
    match (unit, percent) {
        (Unit::Percent, true) => value,
        (Unit::Percent, false) if value.abs() <= 1.0 => 100.0 * value,
        (_, true) => value / 100.0,
        (_, false) => value,
    }
}

/// The letter of an answer in the text.
pub fn letter(index: usize) -> &'static str {
    ["A", "B", "C", "D", "E"].get(index).copied().unwrap_or_default()
}

/// Whether an exercise, by its number, is among those solved.
pub fn is_solved(solved: &[usize], number: usize) -> bool {
    solved.contains(&number)
}

/// How many are solved; an address may name others, or one twice.
pub fn count_solved(solved: &[usize]) -> usize {
    (1..=EXERCISES.len()).filter(|&number| is_solved(solved, number)).count()
}

/// Adds one that was solved, in order.
pub fn add_solved(solved: &mut Vec<usize>, number: usize) {
    *solved = (1..=EXERCISES.len()).filter(|&n| n == number || is_solved(solved, n)).collect();
}
