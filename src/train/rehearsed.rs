//! A training that was rehearsed natively, for the page to show before a reader's own.

use std::path::Path;

use anyhow::Result;

use super::publish::write;
use super::training::Setting;
use crate::config::{Case, Course, Healed, Trained};
use crate::position::METHODS;

/// Decimals that are kept: more than are shown.
const DECIMALS: f64 = 1e4;

fn rounded(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS
}

fn round(course: &mut Course) {
    for loss in &mut course.losses {
        *loss = rounded(f64::from(*loss)) as f32;
    }
    for point in course.curves.iter_mut().flat_map(|c| &mut c.points) {
        point.1 = rounded(point.1);
    }
}

/// Puts the course of a training into `models/trained.json`, in place of that method's before. Those of another training length
/// or step go: they are not to be compared.
///
/// # Errors
/// If the file cannot be written.
pub fn keep(assets: &Path, setting: &Setting, n_targets: usize, mut course: Course) -> Result<()> {
    let path = assets.join("models/trained.json");
    let (train_length, tokens_per_step) = (setting.config.train_length, setting.recipe.tokens_per_step);
    let before: Option<Trained> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let same =
        |t: &Trained| (t.train_length, t.tokens_per_step, t.n_targets) == (train_length, tokens_per_step, n_targets);
    let mut courses = before.filter(same).map(|t| t.courses).unwrap_or_default();
    courses.retain(|c| c.method != course.method);
    round(&mut course);
    courses.push(course);
    courses.sort_by_key(|c| METHODS.iter().position(|m| m.id() == c.method));
    let note = "trained natively as a reader's browser does, by `train rehearse`".into();
    write(&path, &serde_json::to_vec(&Trained { note, train_length, tokens_per_step, n_targets, courses })?)
}

/// The same of a training that started from a model of the page: into `models/healed.json`, in place of that model's and
/// method's before.
///
/// # Errors
/// If the file cannot be written.
pub fn keep_healed(assets: &Path, setting: &Setting, n_targets: usize, from: &str, mut course: Course) -> Result<()> {
    let path = assets.join("models/healed.json");
    let (train_length, tokens_per_step) = (setting.config.train_length, setting.recipe.tokens_per_step);
    let before: Option<Healed> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let same =
        |t: &Healed| (t.train_length, t.tokens_per_step, t.n_targets) == (train_length, tokens_per_step, n_targets);
    let mut cases = before.filter(same).map(|t| t.cases).unwrap_or_default();
    cases.retain(|c| (c.from.as_str(), &c.course.method) != (from, &course.method));
    round(&mut course);
    cases.push(Case { from: from.into(), course });
    let note = "trained natively as a reader's browser does, by `train rehearse --from`".into();
    write(&path, &serde_json::to_vec(&Healed { note, train_length, tokens_per_step, n_targets, cases })?)
}
