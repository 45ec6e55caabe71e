//! Perplexities quoted in assets/models/README.md: each cell of its tables, and each sentence that has a number.

use alibi::config::Change;
use alibi::position::{BiasForm, METHODS, Places, Shape, t5_bucket};
use alibi::protocol::Protocol;

use crate::assert_none;
use crate::markdown::{prose, read, tables};
use crate::results::{Results, paper};

/// The document.
const MEASURED: &str = "assets/models/README.md";

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

fn whole(cell: &str) -> Option<usize> {
    cell.replace(',', "").parse().ok()
}

/// Id of the method that a row or column is headed by.
fn method(name: &str) -> Option<&'static str> {
    METHODS.iter().find(|m| m.name().eq_ignore_ascii_case(name)).map(|m| m.id())
}

/// What a cell must hold, by the heading of its table, the head of its row and the head of its column; nothing where
/// the heading is unknown.
fn expected(results: &Results, heading: &str, row: &str, column: &str) -> Option<String> {
    let two = |x: Option<f64>| x.map_or(String::new(), |x| format!("{x:.2}"));
    let whole_targets =
        |model: &str, length| results.precomputed(model, length, 8_192, Protocol::Nonoverlapping, Change::None);
    match heading {
        "Trained at 256 tokens, from three seeds" => {
            let (low, high) = results.over_seeds(method(row)?, whole(column)?)?;
            Some(format!("{low:.2}–{high:.2}"))
        }
        "Train short, test long" => {
            let tested = whole(column)?;
            let Some(trained) = row.strip_prefix("ALiBi, trained at ") else {
                return Some(two(whole_targets(&format!("{}-{tested}", method(row)?), tested)));
            };
            let trained = whole(trained)?;
            let there = (tested >= trained).then(|| whole_targets(&format!("alibi-{trained}"), tested));
            Some(two(there.flatten()))
        }
        "Positions changed after training" => {
            let change = match row {
                "as trained" => Change::None,
                "interpolated" => Change::Interpolate,
                "without bias" => Change::NoBias,
                "window of 256 keys" => Change::Window(256),
                _ => return None,
            };
            let model = format!("{}-256", method(column)?);
            let at = |change| results.precomputed(&model, 4_096, 8_192, Protocol::Nonoverlapping, change);
            let idle = change != Change::None && at(change) == at(Change::None);
            Some(if idle { "–".into() } else { two(at(change)) })
        }
        _ => {
            let length = heading.strip_prefix("Trained at ")?.strip_suffix(" tokens")?;
            Some(two(results.recorded(&format!("{}-{length}", method(row)?), whole(column)?)))
        }
    }
}

/// Sentences that quote numbers, as the results have them.
fn sentences(results: &Results) -> Vec<String> {
    let models = &results.manifest.models;
    let first = &models[0];
    assert!(models.iter().all(|m| m.tokens_seen == first.tokens_seen && m.recipe == first.recipe));
    let corpus = &results.manifest.corpus;
    assert_eq!((first.tokens_seen as f64 / corpus.train_tokens as f64).round(), 3.0);
    let millions = |n: u64| format!("{:.2} million", n as f64 / 1e6);
    assert!(models.iter().all(|m| millions(m.n_parameters as u64) == millions(first.n_parameters as u64)));

    let at = |model: &str, length| results.recorded(model, length).expect(model);
    let seeds = |method: &str, length| results.over_seeds(method, length).expect(method);
    let (rotary, alibi) = (seeds("rotary", 256), seeds("alibi", 256));
    assert!(rotary.1 < alibi.0, "seeds of rotary and ALiBi overlap");
    let shape = Shape { d_model: first.config.d_model, n_head: first.config.n_head };
    let places = METHODS.iter().map(|m| (m.id(), Places::of(*m, shape)));
    let relative = places.filter(|(_, p)| p.rotation || p.bias != BiasForm::None);
    let relative: Vec<f64> = relative.map(|(id, _)| at(&format!("{id}-256"), 256)).collect();
    let gap = |after: u64| {
        let [ours, theirs] = ["alibi-256", "sinusoidal-256"].map(|m| results.validation(m));
        let (a, b) = ours.iter().zip(&theirs).find(|(a, _)| a.0 >= after).expect("a row");
        b.1 - a.1
    };
    let (low, high) = seeds("alibi", 16_384);
    // Distances up to 63 occur in inputs of 64 tokens.
    let met = t5_bucket(63) + 1;
    let slide = |length: usize, stride: Option<usize>| {
        let protocol = stride.map_or(Protocol::Nonoverlapping, |stride| Protocol::Sliding { stride });
        results.precomputed("alibi-256", length, 4_096, protocol, Change::None).expect("a kept answer")
    };
    vec![
        format!("The page's {} small language models differ", models.len()),
        format!(
            "Each model has {} parameters and a vocabulary of {} byte-level BPE tokens, and has seen {} tokens: about three \
             passes over the {} State of the Union addresses of the training split.",
            millions(first.n_parameters as u64),
            thousands(first.config.n_vocab),
            millions(first.tokens_seen),
            corpus.train_documents
        ),
        format!(
            "the same {} target tokens at every length",
            thousands(
                // Separators are no targets.
                results.recorded.points[0].block_targets.iter().map(|&n| n as usize).sum::<usize>()
            )
        ),
        format!(
            "Trained and read at 256 tokens it has {:.2}, where the relative methods have {:.2} to {:.2}. In the paper it is \
             ahead of ALiBi at 64 and 128 tokens ({} against {}, {} against {}; Table 5) and little behind at 256 ({} against {}).",
            at("sinusoidal-256", 256),
            relative.iter().copied().fold(f64::INFINITY, f64::min),
            relative.iter().copied().fold(0.0, f64::max),
            paper(5, "Sinusoidal*", "64"),
            paper(5, "ALiBi 64", "64"),
            paper(5, "Sinusoidal*", "128"),
            paper(5, "ALiBi 128", "128"),
            paper(5, "Sinusoidal*", "256"),
            paper(5, "ALiBi 256", "256"),
        ),
        format!(
            "in validation loss falls from {:.2} nats after 1 million tokens to {:.2} at the end",
            gap(1_000_000),
            gap(first.tokens_seen)
        ),
        format!(
            "At 256 tokens three seeds of rotary lie between {:.2} and {:.2}, three of ALiBi between {:.2} and {:.2}. Trained \
             and read at 64 tokens rotary has {:.2} and ALiBi {:.2}; at 512 they are level, with {:.2} and {:.2}.",
            rotary.0,
            rotary.1,
            alibi.0,
            alibi.1,
            at("rotary-64", 64),
            at("alibi-64", 64),
            at("rotary-512", 512),
            at("alibi-512", 512)
        ),
        format!(
            "In the paper ALiBi is ahead at 512, 1,024 and 3,072 tokens ({} against {}, {} against {}, {} against {}; Table 5).",
            paper(5, "ALiBi 512", "512"),
            paper(5, "Rotary*", "512"),
            paper(5, "ALiBi 1024", "1024"),
            paper(5, "Rotary*", "1024"),
            paper(5, "ALiBi 3072", "3072"),
            paper(5, "Rotary*", "3072")
        ),
        format!(
            "Rotary ends above sinusoidal, with {:.2} against {:.2} at 16,384 tokens. In the paper it stays far below ({} against \
             {} at 15,512 tokens; Table 2). Its rise by {:.1} times at 16 times the training length",
            at("rotary-256", 16_384),
            at("sinusoidal-256", 16_384),
            paper(2, "15512", "Rotary"),
            paper(2, "15512", "Sinusoidal"),
            at("rotary-256", 4_096) / at("rotary-256", 256)
        ),
        format!(
            "from {:.2} at 256 tokens to {:.2} at 16,384, where fixed slopes go from {:.2} to {:.2}.",
            at("trainable-256", 256),
            at("trainable-256", 16_384),
            at("alibi-256", 256),
            at("alibi-256", 16_384)
        ),
        format!(
            "Their lead of {:.2} at the end is larger than the {:.2} that three seeds of fixed slopes span",
            at("alibi-256", 16_384) - at("trainable-256", 16_384),
            high - low
        ),
        format!("it rises from {:.2} to {:.2}.", at("t5-64", 64), at("t5-64", 16_384)),
        format!("32 ranges of distance, the last {} of which begin at 64 tokens or beyond", 32 - met),
        format!(
            "Without positions a longer training input makes a worse model: {:.2}, {:.2} and {:.2} at training lengths 64, 256 \
             and 512. The last then rises slowest but for ALiBi and the T5 bias, to {:.2}.",
            at("none-64", 64),
            at("none-256", 256),
            at("none-512", 512),
            at("none-512", 16_384)
        ),
        format!(
            "Nonoverlapping, ALiBi goes from {:.2} at 256 tokens to {:.2} at 2,048; where every prediction has at least seven \
             eighths of a window before it, from {:.2} to {:.2} (4,096 targets).",
            slide(256, None),
            slide(2_048, None),
            slide(256, Some(32)),
            slide(2_048, Some(256))
        ),
    ]
}

/// Numbers of the document that are not those of the results.
fn wrong_numbers(text: &str, results: &Results, sentences: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut n_tables = 0;
    for table in tables(text).iter().filter(|t| t.columns[0] != "file") {
        n_tables += 1;
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(row).skip(1) {
                match expected(results, &table.heading, &row[0], column) {
                    Some(expected) if *cell == expected => {}
                    other => wrong.push(format!("{}, {}, {column}: {cell} for {other:?}", table.heading, row[0])),
                }
            }
            if row.len() != table.columns.len() {
                wrong.push(format!("{}, {}: {} cells", table.heading, row[0], row.len()));
            }
        }
    }
    if n_tables != 7 {
        wrong.push(format!("{n_tables} tables of measurements"));
    }
    let prose = prose(text);
    wrong.extend(sentences.iter().filter(|s| !prose.contains(*s)).map(|s| format!("does not say: {s}")));
    wrong
}

/// Where numbers with a decimal point start and end.
fn decimals(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let points = (1..bytes.len()).filter(|&i| bytes[i] == b'.' && digit(i - 1) && digit(i + 1));
    points
        .map(|i| {
            let start = (0..i).rev().take_while(|&k| digit(k)).last().unwrap_or(i);
            (start, (i + 1..).take_while(|&k| digit(k)).last().map_or(i, |k| k + 1))
        })
        .collect()
}

#[test]
fn quoted_measurements_are_those_of_the_recorded_results() {
    let results = Results::load();
    assert_none("numbers", wrong_numbers(&read(MEASURED), &results, &sentences(&results)));
}

/// A number that the check above does not reach would be one that nobody holds.
#[test]
fn no_quoted_measurement_can_change_unseen() {
    // Numbers of another paper, and an address.
    const ELSEWHERE: [&str; 2] = ["from 24.2 to 185", "arXiv:2205.09921"];
    let (text, results) = (read(MEASURED), Results::load());
    let sentences = sentences(&results);
    let elsewhere: Vec<_> = ELSEWHERE.iter().filter_map(|e| Some(text.find(e)?..text.find(e)? + e.len())).collect();
    assert_eq!(elsewhere.len(), ELSEWHERE.len());
    let numbers = decimals(&text);
    assert!(numbers.len() > 300, "{} numbers", numbers.len());
    for (start, end) in numbers.into_iter().filter(|(start, _)| !elsewhere.iter().any(|e| e.contains(start))) {
        let last = text.as_bytes()[end - 1];
        let other = if last == b'9' { b'0' } else { last + 1 };
        let changed = format!("{}{}{}", &text[..end - 1], char::from(other), &text[end..]);
        let line = text[..start].lines().count();
        let seen = wrong_numbers(&changed, &results, &sentences);
        assert!(!seen.is_empty(), "{} in line {line} is held by nothing", &text[start..end]);
    }
}
