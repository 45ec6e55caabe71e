//! Reads the project's Markdown and holds what it says: quoted measurements to the results recorded beside them, links to
//! the files and headings that they name, commands to the Makefile, figures to the list of figures. Each check is a
//! function from texts to complaints; beside the run over the real files, each is seen to complain.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;

use alibi::config::{Change, Manifest, RUN_IN, Recorded};
use alibi::position::{METHODS, t5_bucket};
use alibi::protocol::{Evaluate, Kept, Protocol};
use serde_json::Value;

/// The document of what was measured.
const MEASURED: &str = "assets/models/README.md";
/// What the ids of a method's further trainings end with.
const SEEDS: [&str; 3] = ["", "-s2", "-s3"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// What the numbers are computed from.
struct Results {
    manifest: Manifest,
    recorded: Recorded,
    kept: Vec<Kept>,
}

impl Results {
    fn load() -> Self {
        Self {
            manifest: serde_json::from_str(&read("assets/models/manifest.json")).expect("a manifest"),
            recorded: serde_json::from_str(&read("assets/models/recorded.json")).expect("recorded results"),
            kept: serde_json::from_str(&read("assets/models/kept.json")).expect("kept answers"),
        }
    }

    /// Perplexity over all recorded targets.
    fn recorded(&self, model: &str, length: usize) -> Option<f64> {
        let point = self.recorded.points.iter().find(|p| p.model == model && p.length == length)?;
        let targets: u32 = point.block_targets.iter().sum();
        Some((point.block_nll.iter().sum::<f64>() / f64::from(targets)).exp())
    }

    /// Lowest and highest of three seeds.
    fn over_seeds(&self, method: &str, length: usize) -> Option<(f64, f64)> {
        let all: Option<Vec<f64>> =
            SEEDS.iter().map(|seed| self.recorded(&format!("{method}-256{seed}"), length)).collect();
        let all = all?;
        Some((all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(0.0, f64::max)))
    }

    /// Perplexity of a kept answer.
    fn kept(&self, model: &str, length: usize, n_targets: usize, protocol: Protocol, change: Change) -> Option<f64> {
        let asked = Evaluate {
            model: model.into(),
            stream: "held-out".into(),
            length,
            protocol,
            first_target: RUN_IN,
            n_targets,
            change,
            ..Default::default()
        };
        let key = asked.key();
        let blocks = &self.kept.iter().find(|k| k.key == key)?.scored.blocks;
        let targets: u32 = blocks.iter().map(|b| b.n_targets).sum();
        Some((blocks.iter().map(|b| b.nll).sum::<f64>() / f64::from(targets)).exp())
    }

    /// Validation losses of a training log with the tokens seen by then, in order.
    fn validation(&self, model: &str) -> Vec<(u64, f64)> {
        let log = read(&format!("assets/models/{model}.csv"));
        let column = |name: &str| log.lines().next().and_then(|head| head.split(',').position(|c| c == name));
        let (tokens, loss) = (column("tokens").expect("tokens"), column("validation_loss").expect("losses"));
        let rows = log.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter_map(|row| Some((row[tokens].parse().ok()?, row[loss].parse().ok()?))).collect()
    }
}

/// A table, and the last heading before it.
struct Table {
    heading: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_start_matches('|').trim_end_matches('|').split('|').map(|c| c.trim().to_string()).collect()
}

fn tables(text: &str) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    let (mut heading, mut inside) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().into();
        }
        match (line.starts_with('|'), inside, found.last_mut()) {
            (true, true, Some(table)) if !line.contains("---") => table.rows.push(cells(line)),
            (true, false, _) => {
                found.push(Table { heading: heading.clone(), columns: cells(line), rows: Vec::new() });
            }
            _ => {}
        }
        inside = line.starts_with('|');
    }
    found
}

/// A document without tables and code, every run of white space one space, without marks of emphasis.
fn prose(text: &str) -> String {
    let lines = text.lines().filter(|l| !l.starts_with('|') && !l.starts_with("    "));
    // Items of a list go on indented by less than code does.
    lines.collect::<Vec<_>>().join(" ").replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

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

/// A cell of the paper's tables as printed.
fn paper(table: usize, row: &str, column: &str) -> String {
    let csv = read(&format!("assets/paper/table-{table}.csv"));
    let mut lines = csv.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').collect::<Vec<_>>());
    let at = lines.next().and_then(|head| head.iter().position(|c| *c == column)).expect(column);
    lines.find(|cells| cells[0] == row).expect(row)[at].to_string()
}

/// What a cell must hold, by the heading of its table, the head of its row and the head of its column; nothing where
/// the heading is unknown.
fn expected(results: &Results, heading: &str, row: &str, column: &str) -> Option<String> {
    let two = |x: Option<f64>| x.map_or(String::new(), |x| format!("{x:.2}"));
    let whole_targets =
        |model: &str, length| results.kept(model, length, 8_192, Protocol::Nonoverlapping, Change::None);
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
            let at = |change| results.kept(&model, 4_096, 8_192, Protocol::Nonoverlapping, change);
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
    let relative: Vec<f64> =
        ["rotary", "t5", "alibi", "trainable"].iter().map(|m| at(&format!("{m}-256"), 256)).collect();
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
        results.kept("alibi-256", length, 4_096, protocol, Change::None).expect("a kept answer")
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
        format!("the same {} target tokens at every length", thousands(results.recorded.n_targets)),
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

/// Markdown of the project: path from the root, and text.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).expect("a readable folder").map(|e| e.expect("a readable entry").path()) {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                let made =
                    ["target", "dist", "node_modules", ".git", ".cache", "test-results"].contains(&name.as_str());
                if !made {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let relative = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.push((relative.clone(), read(&relative)));
            }
        }
    }
    found.sort();
    found
}

/// Text outside code.
fn outside_code(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            let spans = line.split('`').enumerate().filter(|(i, _)| i % 2 == 0).map(|(_, s)| s);
            out.push_str(&spans.collect::<Vec<_>>().join(""));
            out.push('\n');
        }
    }
    out
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

fn anchors(text: &str) -> Vec<String> {
    text.lines().filter(|l| l.starts_with('#')).map(|l| slug(l.trim_start_matches('#'))).collect()
}

/// What `path` links to, other sites apart.
fn links(text: &str) -> Vec<String> {
    let text = outside_code(text);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|t| !t.contains("://")).map(Into::into).collect()
}

/// The path that `link` means in a document of that folder.
fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn broken_links(documents: &[(String, String)], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in documents {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(text) {
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, a)| (file, Some(a)));
            let target = if file.is_empty() { path.clone() } else { resolve(folder, file) };
            let there = documents.iter().find(|(p, _)| *p == target);
            let found = anchor.is_none_or(|a| there.is_some_and(|(_, t)| anchors(t).iter().any(|known| known == a)));
            if !(found && (there.is_some() || exists(&target))) {
                broken.push(format!("{path} links to {link}"));
            }
        }
    }
    broken
}

/// Words after `make` in code.
fn commands(text: &str) -> Vec<String> {
    let code = |line: &str| {
        if line.starts_with("    ") {
            vec![line.trim().to_string()]
        } else {
            line.split('`').skip(1).step_by(2).map(Into::into).collect()
        }
    };
    let spans = text.lines().flat_map(code);
    spans.filter_map(|s| Some(s.strip_prefix("make ")?.split([' ', ':']).next()?.to_string())).collect()
}

/// Targets of the Makefile, and whether its own list explains them.
fn targets(makefile: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    for line in makefile.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        // A variable of a target is no target.
        if fits && !rest.starts_with('=') && !rest.trim_start().starts_with("export ") {
            found.push((name.into(), rest.contains("## ")));
        }
    }
    found
}

/// Commands that the Makefile lacks, and targets that the document for contributors does not explain.
fn wrong_commands(documents: &[(String, String)], makefile: &str) -> Vec<String> {
    let known = targets(makefile);
    let named = documents.iter().flat_map(|(path, text)| commands(text).into_iter().map(move |c| (path, c)));
    let unknown = named.filter(|(_, c)| c != "help" && known.iter().all(|(t, _)| t != c));
    let unknown = unknown.map(|(path, c)| format!("{path} names `make {c}`"));
    let explained = documents.iter().find(|(path, _)| path == ".github/CONTRIBUTING.md").map(|(_, t)| commands(t));
    let explained = explained.unwrap_or_default();
    let unexplained = known.iter().filter(|(t, listed)| *listed && t != "help" && !explained.contains(t));
    unknown.chain(unexplained.map(|(t, _)| format!("CONTRIBUTING.md does not explain `make {t}`"))).collect()
}

/// Figures that the document on embedding lists otherwise than the page.
fn wrong_figures(hosting: &str, figures: &Value) -> Vec<String> {
    let listed = tables(hosting).into_iter().find(|t| t.columns[0] == "figure").map_or(Vec::new(), |t| t.rows);
    let row = |f: &Value| {
        vec![format!("`{}`", f["id"].as_str().expect("an id")), f["title"].as_str().expect("a title").to_string()]
    };
    let figures: Vec<_> = figures.as_array().expect("a list").iter().map(row).collect();
    let missing = figures.iter().filter(|f| !listed.contains(f)).map(|f| format!("not listed: {}", f.join(" | ")));
    let stray = listed.iter().filter(|l| !figures.contains(l)).map(|l| format!("no such figure: {}", l.join(" | ")));
    missing.chain(stray).collect()
}

/// Frames in a document that are less high, or higher, than the figure that they show.
fn wrong_frames(text: &str, figures: &Value) -> Vec<String> {
    let after = |from: &str, mark: &str, end: &str| {
        from.split_once(mark).and_then(|(_, rest)| rest.split(end.chars().next()?).next()).map(str::to_string)
    };
    let frames = text.split("<iframe ").skip(1).filter_map(|f| f.split_once('>')).map(|(frame, _)| frame);
    let height = |id: &str| figures.as_array()?.iter().find(|f| f["id"] == id).map(|f| f["height"].to_string());
    frames
        .filter_map(|frame| {
            let (id, given) = (after(frame, "/embed/", "/")?, after(frame, "height=\"", "\"")?);
            (height(&id) != Some(given)).then(|| frame.to_string())
        })
        .collect()
}

fn assert_none(what: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}

fn figures() -> Value {
    serde_json::from_str(&read("assets/figures.json")).expect("a list of figures")
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents = documents();
    assert!(links(&read("README.md")).len() > 5, "README links to nothing");
    assert_none("links", broken_links(&documents, |path| root.join(path).exists()));
}

#[test]
fn commands_are_those_of_the_makefile() {
    assert_none("commands", wrong_commands(&documents(), &read("Makefile")));
}

#[test]
fn figures_are_those_of_the_page() {
    assert_none("figures", wrong_figures(&read(".github/HOSTING.md"), &figures()));
    for (path, text) in documents() {
        assert_none(&path, wrong_frames(&text, &figures()));
    }
    assert!(read("README.md").contains("<iframe "), "README shows no frame");
}

#[test]
fn each_check_complains() {
    let document = |path: &str, text: &str| (path.to_string(), text.to_string());
    let there = [document("a/b.md", "# One\n## Two, and 3\n")];
    for (text, n) in [
        ("[x](a/b.md)", 0),
        ("[x](a/b.md#two-and-3) ![y](a/c.png)", 0),
        ("[x](#here)\n# Here", 0),
        ("[x](https://a.b/) `[x](d.md)`\n    [x](d.md)\n```\n[x](d.md)\n```\n", 0),
        ("[x](d.md)", 1),
        ("[x](a/b.md#three) [x](#two)", 2),
    ] {
        let all = [&there[..], &[document("README.md", text)]].concat();
        let found = broken_links(&all, |path| path == "a/c.png");
        assert_eq!(found.len(), n, "{text}: {found:?}");
    }
    assert!(broken_links(&[document("x/y.md", "[z](../z.md)"), document("z.md", "")], |_| false).is_empty());

    let makefile = "serve: ## Serves\n\t@serve\nlint:\n\t@lint ## no\ndist: export X := 1\ndist: ## Builds\n";
    let found = targets(makefile);
    assert_eq!(found, [("serve", true), ("lint", false), ("dist", true)].map(|(t, listed)| (t.to_string(), listed)));
    let contributing = |text| [document(".github/CONTRIBUTING.md", text)];
    assert!(
        wrong_commands(&contributing("| `make serve` |\n    make dist BASE_URL=x\n`make lint`"), makefile).is_empty()
    );
    assert_eq!(wrong_commands(&contributing("make dist, `make serve`"), makefile).len(), 1);
    assert_eq!(wrong_commands(&contributing("`make dist` `make serve` `make tea`"), makefile).len(), 1);

    let list = serde_json::json!([{ "id": "slopes", "title": "Slopes", "height": 740 }]);
    let table = |row: &str| format!("| figure | shows |\n|---|---|\n{row}\n");
    assert!(wrong_figures(&table("| `slopes` | Slopes |"), &list).is_empty());
    assert_eq!(wrong_figures(&table("| `slope` | Slopes |"), &list).len(), 2);
    assert_eq!(wrong_figures("", &list).len(), 1);
    let frame = |height| format!("<iframe src=\"https://a/embed/slopes/?v=1\" height=\"{height}\"></iframe>");
    assert!(wrong_frames(&frame(740), &list).is_empty());
    assert_eq!(wrong_frames(&frame(741), &list).len(), 1);
}
