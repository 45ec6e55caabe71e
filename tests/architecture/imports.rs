//! Which file imports which, read with `syn`: no module and no folder of the page against its row, and no circle of files.
//!
//! Tests may import from anywhere, and so are left out. A folder's `mod.rs` declares and lists what is in the folder: its
//! ways down into it are not counted.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::source::Source;

/// Which modules each module may import, in the order in which they build on one another.
const MODULES: [(&str, &[&str]); 12] = [
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

/// Folders of the page; each may import those before it.
const PAGE: [&str; 7] = ["format", "settings", "widgets", "runs", "figure", "figures", "page"];

/// A module's path from the crate's root.
type Module = Vec<String>;

/// The modules that a library's files define.
struct Tree<'a> {
    files: BTreeMap<Module, &'a str>,
}

/// The module that a file defines; none for the crate's root and the binaries.
fn module_of(path: &str) -> Option<Module> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut module: Module = inside.split('/').map(String::from).collect();
    if module.last().is_some_and(|name| name == "mod") {
        module.pop();
    }
    (!matches!(module[0].as_str(), "lib" | "bin")).then_some(module)
}

/// Whether a file holds tests alone.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

impl<'a> Tree<'a> {
    fn of(sources: &'a [Source]) -> Self {
        let rust = sources.iter().filter(|s| s.path.ends_with(".rs") && !is_test(&s.path));
        Self { files: rust.filter_map(|s| Some((module_of(&s.path)?, s.path.as_str()))).collect() }
    }

    /// The file that holds what a path names: the longest part of it that is a module.
    fn holder(&self, path: &[String]) -> Option<&'a str> {
        (1..=path.len()).rev().find_map(|n| self.files.get(&path[..n]).copied())
    }
}

/// Collects what a file names by a path from the crate's root or from its own place.
struct Paths {
    module: Module,
    found: BTreeSet<Module>,
}

impl Paths {
    /// Keeps a path that begins with `crate`, `self` or `super`.
    fn keep(&mut self, path: &[String]) {
        let mut at = self.module.clone();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate") => (at, rest) = (Module::new(), &rest[1..]),
            Some("self") => rest = &rest[1..],
            Some("super") => {}
            _ => return,
        }
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        at.extend(rest.iter().cloned());
        self.found.insert(at);
    }

    fn keep_use(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.keep_use(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.keep(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.keep(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.keep(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.keep_use(before, item)),
        }
    }

    /// Paths within the tokens of a macro.
    fn keep_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.keep(&std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.keep(&std::mem::take(&mut path));
                    self.keep_tokens(group.stream());
                }
                _ => self.keep(&std::mem::take(&mut path)),
            }
        }
        self.keep(&path);
    }
}

/// Whether an item is there in tests alone.
fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !only_in_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.keep_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.keep(&path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.keep_tokens(item.tokens.clone());
    }
}

/// Every pair of files of which the first imports the second.
fn imports(sources: &[Source]) -> BTreeSet<(String, String)> {
    let tree = Tree::of(sources);
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|s| s.path.ends_with(".rs") && !is_test(&s.path)) {
        let Some(module) = module_of(&source.path) else { continue };
        let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
        let mut paths = Paths { module: module.clone(), found: BTreeSet::new() };
        paths.visit_file(&file);
        for path in paths.found {
            let Some(other) = tree.holder(&path) else { continue };
            // A folder's root and what it holds.
            let below = module_of(other).is_some_and(|other| other.len() > module.len() && other.starts_with(&module));
            if other != source.path && !below {
                found.insert((source.path.clone(), other.to_string()));
            }
        }
    }
    found
}

/// Files that import against the order of the modules, or of the page's folders.
pub fn wrong_imports(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|s| s.path.ends_with(".rs")) {
        let Some(module) = module_of(&source.path) else { continue };
        if !MODULES.iter().any(|(name, _)| *name == module[0]) {
            wrong.push(format!("{}: module `{}` has no place in the order", source.path, module[0]));
        } else if module[0] == "ui" && module.get(1).is_some_and(|folder| !PAGE.contains(&folder.as_str())) {
            wrong.push(format!("{}: folder `{}` of the page has no place in the order", source.path, module[1]));
        }
    }
    for (from, to) in imports(sources) {
        let (Some(one), Some(other)) = (module_of(&from), module_of(&to)) else { continue };
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == one[0]) else { continue };
        let place = |module: &Module| PAGE.iter().position(|folder| module.get(1).is_some_and(|name| name == folder));
        let against = match one[0] == other[0] {
            false => !allowed.contains(&other[0].as_str()),
            true => one[0] == "ui" && place(&one) < place(&other),
        };
        if against {
            wrong.push(format!("{from} may not import {to}"));
        }
    }
    wrong
}

/// Circles of files, each as the files that can reach one another.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let edges = imports(sources);
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in &edges {
        reach.entry(from).or_default().insert(to);
    }
    let from = |start: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(file) = next.pop() {
            for to in reach.get(file).into_iter().flatten() {
                if seen.insert(*to) {
                    next.push(to);
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = reach.keys().map(|file| (*file, from(file))).collect();
    let mut found: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(*file)) {
        let circle = reached.iter().filter(|other| all.get(**other).is_some_and(|back| back.contains(file)));
        found.insert(circle.copied().collect());
    }
    found.into_iter().map(|circle| circle.join(" ↔ ")).collect()
}
