//! What quoted measurements are computed from: the results recorded in assets/models, and the paper's tables.

use alibi::config::{Change, Manifest, RUN_IN, Recorded};
use alibi::protocol::{Job, Precomputed, Protocol, Stretch, Task};

use crate::markdown::read;

/// What the ids of a method's further trainings end with.
const SEEDS: [&str; 3] = ["", "-s2", "-s3"];

/// What the numbers are computed from.
pub struct Results {
    pub manifest: Manifest,
    pub recorded: Recorded,
    precomputed: Vec<Precomputed>,
}

impl Results {
    pub fn load() -> Self {
        Self {
            manifest: serde_json::from_str(&read("assets/models/manifest.json")).expect("a manifest"),
            recorded: serde_json::from_str(&read("assets/models/recorded.json")).expect("recorded results"),
            precomputed: serde_json::from_str(&read("assets/models/precomputed.json")).expect("kept answers"),
        }
    }

    /// Perplexity over all recorded targets.
    pub fn recorded(&self, model: &str, length: usize) -> Option<f64> {
        let point = self.recorded.points.iter().find(|p| p.model == model && p.length == length)?;
        let targets: u32 = point.block_targets.iter().sum();
        Some((point.block_nll.iter().sum::<f64>() / f64::from(targets)).exp())
    }

    /// Lowest and highest of three seeds.
    pub fn over_seeds(&self, method: &str, length: usize) -> Option<(f64, f64)> {
        let all: Option<Vec<f64>> =
            SEEDS.iter().map(|seed| self.recorded(&format!("{method}-256{seed}"), length)).collect();
        let all = all?;
        Some((all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(0.0, f64::max)))
    }

    /// Perplexity of a kept answer.
    pub fn precomputed(
        &self,
        model: &str,
        length: usize,
        n_targets: usize,
        protocol: Protocol,
        change: Change,
    ) -> Option<f64> {
        let task = Task::Score(Stretch { protocol, length, first: RUN_IN, n_targets });
        let asked = Job { model: model.into(), stream: "held-out".into(), change, task, ..Default::default() };
        let key = asked.key();
        let blocks = &self.precomputed.iter().find(|k| k.key == key)?.scored.blocks;
        let targets: u32 = blocks.iter().map(|b| b.n_targets).sum();
        Some((blocks.iter().map(|b| b.nll).sum::<f64>() / f64::from(targets)).exp())
    }

    /// Validation losses of a training log with the tokens seen by then, in order.
    pub fn validation(&self, model: &str) -> Vec<(u64, f64)> {
        let log = read(&format!("assets/models/{model}.csv"));
        let column = |name: &str| log.lines().next().and_then(|head| head.split(',').position(|c| c == name));
        let (tokens, loss) = (column("tokens").expect("tokens"), column("validation_loss").expect("losses"));
        let rows = log.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter_map(|row| Some((row[tokens].parse().ok()?, row[loss].parse().ok()?))).collect()
    }
}

/// A cell of the paper's tables as printed.
pub fn paper(table: usize, row: &str, column: &str) -> String {
    let csv = read(&format!("assets/paper/table-{table}.csv"));
    let mut lines = csv.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(',').collect::<Vec<_>>());
    let at = lines.next().and_then(|head| head.iter().position(|c| *c == column)).expect(column);
    lines.find(|cells| cells[0] == row).expect(row)[at].to_string()
}
