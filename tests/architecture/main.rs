//! Reads the sources and holds what no compiler checks: which module may import which, that every shader has its Rust
//! twin, that both registries are complete, that only the client knows the worker, that no files import each other in a
//! circle, and that no leftovers are committed.
//! Each check is a function from sources to complaints; beside the run over the real tree, each is seen to complain.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod circles;
mod sources;

use circles::circles;
use sources::{Source, code, heads, identifier, tree, words};

/// Which modules each module may import, in the order in which they build on one another.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("config", &[]),
    ("tokenizer", &["config"]),
    ("protocol", &["config"]),
    ("position", &["config", "tokenizer"]),
    ("kernels", &["config", "tokenizer", "position"]),
    ("model", &["config", "tokenizer", "position", "kernels"]),
    ("gpu", &["config", "tokenizer", "protocol", "position", "kernels", "model"]),
    ("engine", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu"]),
    ("train", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("worker", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("chart", &["config", "position"]),
    ("ui", &["config", "position", "protocol", "chart"]),
];

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
    let client = |s: &&Source| s.path.starts_with("src/ui/client");
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
    let registry = text_of(sources, "src/ui/registry.rs");
    let modules = code(registry);
    let drawn = ["src/ui/later.rs", "src/ui/article.rs"].map(|path| code(text_of(sources, path))).concat();
    let names = |text: &str, stem: &str| words(text, stem).any(|at| text[at..].starts_with(&format!("{stem}::")));
    let listed =
        |stem: &str| names(&modules, stem) || registry.contains(&format!("id: \"{}\"", stem.replace('_', "-")));
    stems(sources, "src/ui/figures/")
        .flat_map(|(stem, _)| {
            let unlisted =
                (!listed(stem)).then(|| format!("figure src/ui/figures/{stem}.rs is not in src/ui/registry.rs"));
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
    assert_none("the page reaches the worker only through src/ui/client", worker_named(&tree()));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    assert_none("circles of files", circles(&tree()));
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

    let named = [("src/ui/results.rs", "web_sys::Worker::new(url)"), ("src/ui/article.rs", "load(\"./worker.js\")")];
    assert_eq!(worker_named(&broken(&named)).len(), 2);
    assert_none("the client may", worker_named(&broken(&[("src/ui/client.rs", "web_sys::Worker::new(url)")])));

    let ring = [
        ("src/gpu/mod.rs", "mod a;\nmod b;\nmod c;\npub use b::B;"),
        ("src/gpu/a.rs", "use super::c::{self, C};"),
        ("src/gpu/b.rs", "pub struct B(super::a::A);"),
        ("src/gpu/c.rs", "use super::B;"),
    ];
    let found = circles(&broken(&ring));
    assert_eq!(found, ["src/gpu/a.rs → src/gpu/c.rs → src/gpu/b.rs → src/gpu/a.rs"]);
    let of_parent = [ring[0], ("src/gpu/a.rs", "use super::{G, b};"), ("src/gpu/b.rs", "")];
    assert_none("a parent that lists its children", circles(&broken(&of_parent)));
    let parent = [("src/gpu/mod.rs", "mod a;\nfn f() { a::g() }"), ("src/gpu/a.rs", "use crate::gpu::f;")];
    assert_eq!(circles(&broken(&parent)).len(), 1);
    let of_tests = [
        ("src/gpu/a.rs", "use super::b::B;"),
        ("src/gpu/b.rs", "#[cfg(test)]\nmod tests {\n    use super::super::a::A;\n}"),
    ];
    assert_none("a test may look anywhere", circles(&broken(&of_tests)));

    let shaders = ["src/kernels/a.wgsl", "src/kernels/a.form.wgsl", "src/kernels/b.form.wgsl", "src/kernels/b.rs"];
    assert_eq!(shaders_without_twin(&broken(&shaders.map(|path| (path, "")))).len(), 2);

    let list = "pub static METHODS: [&(dyn PositionMethod + Sync); 1] = [&Alibi];";
    let methods = [("src/position/mod.rs", list), ("src/position/fire.rs", "impl PositionMethod for Fire {}")];
    assert_eq!(unregistered_methods(&broken(&methods)).len(), 1);

    let listed = ("src/ui/registry.rs", "cost::LAB id: \"slopes\"");
    let figures = [listed, ("src/ui/figures/cost.rs", ""), ("src/ui/figures/slopes.rs", "")];
    let drawn = ("src/ui/later.rs", "&cost::WORK slopes::Slopes");
    assert!(unregistered_figures(&broken(&[&figures[..], &[drawn]].concat())).is_empty());
    assert_eq!(unregistered_figures(&broken(&figures)).len(), 2);
    let unlisted = ("src/ui/registry.rs", "// cost::LAB\nslopes::LAB");
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
