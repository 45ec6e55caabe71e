//! The documents, and what stands in them: tables, prose, code.

use std::fs;
use std::path::Path;

/// A file of the project, by its path from the root.
pub fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// Markdown of the project: path from the root, and text.
pub fn documents() -> Vec<(String, String)> {
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

/// A table, and the last heading before it.
pub struct Table {
    pub heading: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_start_matches('|').trim_end_matches('|').split('|').map(|c| c.trim().to_string()).collect()
}

/// Every table of a document.
pub fn tables(text: &str) -> Vec<Table> {
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
pub fn prose(text: &str) -> String {
    let lines = text.lines().filter(|l| !l.starts_with('|') && !l.starts_with("    "));
    // Items of a list go on indented by less than code does.
    lines.collect::<Vec<_>>().join(" ").replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ")
}
