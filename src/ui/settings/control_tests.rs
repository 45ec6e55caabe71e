//! Settings held to their bounds.

use super::*;
use crate::choices;
use crate::protocol::EngineChoice;
use crate::ui::settings::text::text_problem;

const PICK: Control = Control { key: "a", label: "", kind: Kind::Pick(&[("x", "X"), ("y", "Y")]), default: "x" };
const NUMBER: Control =
    Control { key: "n", label: "", kind: Kind::Number { min: 2, max: 9, spread: Spread::Even }, default: "4" };
const TEXT: Control =
    Control { key: "t", label: "", kind: Kind::Text { limit: 5, keep: Truncate::Start }, default: "" };

#[test]
fn what_comes_from_an_address_is_held_to_its_bounds() {
    let held = |control: &Control, value: &str| {
        let Checked { value, notices } = control.check(value);
        (value, notices.join("; "))
    };
    let kept = |value: &str, said: &str| (value.to_string(), said.to_string());
    assert_eq!(held(&PICK, "y"), kept("y", ""));
    assert_eq!(held(&PICK, "z"), kept("x", "a=z is unknown; using x"));
    assert_eq!(held(&NUMBER, "7"), kept("7", ""));
    assert_eq!(held(&NUMBER, "70"), kept("9", "n must be 2 to 9; 70 became 9"));
    assert_eq!(held(&NUMBER, "-1"), kept("2", "n must be 2 to 9; -1 became 2"));
    assert_eq!(held(&NUMBER, "x"), kept("4", "n=x is not a number; using 4"));
    assert_eq!(held(&TEXT, "abc"), kept("abc", ""));
    // A cut within a character would be no text.
    assert_eq!(held(&TEXT, "abcdé").0, "abcd");
}

choices! {
    /// A choice for these tests.
    Shade {
        /// The first.
        Pale = ("pale", "Pale"),
        /// Another.
        Deep = ("deep", "Deep"),
    }
}

#[test]
fn values_are_read_as_they_are_written() {
    assert_eq!(
        (Shade::read("deep"), Shade::read("odd"), Shade::Deep.write()),
        (Shade::Deep, Shade::Pale, "deep".into())
    );
    assert_eq!(Vec::<usize>::read("32,,64"), [32, 64]);
    assert_eq!(vec![32_usize, 64].write(), "32,64");
    assert_eq!(Vec::<String>::read(""), Vec::<String>::new());
    assert!(bool::read("on") && !bool::read("off") && true.write() == "on");
    for choice in [EngineChoice::Auto, EngineChoice::Cpu, EngineChoice::Gpu] {
        assert_eq!(EngineChoice::read(&choice.write()), choice);
    }
}

#[test]
fn a_cut_is_said_with_its_place() {
    assert_eq!(truncate("abc", 3, Truncate::Start), ("abc", None));
    let long = "The beginning of it and its end";
    let (kept, said) = truncate(long, 17, Truncate::Start);
    assert_eq!(kept, "The beginning of ");
    assert_eq!(said.unwrap(), "the text has 31 bytes and 17 fit: it is cut after “…The beginning of ”");
    let (kept, said) = truncate(long, 7, Truncate::End);
    assert_eq!((kept, said.unwrap().ends_with("cut before “its end…”")), ("its end", true));
    // Never within a character.
    assert_eq!(truncate("é€é", 3, Truncate::End).0, "é");
    assert_eq!(truncate("é€é", 4, Truncate::Start).0, "é");
}

#[test]
fn a_text_without_anything_to_learn_from_is_told_from_others() {
    assert!(text_problem(" \n").is_some_and(|p| p.contains("type or paste")));
    assert!(text_problem("PK\u{3}\0\0").is_some_and(|p| p.contains("use plain text")));
    assert!(text_problem("aaaa\n a").is_some_and(|p| p.contains("“a” over and over")));
    assert_eq!((text_problem("I"), text_problem("no\ttabs\r\n")), (None, None));
}

#[test]
fn only_what_differs_from_the_default_is_kept() {
    let mut values = Values::new();
    put(&mut values, &NUMBER, "5".into());
    put(&mut values, &PICK, "y".into());
    put(&mut values, &NUMBER, "4".into());
    assert_eq!(values, [("a".to_string(), "y".to_string())]);
}
