//! The questions whose answers are kept, and what figures make of those answers.

use std::fs;
use std::sync::Arc;

use super::*;
use crate::config::Manifest;
use crate::protocol::{EngineChoice, Job, Precomputed};
use crate::ui::figure::spec::{Figure, FigureContext, FigureOutput};
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::Results;
use crate::ui::settings::control::{Kind, Values, put};

/// The figures that are drawn from their data.
fn drawn() -> impl Iterator<Item = &'static Figure> {
    DRAWINGS.iter().filter_map(|drawing| match drawing {
        Drawing::Data(figure) => Some(*figure),
        Drawing::Own(_) | Drawing::Apart => None,
    })
}

/// The questions that the figures ask at their defaults and for every value of their kept lists.
fn questions() -> Vec<Job> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/manifest.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(root).unwrap()).unwrap();
    let mut all: Vec<Job> = Vec::new();
    for figure in drawn() {
        let spec = figure.spec;
        let Some(lists) = spec.precomputed else { continue };
        let mut settings = vec![Values::new()];
        for control in spec.controls.iter().filter(|c| lists.iter().any(|list| list.key == c.key)) {
            let choices = match control.kind {
                Kind::List(choices) | Kind::Pick(choices) => choices.to_vec(),
                Kind::PickOf(choices) | Kind::ListOf(choices) | Kind::OneModel(choices) => choices(),
                _ => panic!("{}", control.key),
            };
            let with = |values: &Values, choice: &(&str, &str)| {
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
                precomputed: &[],
                text: &|_| Loaded::Loading,
                engine: EngineChoice::Auto,
                dark: false,
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
/// it anew, `cargo run --release --bin train -- precompute` answers it.
#[test]
fn the_questions_answered_in_advance_are_those_of_the_figures() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/questions.json");
    let asked = questions();
    if std::env::var_os("WRITE_QUESTIONS").is_some() {
        fs::write(path, serde_json::to_string(&asked).unwrap()).unwrap();
    }
    let written: Vec<Job> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(written == asked, "assets/questions.json is not what the figures ask: write it anew (see above)");
    let precomputed = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/precomputed.json");
    let precomputed: Vec<Precomputed> = serde_json::from_slice(&fs::read(precomputed).unwrap()).unwrap();
    for ask in &asked {
        assert!(precomputed.iter().any(|k| k.key == ask.key()), "no kept answer to {}", ask.key());
    }
}

/// What a figure shows of the kept answers, with these settings.
pub fn shown(id: &str, values: &Values) -> FigureOutput {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models");
    let manifest: Manifest = serde_json::from_slice(&fs::read(format!("{root}/manifest.json")).unwrap()).unwrap();
    let precomputed: Vec<Precomputed> =
        serde_json::from_slice(&fs::read(format!("{root}/precomputed.json")).unwrap()).unwrap();
    let figure = drawn().find(|w| w.spec.id == id).unwrap();
    let file = |path: &str| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    (figure.render)(&FigureContext {
        spec: figure.spec,
        values,
        manifest: Some(&manifest),
        results: &Results::default(),
        precomputed: &precomputed,
        text: &|path| Loaded::Ready(Arc::new(file(path))),
        engine: EngineChoice::Auto,
        dark: false,
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
    assert!(read("figures/reach/after.html").contains("the T5 bias spreads almost tenfold"));
    assert!((9.0..10.0).contains(&growth(&reach, "T5 bias")), "{reach}");
    assert!(read("figures/reach/after.html").contains("rotary, only fourfold"));
    assert!((3.5..4.5).contains(&growth(&reach, "Rotary")), "{reach}");
}

#[test]
fn the_shares_of_attention_in_the_prose_are_those_of_the_figures() {
    let why = read("page/texts/why.html");
    for (method, said) in [
        ("alibi", "gives 93&nbsp;%</a> of its attention to the nearest 256 tokens"),
        ("t5", "The T5 bias gives them 55&nbsp;%"),
        ("sinusoidal", "sinusoidal 11&nbsp;%"),
        ("rotary", "rotary 2&nbsp;%"),
    ] {
        let table = &shown("reach", &vec![("reach-method".to_string(), method.to_string())]).tables[2];
        let column = |name: &str| table.columns.iter().position(|c| c == name).unwrap();
        let (nearest, within) = (column("nearest tokens"), column("within these, input 2,048"));
        let row = table.rows.iter().find(|r| r[nearest] == "256").unwrap();
        let share: f64 = row[within].trim_end_matches(['%', '\u{a0}', ' ']).parse().unwrap();
        let quoted: f64 = said.split("&nbsp;%").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        // The figure shows one more decimal, itself rounded.
        assert!(why.contains(said) && (share - quoted).abs() <= 0.5, "{method}: {share}");
    }
    let reach = read("figures/reach/after.html");
    let spreads = &shown("reach", &Values::new()).tables[1].rows;
    for (model, said) in [("alibi-256", "only from 25 tokens to 32"), ("sinusoidal-256", "from 44 to 694")] {
        let row = spreads.iter().find(|r| r[0] == model).unwrap();
        let [before, after] = [&row[1], &row[4]].map(|v| v.parse::<f64>().unwrap().round().to_string());
        let numbers: Vec<&str> = said.split(' ').filter(|w| w.parse::<u32>().is_ok()).collect();
        assert!(reach.contains(said) && numbers == [before.as_str(), after.as_str()], "{model}: {row:?}");
    }
    let attention = shown("attention", &Values::new());
    let prose = read("figures/attention/after.html");
    assert!(prose.contains("gets 67&nbsp;% of the weight") && prose.contains("they tie at 17&nbsp;% each"), "{prose}");
    let finding = attention.finding.replace('\u{a0}', " ");
    assert!(
        finding.contains("1 back (67 %)") && finding.contains("would tie with") && finding.contains("(17 %)"),
        "{finding}"
    );
}

#[test]
fn what_the_prose_says_of_changed_slopes_is_what_the_answers_say() {
    let harm = |change: &str, length: &str| {
        let table = &shown(
            "what-if",
            &vec![
                ("what-if-method".to_string(), "alibi".to_string()),
                ("what-if-change".to_string(), change.to_string()),
            ],
        )
        .tables[0];
        let row = table.rows.iter().find(|r| r[0] == length).unwrap();
        let [was, is] = [&row[1], &row[2]].map(|v| v.parse::<f64>().unwrap());
        format!("{is:.1} against {was:.1}")
    };
    let said = format!(
        "The first scores {} at 512 tokens and {} at 4,096, the second {} at 4,096",
        harm("interpolate", "512"),
        harm("interpolate", "4,096"),
        harm("ntk", "4,096")
    );
    assert!(read("page/texts/after.html").contains(&said), "{said}");
}

#[test]
fn what_the_exercise_says_of_a_penalty_is_what_the_answers_say() {
    let values = [("what-if-method", "rotary"), ("what-if-change", "one-slope")];
    let values: Values = values.map(|(key, value)| (key.to_string(), value.to_string())).into();
    let rows = &shown("what-if", &values).tables[0].rows;
    let row = |length: &str| rows.iter().find(|r| r[0] == length).unwrap();
    let (short, long) = (row("256"), row("4,096"));
    let text = read("page/texts/exercises.html");
    let asked = format!("Its perplexity is {} at 256 tokens and {} at 4,096.", short[1], long[1]);
    assert!(text.contains(&asked), "{asked}");
    assert!(text.contains(&format!("It has {}.", long[2])), "{}", long[2]);
    assert!(read("page/exercises/words.rs").contains(&format!("It is {}. With slope", long[2])), "{}", long[2]);
    // The lesson says that the window does not save the sinusoidal model.
    let values = [("what-if-method", "sinusoidal"), ("what-if-change", "window")];
    let values: Values = values.map(|(key, value)| (key.to_string(), value.to_string())).into();
    let rows = &shown("what-if", &values).tables[0].rows;
    let [short, long] = ["256", "4,096"].map(|l| rows.iter().find(|r| r[0] == l).unwrap()[2].parse::<f64>().unwrap());
    assert!(long > 3.0 * short, "{long} against {short}");
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

#[test]
fn the_shares_of_real_words_are_those_of_the_recorded_texts() {
    let shown = shown("generate", &Values::new());
    assert_eq!(
        shown.finding.replace('\u{a0}', " "),
        "Past the training length, 68 % of the words that Sinusoidal writes are real (98 % before); for Rotary it is 72 % \
         (94 % before) and for ALiBi 99 % (99 % before). Three tokens in a row repeat earlier ones 6 % of the time with \
         Sinusoidal, 3 % with Rotary and 15 % with ALiBi."
    );
    let shares: Vec<_> = shown.tables[0].rows.iter().map(|row| row[2..5].join(" / ")).collect();
    // Counted apart from this code, with a regular expression over words and list.
    let counted = [
        "233 / 98.4 % / 9.5 %",
        "535 / 67.5 % / 6.2 %",
        "233 / 94.2 % / 0.0 %",
        "535 / 72.0 % / 3.2 %",
        "233 / 99.3 % / 0.9 %",
        "535 / 99.0 % / 15.3 %",
    ];
    assert_eq!(shares, counted);
    assert!(shown.trouble.is_empty());
}
