//! The numbers that the prose quotes are those of the tables that the `paper` figure draws, or follow from the rule for
//! the slopes; whatever else has decimals is listed here with its source.

use std::fs;
use std::path::{Path, PathBuf};

use crate::position::{slopes, t5_bucket as bucket};

/// A cell of one of the paper's tables: table, row, column.
type Cell = (&'static str, &'static str, &'static str);

/// Words of the prose, and the cells whose numbers stand in them, in this order.
const PAPER: &[(&str, &[Cell])] = &[
    (
        "sinusoidal is ahead at training lengths 64 (28.03 against 28.46) and 128 (23.81 against 23.98)",
        &[("5", "Sinusoidal*", "64"), ("5", "ALiBi 64", "64"), ("5", "Sinusoidal*", "128"), ("5", "ALiBi 128", "128")],
    ),
    ("in the paper 19.89 against 20.05", &[("5", "ALiBi 256", "512"), ("5", "Sinusoidal*", "512")]),
    (
        "(at 256 tokens, 22.88 and 21.70 against 21.45)",
        &[("5", "ALiBi 64", "256"), ("5", "ALiBi 128", "256"), ("5", "Sinusoidal*", "256")],
    ),
    (
        "(18.81 against 19.33 and 18.80)",
        &[("5", "ALiBi 512", "1024"), ("5", "Rotary*", "1024"), ("5", "T5 bias*", "1024")],
    ),
    ("(28.03 at 64 tokens, 20.05 at 512)", &[("5", "Sinusoidal*", "64"), ("5", "Sinusoidal*", "512")]),
    (
        "ALiBi trained at 512 tokens scores 18.40 at 3,072; the sinusoidal model trained at 3,072 scores 18.67",
        &[("5", "ALiBi 512", "3072"), ("5", "Sinusoidal*", "3072")],
    ),
    (
        "With a sliding window of stride 512 the paper’s order is reversed (18.30 against 17.95, Table 7)",
        &[("7", "ALiBi 512 → 3072", "validation"), ("7", "Sinusoidal 3072", "validation")],
    ),
    (
        "ALiBi ends ahead, 8.92 against 9.01 (Table 11); after equal updates sinusoidal is slightly ahead, 8.83 against 8.92 (Table 12)",
        &[
            ("11", "ALiBi 1024", "at 2048"),
            ("11", "Sinusoidal 2048", "at 2048"),
            ("12", "Sinusoidal 2048", "2048"),
            ("12", "ALiBi 1024", "2048"),
        ],
    ),
    (
        "sinusoidal is ahead even at equal time: 9.24 against 9.30",
        &[("11", "Sinusoidal 1024", "at 1024"), ("11", "ALiBi 512", "at 1024")],
    ),
    (
        "17.98 at 512 tokens, 17.92 at 1,024 and 18.30 at 3,072 (Table 15)",
        &[("15", "ALiBi 512", "512"), ("15", "ALiBi 512", "1024"), ("15", "ALiBi 512", "3072")],
    ),
    (
        "sinusoidal went from 20.05 to 406.01, rotary from 20.07 to 79.25, and ALiBi from 19.73 to 18.31 (Table 2)",
        &[
            ("2", "512", "Sinusoidal"),
            ("2", "15512", "Sinusoidal"),
            ("2", "512", "Rotary"),
            ("2", "15512", "Rotary"),
            ("2", "512", "ALiBi"),
            ("2", "15512", "ALiBi"),
        ],
    ),
    (
        "In the paper the T5 bias was best at 1,112 tokens with 18.77, reached 64.94 at 12,512",
        &[("2", "1112", "T5 bias"), ("2", "12512", "T5 bias")],
    ),
];

/// Words on how far sinusoidal stands behind ALiBi in validation loss, with the training length that they are about.
const BEHIND: &[(&str, usize)] = &[
    ("trained at 64 tokens, it is 0.16 nats after 1 million tokens and 0.02 after 10", 64),
    ("trained at 128, 0.31 and 0.07", 128),
    ("at 256, 0.49 and 0.15", 256),
    ("at 512, 0.53 and 0.22", 512),
];

/// Words that quote recorded perplexities, with their model and input length.
const RECORDED: &[(&str, &[(&str, usize)])] = &[
    (
        "it goes from 13.82 at 256 tokens to 13.47 at 16,384, where fixed slopes go from 14.09 to 13.73",
        &[("trainable-256", 256), ("trainable-256", 16_384), ("alibi-256", 256), ("alibi-256", 16_384)],
    ),
    ("differ (13.73 to 13.92)", &[("alibi-256", 16_384), ("alibi-256-s3", 16_384)]),
    (
        "rotary is ahead of ALiBi here, 13.83 to 14.01 against 14.09 to 14.33",
        &[("rotary-256", 256), ("rotary-256-s3", 256), ("alibi-256", 256), ("alibi-256-s3", 256)],
    ),
    (
        "Three trainings of ALiBi at 256 tokens have 14.09, 14.29 and 14.33 there",
        &[("alibi-256", 256), ("alibi-256-s2", 256), ("alibi-256-s3", 256)],
    ),
    (
        "Even trained at 64 tokens, it goes from 14.92 at 64 to 14.09 at 16,384",
        &[("alibi-64", 64), ("alibi-64", 16_384)],
    ),
    ("it rises at once, from 14.63 at 64 to 88.01 at 16,384", &[("t5-64", 64), ("t5-64", 16_384)]),
];

/// A method, and what is changed of it.
type Changed = (&'static str, Option<&'static str>);

/// Words that quote perplexities of changed models at 4,096 tokens, as the `what-if` figure shows them, with the model's
/// method and the change; none stands for the model as it was trained.
const CHANGED: &[(&str, &[Changed])] = &[
    ("14.64 at 4,096 tokens, where ALiBi scores 15.04", &[("rotary", Some("window")), ("alibi", None)]),
    ("perplexity jumps from 15.04 to 102.8", &[("alibi", None), ("alibi", Some("no-bias"))]),
    ("the model hardly notices (15.27)", &[("alibi", Some("logarithmic"))]),
    ("14.64 at 4,096 tokens, down from 112.0", &[("rotary", Some("window")), ("rotary", None)]),
    ("The T5 bias gains from it, too (14.99)", &[("t5", Some("window"))]),
    ("and stays broken (93.36)", &[("sinusoidal", Some("window"))]),
    ("The model without positions stays broken, too (70.24)", &[("none", Some("window"))]),
];

/// Other words with decimals in them, and where their numbers come from.
const ELSEWHERE: &[(&str, &str)] = &[
    ("1.3 billion", "the paper, section 4.2"),
    // What is recorded of models that were healed, a test of the figure `train` holds.
    ("goes from 14.64 to 53.18 at the cut, then down to 23.84", "assets/models/healed.json"),
    ("goes from 108.9 to 55.63, then 23.71", "assets/models/healed.json"),
    ("17.23 at 256 tokens, 32.65 at the cut, 20.25 at the end", "assets/models/healed.json"),
    ("the model is left at 40.84", "assets/models/healed.json"),
    ("29.33 at 256 tokens, and 44.13 at 4,096, where ALiBi had 14.53", "assets/models/healed.json"),
    ("arXiv 2512.12167", "DroPE"),
    ("1.3-billion-parameter model", "the paper, section 4.2"),
    (
        "rises from 2.7 to 150 at 2,560. Without positions it reaches 536 there, with rotary 760",
        "Kazemnejad et al. 2023, appendix F",
    ),
    (
        "from 23.9 at 512 tokens to 21.2 at 4,096 and 21.4 at 16,384, where ALiBi goes from 23.9 to 22.2 and 22.5",
        "Chi et al. 2022, table 3",
    ),
    (
        "The first scores 17.5 against 15.2 at 512 tokens and 64.1 against 15.0 at 4,096, the second 15.6 against 15.0 at 4,096",
        "this page's model: a test of the recorded answers holds it",
    ),
    ("20.97 against 19.71 with ALiBi at 512 tokens", "Haviv et al. 2022"),
    (
        "mean reciprocal rank 0.69 without positions, 0.55 for the T5 bias, 0.50 for ALiBi, 0.33 for rotary, 0.22 for absolute",
        "Kazemnejad et al. 2023",
    ),
    ("gain even 0.1 nats", "measured with this page's ALiBi model"),
    ("its perplexity is 460.29; keep the first token in sight, too, and it is 14.99", "Xiao et al. 2023, table 2"),
    (
        "18.18 % of heads have such a sink with rotary, 20.78 % with ALiBi, 20.35 % with no positions",
        "Gu et al. 2024, table 3",
    ),
    (
        "rotary 0, 0 and 0; ALiBi 5.2, 0.0 and 1.1; no positions 9.2, 36.2 and 21.4. A model that had rotary and lost it, with a little more training, 28.0, 41.6 and 23.3.",
        "DroPE 2025, table 1",
    ),
    ("here 15.18 against 19.11", "this page's models: a test of the recorded answers holds it"),
    ("(15.18 against 15.22 and 15.33)", "this page's models: a test of the recorded answers holds it"),
    ("(15.42 against 14.98 and 15.34)", "this page's models: a test of the recorded answers holds it"),
    ("arXiv 2108.12409", "the paper's own number"),
    ("took 1.84 times as long to train", "the paper, section 4.1"),
    ("at most 0.1 GB more", "the paper, table 1: a test of the `paper` figure holds it"),
    (
        "wrong by 0.5 from position 2,048 on, and from about 4,096 some are wrong by 1.5",
        "f16 keeps 11 bits: a test below holds it",
    ),
    ("the far one 6.5 for its 13", "13 steps of 1/2"),
    ("That lead of 0.26", "13.73 − 13.47, both quoted there"),
    ("more than the 0.19 by which", "13.92 − 13.73, both quoted there"),
];

/// Texts of the page by file, as a reader sees them: without tags, with single spaces.
fn prose() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new("src/ui").to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "html") {
                let text = seen(&without_code(&fs::read_to_string(&entry).unwrap()));
                found.push((entry, text));
            }
        }
    }
    assert!(found.len() > 20, "the page's prose lies under src/ui");
    found
}

/// A text without its programs, which are run (`snippets_tests.rs`).
fn without_code(html: &str) -> String {
    let (first, rest) = html.split_once("<pre").unwrap_or((html, ""));
    let after = rest.split("<pre").filter_map(|block| block.split_once("</pre>"));
    std::iter::once(first).chain(after.map(|(_, text)| text)).collect()
}

pub(super) fn seen(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.replace("&nbsp;", " ").chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => (),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numbers with decimals, with their places.
pub(super) fn decimals(text: &str) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let part = |c: char| c.is_ascii_digit() || c == '.';
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|i| at + i) {
        let end = text[start..].find(|c| !part(c)).map_or(text.len(), |i| start + i);
        let number = text[start..end].trim_end_matches('.');
        if number.contains('.') {
            found.push((start, number.parse().unwrap()));
        }
        at = end;
    }
    found
}

fn cell((table, row, column): Cell) -> f64 {
    let text = fs::read_to_string(format!("assets/paper/table-{table}.csv")).unwrap();
    let mut lines = text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let at = columns.iter().position(|c| *c == column).unwrap_or_else(|| panic!("table {table} has no {column}"));
    lines.find(|r| r[0] == row).unwrap_or_else(|| panic!("table {table} has no {row}"))[at].parse().unwrap()
}

#[test]
fn what_is_quoted_stands_in_the_papers_tables() {
    let prose = prose();
    for (words, cells) in PAPER {
        assert!(prose.iter().any(|(_, text)| text.contains(words)), "no text says: {words}");
        let quoted: Vec<f64> = decimals(words).into_iter().map(|(_, number)| number).collect();
        let listed: Vec<f64> = cells.iter().map(|c| cell(*c)).collect();
        assert_eq!(quoted, listed, "{words}");
    }
}

#[test]
fn no_number_stands_in_the_prose_without_a_source() {
    for (words, source) in ELSEWHERE {
        assert!(prose().iter().any(|(_, text)| text.contains(words)), "no text says: {words} ({source})");
    }
    let slope_rules = ["slopes/after.html", "texts/questions.html"];
    // The exercises compute theirs.
    for (file, text) in prose().into_iter().filter(|(file, _)| !file.ends_with("texts/exercises.html")) {
        let known: Vec<(usize, usize)> = PAPER
            .iter()
            .map(|(words, _)| *words)
            .chain(ELSEWHERE.iter().map(|(words, _)| *words))
            .chain(BEHIND.iter().map(|(words, _)| *words))
            .chain(RECORDED.iter().map(|(words, _)| *words))
            .chain(CHANGED.iter().map(|(words, _)| *words))
            .flat_map(|words| text.match_indices(words).map(move |(at, _)| (at, at + words.len())))
            .collect();
        for (at, number) in decimals(&text) {
            let slope = slope_rules.iter().any(|f| file.ends_with(f)) && is_slope(number);
            // What half a point per step takes off the first keys of the figure, which a test of it holds.
            let idea = file.parent().is_some_and(|f| f.ends_with("figures/idea")) && [0.5, 1.0, 1.5].contains(&number);
            let listed = known.iter().any(|(from, to)| (*from..*to).contains(&at));
            assert!(slope || idea || listed, "{}: {number} has no source", file.display());
        }
    }
}

/// Whether this is, to four places, a slope of 8 or of 12 heads.
fn is_slope(number: f64) -> bool {
    [8, 12].into_iter().flat_map(slopes).any(|m| (m - number).abs() < 5e-5)
}

#[test]
fn the_horizons_quoted_follow_from_the_slopes() {
    let prose = prose();
    let (_, text) = prose.iter().find(|(file, _)| file.ends_with("reach/before.html")).unwrap();
    // A key d tokens back has the share e^(−m·d) of what the query itself has.
    let below = |m: f64| (100_f64.ln() / m).ceil();
    assert_eq!((below(0.5), below(1.0 / 256.0)), (10.0, 1_179.0));
    assert!(text.contains("below 1 % from 10 tokens on, in the flattest from 1,179."), "{text}");
}

#[test]
fn the_ranges_of_distance_that_short_training_never_meets_are_counted() {
    let prose = prose();
    let (_, text) = prose.iter().find(|(file, _)| file.ends_with("extrapolation/after.html")).unwrap();
    assert!(
        text.contains("each of 32 ranges of distance, and the last five of these begin beyond 64 tokens."),
        "{text}"
    );
    // The farthest key of an input of 64 tokens is 63 back; ranges are numbered from 0.
    assert_eq!((bucket(63), bucket(64), bucket(1_000)), (26, 26, 31));
}

/// Validation losses of a training log by tokens seen, nats.
fn validation(model: &str) -> Vec<(u64, f64)> {
    let text = fs::read_to_string(format!("assets/models/{model}.csv")).unwrap();
    let mut lines = text.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let at = |name: &str| columns.iter().position(|c| *c == name).unwrap();
    let (tokens, loss) = (at("tokens"), at("validation_loss"));
    lines.filter(|l| !l[loss].is_empty()).map(|l| (l[tokens].parse().unwrap(), l[loss].parse().unwrap())).collect()
}

#[test]
fn sinusoidal_catches_up_as_the_training_logs_say() {
    let prose = prose();
    let (_, text) = prose.iter().find(|(file, _)| file.ends_with("train_short/after.html")).unwrap();
    for (words, length) in BEHIND {
        assert!(text.contains(words), "no text says: {words}");
        let (ours, theirs) = (validation(&format!("alibi-{length}")), validation(&format!("sinusoidal-{length}")));
        let behind: Vec<f64> = ours.iter().zip(&theirs).map(|(a, s)| s.1 - a.1).collect();
        // The first validation is after a million tokens, the last after ten.
        assert_eq!((ours[0].0 / 1_000, ours[ours.len() - 1].0 / 1_000), (1_024, 10_240));
        let quoted: Vec<f64> = decimals(words).into_iter().map(|(_, number)| number).collect();
        assert!(
            (behind[0] - quoted[0]).abs() < 0.005 && (behind[behind.len() - 1] - quoted[1]).abs() < 0.005,
            "{words}: {behind:?}"
        );
    }
}

#[test]
fn recorded_perplexities_are_quoted_as_they_stand() {
    let recorded = fs::read("assets/models/recorded.json").unwrap();
    let recorded: crate::config::Recorded = serde_json::from_slice(&recorded).unwrap();
    let prose = prose();
    for (words, points) in RECORDED {
        assert!(prose.iter().any(|(_, text)| text.contains(words)), "no text says: {words}");
        let quoted: Vec<f64> = decimals(words).into_iter().map(|(_, number)| number).collect();
        assert_eq!(quoted.len(), points.len());
        for (number, (model, length)) in quoted.iter().zip(*points) {
            let shown = crate::ui::runs::results::recorded_summary(&recorded, model, *length).unwrap().perplexity;
            assert!((number - shown).abs() < 0.005, "{model} at {length}: {shown}, quoted as {number}");
        }
    }
}

#[test]
fn changed_models_are_quoted_as_the_figure_shows_them() {
    let prose = prose();
    for (words, changes) in CHANGED {
        assert!(prose.iter().any(|(_, text)| text.contains(words)), "no text says: {words}");
        let quoted: Vec<f64> = decimals(words).into_iter().map(|(_, number)| number).collect();
        let shown: Vec<f64> = changes.iter().map(|(method, change)| at_4096(method, *change)).collect();
        assert_eq!(quoted, shown, "{words}");
    }
}

/// What the `what-if` figure shows of a changed model at 4,096 tokens.
fn at_4096(method: &str, change: Option<&str>) -> f64 {
    let mut values = vec![("what-if-method".to_string(), method.to_string())];
    values.push(("what-if-change".to_string(), change.unwrap_or("window").to_string()));
    let table = &crate::ui::figures::answers_tests::shown("what-if", &values).tables[0];
    let row = table.rows.iter().find(|r| r[0] == "4,096").unwrap();
    row[if change.is_some() { 2 } else { 1 }].parse().unwrap()
}

/// A number as f16 holds it: 11 bits, ties to the even one.
fn f16(value: f64) -> f64 {
    let unit = 2_f64.powi(value.log2().floor() as i32 - 10);
    (value / unit).round_ties_even() * unit
}

#[test]
fn the_rounding_that_the_prose_describes_is_that_of_f16() {
    // What a step of 1/2 from one key to the next becomes, less what it should be.
    let wrong = |j: usize| (f16(0.5 * (j + 1) as f64) - f16(0.5 * j as f64) - 0.5).abs();
    assert!((1..2_047).all(|j| wrong(j) == 0.0) && (2_048..4_094).all(|j| wrong(j) == 0.5));
    assert!((4_096..8_000).any(|j| wrong(j) == 1.5) && (2_048..8_000).all(|j| wrong(j) >= 0.5));
}

/// Words outside folds and notes on sources; a formula counts as one.
fn main_line(html: &str) -> usize {
    let mut text = html.to_string();
    for (from, to) in [("<details", "</details>"), ("<p class=\"sources\"", "</p>"), ("<math", "</math>")] {
        while let Some(start) = text.find(from) {
            let end = text[start..].find(to).unwrap_or_else(|| panic!("{from} has no end")) + start + to.len();
            text.replace_range(start..end, if from == "<math" { " x " } else { " " });
        }
    }
    seen(&text).split_whitespace().count()
}

#[test]
fn the_main_line_is_short() {
    let file = |path: String| fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut all = 0;
    for figure in crate::ui::figures::FIGURES {
        let folder = format!("src/ui/figures/{}", figure.id.replace('-', "_"));
        let [before, after] = ["before", "after"].map(|name| main_line(&file(format!("{folder}/{name}.html"))));
        assert!(before <= 120, "{}: {before} words before the figure", figure.id);
        all += before + after;
    }
    // What is looked up is not counted: exercises, the lesson, questions, glossary, sources.
    for name in ["primer", "why", "after", "training_before", "limits"] {
        all += main_line(&file(format!("src/ui/page/texts/{name}.html")));
    }
    assert!(all <= 3_000, "the main line has {all} words");
}
