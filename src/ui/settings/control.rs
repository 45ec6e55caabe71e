//! A setting of the page: its name, its label, what it accepts, and the value that it starts with. Declared once, as a
//! static beside what uses it; address, bounds, notices, the control itself and embeds follow from the declaration.
//!
//! Values are kept as text, as the address has them.

use crate::chart::sort_by_key;
use crate::config::{ModelEntry, is_yours};
use crate::ui::settings::text::{Truncate, truncate};
use crate::ui::settings::value::{Value, parts};
use crate::ui::settings::words;

/// Models that can be chosen at once.
pub const MAX_MODELS: usize = 16;
/// Names that a list of names holds at most.
pub const MAX_NAMES: usize = 32;
/// Numbers that a list of numbers is read up to.
const MAX_NUMBERS: usize = 64;
/// Characters of the longest name.
const LONGEST_NAME: usize = 40;
/// Characters of somebody's value that are shown back.
const SHOWN: usize = 40;
/// Settings that differ from their defaults, by key; keys are unique in the page.
pub type Values = Vec<(String, String)>;

/// One value that can be chosen: its name in addresses and tests, and its label.
pub type Choice = (&'static str, &'static str);

/// How a slider's way is spread over the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Equal steps.
    #[default]
    Even,
    /// Equal ratios.
    Log2,
}

/// How a control is operated, and what it accepts.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A row of buttons.
    Pick(&'static [Choice]),
    /// A row of buttons whose choices are known when the page runs.
    PickOf(fn() -> Vec<Choice>),
    /// A list.
    List(&'static [Choice]),
    /// A list whose choices are known when the page runs.
    ListOf(fn() -> Vec<Choice>),
    /// A whole number within bounds.
    Number {
        /// Smallest.
        min: usize,
        /// Largest.
        max: usize,
        /// How its slider is spread.
        spread: Spread,
    },
    /// One of what another control counts, from 1.
    Among(&'static Control),
    /// The nearest of these numbers; 0 is called "auto".
    Nearest(&'static [usize]),
    /// Some of these numbers, ascending.
    Numbers {
        /// What one of them is called in a sentence.
        name: &'static str,
        /// Those that there are, ascending.
        all: fn() -> Vec<usize>,
    },
    /// Text of at most that many bytes.
    Text {
        /// Bytes.
        limit: usize,
        /// Which part of a longer text is used.
        keep: Truncate,
    },
    /// Models of the manifest that a figure can use, as a list of ids with commas between.
    Models(fn(&ModelEntry) -> bool),
    /// One model: the first training of one of these methods, or one of the reader's own by its id.
    OneModel(fn() -> Vec<Choice>),
    /// Names, with commas between.
    Names {
        /// Whose names, in a sentence.
        of: &'static str,
    },
    /// Set by the drawing itself, at most that many characters.
    Hidden(usize),
}

/// A setting.
pub struct Control {
    /// Name in the address and in tests; unique in the page.
    pub key: &'static str,
    /// Label.
    pub label: &'static str,
    /// How it works.
    pub kind: Kind,
    /// Value at the start.
    pub default: &'static str,
}

/// A value held to its bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is kept.
    pub value: String,
    /// What is not as it was written, in sentences.
    pub notices: Vec<String>,
}

impl Control {
    /// Its value among the settings.
    pub fn value<'a>(&self, values: &'a [(String, String)]) -> &'a str {
        values.iter().find(|(k, _)| k == self.key).map_or(self.default, |(_, v)| v)
    }

    /// A value from outside held to the bounds. One that counts among others is held to its own bounds only.
    pub fn check(&self, value: &str) -> Checked {
        let mut checked = Checked::default();
        checked.value = self.held(value, &mut checked.notices);
        checked
    }

    fn held(&self, value: &str, said: &mut Vec<String>) -> String {
        let key = self.key;
        let known = |choices: &[Choice], said: &mut Vec<String>| {
            if choices.iter().any(|c| c.0 == value) {
                return value.into();
            }
            said.push(words::unknown(key, &clip(value), self.default));
            self.default.into()
        };
        match self.kind {
            Kind::Pick(choices) | Kind::List(choices) => known(choices, said),
            Kind::PickOf(choices) | Kind::ListOf(choices) => known(&choices(), said),
            Kind::Number { min, max, .. } => self.number(key, value, (min, max), said),
            Kind::Among(of) => {
                let most = if let Kind::Number { max, .. } = of.kind { max } else { usize::MAX };
                self.number(key, value, (1, most), said)
            }
            Kind::Nearest(all) => {
                let most = all.last().copied().unwrap_or_default();
                let asked = usize::read(&self.number(key, value, (0, most), said));
                nearest(key, asked, all, said).to_string()
            }
            Kind::Numbers { name, all } => numbers(
                name,
                &all(),
                value,
                |part, said| {
                    let all = all();
                    let bounds = all.first().copied().zip(all.last().copied()).unwrap_or_default();
                    usize::read(&self.number(name, part, bounds, said))
                },
                said,
            ),
            Kind::Text { limit, keep } => {
                let (kept, notice) = truncate(value, limit, keep);
                said.extend(notice.map(|notice| words::of_setting(key, &notice)));
                kept.into()
            }
            Kind::Hidden(limit) => {
                // Characters, not bytes: a question in any script may be as long.
                let bytes = value.char_indices().nth(limit).map_or(value.len(), |(at, _)| at);
                let (kept, notice) = truncate(value, bytes, Truncate::Start);
                said.extend(notice.map(|notice| words::of_setting(key, &notice)));
                kept.into()
            }
            // Whether there is such a model is known later, and changes.
            Kind::OneModel(_) if is_yours(value) && plain(value) => value.into(),
            Kind::OneModel(choices) => known(&choices(), said),
            Kind::Models(_) => names("model", value, MAX_MODELS, said),
            Kind::Names { of } => names(of, value, MAX_NAMES, said),
        }
    }

    /// A whole number within bounds, the default in place of what is none.
    fn number(&self, name: &str, value: &str, (low, high): (usize, usize), said: &mut Vec<String>) -> String {
        let Some(n) = whole(value.trim()) else {
            said.push(words::no_number(name, &clip(value), self.default));
            return self.default.into();
        };
        let within = n.clamp(low as i128, high as i128);
        if within != n {
            said.push(words::out_of_bounds(name, (low, high), &clip(value), within));
        }
        within.to_string()
    }
}

/// The nearest of several numbers.
fn nearest(name: &str, asked: usize, all: &[usize], said: &mut Vec<String>) -> usize {
    let nearest = all.iter().copied().min_by_key(|n| n.abs_diff(asked)).unwrap_or(asked);
    if nearest != asked {
        said.push(words::not_offered(name, asked, nearest));
    }
    nearest
}

/// A list of numbers, each moved to the nearest that there is, ascending, once each.
fn numbers(
    name: &str,
    all: &[usize],
    value: &str,
    bounded: impl Fn(&str, &mut Vec<String>) -> usize,
    said: &mut Vec<String>,
) -> String {
    let mut chosen: Vec<usize> = Vec::new();
    for part in parts(value).take(MAX_NUMBERS) {
        if whole(part.trim()).is_none() {
            said.push(words::left_out(&clip(part), name));
            continue;
        }
        let asked = bounded(part, said);
        chosen.push(nearest(name, asked, all, said));
    }
    sort_by_key(&mut chosen, |n| *n);
    chosen.dedup();
    chosen.write()
}

/// A list of names of ours, once each.
fn names(of: &str, value: &str, most: usize, said: &mut Vec<String>) -> String {
    let mut chosen: Vec<&str> = Vec::new();
    for name in parts(value) {
        if chosen.contains(&name) {
            continue;
        }
        if !plain(name) {
            said.push(words::no_name(&clip(name), of));
        } else if chosen.len() == most {
            said.push(words::too_many(most, of));
            break;
        } else {
            chosen.push(name);
        }
    }
    chosen.join(",")
}

/// Whether this can be a name of ours: small letters, digits and hyphens.
fn plain(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A whole number; one with too many digits is as large (or small) as can be.
pub fn whole(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let beyond = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    all_digits.then(|| text.parse().unwrap_or(beyond))
}

/// A few characters of what somebody wrote, to be shown back.
pub fn clip(value: &str) -> String {
    let mut shown: String = value.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if value.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

/// Sets a value; a default is not kept.
pub fn put(values: &mut Values, control: &Control, value: String) {
    values.retain(|(k, _)| k != control.key);
    if value != control.default {
        values.push((control.key.into(), value));
    }
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
