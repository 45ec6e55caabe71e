//! Reads the sources and holds what no compiler checks: which file may import which, that none import each other in a
//! circle, that every shader has its Rust twin, that every position method is registered, that only the pool of workers
//! knows the worker, and that no leftovers are committed. Each check is a function from sources to complaints; beside the
//! run over the real tree, each is seen to complain.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod imports;
mod source;

use imports::{circles, wrong_imports};
use source::{Source, code, identifier, tree, words};

/// The page reaches the worker through its pool of workers alone.
fn worker_named(sources: &[Source]) -> Vec<String> {
    let page = |s: &&Source| s.path.starts_with("src/ui/") || s.path.starts_with("src/chart/");
    let pool = |s: &&Source| s.path.starts_with("src/ui/runs/worker_pool");
    let names = |s: &&Source| {
        words(&code(&s.text), "Worker").next().is_some() || s.text.contains("worker.js") || s.text.contains("worker_bg")
    };
    sources
        .iter()
        .filter(page)
        .filter(|s| !pool(s))
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
        // What every method is, what is made of its answers, and what stands in for any method are none of them.
        .filter(|(stem, _)| !["method", "tables", "change"].contains(stem))
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

/// `make test` runs the page's tests by the names of its modules, apart from all others (build.rs).
fn untested_parts_of_the_page(sources: &[Source]) -> Vec<String> {
    let makefile = text_of(sources, "Makefile");
    let run = makefile.lines().find_map(|line| line.strip_prefix("PAGE := ")).unwrap_or("");
    let root = text_of(sources, "src/lib.rs");
    let parts = root.split("#[cfg(all(feature = \"page\", not(without_page)))]\npub mod ").skip(1);
    let parts: Vec<String> = parts.filter_map(|rest| Some(format!("{}::", rest.split_once(';')?.0))).collect();
    match run == parts.join(" ") && root.matches("\"page\"").count() == parts.len() && !parts.is_empty() {
        true => Vec::new(),
        false => vec![format!("the Makefile's PAGE is {run:?}, the page's modules in src/lib.rs are {parts:?}")],
    }
}

fn assert_none(what: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}

#[test]
fn modules_import_only_what_stands_before_them() {
    assert_none("imports against the order of the modules", wrong_imports(&tree()));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    assert_none("circles of files", circles(&tree()));
}

#[test]
fn only_the_pool_of_workers_names_the_worker() {
    assert_none("the page reaches the worker only through src/ui/runs/worker_pool", worker_named(&tree()));
}

#[test]
fn every_shader_has_its_twin() {
    assert_none("shaders without the same operation in Rust", shaders_without_twin(&tree()));
}

#[test]
fn the_registry_of_methods_is_complete() {
    assert_none("position methods", unregistered_methods(&tree()));
}

#[test]
fn every_part_of_the_page_is_tested() {
    assert_none("parts of the page", untested_parts_of_the_page(&tree()));
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
    let others = [("src/engine/mod.rs", ""), ("src/config.rs", ""), ("src/ui/mod.rs", ""), ("src/gpu/mod.rs", "")];
    let with = |path, text| broken(&[&others[..], &[(path, text)]].concat());
    for text in [
        "use crate::engine::Backend;",
        "use crate::{config::BLOCK, engine};",
        "use crate::{config, ui::{state, url}};",
        "fn f() -> super::super::gpu::Device {}",
        "/* crate::config */ fn f() { let x = crate::gpu::Weights::new(\"// \\\" \"); }",
        "fn f() { panic!(\"{}\", crate::engine::NAME) }",
    ] {
        let found = wrong_imports(&with("src/kernels/x.rs", text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    let fine = "//! [`crate::engine`]\nuse crate::config::BLOCK; /* crate::gpu */ const S: &str = \"crate::ui\";
        #[cfg(test)] mod tests { use crate::ui::X; }";
    assert_none("comments, strings and tests are no imports", wrong_imports(&with("src/kernels/x.rs", fine)));
    assert_eq!(wrong_imports(&broken(&[("src/stray.rs", "")])).len(), 1);
    assert_eq!(wrong_imports(&broken(&[("src/ui/stray/mod.rs", "")])).len(), 1);
    let page =
        |text| broken(&[("src/ui/widgets/a.rs", text), ("src/ui/page/app.rs", ""), ("src/ui/format/mod.rs", "")]);
    assert_eq!(wrong_imports(&page("use crate::ui::page::app::App;")).len(), 1);
    assert_none("downwards", wrong_imports(&page("use crate::ui::format::thousands;")));

    let tested = |modules: String| {
        untested_parts_of_the_page(&broken(&[("Makefile", "X := a\nPAGE := chart:: ui::\n"), ("src/lib.rs", &modules)]))
    };
    let part = "#[cfg(all(feature = \"page\", not(without_page)))]\npub mod ";
    assert_none("both", tested(format!("{part}chart;\n{part}ui;\n")));
    assert_eq!(tested(format!("{part}ui;\n")).len(), 1);
    assert_eq!(tested(format!("{part}chart;\n{part}ui;\n{part}talk;\n")).len(), 1);
    assert_eq!(tested(format!("{part}chart;\n{part}ui;\n#[cfg(feature = \"page\")]\npub mod talk;\n")).len(), 1);

    let circle = |b| {
        let root = ("src/gpu/mod.rs", "pub mod a; pub use a::A;");
        broken(&[root, ("src/gpu/a.rs", "use super::b::B;"), ("src/gpu/b.rs", b)])
    };
    assert_eq!(circles(&circle("use crate::gpu::a::A;")), ["src/gpu/a.rs ↔ src/gpu/b.rs"]);
    fn folder(root: &str, a: &str) -> Vec<Source> {
        broken(&[("src/gpu/mod.rs", root), ("src/gpu/a.rs", a), ("src/gpu/b.rs", "use super::A;")])
    }
    // A folder's root declares what is in it, which may use what the root defines; whatever the root uses of it is an import.
    assert_none(
        "declared",
        circles(&folder("mod a; mod b; pub struct A; #[cfg(test)] mod tests { use super::a::X; }", "use super::A;")),
    );
    for used in ["use a::X;", "pub use self::a::X;", "fn f() { a::x() }", "fn f() { g!(a::x()) }", "list! { a, }"] {
        let found = circles(&folder(&format!("mod a; mod b; pub struct A; {used}"), "use super::A;"));
        assert_eq!(found, ["src/gpu/a.rs ↔ src/gpu/mod.rs"], "{used}");
    }
    // Who may see an item is no import; what a module within a file uses is one of the file.
    assert_none("seen", circles(&folder("use a::X;", "pub(super) struct A { pub(super) n: usize }")));
    let within = circles(&folder("use a::X; pub struct Y;", "mod within { use super::super::Y; }"));
    assert_eq!(within, ["src/gpu/a.rs ↔ src/gpu/mod.rs"]);
    // What the root hands on is imported from where it is defined, by whatever name and over however many files.
    for (handed_on, a) in [
        ("pub use a::A;", "pub struct A;"),
        ("pub use a::X as A;", "pub struct X;"),
        ("use a::A;", "pub struct A;"),
        ("pub use a::A; pub use b::B;", "pub struct A;"),
    ] {
        assert_none(handed_on, circles(&folder(handed_on, a)));
        let found = circles(&folder(handed_on, &format!("{a} use super::b::B;")));
        assert_eq!(found, ["src/gpu/a.rs ↔ src/gpu/b.rs"], "{handed_on}");
    }
    let over = [("src/kernels/mod.rs", "pub use crate::gpu::A;"), ("src/config.rs", "use crate::kernels::A;")];
    let over = broken(
        &[&over[..], &[("src/gpu/mod.rs", "pub use a::A;"), ("src/gpu/a.rs", "use crate::config::X;")]].concat(),
    );
    assert_eq!(circles(&over), ["src/config.rs ↔ src/gpu/a.rs"]);

    let named =
        [("src/ui/runs/results.rs", "web_sys::Worker::new(url)"), ("src/ui/page/article.rs", "load(\"./worker.js\")")];
    assert_eq!(worker_named(&broken(&named)).len(), 2);
    assert_none(
        "the pool of workers may",
        worker_named(&broken(&[("src/ui/runs/worker_pool.rs", "web_sys::Worker::new(url)")])),
    );

    let shaders = ["src/kernels/a.wgsl", "src/kernels/a.form.wgsl", "src/kernels/b.form.wgsl", "src/kernels/b.rs"];
    assert_eq!(shaders_without_twin(&broken(&shaders.map(|path| (path, "")))).len(), 2);

    let list = "pub static METHODS: [&(dyn PositionMethod + Sync); 1] = [&Alibi];";
    let methods = [("src/position/mod.rs", list), ("src/position/fire.rs", "impl PositionMethod for Fire {}")];
    assert_eq!(unregistered_methods(&broken(&methods)).len(), 1);

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
