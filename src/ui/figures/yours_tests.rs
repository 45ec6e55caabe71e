//! What figures ask of a model of the reader's own, and what they ask in its place where it is not here.

use std::fs;

use super::*;
use crate::config::{Manifest, ModelConfig, ModelEntry, ModelSize, is_yours};
use crate::protocol::{EngineChoice, Job, Task};
use crate::ui::figure::spec::{Figure, FigureContext};
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::Results;
use crate::ui::runs::yours::entry;
use crate::ui::settings::control::Values;

/// Figures that are drawn from their data and run models of the reader's own, each with its setting.
const RUNS: [(&str, &str); 5] = [
    ("attention", "attention-method"),
    ("what-if", "what-if-method"),
    ("generate", "generate-models"),
    ("reach", "reach-method"),
    ("cost", "cost-models"),
];

fn own() -> ModelEntry {
    let config = ModelConfig::of_size(ModelSize::Tiny, "rotary", 32, 1_024);
    entry(config, 0, "", b"weights").unwrap()
}

/// The site's models, and one of the reader's own.
fn manifest(own: Option<ModelEntry>) -> Manifest {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    manifest.models.extend(own);
    manifest
}

fn figure(id: &str) -> &'static Figure {
    let all = DRAWINGS.iter().filter_map(|drawing| match drawing {
        Drawing::Data(figure) => Some(*figure),
        Drawing::Own(_) | Drawing::Apart => None,
    });
    all.into_iter().find(|figure| figure.spec.id == id).unwrap()
}

/// What a figure asks with these settings, and whether it says that nothing is recorded.
fn asked(id: &str, values: &[(&str, &str)], manifest: &Manifest) -> (Vec<Job>, bool) {
    let figure = figure(id);
    let values: Values = values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let context = FigureContext {
        spec: figure.spec,
        values: &values,
        manifest: Some(manifest),
        results: &Results::default(),
        precomputed: &[],
        text: &|_| Loaded::Loading,
        engine: EngineChoice::Auto,
        dark: false,
    };
    let shown = (figure.shown)(&context);
    // Nothing has run: what is drawn of that does not break.
    let _ = (figure.render)(&context);
    ((figure.evaluations)(&context), context.origin(&shown).unrecorded)
}

#[test]
fn every_figure_that_runs_models_runs_the_readers_own() {
    let (own, all) = (own(), manifest(Some(own())));
    for (id, setting) in RUNS {
        let (jobs, unrecorded) = asked(id, &[(setting, &own.id)], &all);
        assert!(!jobs.is_empty() && jobs.iter().all(|job| job.model == own.id) && unrecorded, "{id}");
        let (jobs, unrecorded) = asked(id, &[], &all);
        assert!(!jobs.is_empty() && jobs.iter().all(|job| !is_yours(&job.model)) && !unrecorded, "{id}");
    }
}

#[test]
fn one_that_is_not_here_leaves_the_default() {
    let site = manifest(None);
    for (id, setting) in RUNS {
        let standing = asked(id, &[(setting, &own().id)], &site);
        assert!(standing == asked(id, &[], &site), "{id}");
    }
    // What else was chosen stands.
    let both = format!("{},rotary-256", own().id);
    let (jobs, _) = asked("generate", &[("generate-models", &both)], &site);
    assert_eq!(jobs.iter().map(|job| job.model.as_str()).collect::<Vec<_>>(), ["rotary-256"]);
}

#[test]
fn what_is_asked_follows_its_shape_and_training_length() {
    let (own, all) = (own(), manifest(Some(own())));
    let lengths = |id: &str, setting: &str| -> Vec<usize> {
        let (jobs, _) = asked(id, &[(setting, &own.id)], &all);
        let mut lengths: Vec<usize> = jobs.iter().filter_map(|job| job.task.length()).collect();
        lengths.dedup();
        lengths
    };
    assert_eq!(lengths("what-if", "what-if-method"), [32, 64, 128, 256, 512]);
    assert_eq!(lengths("reach", "reach-method"), [32, 64, 128, 256]);
    // It has two layers.
    let (jobs, _) = asked("attention", &[("attention-method", &own.id), ("attention-layer", "4")], &all);
    assert!(matches!(jobs[0].task, Task::Attend(attend) if attend.layer == 1), "{:?}", jobs[0].task);
    let (jobs, _) = asked("attention", &[("attention-layer", "4")], &all);
    assert!(matches!(jobs[0].task, Task::Attend(attend) if attend.layer == 3), "{:?}", jobs[0].task);
}
