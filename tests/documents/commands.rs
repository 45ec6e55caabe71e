//! Commands that documents name, and the Makefile.

use crate::assert_none;
use crate::markdown::{documents, read};

/// Words after `make` in code.
fn commands(text: &str) -> Vec<String> {
    let code = |line: &str| {
        if line.starts_with("    ") {
            vec![line.trim().to_string()]
        } else {
            line.split('`').skip(1).step_by(2).map(Into::into).collect()
        }
    };
    let spans = text.lines().flat_map(code);
    spans.filter_map(|s| Some(s.strip_prefix("make ")?.split([' ', ':']).next()?.to_string())).collect()
}

/// Targets of the Makefile, and whether its own list explains them.
fn targets(makefile: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    for line in makefile.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        // A variable of a target is no target.
        if fits && !rest.starts_with('=') && !rest.trim_start().starts_with("export ") {
            found.push((name.into(), rest.contains("## ")));
        }
    }
    found
}

/// Commands that the Makefile lacks, and targets that the document for contributors does not explain.
fn wrong_commands(documents: &[(String, String)], makefile: &str) -> Vec<String> {
    let known = targets(makefile);
    let named = documents.iter().flat_map(|(path, text)| commands(text).into_iter().map(move |c| (path, c)));
    let unknown = named.filter(|(_, c)| c != "help" && known.iter().all(|(t, _)| t != c));
    let unknown = unknown.map(|(path, c)| format!("{path} names `make {c}`"));
    let explained = documents.iter().find(|(path, _)| path == ".github/CONTRIBUTING.md").map(|(_, t)| commands(t));
    let explained = explained.unwrap_or_default();
    let unexplained = known.iter().filter(|(t, listed)| *listed && t != "help" && !explained.contains(t));
    unknown.chain(unexplained.map(|(t, _)| format!("CONTRIBUTING.md does not explain `make {t}`"))).collect()
}

#[test]
fn commands_are_those_of_the_makefile() {
    assert_none("commands", wrong_commands(&documents(), &read("Makefile")));
}

#[test]
fn unknown_and_unexplained_commands_are_seen() {
    let makefile = "serve: ## Serves\n\t@serve\nlint:\n\t@lint ## no\ndist: export X := 1\ndist: ## Builds\n";
    let found = targets(makefile);
    assert_eq!(found, [("serve", true), ("lint", false), ("dist", true)].map(|(t, listed)| (t.to_string(), listed)));
    let contributing = |text: &str| [(".github/CONTRIBUTING.md".to_string(), text.to_string())];
    assert!(
        wrong_commands(&contributing("| `make serve` |\n    make dist BASE_URL=x\n`make lint`"), makefile).is_empty()
    );
    assert_eq!(wrong_commands(&contributing("make dist, `make serve`"), makefile).len(), 1);
    assert_eq!(wrong_commands(&contributing("`make dist` `make serve` `make tea`"), makefile).len(), 1);
}
