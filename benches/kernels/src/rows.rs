//! Rows of native benchmarks, in the form and the table of those that run in the browser (benches/browser/measure.mjs).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Alternating rounds behind each median.
pub const ROUNDS: usize = 5;

/// One row; medians with their runs.
#[derive(Serialize)]
pub struct Row {
    name: String,
    length: usize,
    ours: f64,
    peer: f64,
    /// Above 1 where ours is better.
    ratio: f64,
    unit: &'static str,
    ours_runs: Vec<f64>,
    peer_runs: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

impl Row {
    /// Rates (…/s) are better when larger, everything else when smaller; `least` is the ratio aimed at.
    pub fn new(name: String, length: usize, unit: &'static str, runs: [Vec<f64>; 2], least: Option<f64>) -> Self {
        let [ours, peer] = runs.each_ref().map(|runs| median(runs));
        let ratio = if unit.ends_with("/s") { ours / peer } else { peer / ours };
        let [ours_runs, peer_runs] = runs.map(|runs| runs.into_iter().map(rounded).collect());
        Self {
            name,
            length,
            ours: rounded(ours),
            peer: rounded(peer),
            ratio: rounded(ratio),
            unit,
            ours_runs,
            peer_runs,
            target: least.map(|least| format!("ratio ≥ {least}")),
            met: least.map(|least| ratio >= least),
        }
    }

    /// The row as a line of the table.
    pub fn line(&self) -> String {
        let Self { name, length, ours, peer, ratio, unit, .. } = self;
        let verdict = match (&self.target, self.met) {
            (Some(target), Some(met)) => format!("{target}: {}", if met { "met" } else { "missed" }),
            _ => String::new(),
        };
        let line = format!("{name:<40}{length:>10}{ours:>10}{peer:>10}{ratio:>10}  {unit:<10}{verdict}");
        line.trim_end().to_string()
    }
}

/// Above the first line of a table.
pub fn heading() -> String {
    format!("{:<40}{:>10}{:>10}{:>10}{:>10}  {:<10}target", "row", "length", "ours", "peer", "ratio", "unit")
}

/// Writes rows where all the benchmark's rows lie; the working folder is the project's.
///
/// # Errors
/// If the file cannot be written.
pub fn write(name: &str, rows: &[Row]) -> Result<()> {
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    let file = folder.join(name);
    fs::write(&file, serde_json::to_string_pretty(rows)? + "\n").with_context(|| format!("{}", file.display()))
}

/// Middle value; of an even number, the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

/// Four significant digits: more would be noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
