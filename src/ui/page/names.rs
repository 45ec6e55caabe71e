//! Names in an address that nothing on the page has.

use crate::position;
use crate::ui::figures::by_id;
use crate::ui::page::controls;
use crate::ui::page::exercises::data::{EXERCISES, SOLVED};
use crate::ui::page::words::{self, LESSON_PARTS};
use crate::ui::settings::control::{Kind, Values, put};
use crate::ui::settings::state::{HIDE, LESSON};
use crate::ui::settings::value::Value;

/// Handles of what several figures have beside their controls.
const HANDLES: &str = "run stop pause longer retry status source notice note failure changed verdict readout question spoken predict reveal guess-model clear-guess ran own-text own-file take-text export-csv export-svg";

/// Whether something in the page answers to that name of that setting.
fn is_known(key: &str, name: &str) -> bool {
    // A control, or what a figure has of its own: both begin with the name of what they belong to.
    let begins = |id: &str| name.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    match key {
        key if key == HIDE.control.key => {
            LESSON_PARTS.iter().any(|part| part.0 == name)
                || HANDLES.split(' ').any(|handle| handle == name)
                || controls().iter().any(|control| begins(control.key))
                || name.split('-').next().and_then(by_id).is_some()
        }
        key if key == LESSON.control.key => by_id(name).is_some(),
        key if key == SOLVED.control.key => name.parse().is_ok_and(|n: usize| (1..=EXERCISES.len()).contains(&n)),
        // Methods to train.
        _ => position::by_id(name).is_some(),
    }
}

/// Takes names out of the settings that nothing here has; says which.
pub fn drop_unknown(values: &mut Values) -> Vec<String> {
    let mut said = Vec::new();
    for control in controls() {
        let Kind::Names { of } = control.kind else { continue };
        let mut names = Vec::<String>::read(control.value(values));
        names.retain(|name| {
            let known = is_known(control.key, name);
            if !known {
                said.push(words::no_such(of, name));
            }
            known
        });
        put(values, control, names.write());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::settings::query::parse;

    fn of(query: &str) -> (Values, Vec<String>) {
        let mut parsed = parse(&controls(), query);
        let said = drop_unknown(&mut parsed.values);
        (parsed.values, said)
    }

    #[test]
    fn what_nothing_has_is_left_out_and_said() {
        let (values, said) = of("?hide=zzz,table&solved=3,99&lesson=nowhere&train-methods=alibi,rope");
        let expected = ["method “rope”", "control “zzz”", "figure “nowhere”", "exercise “99”"];
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, named) in said.iter().zip(expected) {
            assert!(said.contains(named), "{said}: {named}");
        }
        let expected = [("train-methods", "alibi"), ("hide", "table"), ("solved", "3")];
        assert_eq!(values, expected.map(|(key, value)| (key.to_string(), value.to_string())));
    }

    #[test]
    fn what_a_lesson_can_hide_is_known() {
        for control in controls() {
            assert!(is_known("hide", control.key), "{}", control.key);
        }
        for name in LESSON_PARTS.iter().map(|part| part.0).chain(["run", "stop", "train-methods-alibi", "bias-map"]) {
            assert!(is_known("hide", name), "{name}");
        }
        for name in ["", "z", "ru", "headstrong", "biased"] {
            assert!(!is_known("hide", name), "{name}");
        }
        let query = "?hide=heads,export,run,idea-reset&solved=1,10&lesson=slopes&train-methods=none";
        assert_eq!(of(query).1, Vec::<String>::new());
    }
}
