//! Controls held to their bounds, and the questions whose answers are kept.

use std::fs;

use super::*;
use crate::ui::page::lazy::DRAWN;

/// The questions that the figures ask at their defaults and for every value of their kept lists.
fn questions() -> Vec<Evaluate> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/manifest.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(root).unwrap()).unwrap();
    let mut all: Vec<Evaluate> = Vec::new();
    for &figure in DRAWN {
        let spec = figure.spec;
        let Some(lists) = spec.kept else { continue };
        let mut settings = vec![Values::new()];
        for control in spec.controls.iter().filter(|c| lists.contains(&c.key)) {
            let (Kind::List(choices) | Kind::Pick(choices)) = control.kind else { panic!("{}", control.key) };
            let with = |values: &Values, choice: &Choice| {
                let mut values = values.clone();
                put(&mut values, control, choice.0.into());
                values
            };
            settings = settings.iter().flat_map(|v| choices.iter().map(|c| with(v, c)).collect::<Vec<_>>()).collect();
        }
        for values in &settings {
            let context = FigureContext {
                spec,
                values,
                manifest: Some(&manifest),
                results: &Results::default(),
                kept: &[],
                text: &|_| String::new(),
                engine: EngineChoice::Auto,
                dark: false,
                origin: Cell::default(),
            };
            for ask in (figure.evaluations)(&context) {
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
const TEXT: Control =
    Control { key: "t", label: "", kind: Kind::Text { limit: 5, keep: Truncate::Start }, default: "" };

#[test]
fn what_comes_from_an_address_is_held_to_its_bounds() {
    assert_eq!(PICK.check("y"), ("y".into(), None));
    assert_eq!(PICK.check("z").0, "x");
    assert!(PICK.check("z").1.is_some_and(|s| s.contains("a=z is unknown")));
    assert_eq!(NUMBER.check("7"), ("7".into(), None));
    assert_eq!(NUMBER.check("70"), ("9".into(), Some("n is 2 to 9; 70 became 9".into())));
    assert_eq!(NUMBER.check("-1"), ("2".into(), Some("n is 2 to 9; -1 became 2".into())));
    assert_eq!(NUMBER.check("x").0, "4");
    assert_eq!(TEXT.check("abc"), ("abc".into(), None));
    // A cut within a character would be no text.
    assert_eq!(TEXT.check("abcdé").0, "abcd");
}

#[test]
fn a_cut_is_said_with_its_place() {
    assert_eq!(cut("abc", 3, Truncate::Start), ("abc", None));
    let long = "The beginning of it and its end";
    let (kept, said) = cut(long, 17, Truncate::Start);
    assert_eq!(kept, "The beginning of ");
    assert_eq!(said.unwrap(), "the text has 31 bytes, of which 17 are used: it is cut after “…The beginning of ”");
    let (kept, said) = cut(long, 7, Truncate::End);
    assert_eq!((kept, said.unwrap().ends_with("cut before “its end…”")), ("its end", true));
    // Never within a character.
    assert_eq!(cut("é€é", 3, Truncate::End).0, "é");
    assert_eq!(cut("é€é", 4, Truncate::Start).0, "é");
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

/// What a figure shows of the kept answers, with these settings.
fn shown(id: &str, values: &Values) -> FigureOutput {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models");
    let manifest: Manifest = serde_json::from_slice(&fs::read(format!("{root}/manifest.json")).unwrap()).unwrap();
    let kept: Vec<Kept> = serde_json::from_slice(&fs::read(format!("{root}/kept.json")).unwrap()).unwrap();
    let figure = DRAWN.iter().find(|w| w.spec.id == id).unwrap();
    (figure.render)(&FigureContext {
        spec: figure.spec,
        values,
        manifest: Some(&manifest),
        results: &Results::default(),
        kept: &kept,
        text: &|_| String::new(),
        engine: EngineChoice::Auto,
        dark: false,
        origin: Cell::default(),
    })
}

/// "T5 bias 16 and 171" as 171 ÷ 16.
fn growth(finding: &str, method: &str) -> f64 {
    let numbers = finding.split(&format!("{method} ")).nth(1).unwrap_or_else(|| panic!("no {method} in: {finding}"));
    let mut numbers = numbers.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<f64>().ok());
    let before = numbers.next().unwrap();
    numbers.next().unwrap() / before
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(format!("{}/src/ui/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_prose_says_of_reach_is_what_the_answers_say() {
    let reach = shown("reach", &Values::new()).finding;
    assert!(read("figures/reach/after.html").contains("spreads its attention almost tenfold"));
    assert!((9.0..10.0).contains(&growth(&reach, "T5 bias")), "{reach}");
    assert!(read("figures/reach/after.html").contains("rotary fourfold"));
    assert!((3.5..4.5).contains(&growth(&reach, "Rotary")), "{reach}");
}

#[test]
fn what_the_prose_says_of_changed_slopes_is_what_the_answers_say() {
    let harm = |change: &str, length: &str| {
        let table = &shown("what-if", &vec![("what-if-change".to_string(), change.to_string())]).tables[0];
        let row = table.rows.iter().find(|r| r[0] == length).unwrap();
        let [was, is] = [&row[1], &row[2]].map(|v| v.parse::<f64>().unwrap());
        format!("{is:.1} against {was:.1}")
    };
    let said = format!(
        "the first {} at 512 tokens and {} at 4,096, the second {} at 4,096",
        harm("interpolate", "512"),
        harm("interpolate", "4,096"),
        harm("ntk", "4,096")
    );
    assert!(read("texts/limits.html").contains(&said), "{said}");
}

/// A row of perplexities by length, as far as there are any.
fn numbers(row: impl Iterator<Item = impl AsRef<str>>) -> Vec<Option<f64>> {
    row.map(|v| v.as_ref().parse().ok()).collect()
}

/// Table 5: rows by training length 64, 128, 256, 512 of ALiBi, and the sinusoidal one; columns 64, 128, 256, 512, …
fn holds(alibi: &[Vec<Option<f64>>], sinusoidal: &[Option<f64>], shortest_ahead: [bool; 2], falls: bool) {
    for row in alibi {
        let known: Vec<f64> = row.iter().flatten().copied().collect();
        assert!(known[known.len() - 1] < known[0], "better at the longest input: {row:?}");
    }
    let ahead = |trained: usize, tested: usize| alibi[trained][tested].unwrap() < sinusoidal[tested].unwrap();
    assert!(ahead(2, 3), "trained at 256, tested at 512");
    for (trained, always) in shortest_ahead.into_iter().enumerate() {
        for tested in trained + 1..sinusoidal.iter().flatten().count() {
            assert_eq!(ahead(trained, tested), always, "trained: {trained}, tested: {tested}");
        }
    }
    let own: Vec<f64> = sinusoidal[..4].iter().flatten().copied().collect();
    assert!(own.windows(2).all(|w| (w[1] < w[0]) == falls), "{own:?}");
}

#[test]
fn the_two_tables_of_short_training_agree_and_differ_as_the_prose_says() {
    let ours = &shown("train-short", &Values::new()).tables[0];
    let rows: Vec<_> = ours.rows.iter().map(|r| numbers(r[1..].iter())).collect();
    holds(&rows[..4], &rows[4], [true, true], false);
    let theirs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/paper/table-5.csv")).unwrap();
    let row = |name: &str| numbers(theirs.lines().find(|l| l.starts_with(name)).unwrap().split(',').skip(1));
    let rows = ["ALiBi 64,", "ALiBi 128,", "ALiBi 256,", "ALiBi 512,"].map(row);
    holds(&rows, &row("Sinusoidal*"), [false, false], true);
    let prose = read("figures/train_short/after.html");
    let said = format!("here {} against {}", ours.rows[2][4], ours.rows[4][4]);
    assert!(prose.contains(&said), "{said}");
    // Rows are ALiBi's training lengths and the other's own, columns the lengths tested at, from 64 in doublings.
    let own = |method: &str, column: usize| {
        let values = vec![("train-short-compare".to_string(), method.to_string())];
        shown("train-short", &values).tables[0].rows[4][column].clone()
    };
    for (row, column) in [(2, 4), (1, 3)] {
        let said = format!("({} against {} and {})", ours.rows[row][column], own("rotary", column), own("t5", column));
        assert!(prose.contains(&said), "{said}");
    }
}
