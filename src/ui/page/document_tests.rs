//! What follows from the list of figures outside of the code: their sections and contents in index.html, and
//! assets/figures.json, which the built site and the browser's tests read. `make document` writes them anew.

use std::fs;

use serde_json::{Value, json};

use crate::ui::figure::spec::FigureSpec;
use crate::ui::figures::FIGURES;

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
    assert!(read(path) == wanted, "{path} does not follow the list of figures: run `make document` and commit it");
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

fn contents_line(figure: &FigureSpec) -> String {
    let FigureSpec { id, title, question, .. } = figure;
    format!("          <li><a href=\"#section-{id}\">{title}</a><span>{question}</span></li>\n")
}

/// The section of a figure: its place with title and picture, and the text around it.
fn section(figure: &FigureSpec, listed: &Value) -> String {
    let FigureSpec { id, title, .. } = figure;
    let (folder, alt) = (folder(figure), attribute(&description(figure)));
    // The first is in sight at once.
    let lazy = if std::ptr::eq(figure, FIGURES[0]) { "" } else { " loading=\"lazy\"" };
    let (wide, narrow, still) = (&listed["wide"], &listed["narrow"], &listed["still"]);
    format!(
        r##"        <section id="section-{id}" aria-label="{title}">
          <div class="prose"><link data-trunk rel="inline" href="{folder}/before.html"></div>
          <div class="place" data-place="{id}" style="--wide: {wide}px; --narrow: {narrow}px">
            <figure class="still" id="{id}">
              <h3>{title}</h3>
              <img src="./assets/stills/{id}.webp" width="924" height="{still}"{lazy} decoding="async" alt="{alt}">
            </figure>
          </div>
          <div class="prose"><link data-trunk rel="inline" href="{folder}/after.html"></div>
        </section>
"##
    )
}

/// Puts `text` between the mark of that name and its end.
fn between(document: &str, name: &str, text: &str) -> String {
    let mark = format!("<!-- figures: {name} -->\n");
    let (head, rest) = document.split_once(&mark).unwrap_or_else(|| panic!("{INDEX} has no {mark}"));
    let end = rest.find("<!-- end -->").unwrap_or_else(|| panic!("{INDEX}: no end after {mark}"));
    let indent = &rest[..end][rest[..end].rfind('\n').map_or(0, |at| at + 1)..];
    format!("{head}{mark}{text}{indent}{}", &rest[end..])
}

#[test]
fn the_document_follows_the_list_of_figures() {
    hold(LIST, &list_text());
    let listed = list();
    let sections: Vec<String> = FIGURES.iter().zip(&listed).map(|(figure, listed)| section(figure, listed)).collect();
    // The check of the engines belongs to how the page was made, after the last texts.
    let (last, others) = sections.split_last().unwrap();
    let contents: String = FIGURES[..others.len()].iter().map(|figure| contents_line(figure)).collect();
    let mut document = read(INDEX);
    for (name, text) in [("contents", &contents), ("sections", &others.concat()), ("last", last)] {
        document = between(&document, name, text);
    }
    hold(INDEX, &document);
}

/// The contents ask what the section's heading asks.
#[test]
fn every_section_is_headed_by_its_figures_question() {
    for figure in FIGURES {
        let text = read(&format!("{}/before.html", folder(figure)));
        let heading = text.lines().next().and_then(|line| line.strip_prefix("<h2>")?.strip_suffix("</h2>"));
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

#[test]
fn the_contents_lead_to_the_texts_too() {
    let document = read(INDEX);
    let contents = document.split_once("<nav class=\"contents\"").unwrap().1.split_once("</nav>").unwrap().0;
    for id in ["questions", "limits", "training", "sources"] {
        assert!(
            contents.contains(&format!("href=\"#{id}\"")) && document.contains(&format!("aria-labelledby=\"{id}\""))
        );
    }
}
