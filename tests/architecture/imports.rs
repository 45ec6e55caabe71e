//! Which file imports which, read with `syn`: no module and no folder of the page against its row, and no circle of files.
//!
//! Tests may import from anywhere, and so are left out. That a folder's `mod.rs` declares a file is no import; what it uses
//! of the file is. Where a file only hands on what another defines (`pub use child::Item`), who names the item there imports
//! the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::source::Source;

/// Which modules each module may import, in the order in which they build on one another.
const MODULES: [(&str, &[&str]); 15] = [
    ("config", &[]),
    ("spelling", &[]),
    ("tokenizer", &["config"]),
    ("protocol", &["config"]),
    ("position", &["config", "tokenizer"]),
    ("kernels", &["config", "tokenizer", "position"]),
    ("model", &["config", "tokenizer", "position", "kernels"]),
    ("gpu", &["config", "tokenizer", "protocol", "position", "kernels", "model"]),
    ("engine", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu"]),
    ("train", &["config", "spelling", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("browser", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine"]),
    ("worker", &["config", "tokenizer", "protocol", "position", "kernels", "model", "gpu", "engine", "browser"]),
    ("trainer", &["config", "tokenizer", "protocol", "position", "kernels", "model", "engine", "train", "browser"]),
    ("chart", &["config", "position"]),
    ("ui", &["config", "spelling", "position", "protocol", "chart"]),
];

/// Folders of the page; each may import those before it.
const PAGE: [&str; 7] = ["format", "settings", "widgets", "runs", "figure", "figures", "page"];

/// A module's path from the crate's root.
type Module = Vec<String>;

/// The modules that a library's files define, and what each of them hands on from elsewhere: the path of every name.
struct Tree<'a> {
    files: BTreeMap<Module, &'a str>,
    handed_on: BTreeMap<Module, BTreeMap<String, Module>>,
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
    fn of(files: &[(&'a Source, Module, syn::File)]) -> Self {
        let paths = files.iter().map(|(source, module, _)| (module.clone(), source.path.as_str()));
        let mut tree = Self { files: paths.collect(), handed_on: BTreeMap::new() };
        for (_, module, file) in files {
            let mut uses = Paths::of(&tree, module);
            for item in &file.items {
                if let syn::Item::Use(item) = item {
                    uses.visit_item_use(item);
                }
            }
            let names = uses.names;
            tree.handed_on.insert(module.clone(), names);
        }
        tree
    }

    /// The file that holds what a path names: the longest part of it that is a module, or whatever that module has it from.
    fn holder(&self, path: &[String]) -> Option<&'a str> {
        let mut path = path.to_vec();
        // Names that are handed on in a circle do not compile; a bound keeps this one from going on for ever.
        for _ in 0..16 {
            let n = (1..=path.len()).rev().find(|&n| self.files.contains_key(&path[..n]))?;
            let from = path.get(n).and_then(|name| self.handed_on.get(&path[..n])?.get(name));
            let Some(from) = from else { return self.files.get(&path[..n]).copied() };
            path = [from, &path[n + 1..]].concat();
        }
        None
    }
}

/// Collects what a file names by a path from the crate's root or from its own place.
struct Paths<'t> {
    tree: &'t Tree<'t>,
    module: Module,
    found: BTreeSet<Module>,
    /// The names that `use` gives to paths.
    names: BTreeMap<String, Module>,
}

impl<'t> Paths<'t> {
    fn of(tree: &'t Tree<'t>, module: &Module) -> Self {
        Self { tree, module: module.clone(), found: BTreeSet::new(), names: BTreeMap::new() }
    }

    /// Whether a file of this module's folder has that name.
    fn is_child(&self, name: &str) -> bool {
        self.tree.files.contains_key(&[&self.module[..], &[name.to_string()]].concat())
    }

    /// The path from the crate's root, of one that begins with `crate`, `self`, `super` or a file of the module's folder.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut at = self.module.clone();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate") => (at, rest) = (Module::new(), &rest[1..]),
            Some("self") => rest = &rest[1..],
            Some("super") => {}
            // A name alone may be anything's.
            Some(name) if rest.len() > 1 && self.is_child(name) => {}
            _ => return None,
        }
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        at.extend(rest.iter().cloned());
        Some(at)
    }

    fn keep(&mut self, path: &[String]) {
        self.found.extend(self.absolute(path));
    }

    fn keep_name(&mut self, name: &syn::Ident, path: &[String]) {
        // `{self}` names what stands before it.
        let (path, name) = match path {
            [before @ .., last] if last == "self" && !before.is_empty() => (before, before[before.len() - 1].clone()),
            _ => (path, name.to_string()),
        };
        if let Some(path) = self.absolute(path) {
            self.found.insert(path.clone());
            self.names.insert(name, path);
        }
    }

    fn keep_use(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.keep_use(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.keep_name(&name.ident, &with(&name.ident)),
            syn::UseTree::Rename(name) => self.keep_name(&name.rename, &with(&name.ident)),
            syn::UseTree::Glob(_) => self.keep(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.keep_use(before, item)),
        }
    }

    /// A path that stands anywhere but in `use`: `super` alone says who may see an item.
    fn keep_path(&mut self, path: &[String]) {
        if path.len() > 1 {
            self.keep(path);
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
                        self.keep_path(&std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.keep_path(&std::mem::take(&mut path));
                    self.keep_tokens(group.stream());
                }
                _ => self.keep_path(&std::mem::take(&mut path)),
            }
        }
        self.keep_path(&path);
    }
}

/// Whether an item is there in tests alone.
fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !only_in_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    /// A macro that is given files of the folder makes something of them.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            for token in item.mac.tokens.clone() {
                if let TokenTree::Ident(name) = token
                    && self.is_child(&name.to_string())
                {
                    self.keep(&["self".to_string(), name.to_string()]);
                }
            }
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !only_in_tests(&item.attrs) {
            self.keep_use(&[], &item.tree);
        }
    }

    /// Who may see an item is nobody's import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.keep_path(&path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.keep_tokens(item.tokens.clone());
    }
}

/// Every pair of files of which the first imports the second.
fn imports(sources: &[Source]) -> BTreeSet<(String, String)> {
    let read =
        |source: &'_ Source| syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
    let rust = sources.iter().filter(|s| s.path.ends_with(".rs") && !is_test(&s.path));
    let files: Vec<_> = rust.filter_map(|s| Some((s, module_of(&s.path)?, read(s)))).collect();
    let tree = Tree::of(&files);
    let mut found = BTreeSet::new();
    for (source, module, file) in &files {
        let mut paths = Paths::of(&tree, module);
        paths.visit_file(file);
        let others = paths.found.iter().filter_map(|path| tree.holder(path)).filter(|other| *other != source.path);
        found.extend(others.map(|other| (source.path.clone(), other.to_string())));
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
