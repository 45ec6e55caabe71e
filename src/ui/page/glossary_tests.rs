//! Terms: what the glossary says of a word stands beside it, too, where a text first uses it and marks it by
//!
//! ```html
//! <button type="button" class="term" popovertarget="pop-slope">slope</button>
//! ```
//!
//! What such a button opens is written into index.html by `make document`, so that it needs no script.

use std::fs;
use std::path::PathBuf;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const GLOSSARY: &str = "src/ui/page/texts/glossary.html";

/// An entry of the glossary.
struct Term {
    id: String,
    name: String,
    text: String,
}

/// A text of the page: its path and what stands in it.
type Text = (String, String);

/// What stands between `from` and `to`, and what follows.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(from)?.1.split_once(to)
}

fn glossary(html: &str) -> Vec<Term> {
    let one = |entry: &str| {
        let (id, rest) = entry.split_once("\">")?;
        let (name, rest) = rest.split_once("</dt>")?;
        let (text, _) = between(rest, "<dd>", "</dd>")?;
        Some(Term { id: id.into(), name: name.into(), text: text.into() })
    };
    let read = |entry: &str| one(entry).unwrap_or_else(|| panic!("{GLOSSARY} has an entry that is none: {entry}"));
    html.split("<dt id=\"term-").skip(1).map(read).collect()
}

/// The article and its texts.
fn texts() -> Vec<Text> {
    let mut found = vec![("index.html".into(), fs::read_to_string(format!("{ROOT}/index.html")).unwrap())];
    let mut folders = vec![PathBuf::from(ROOT).join("src/ui")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "html") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The buttons of the texts that are, or should be, those of terms: the path of each, and the rest of its tag.
fn buttons(texts: &[Text]) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (path, text) in texts {
        let tags = text.split("<button").skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
        found.extend(
            tags.filter(|tag| tag.contains("popovertarget=\"pop-") || tag.contains("class=\"term\""))
                .map(|tag| (path.as_str(), tag)),
        );
    }
    found
}

/// The term that a button's tag names, if the button is written as one of a term is.
fn named(tag: &str) -> Option<&str> {
    tag.strip_prefix(" type=\"button\" class=\"term\" popovertarget=\"pop-")?.strip_suffix('"')
}

/// What is wrong with the buttons of these texts.
fn complaints(terms: &[Term], texts: &[Text]) -> Vec<String> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut found = Vec::new();
    for (path, tag) in buttons(texts) {
        let Some(id) = named(tag) else {
            found.push(format!("{path}: <button{tag}> is not written as a term's is"));
            continue;
        };
        if terms.iter().all(|term| term.id != id) {
            found.push(format!("{path}: the glossary has no term-{id}"));
        }
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == id) {
            found.push(format!("{path}: {id} is marked in {first} already"));
        }
        seen.push((id, path));
    }
    // A browser may break a line between a button and what follows: a line would begin with a comma.
    for (path, text) in texts {
        for rest in text.split("class=\"term\"").skip(1) {
            let after = rest.split_once("</button>").map_or("", |(_, after)| after);
            let after =
                ["em", "b", "i", "strong"].iter().find_map(|t| after.strip_prefix(&format!("</{t}>"))).unwrap_or(after);
            let sign = after.starts_with(['.', ',', ';', ':', ')', '?', '!', '”', '’']);
            if sign && !after.trim_start_matches(|c| !"< ".contains(c)).starts_with("</span>") {
                found.push(format!(
                    "{path}: a term and the sign after it stand in a span.whole: {}",
                    &after[..after.len().min(20)]
                ));
            }
        }
    }
    found
}

/// What the buttons open, in the order of the glossary.
pub(super) fn popovers() -> String {
    let texts = texts();
    let used: Vec<&str> = buttons(&texts).into_iter().filter_map(|(_, tag)| named(tag)).collect();
    let terms = glossary(&fs::read_to_string(format!("{ROOT}/{GLOSSARY}")).unwrap());
    let one = |Term { id, name, text }: Term| {
        format!(
            "      <div popover id=\"pop-{id}\" class=\"pop\"><p><b>{name}</b>: {text}</p><p><a href=\"#term-{id}\">Glossary</a></p></div>\n"
        )
    };
    terms.into_iter().filter(|term| used.contains(&term.id.as_str())).map(one).collect()
}

#[test]
fn every_marked_term_is_in_the_glossary_and_marked_once() {
    let terms = glossary(&fs::read_to_string(format!("{ROOT}/{GLOSSARY}")).unwrap());
    let found = complaints(&terms, &texts());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_glossary_is_in_order_and_brief() {
    let terms = glossary(&fs::read_to_string(format!("{ROOT}/{GLOSSARY}")).unwrap());
    assert!(terms.len() >= 30, "{}", terms.len());
    let lower = |term: &Term| term.name.to_lowercase();
    assert!(terms.is_sorted_by(|a, b| lower(a) < lower(b)), "by name, each once");
    for Term { id, name, text } in &terms {
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        let sentences = text.split_inclusive(['.', '?']).count();
        assert!(text.ends_with('.') && sentences <= 2 && text.len() < 200, "{name}: {text}");
    }
}

#[test]
fn a_wrong_term_is_seen() {
    let terms =
        glossary("<dl>\n<dt id=\"term-a\">A</dt>\n<dd>One.</dd>\n<dt id=\"term-b-c\">B c</dt>\n<dd>Two.</dd>\n</dl>");
    let button =
        |rest: &str| format!("<p><button type=\"button\" class=\"term\" popovertarget=\"pop-{rest}\">x</button></p>");
    let text = |html: String| ("x.html".to_string(), html);
    let fine = [text(button("a")), text(button("b-c")), text("<button type=\"button\" data-copy>Copy</button>".into())];
    assert_eq!(complaints(&terms, &fine), Vec::<String>::new());
    for wrong in [
        button("c"),
        button("a"),
        button("b-c\" hidden=\""),
        "<button popovertarget=\"pop-b-c\">".into(),
        button("b-c").replace("</p>", ", y</p>"),
    ] {
        let found = complaints(&terms, &[text(button("a")), text(wrong.clone())]);
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
    }
}
