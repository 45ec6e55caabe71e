//! Links between documents, and to files and headings.

use std::path::Path;

use crate::assert_none;
use crate::markdown::{documents, read};

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

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents = documents();
    assert!(links(&read("README.md")).len() > 5, "README links to nothing");
    assert_none("links", broken_links(&documents, |path| root.join(path).exists()));
}

#[test]
fn broken_links_are_seen() {
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
}
