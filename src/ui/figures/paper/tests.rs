//! The files hold the paper's numbers, and what is said and drawn follows from them.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::data::{lines, number, read, said};
use super::*;
use crate::chart::Scale;
use crate::chart::{bars_to_svg, to_svg};
use crate::ui::runs::assets::Loaded;

fn text(table: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file(table))).unwrap()
}

/// The same as the page has it.
fn file_text(table: &str) -> Loaded<String> {
    Loaded::Ready(text(table).into())
}

/// The cell of the row and column of those names.
fn cell(table: &str, row: &str, column: &str) -> String {
    let table = read(&text(table));
    let at = table.columns.iter().position(|c| c == column).unwrap();
    table.rows.iter().find(|r| r[0] == row).unwrap()[at].clone()
}

fn choices() -> Vec<&'static str> {
    let Kind::List(choices) = TABLE.control.kind else { panic!("a list") };
    choices.iter().map(|c| c.0).collect()
}

#[test]
fn every_table_is_whole_and_says_what_it_is() {
    let mut found = choices();
    found.sort_by_key(|c| c.parse::<u32>().unwrap());
    assert_eq!(found, (1..=15).map(|n| n.to_string()).collect::<Vec<_>>());
    for n in found {
        let (text, table) = (text(n), read(&text(n)));
        assert!(table.caption.starts_with(&format!("Table {n}. ")), "{n}");
        assert!(said(&text, "source").ends_with(&format!("arXiv:2108.12409v2, Table {n}")), "{n}");
        assert!(said(&text, "finding").ends_with('.'), "{n}");
        assert!(table.rows.len() > 2 && table.rows.iter().all(|r| r.len() == table.columns.len()), "{n}");
        let cells = || table.rows.iter().flat_map(|r| &r[1..]);
        assert!(cells().all(|c| c == "OOM" || c == "-" || c.parse::<f64>().is_ok_and(f64::is_finite)), "{n}");
        // A sentence names no number with decimals that the paper's tables do not hold.
        let numbers =
            said(&text, "finding").split(|c: char| !c.is_ascii_digit() && c != '.').map(|w| w.trim_matches('.'));
        for number in numbers.filter(|w| w.contains('.') && !["0.1", "43.54"].contains(w)) {
            assert!(cells().any(|c| c == number), "Table {n} has no {number}");
        }
    }
}

#[test]
fn cells_are_the_papers() {
    for (table, row, column, value) in [
        ("2", "512", "Sinusoidal", "20.05"),
        ("2", "1012", "Sinusoidal", "43.54"),
        ("2", "15512", "Sinusoidal", "406.01"),
        ("2", "15512", "ALiBi", "18.31"),
        ("2", "15512", "T5 bias", "OOM"),
        ("2", "13512", "T5 bias words/s", "-"),
        ("2", "512", "ALiBi words/s", "14726"),
        ("3", "16024", "Sinusoidal", "453.32"),
        ("3", "16024", "Rotary", "106.99"),
        ("4", "16072", "ALiBi", "17.22"),
        ("5", "ALiBi 64", "3072", "21.53"),
        ("5", "ALiBi 512", "3072", "18.40"),
        ("5", "Sinusoidal*", "64", "28.03"),
        ("5", "T5 bias*", "512", "19.65"),
        ("6", "ALiBi 3072", "test", "18.30"),
        ("6", "Sinusoidal 3072", "test", "19.38"),
        ("7", "kNN-LM", "test", "15.79"),
        ("7", "ALiBi 512 → 3072", "validation", "18.30"),
        ("7", "Transformer-XL", "validation", "-"),
        ("8", "Sinusoidal*", "3072", "14.46"),
        ("9", "ALiBi 3072", "test", "10.73"),
        ("10", "ALiBi 512 → 3072", "test", "11.11"),
        ("11", "Sinusoidal 2048", "at 2048", "9.01"),
        ("11", "ALiBi 1024", "at 2048", "8.92"),
        ("12", "Sinusoidal 2048", "2048", "8.83"),
        ("12", "ALiBi 1024", "2048", "8.92"),
        ("12", "Sinusoidal 512", "2048", "105.42"),
        ("13", "Sinusoidal 512", "1024", "204.42"),
        ("14", "T5 bias 512", "3072", "30.77"),
        ("15", "ALiBi 512", "3072", "18.3"),
    ] {
        assert_eq!(cell(table, row, column), value, "Table {table}, {row}, {column}");
    }
    let speeds: Vec<Vec<String>> = read(&text("1")).rows;
    assert_eq!(speeds[0], ["Sinusoidal", "512", "28.5", "82.1", "15.3"]);
    assert_eq!(speeds[11], ["ALiBi", "3072", "15.5", "42.2", "15.2"]);
}

#[test]
fn numbers_are_read_as_the_standard_library_reads_them() {
    for text in ["406.01", "0", "18.3", "15512", "28.46", "0.1", "105.42", "17."] {
        assert_eq!(number(text), Some(text.parse().unwrap()), "{text}");
    }
    for text in ["", "OOM", "-", "1.2.3", "memory (GB)", "-1", "1e3", "model"] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn a_file_that_is_not_there_is_said() {
    assert_eq!(drawn(&Loaded::Loading, false).finding, "The paper’s table is on its way.");
    assert_eq!(drawn(&Loaded::Loading, false).charts.len(), 1);
    let failed = drawn(&Loaded::Failed("table-2.csv: the server answered 404".into()), false);
    assert_eq!(failed.trouble, "A table of the paper could not be loaded. table-2.csv: the server answered 404");
}

#[test]
fn the_diagonal_of_table_5() {
    let diagonal = ["28.46", "23.98", "21.29", "19.73", "18.66", "18.12", "17.91", "17.60"];
    let lengths = ["64", "128", "256", "512", "1024", "1536", "2048", "3072"];
    for (length, value) in lengths.into_iter().zip(diagonal) {
        assert_eq!(cell("5", &format!("ALiBi {length}"), length), value);
    }
    // Nothing was read at less than its training length.
    assert_eq!(cell("5", "ALiBi 3072", "2048"), "-");
}

#[test]
fn each_method_is_best_where_the_paper_says() {
    let golden = [
        (
            "2",
            [("Sinusoidal", 19.91, &[532, 542, 552, 562][..]), ("Rotary", 19.79, &[712]), ("T5 bias", 18.77, &[1112])],
        ),
        ("3", [("Sinusoidal", 19.19, &[1074]), ("Rotary", 19.18, &[1124]), ("T5 bias", 18.30, &[1824])]),
        ("4", [("Sinusoidal", 18.60, &[3092]), ("Rotary", 18.40, &[3872]), ("T5 bias", 17.68, &[6072])]),
    ];
    let alibi = [
        ("2", ("ALiBi", 18.31, &[12512, 13512, 14512, 15512][..])),
        ("3", ("ALiBi", 17.92, &[3024, 5024])),
        ("4", ("ALiBi", 17.15, &[13072])),
    ];
    let all = golden.into_iter().flat_map(|(table, rest)| rest.map(|r| (table, r))).chain(alibi);
    for (table, (name, best, lengths)) in all {
        let drawn = lines(&read(&text(table)), "columns");
        let line = drawn.iter().find(|s| s.name == name).unwrap();
        let lowest = line.points.iter().fold(f64::INFINITY, |a, p| a.min(p.y));
        let at: Vec<usize> = line.points.iter().filter(|p| p.y == lowest).map(|p| p.x as usize).collect();
        assert_eq!((lowest, &at[..]), (best, lengths), "Table {table}, {name}");
    }
}

#[test]
fn where_memory_ran_out_the_line_ends() {
    for (table, first, last) in [("2", "13512", 12_512.0), ("3", "13024", 12_024.0), ("4", "14072", 13_072.0)] {
        let read = read(&text(table));
        let missing = read.rows.iter().find(|r| r.contains(&"OOM".to_string())).unwrap();
        assert_eq!(missing[0], first);
        let drawn = lines(&read, "columns");
        let t5 = drawn.iter().find(|s| s.name == "T5 bias").unwrap();
        assert_eq!(t5.points.last().unwrap().x, last);
        assert_eq!(drawn.len(), 4);
    }
}

#[test]
fn rows_and_groups_become_lines() {
    let rows = lines(&read(&text("12")), "rows");
    assert_eq!(rows.len(), 6);
    let points: Vec<(f64, f64)> = rows[2].points.iter().map(|p| (p.x, p.y)).collect();
    assert_eq!((rows[2].name.as_str(), points), ("Sinusoidal 1024", vec![(1_024.0, 9.15), (2_048.0, 48.85)]));
    let groups = lines(&read(&text("1")), "groups");
    assert_eq!(groups.iter().map(|g| (g.points.len(), g.style)).collect::<Vec<_>>(), [(3, 0), (3, 1), (3, 2), (3, 3)]);
}

#[test]
fn memory_of_table_1_is_drawn() {
    let drawn = memory(&file_text("1"));
    let points = |name: &str| -> Vec<(f64, f64)> {
        drawn.series.iter().find(|s| s.name == name).unwrap().points.iter().map(|p| (p.x, p.y)).collect()
    };
    assert_eq!(points("Sinusoidal"), [(512.0, 15.3), (1_024.0, 19.2), (3_072.0, 15.1)]);
    assert_eq!(points("ALiBi"), [(512.0, 15.3), (1_024.0, 19.3), (3_072.0, 15.2)]);
    assert_eq!(drawn.series.len(), 4);
    let inside = |y: f64| drawn.y.range.is_some_and(|(low, high)| (low..high).contains(&y));
    assert!(drawn.series.iter().flat_map(|s| &s.points).all(|p| inside(p.y)));
    assert!(memory(&Loaded::Loading).series.is_empty());
}

#[test]
fn figure_1_is_cut_and_says_so() {
    let shown = drawn(&file_text("2"), true);
    // T5 is the last number before memory runs out.
    assert!(shown.panel.contains("Sinusoidal 406.01 at 15,512 tokens, Rotary "), "{}", shown.panel);
    assert!(!shown.panel.contains("ALiBi"), "{}", shown.panel);
    let chart = &shown.charts[0];
    assert_eq!(chart.y.range, Some((15.0, 55.0)));
    assert_eq!(chart.y.label, "perplexity, cut at 55: sinusoidal goes on to 406");
    assert_eq!((chart.x.scale, chart.y.scale), (Scale::Linear, Scale::Linear));
    let whole = drawn(&file_text("2"), false);
    assert_eq!((whole.charts[0].y.range, whole.charts[0].y.scale), (None, Scale::Log10));
    // Only Figure 1 was cut.
    assert_eq!(drawn(&file_text("12"), true), drawn(&file_text("12"), false));
}

#[test]
fn every_table_is_drawn() {
    for n in choices() {
        let shown = drawn(&file_text(n), false);
        if said(&text(n), "lines") == "bars" {
            let bars = shown.bars.unwrap();
            assert!(shown.charts.is_empty() && bars.bars.len() == shown.tables[0].rows.len(), "{n}");
            for width in [330, 760] {
                assert!(bars_to_svg(&bars, &crate::chart::Theme::LIGHT, width).is_ok(), "{n} at {width}");
            }
        } else {
            assert!(
                shown.bars.is_none() && to_svg(&shown.charts[0], &crate::chart::Theme::LIGHT, (640, 320)).is_ok(),
                "{n}"
            );
        }
    }
    let bars = drawn(&file_text("11"), false).bars.unwrap();
    let of = |name: &str| bars.bars.iter().find(|b| b.name == name).map(|b| (b.value, b.shown.as_str(), b.style));
    assert_eq!(of("Sinusoidal 2048, at 2048"), Some((9.01, "9.01", 0)));
    // It was not read at 2,048.
    assert_eq!(of("Sinusoidal 1024, at 1024"), Some((9.24, "9.24", 0)));
}

/// Where an independent copy of the first three large tables lies beside the project, every cell is compared with it.
#[test]
fn large_tables_agree_with_their_independent_copies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find_map(|p| Some(p.join("shared/paper")).filter(|p| p.is_dir()));
    let sums =
        [("2", "alibi_table2_L512.csv", 35), ("3", "alibi_table3_L1024.csv", 35), ("4", "alibi_table4_L3072.csv", 33)];
    for (n, name, rows) in sums {
        let table = read(&text(n));
        assert_eq!((table.rows.len(), table.columns.len()), (rows, 9), "Table {n}");
        if let Some(folder) = &folder {
            let copy = read(&std::fs::read_to_string(folder.join(name)).unwrap());
            // The copy leaves empty what the paper prints as out of memory.
            let plain = |c: &String| if c == "OOM" || c == "-" { String::new() } else { c.clone() };
            let rows: Vec<Vec<String>> = table.rows.iter().map(|r| r.iter().map(plain).collect()).collect();
            assert_eq!(copy.rows, rows, "Table {n}");
        }
    }
}

proptest! {
    #![proptest_config(crate::config::random_cases())]

    /// What is no table of ours is drawn as far as it goes.
    #[test]
    fn any_text_is_drawn_or_left_out(
        how in "bars|rows|groups|columns|[a-z]{0,4}",
        remarks in "(# (x|y|mark|caption|finding|lines): [a-z0-9., ()]{0,16}\n){0,5}",
        rows in "([a-z0-9.,–% ]{0,20}\n){0,6}|\\PC{0,60}", cut in any::<bool>(),
    ) {
        let text = format!("{remarks}# lines: {how}\n{rows}");
        let drawn = drawn(&Loaded::Ready(Arc::new(text)), cut);
        prop_assert!(drawn.charts.iter().all(|chart| chart.series.iter().all(|s| !s.points.is_empty())));
    }
}
