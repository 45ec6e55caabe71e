//! What the reader can set in the figure `idea`: the slope and four scores, each a place of a slider that has a number.

use super::data::KEYS;
use crate::ui::settings::control::{Choice, Kind};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::value::Value;

/// Slopes, flattest first: none, those of eight heads, and one that is steeper still.
pub(super) static SLOPES: &[Choice] = &[
    ("0", "0"),
    ("0.00390625", "1/256"),
    ("0.0078125", "1/128"),
    ("0.015625", "1/64"),
    ("0.03125", "1/32"),
    ("0.0625", "1/16"),
    ("0.125", "1/8"),
    ("0.25", "1/4"),
    ("0.5", "1/2"),
    ("1", "1"),
];

/// Scores.
pub(super) static SCORES: &[Choice] = &[
    ("-2", "−2"),
    ("-1.5", "−1.5"),
    ("-1", "−1"),
    ("-0.5", "−0.5"),
    ("0", "0"),
    ("0.5", "0.5"),
    ("1", "1"),
    ("1.5", "1.5"),
    ("2", "2"),
    ("2.5", "2.5"),
    ("3", "3"),
    ("3.5", "3.5"),
    ("4", "4"),
];

/// A slope by its place among [`SLOPES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slope(pub(super) usize);

/// A score by its place among [`SCORES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score(pub(super) usize);

/// Place of a value; what is none has been refused before.
fn place(all: &[Choice], text: &str) -> usize {
    all.iter().position(|choice| choice.0 == text).unwrap_or_default()
}

fn at(all: &'static [Choice], place: usize) -> Choice {
    all.get(place).copied().unwrap_or(("0", "0"))
}

impl Value for Slope {
    fn read(text: &str) -> Self {
        Self(place(SLOPES, text))
    }

    fn write(&self) -> String {
        at(SLOPES, self.0).0.into()
    }
}

impl Value for Score {
    fn read(text: &str) -> Self {
        Self(place(SCORES, text))
    }

    fn write(&self) -> String {
        at(SCORES, self.0).0.into()
    }
}

impl Slope {
    /// Slope m.
    pub(super) fn number(self) -> f64 {
        // A reader of decimals costs the page 10 KB: the places count powers of two.
        if self.0 == 0 { 0.0 } else { (self.0 as f64 - (SLOPES.len() - 1) as f64).exp2() }
    }

    /// As it is shown.
    pub(super) fn label(self) -> &'static str {
        at(SLOPES, self.0).1
    }
}

impl Score {
    /// Score.
    pub(super) fn number(self) -> f64 {
        self.0 as f64 / 2.0 - 2.0
    }

    /// As it is shown.
    pub(super) fn label(self) -> &'static str {
        at(SCORES, self.0).1
    }
}

/// Slope of the bias.
pub(super) static SLOPE: Setting<Slope> = Setting::new("idea-slope", "Slope", Kind::List(SLOPES), "0.5");
/// Scores of the keys, the furthest first.
pub(super) static SCORE: [Setting<Score>; KEYS] = [
    Setting::new("idea-score-1", "Score of key 1", Kind::List(SCORES), "2"),
    Setting::new("idea-score-2", "Score of key 2", Kind::List(SCORES), "0"),
    Setting::new("idea-score-3", "Score of key 3", Kind::List(SCORES), "1"),
    Setting::new("idea-score-4", "Score of key 4", Kind::List(SCORES), "1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_the_number_that_the_address_and_the_reader_see() {
        let shown = |label: &str| match label.split_once('/') {
            Some((above, below)) => above.parse::<f64>().unwrap() / below.parse::<f64>().unwrap(),
            None => label.replace('−', "-").parse().unwrap(),
        };
        for (place, (text, label)) in SLOPES.iter().enumerate() {
            assert_eq!((Slope::read(text), Slope(place).write().as_str()), (Slope(place), *text));
            assert_eq!((Slope(place).number(), shown(label)), (text.parse().unwrap(), text.parse().unwrap()), "{text}");
        }
        for (place, (text, label)) in SCORES.iter().enumerate() {
            assert_eq!((Score::read(text), Score(place).write().as_str()), (Score(place), *text));
            assert_eq!((Score(place).number(), shown(label)), (text.parse().unwrap(), text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_theirs_falls_back_and_is_said() {
        let controls = SCORE.iter().map(|score| &score.control).chain([&SLOPE.control]);
        for control in controls {
            for odd in ["", "NaN", "1e9", "-0", "0.3", "infinity", "½", "-2.0", "99999999999999999999"] {
                let checked = control.check(odd);
                assert_eq!((checked.value.as_str(), checked.notices.len()), (control.default, 1), "{odd}");
            }
        }
        assert_eq!((SLOPE.control.check("0.25").value, SCORE[0].control.check("-1.5").value), ("0.25".into(), "-1.5".into()));
    }
}
