//! Reads the sources and holds what no compiler checks: which module may import which, that every shader has its Rust
//! twin, that both registries are complete, that only the client knows the worker, and that no leftovers are committed.
//! Each check is a function from sources to complaints; beside the run over the real tree, each is seen to complain.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;

/// Which modules each module may import, in the order in which they build on one another.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("config", &[]),
    ("tokenizer", &["config"]),
    ("protocol", &["config"]),
    ("position", &["config", "tokenizer"]),
    ("kernels", &["config", "tokenizer", "position"]),
    ("model", &["config", "tokenizer", "position", "kernels"]),
    ("gpu", &["config", "tokenizer", "position", "kernels", "model"]),
    ("engine", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu"]),
    ("train", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("worker", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("chart", &["config", "position"]),
    ("ui", &["config", "position", "protocol", "chart"]),
];

/// One file: path from the root with `/`, and text.
struct Source {
    path: String,
    text: String,
}

/// Every text file that could be committed.
fn tree() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let relative = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            let made = [
                "target",
                "dist",
                "node_modules",
                "benches/browser/node_modules",
                ".git",
                ".cache",
                "end2end/test-results",
            ];
            if path.is_dir() {
                if !made.contains(&relative.as_str()) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(Source { path: relative, text });
            }
        }
    }
    assert!(found.iter().any(|s| s.path == "src/lib.rs"), "the sources were not found");
    found
}

/// Rust text with comments removed and the contents of strings and characters blanked.
fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let word_before = i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_');
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            while i < chars.len() && !(at(i) == '*' && at(i + 1) == '/') {
                i += 1;
            }
            i += 2;
        } else if at(i) == 'r'
            && !word_before
            && (at(i + 1) == '"' || (at(i + 1) == '#' && matches!(at(i + 2), '"' | '#')))
        {
            let hashes = (i + 1..).take_while(|&j| at(j) == '#').count();
            i += hashes + 2;
            while i < chars.len() && !(at(i) == '"' && (1..=hashes).all(|k| at(i + k) == '#')) {
                i += 1;
            }
            i += hashes + 1;
            out.push_str("\"\"");
        } else if at(i) == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
            out.push_str("\"\"");
        } else if at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
            out.push_str("' '");
        } else {
            out.push(at(i));
            i += 1;
        }
    }
    out
}

/// The identifier that `text` starts with.
fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Byte offsets at which `word` stands alone in `code`.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        !code[..at].ends_with(joins) && !code[at + word.len()..].starts_with(joins)
    })
}

/// First identifiers of what follows a path prefix: one, or one per entry of a brace group.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return vec![identifier(rest).to_string()] };
    let (mut depth, mut entry, mut found) = (1, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            found.push(identifier(entry.trim_start()).to_string());
            entry.clear();
        } else {
            entry.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// Module of the crate that a source file belongs to; the crate's root and the binaries belong to none.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let name = inside.split('/').next()?.trim_end_matches(".rs");
    (name != "lib" && name != "bin").then_some(name)
}

fn wrong_imports(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|s| s.path.ends_with(".rs")) {
        let Some(module) = module_of(&source.path) else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: module `{module}` has no place in the order", source.path));
            continue;
        };
        // `super` reaches the crate's root after as many steps as the module is deep.
        let inner = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let to_root = "super::".repeat(inner.split('/').count());
        let code: String = code(&source.text).split_whitespace().collect::<Vec<_>>().join(" ").replace(":: {", "::{");
        for prefix in ["crate::", &to_root] {
            for at in words(&code, prefix.trim_end_matches("::")).filter(|&at| code[at..].starts_with(prefix)) {
                for head in heads(&code[at + prefix.len()..]) {
                    let known = MAY_IMPORT.iter().any(|(name, _)| *name == head);
                    if known && head != module && !allowed.contains(&head.as_str()) {
                        wrong.push(format!("{}: `{module}` may not import `{head}`", source.path));
                    }
                }
            }
        }
    }
    wrong
}

/// The page reaches the worker through its client alone.
fn worker_named(sources: &[Source]) -> Vec<String> {
    let page = |s: &&Source| s.path.starts_with("src/ui/") || s.path.starts_with("src/chart/");
    let client = |s: &&Source| s.path.starts_with("src/ui/runs/worker_pool");
    let names = |s: &&Source| {
        words(&code(&s.text), "Worker").next().is_some() || s.text.contains("worker.js") || s.text.contains("worker_bg")
    };
    sources
        .iter()
        .filter(page)
        .filter(|s| !client(s))
        .filter(names)
        .map(|s| format!("{} names the worker", s.path))
        .collect()
}

/// A shader is `x.wgsl`, or `x.form.wgsl` where it has several forms; its twin is `x.rs`.
fn shaders_without_twin(sources: &[Source]) -> Vec<String> {
    let exists = |path: &str| sources.iter().any(|s| s.path == path);
    let shaders = sources.iter().filter(|s| s.path.ends_with(".wgsl"));
    let twin = |path: &str| format!("{}.rs", path.split_once('.').map_or(path, |(stem, _)| stem));
    shaders
        .map(|s| (&s.path, twin(&s.path)))
        .filter(|(_, twin)| !exists(twin))
        .map(|(s, twin)| format!("{s} has no {twin}"))
        .collect()
}

/// Stems of the Rust files directly in `folder`.
fn stems<'a>(sources: &'a [Source], folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Source)> {
    sources.iter().filter_map(move |s| {
        let stem = s.path.strip_prefix(folder)?.strip_suffix(".rs")?;
        (!stem.contains('/') && stem != "mod" && stem != "tests").then_some((stem, s))
    })
}

fn text_of<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|s| s.path == path).map_or("", |s| &s.text)
}

fn unregistered_methods(sources: &[Source]) -> Vec<String> {
    let registry = code(text_of(sources, "src/position/mod.rs"));
    let list = registry.split_once("static METHODS").map_or("", |(_, rest)| rest.split(';').nth(1).unwrap_or(""));
    stems(sources, "src/position/")
        // What stands in for any method is none of them.
        .filter(|(stem, _)| *stem != "change")
        .filter_map(|(stem, source)| {
            let code = code(&source.text);
            let Some((_, rest)) = code.split_once("impl PositionMethod for ") else {
                return Some(format!("src/position/{stem}.rs holds no position method"));
            };
            let name = identifier(rest);
            let listed = words(list, name).next().is_some();
            (!listed).then(|| format!("position method `{name}` of src/position/{stem}.rs is not in METHODS"))
        })
        .collect()
}

/// A figure is named in the registry, by its module or its id, and drawn by what draws the first one or the others.
fn unregistered_figures(sources: &[Source]) -> Vec<String> {
    let registry = text_of(sources, "src/ui/page/registry.rs");
    let modules = code(registry);
    let drawn = ["src/ui/page/lazy.rs", "src/ui/page/article.rs"].map(|path| code(text_of(sources, path))).concat();
    let names = |text: &str, stem: &str| words(text, stem).any(|at| text[at..].starts_with(&format!("{stem}::")));
    let listed =
        |stem: &str| names(&modules, stem) || registry.contains(&format!("id: \"{}\"", stem.replace('_', "-")));
    stems(sources, "src/ui/figures/")
        .flat_map(|(stem, _)| {
            let unlisted =
                (!listed(stem)).then(|| format!("figure src/ui/figures/{stem}.rs is not in src/ui/page/registry.rs"));
            let undrawn =
                (!names(&drawn, stem)).then(|| format!("figure src/ui/figures/{stem}.rs is drawn by nothing"));
            unlisted.into_iter().chain(undrawn)
        })
        .collect()
}

/// Leftovers: unfinished code, skipped tests, paths of somebody's machine.
fn leftovers(sources: &[Source]) -> Vec<String> {
    let in_rust = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"];
    // Joined here, so that this file does not complain of itself.
    let anywhere = [["TO", "DO"], ["FIX", "ME"], ["/home", "/"], ["/root", "/"], ["/work", "/"], ["/Users", "/"]]
        .map(|p| p.concat());
    let mut found = Vec::new();
    for source in sources {
        let rust = if source.path.ends_with(".rs") { code(&source.text) } else { String::new() };
        let in_code = in_rust.iter().filter(|&&word| rust.contains(word)).map(|word| word.to_string());
        let in_text = anywhere.iter().filter(|&word| source.text.contains(word)).cloned();
        found.extend(in_code.chain(in_text).map(|word| format!("{}: `{word}`", source.path)));
    }
    found
}

fn assert_none(what: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}

#[test]
fn modules_import_only_what_stands_before_them() {
    assert_none("imports against the order of the modules", wrong_imports(&tree()));
}

#[test]
fn only_the_client_names_the_worker() {
    assert_none("the page reaches the worker only through src/ui/runs/worker_pool", worker_named(&tree()));
}

#[test]
fn every_shader_has_its_twin() {
    assert_none("shaders without the same operation in Rust", shaders_without_twin(&tree()));
}

#[test]
fn registries_are_complete() {
    let sources = tree();
    assert_none("position methods", unregistered_methods(&sources));
    assert_none("figures", unregistered_figures(&sources));
}

#[test]
fn nothing_is_left_over() {
    assert_none("leftovers", leftovers(&tree()));
}

/// Sources as a broken tree would have them.
fn broken(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(path, text)| Source { path: path.to_string(), text: text.to_string() }).collect()
}

#[test]
fn each_check_complains() {
    for text in [
        "use crate::engine::Backend;",
        "use crate::{config::BLOCK, engine};",
        "use crate :: {\n  config,\n  ui::{state, url},\n};".replace(" :: ", "::").as_str(),
        "fn f() -> super::super::gpu::Device {}",
        "/* crate::config */ let x = crate::model::Weights::new(\"// \\\" \");",
    ] {
        let found = wrong_imports(&broken(&[("src/kernels/x.rs", text)]));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    assert_eq!(wrong_imports(&broken(&[("src/chart/mod.rs", "use crate::protocol::Scored;")])).len(), 1);
    assert_eq!(wrong_imports(&broken(&[("src/stray.rs", "")])).len(), 1);
    let fine =
        "//! [`crate::engine`]\nuse crate::position::Tables; /* crate::gpu */ const S: &str = \"crate::ui\"; 'a': '\"'";
    assert_none("comments and strings are no imports", wrong_imports(&broken(&[("src/kernels/x.rs", fine)])));

    let named =
        [("src/ui/runs/results.rs", "web_sys::Worker::new(url)"), ("src/ui/page/article.rs", "load(\"./worker.js\")")];
    assert_eq!(worker_named(&broken(&named)).len(), 2);
    assert_none(
        "the client may",
        worker_named(&broken(&[("src/ui/runs/worker_pool.rs", "web_sys::Worker::new(url)")])),
    );

    let shaders = ["src/kernels/a.wgsl", "src/kernels/a.form.wgsl", "src/kernels/b.form.wgsl", "src/kernels/b.rs"];
    assert_eq!(shaders_without_twin(&broken(&shaders.map(|path| (path, "")))).len(), 2);

    let list = "pub static METHODS: [&(dyn PositionMethod + Sync); 1] = [&Alibi];";
    let methods = [("src/position/mod.rs", list), ("src/position/fire.rs", "impl PositionMethod for Fire {}")];
    assert_eq!(unregistered_methods(&broken(&methods)).len(), 1);

    let listed = ("src/ui/page/registry.rs", "cost::LAB id: \"slopes\"");
    let figures = [listed, ("src/ui/figures/cost.rs", ""), ("src/ui/figures/slopes.rs", "")];
    let drawn = ("src/ui/page/lazy.rs", "&cost::WORK slopes::Slopes");
    assert!(unregistered_figures(&broken(&[&figures[..], &[drawn]].concat())).is_empty());
    assert_eq!(unregistered_figures(&broken(&figures)).len(), 2);
    let unlisted = ("src/ui/page/registry.rs", "// cost::LAB\nslopes::LAB");
    assert_eq!(unregistered_figures(&broken(&[unlisted, figures[1], figures[2], drawn])).len(), 1);

    let left = [
        "// TO_DO later".replace('_', ""),
        "todo!()".into(),
        "#[ignore] fn f() {}".into(),
        "/root_/x".replace('_', ""),
    ];
    for text in &left {
        assert!(!leftovers(&broken(&[("src/x.rs", text)])).is_empty(), "{text}");
    }
}
