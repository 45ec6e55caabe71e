//! Which files import which, and the circles among them. A parent that declares its children and passes their names on
//! imports none of them; tests may look anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Source, code, identifier, words};

/// Rooms that are free of circles.
const ROOMS: [&str; 9] = ["chart", "config", "engine", "gpu", "kernels", "model", "protocol", "tokenizer", "worker"];

/// A path of a module or of something in it, from the crate's root.
type Path = Vec<String>;

/// Where the module of a file stands.
fn module_of(path: &str) -> Option<Path> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?.trim_end_matches("/mod");
    let test = inner.ends_with("_tests") || inner.split('/').any(|part| part == "tests");
    let module: Path = inner.split('/').map(String::from).collect();
    (!test && ROOMS.contains(&module[0].as_str())).then_some(module)
}

/// The paths that a tree of `use` names.
fn expand(tree: &str) -> Vec<Path> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default();
        return vec![name.split("::").map(|part| part.trim().to_string()).collect()];
    };
    let (mut depth, mut entry, mut found) = (0, String::new(), Vec::new());
    for c in group.trim_end().trim_end_matches('}').chars().chain([',']) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend((!entry.trim().is_empty()).then(|| expand(&entry)).into_iter().flatten());
                entry.clear();
                continue;
            }
            _ => {}
        }
        entry.push(c);
    }
    let before: Path = before.split("::").map(|p| p.trim().to_string()).filter(|p| !p.is_empty()).collect();
    found.into_iter().map(|after| [before.clone(), after].concat()).collect()
}

/// Paths that a file names, whether it passes them on, and whether by `use`.
fn paths(text: &str) -> Vec<(Path, bool)> {
    let code = code(text);
    // Tests stand last.
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut statements = code.split_inclusive(';');
    for statement in &mut statements {
        match words(statement, "use").find(|&at| !statement[at..].contains(['(', '='])) {
            Some(at) => {
                let passed_on = statement[..at].trim_end().ends_with("pub");
                let tree = statement[at + 3..].trim_end_matches(';');
                found.extend(expand(tree).into_iter().map(|path| (path, passed_on)));
                rest.push_str(&statement[..at]);
            }
            None => rest.push_str(statement),
        }
    }
    let inline = rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let inline = inline.filter(|word| word.contains("::") && !word.starts_with(':'));
    found.extend(inline.map(|word| (word.split("::").map(String::from).collect(), false)));
    found
}

/// A path from the crate's root, where it begins within the crate.
fn absolute(module: &Path, path: &Path, modules: &BTreeMap<Path, &str>) -> Option<Path> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let base = match path[0].as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "self" => return Some([module.clone(), path[1..].to_vec()].concat()),
        "super" => &module[..module.len().checked_sub(up)?],
        child => {
            let child = [module.clone(), vec![identifier(child).to_string()]].concat();
            modules.contains_key(&child).then_some(module)?
        }
    };
    Some([base.to_vec(), path[up..].to_vec()].concat())
}

/// The circles, each as its files in order, from the first by name on.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let modules: BTreeMap<Path, &str> =
        sources.iter().filter_map(|s| Some((module_of(&s.path)?, s.path.as_str()))).collect();
    let (mut passed_on, mut named) = (BTreeMap::new(), Vec::new());
    for source in sources {
        let Some(module) = module_of(&source.path) else { continue };
        for (path, on) in paths(&source.text) {
            let Some(path) = absolute(&module, &path, &modules) else { continue };
            match path.last() {
                Some(name) if on => {
                    passed_on.insert([module.clone(), vec![name.clone()]].concat(), path);
                }
                _ => named.push((module.clone(), path)),
            }
        }
    }
    // The module that a path leads to, through what others pass on.
    let leads_to = |path: &Path| -> Option<Path> {
        let mut path = path.clone();
        for _ in 0..9 {
            let end = (1..=path.len()).rev().find(|&n| modules.contains_key(&path[..n]))?;
            match path.get(..end + 1).and_then(|start| passed_on.get(start)) {
                Some(onward) => path = [onward.clone(), path[end + 1..].to_vec()].concat(),
                None => return Some(path[..end].to_vec()),
            }
        }
        None
    };
    let mut imports: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for (module, path) in named {
        if let Some(to) = leads_to(&path).filter(|to| *to != module) {
            imports.entry(module).or_default().insert(to);
        }
    }
    let mut found = BTreeSet::new();
    for module in modules.keys() {
        found.extend(back_to(module, &imports).map(|circle| {
            let first = circle.iter().enumerate().min_by_key(|(_, m)| *m).map_or(0, |(i, _)| i);
            let files: Vec<&str> = (0..=circle.len()).map(|i| modules[&circle[(first + i) % circle.len()]]).collect();
            files.join(" → ")
        }));
    }
    found.into_iter().collect()
}

/// The shortest way from a module back to itself.
fn back_to(module: &Path, imports: &BTreeMap<Path, BTreeSet<Path>>) -> Option<Vec<Path>> {
    let (mut ways, mut seen) = (vec![vec![module.clone()]], BTreeSet::new());
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| imports.get(last)).into_iter().flatten() {
                if next == module {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([way.clone(), vec![next.clone()]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}
