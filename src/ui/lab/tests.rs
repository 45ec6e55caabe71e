//! Controls held to their bounds, and the questions whose answers are kept.

use std::fs;

use super::*;
use crate::ui::later::WORKS;

/// The questions that the figures ask at their defaults and for every value of their kept lists.
fn questions() -> Vec<Evaluate> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/manifest.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(root).unwrap()).unwrap();
    let mut all: Vec<Evaluate> = Vec::new();
    for &work in WORKS {
        let lab = work.lab;
        let Some(lists) = lab.kept else { continue };
        let mut settings = vec![Values::new()];
        for control in lab.controls.iter().filter(|c| lists.contains(&c.key)) {
            let (Kind::List(choices) | Kind::Pick(choices)) = control.kind else { panic!("{}", control.key) };
            let with = |values: &Values, choice: &Choice| {
                let mut values = values.clone();
                put(&mut values, control, choice.0.into());
                values
            };
            settings = settings.iter().flat_map(|v| choices.iter().map(|c| with(v, c)).collect::<Vec<_>>()).collect();
        }
        for values in &settings {
            let bench = Bench {
                lab,
                values,
                manifest: Some(&manifest),
                results: &Results::default(),
                kept: &[],
                text: &|_| String::new(),
                engine: EngineChoice::Auto,
                dark: false,
                origin: Cell::default(),
            };
            for ask in (work.asks)(&bench) {
                if all.iter().all(|a| a.key() != ask.key()) {
                    all.push(ask);
                }
            }
        }
    }
    all
}

/// assets/questions.json is what the trainer answers when it records; `WRITE_QUESTIONS=1 cargo test questions` writes
/// it anew, `cargo run --release --bin train -- keep` answers it.
#[test]
fn the_questions_answered_in_advance_are_those_of_the_figures() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/questions.json");
    let asked = questions();
    if std::env::var_os("WRITE_QUESTIONS").is_some() {
        fs::write(path, serde_json::to_string(&asked).unwrap()).unwrap();
    }
    let written: Vec<Evaluate> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(written == asked, "assets/questions.json is not what the figures ask: write it anew (see above)");
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/kept.json");
    let kept: Vec<Kept> = serde_json::from_slice(&fs::read(kept).unwrap()).unwrap();
    for ask in &asked {
        assert!(kept.iter().any(|k| k.key == ask.key()), "no kept answer to {}", ask.key());
    }
}

const PICK: Control = Control { key: "a", label: "", kind: Kind::Pick(&[("x", "X"), ("y", "Y")]), default: "x" };
const NUMBER: Control = Control { key: "n", label: "", kind: Kind::Number { min: 2, max: 9 }, default: "4" };
const TEXT: Control = Control { key: "t", label: "", kind: Kind::Text { limit: 5 }, default: "" };

#[test]
fn what_comes_from_an_address_is_held_to_its_bounds() {
    assert_eq!(PICK.check("y"), ("y".into(), None));
    assert_eq!(PICK.check("z").0, "x");
    assert!(PICK.check("z").1.is_some_and(|s| s.contains("a=z is unknown")));
    assert_eq!(NUMBER.check("7"), ("7".into(), None));
    assert_eq!(NUMBER.check("70"), ("9".into(), Some("n is 2 to 9; 70 became 9".into())));
    assert_eq!(NUMBER.check("-1").0, "4");
    assert_eq!(TEXT.check("abc"), ("abc".into(), None));
    // A cut within a character would be no text.
    assert_eq!(TEXT.check("abcdé").0, "abcd");
}

#[test]
fn only_what_differs_from_the_default_is_kept() {
    let mut values = Values::new();
    put(&mut values, &NUMBER, "5".into());
    put(&mut values, &PICK, "y".into());
    put(&mut values, &NUMBER, "4".into());
    assert_eq!(values, [("a".to_string(), "y".to_string())]);
}

/// What a figure says of the kept answers, with these settings.
fn said(id: &str, values: &Values) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models");
    let manifest: Manifest = serde_json::from_slice(&fs::read(format!("{root}/manifest.json")).unwrap()).unwrap();
    let kept: Vec<Kept> = serde_json::from_slice(&fs::read(format!("{root}/kept.json")).unwrap()).unwrap();
    let work = WORKS.iter().find(|w| w.lab.id == id).unwrap();
    let bench = Bench {
        lab: work.lab,
        values,
        manifest: Some(&manifest),
        results: &Results::default(),
        kept: &kept,
        text: &|_| String::new(),
        engine: EngineChoice::Auto,
        dark: false,
        origin: Cell::default(),
    };
    (work.show)(&bench).finding
}

/// "T5 bias 16 and 171" as 171 ÷ 16.
fn growth(finding: &str, method: &str) -> f64 {
    let numbers = finding.split(&format!("{method} ")).nth(1).unwrap_or_else(|| panic!("no {method} in: {finding}"));
    let mut numbers = numbers.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<f64>().ok());
    let before = numbers.next().unwrap();
    numbers.next().unwrap() / before
}

#[test]
fn what_the_prose_says_of_these_models_is_what_their_answers_say() {
    let read = |path: &str| fs::read_to_string(format!("{}/src/ui/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let reach = said("reach", &Values::new());
    assert!(read("figures/reach/after.html").contains("spreads its attention tenfold"));
    assert!((9.0..11.0).contains(&growth(&reach, "T5 bias")), "{reach}");
    assert!(read("figures/reach/after.html").contains("rotary less than fourfold"));
    assert!((3.0..4.0).contains(&growth(&reach, "Rotary")), "{reach}");
    let values = vec![("what-if-change".to_string(), "interpolate".to_string())];
    let harm = said("what-if", &values);
    assert!(read("texts/limits.html").contains("64.1 against 15.0 at 4,096 tokens"));
    assert!(harm.starts_with("At 4,096 tokens ALiBi") && harm.contains("64.1") && harm.contains("15.0"), "{harm}");
}
