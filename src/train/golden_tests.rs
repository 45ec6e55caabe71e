//! The first losses of a reader's training by the native trainer: what the trainer's WASM is held against
//! (end2end/trainer). `WRITE_GOLDEN=1` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::held_out::HeldOut;
use super::reader::setting;
use super::recall;
use super::training::{Setting, Training};
use crate::config::{ModelSize, RECALL_TOKENS};
use crate::engine::checkpoint::NoPause;
use crate::position::METHODS;
use crate::protocol::train::{Plan, StartFrom, TrainText};

const FILE: &str = "end2end/trainer/golden.json";

#[derive(Serialize, Deserialize)]
struct Golden {
    plan: Plan,
    steps: usize,
    losses: BTreeMap<String, Vec<f64>>,
    /// First losses of the training on keys and values, as the site's own models had them.
    recall: BTreeMap<String, Vec<f64>>,
}

/// Steps of that: those of the first row of the page's table.
const RECALL_STEPS: usize = 42;

fn recall() -> Result<BTreeMap<String, Vec<f64>>> {
    let of = |method: &str| {
        let recipe = recall::recipe(RECALL_TOKENS as usize / 2_048);
        let mut training = Training::new(Setting { config: recall::shape(method), seed: 1, recipe })?;
        let mut step = || Ok(pollster::block_on(training.step(&recall::Recall, &mut NoPause))?.loss);
        Ok((method.to_string(), (0..RECALL_STEPS).map(|_| step()).collect::<Result<_>>()?))
    };
    ["rotary", "alibi"].into_iter().map(of).collect()
}

fn golden() -> Result<Golden> {
    let plan = Plan {
        method: String::new(),
        train_length: 32,
        size: ModelSize::Tiny,
        seed: 1,
        n_tokens: 600_000,
        text: TrainText::Addresses,
        from: StartFrom::Nothing,
        state_every: 0.0,
    };
    let steps = 50;
    let held_out = HeldOut::read(Path::new("assets"))?;
    let data = held_out.training()?;
    let mut losses = BTreeMap::new();
    for method in METHODS.map(|m| m.id()) {
        let plan = Plan { method: method.into(), ..plan.clone() };
        let mut training = Training::new(setting(&plan, None, held_out.n_vocab()))?;
        let mut step = || Ok(pollster::block_on(training.step(&data, &mut NoPause))?.loss);
        losses.insert(method.to_string(), (0..steps).map(|_| step()).collect::<Result<_>>()?);
    }
    Ok(Golden { plan, steps, losses, recall: recall()? })
}

#[test]
fn the_recorded_first_losses_are_the_native_trainers() -> Result<()> {
    let found = golden()?;
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        fs::write(FILE, serde_json::to_string_pretty(&found)?)?;
    }
    let recorded: Golden = serde_json::from_slice(&fs::read(FILE)?)?;
    ensure!(recorded.plan == found.plan && recorded.steps == found.steps, "another plan: write it anew");
    let all = |g: &Golden| g.losses.clone().into_iter().chain(g.recall.clone()).collect::<Vec<_>>();
    ensure!(all(&found).len() == all(&recorded).len(), "other methods: write it anew");
    for ((method, losses), (same, recorded)) in all(&found).iter().zip(&all(&recorded)) {
        ensure!(method == same && losses.len() == recorded.len(), "other methods: write it anew");
        for (step, (a, b)) in losses.iter().zip(recorded).enumerate() {
            // Another processor adds in another order.
            assert!((a / b - 1.0).abs() < 1e-5, "{method}, step {step}: {a}, recorded {b}");
        }
    }
    Ok(())
}
