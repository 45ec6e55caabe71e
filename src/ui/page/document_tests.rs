//! What follows from the list of figures outside of the code: their sections and the contents in index.html, and
//! assets/figures.json, which the built site and the browser's tests read; and what the glossary says of the terms that the
//! texts mark. `make document` writes them anew.

use std::fs;

use serde_json::{Value, json};

use super::glossary_tests::popovers;
use crate::ui::figure::spec::FigureSpec;
use crate::ui::figures::{FIGURES, by_id};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const INDEX: &str = "index.html";
const LIST: &str = "assets/figures.json";

fn read(path: &str) -> String {
    fs::read_to_string(format!("{ROOT}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Holds a file to what it should be, or writes it.
fn hold(path: &str, wanted: &str) {
    if std::env::var_os("WRITE_DOCUMENT").is_some() {
        fs::write(format!("{ROOT}/{path}"), wanted).unwrap();
    }
    assert!(
        read(path) == wanted,
        "{path} does not follow the list of figures and the glossary: run `make document` and commit it"
    );
}

fn folder(figure: &FigureSpec) -> String {
    format!("src/ui/figures/{}", figure.id.replace('-', "_"))
}

fn description(figure: &FigureSpec) -> String {
    read(&format!("{}/description.txt", folder(figure))).trim_end().to_string()
}

/// Text within a double-quoted attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#x27;")
}

/// One object per figure. Its heights in the article, wide and narrow, and that of its picture are measured
/// (`end2end/stills.mjs`) and stay.
fn list() -> Vec<Value> {
    let measured: Vec<Value> = serde_json::from_str(&read(LIST)).unwrap();
    let one = |figure: &&FigureSpec| {
        let before = measured.iter().find(|f| f["id"] == figure.id);
        let height = |which: &str| before.map_or(json!(figure.height), |f| f[which].clone());
        json!({
            "id": figure.id,
            "title": figure.title,
            "question": figure.question,
            "description": description(figure),
            "height": figure.height,
            "narrow": height("narrow"),
            "wide": height("wide"),
            "still": before.and_then(|f| f.get("still")).cloned().unwrap_or(json!(520)),
        })
    };
    FIGURES.iter().map(one).collect()
}

/// The list as it is written: keys in this order, figures in the page's.
fn list_text() -> String {
    let keys = ["id", "title", "question", "description", "height", "narrow", "wide", "still"];
    let one = |figure: &Value| {
        let lines: Vec<String> = keys.iter().map(|key| format!("    \"{key}\": {}", figure[*key])).collect();
        format!("  {{\n{}\n  }}", lines.join(",\n"))
    };
    format!("[\n{}\n]\n", list().iter().map(one).collect::<Vec<_>>().join(",\n"))
}

/// What stands before the ids of figures whose sections follow, and what ends them and the contents.
const FIGURES_MARK: &str = "<!-- figures: ";
const CONTENTS_MARK: &str = "<!-- contents -->";
/// What stands before what marked terms open.
const TERMS_MARK: &str = "<!-- terms -->";
const END: &str = "<!-- end -->";

/// What the contents lead to.
enum Entry {
    /// A part of the article, by id and name; what follows belongs to it.
    Part(String, String),
    /// A figure's section.
    Figure(&'static FigureSpec),
    /// A text's section, by id and name.
    Text(String, String),
}

/// What stands between two words.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(line.split_once(before)?.1.split_once(after)?.0)
}

/// The figures that a mark names.
fn marked(line: &str) -> Option<Vec<&'static FigureSpec>> {
    let ids = between(line, FIGURES_MARK, " -->")?;
    Some(ids.split(", ").map(|id| by_id(id).unwrap_or_else(|| panic!("{INDEX}: no figure {id}"))).collect())
}

/// What the document holds, in its order: parts by their headings, figures by their marks, texts by their sections.
fn entries(document: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    for line in document.lines() {
        if let Some(figures) = marked(line) {
            found.extend(figures.into_iter().map(Entry::Figure));
        } else if let Some(heading) = between(line, "<h2 class=\"part\" id=\"", "</h2>") {
            let (id, name) = heading.split_once("\">").unwrap();
            found.push(Entry::Part(id.into(), name.into()));
        } else if let Some(id) = between(line, "<section aria-labelledby=\"", "\"") {
            let name = between(line, "data-name=\"", "\"").unwrap_or_else(|| panic!("{INDEX}: no name of {id}"));
            found.push(Entry::Text(id.into(), name.into()));
        }
    }
    found
}

/// The contents: what stands before the first part by itself, then each part with its sections below.
fn contents(entries: &[Entry]) -> String {
    let mut html = String::new();
    let mut within = false;
    for entry in entries {
        let (indent, id, name) = match entry {
            Entry::Part(id, name) => {
                html += if within { "              </ol>\n            </li>\n" } else { "" };
                within = true;
                html += &format!("            <li><a href=\"#{id}\">{name}</a>\n              <ol>\n");
                continue;
            }
            Entry::Figure(figure) => (within, format!("section-{}", figure.id), figure.title),
            Entry::Text(id, name) => (within, id.clone(), name.as_str()),
        };
        let indent = if indent { "                " } else { "            " };
        html += &format!("{indent}<li><a href=\"#{id}\">{name}</a></li>\n");
    }
    html + if within { "              </ol>\n            </li>\n" } else { "" }
}

/// The section of a figure: its place with title and picture, and the text around it.
fn section(figure: &FigureSpec, listed: &Value) -> String {
    let FigureSpec { id, title, .. } = figure;
    let (folder, alt) = (folder(figure), attribute(&description(figure)));
    // The first is in sight at once.
    let opens = std::ptr::eq(figure, FIGURES[0]);
    let (lazy, level) = if opens { ("", "h2") } else { (" loading=\"lazy\"", "h4") };
    let (wide, narrow, still) = (&listed["wide"], &listed["narrow"], &listed["still"]);
    let prose = |file: &str| {
        format!("          <div class=\"prose\"><link data-trunk rel=\"inline\" href=\"{folder}/{file}\"></div>\n")
    };
    // How it is done in code, where a figure tells.
    let code = fs::exists(format!("{ROOT}/{folder}/code.html")).unwrap();
    let (before, after) =
        (prose("before.html"), prose("after.html") + &if code { prose("code.html") } else { String::new() });
    format!(
        r##"        <section id="section-{id}" aria-label="{title}">
{before}          <div class="place" data-place="{id}" style="--wide: {wide}px; --narrow: {narrow}px">
            <figure class="still" id="{id}">
              <{level}>{title}</{level}>
              <img src="./assets/stills/{id}.webp" width="924" height="{still}"{lazy} decoding="async" alt="{alt}">
            </figure>
          </div>
{after}        </section>
"##
    )
}

/// The document with what follows from the list of figures and the glossary between the marks.
fn written(document: &str, listed: &[Value]) -> String {
    let contents = contents(&entries(document));
    let mut out = String::new();
    let mut skipping = false;
    for line in document.lines() {
        let mark = line.trim();
        skipping &= mark != END;
        if skipping {
            continue;
        }
        out += line;
        out.push('\n');
        if mark == CONTENTS_MARK {
            out += &contents;
            skipping = true;
        } else if mark == TERMS_MARK {
            out += &popovers();
            skipping = true;
        } else if let Some(figures) = marked(mark) {
            for figure in figures {
                let at = FIGURES.iter().position(|f| f.id == figure.id).unwrap();
                out += &section(figure, &listed[at]);
            }
            skipping = true;
        }
    }
    assert!(!skipping, "{INDEX}: a mark has no end");
    out
}

#[test]
fn the_document_follows_the_list_of_figures() {
    hold(LIST, &list_text());
    let document = read(INDEX);
    let placed: Vec<&str> = document.lines().filter_map(marked).flatten().map(|figure| figure.id).collect();
    let wanted: Vec<&str> = FIGURES.iter().map(|figure| figure.id).collect();
    assert_eq!(placed, wanted, "the marks of {INDEX} name every figure once, in the order of the list");
    hold(INDEX, &written(&document, &list()));
}

#[test]
fn the_contents_follow_the_document() {
    let document = "<!-- figures: slopes -->\n<!-- end -->\n<h2 class=\"part\" id=\"part-a\">A</h2>\n\
        <!-- figures: bias -->\n<!-- end -->\n<section aria-labelledby=\"why\" data-name=\"Why\">";
    let found = entries(document);
    assert!(
        matches!(&found[..], [Entry::Figure(_), Entry::Part(..), Entry::Figure(_), Entry::Text(..)]),
        "{}",
        found.len()
    );
    let html = contents(&found);
    let lines: Vec<&str> = html.lines().map(str::trim).collect();
    let wanted = [
        "<li><a href=\"#section-slopes\">The slope of every head</a></li>",
        "<li><a href=\"#part-a\">A</a>",
        "<ol>",
        "<li><a href=\"#section-bias\">The bias of every query and key</a></li>",
        "<li><a href=\"#why\">Why</a></li>",
        "</ol>",
        "</li>",
    ];
    assert_eq!(lines, wanted);
}

/// Who skips the contents comes to the first figure.
#[test]
fn the_way_past_the_contents_leads_to_the_first_figure() {
    let to = format!("<a class=\"skip\" href=\"#section-{}\">", FIGURES[0].id);
    assert!(read(INDEX).contains(&to), "{INDEX} has no {to}");
}

/// The first figure's section is headed by the page's name.
#[test]
fn every_section_is_headed_by_its_figures_question() {
    let opening = read(&format!("{}/before.html", folder(FIGURES[0])));
    assert!(opening.starts_with("<h1>") && !read(INDEX).contains("<h1>"), "the page has one name");
    for figure in &FIGURES[1..] {
        let text = read(&format!("{}/before.html", folder(figure)));
        let heading = text.lines().next().and_then(|line| line.strip_prefix("<h3>")?.strip_suffix("</h3>"));
        assert_eq!(heading, Some(figure.question), "{}", figure.id);
    }
}

#[test]
fn every_figure_has_its_picture() {
    for figure in FIGURES {
        let picture = format!("{ROOT}/assets/stills/{}.webp", figure.id);
        assert!(fs::exists(&picture).unwrap(), "no {picture}: run `make pictures`");
    }
}

/// A text's section is named by the text's own heading.
#[test]
fn every_text_has_its_heading() {
    let document = read(INDEX);
    let mut found = 0;
    for entry in entries(&document) {
        let Entry::Text(id, _) = entry else { continue };
        let section = between(&document, &format!("<section aria-labelledby=\"{id}\""), "</section>").unwrap();
        let text = read(between(section, "href=\"", "\"").unwrap());
        assert!(text.contains(&format!("<h3 id=\"{id}\">")), "{id}");
        found += 1;
    }
    assert!(found > 5, "{found}");
}
