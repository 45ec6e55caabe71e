//! Reads the project's Markdown and holds what it says: quoted measurements to the results recorded beside them, links to
//! the files and headings that they name, commands to the Makefile, figures to the list of figures. Each check is a
//! function from texts to complaints; beside the run over the real files, each is seen to complain.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod commands;
mod figures;
mod links;
mod markdown;
mod measured;
mod results;

/// Fails with every complaint.
fn assert_none(what: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}
