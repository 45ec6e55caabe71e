//! Figures that documents list and frame.

use serde_json::Value;

use crate::assert_none;
use crate::markdown::{documents, read, tables};

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

fn figures() -> Value {
    serde_json::from_str(&read("assets/figures.json")).expect("a list of figures")
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
fn other_figures_and_heights_are_seen() {
    let list = serde_json::json!([{ "id": "slopes", "title": "Slopes", "height": 740 }]);
    let table = |row: &str| format!("| figure | shows |\n|---|---|\n{row}\n");
    assert!(wrong_figures(&table("| `slopes` | Slopes |"), &list).is_empty());
    assert_eq!(wrong_figures(&table("| `slope` | Slopes |"), &list).len(), 2);
    assert_eq!(wrong_figures("", &list).len(), 1);
    let frame = |height| format!("<iframe src=\"https://a/embed/slopes/?v=1\" height=\"{height}\"></iframe>");
    assert!(wrong_frames(&frame(740), &list).is_empty());
    assert_eq!(wrong_frames(&frame(741), &list).len(), 1);
}
