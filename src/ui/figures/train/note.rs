//! What is known of a model in training, beside its state, so that it can go on.

use serde::{Deserialize, Serialize};

use super::data::Model;
use crate::config::Course;
use crate::protocol::train::{Plan, StartFrom};

/// What must be known of a model to go on with it, beside its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Models of the training.
    pub(super) n_models: usize,
    /// What is trained.
    pub(super) plan: Plan,
    /// How it went until the state.
    pub(super) course: Course,
    /// Steps done, in all, and tokens of each.
    pub(super) step: usize,
    pub(super) steps: usize,
    pub(super) tokens_per_step: usize,
    /// The figure's settings, by key.
    pub(super) settings: Vec<(String, String)>,
}

impl Note {
    /// Of a model as it is.
    pub(super) fn of(model: &Model, n_models: usize, settings: Vec<(String, String)>) -> Self {
        let Model { plan, course, step, steps, tokens_per_step, .. } = model.clone();
        Self { n_models, plan, course, step, steps, tokens_per_step, settings }
    }

    /// The model before its trainer is there.
    pub(super) fn model(&self) -> Model {
        let Self { course, step, steps, tokens_per_step, .. } = self.clone();
        let mut model = Model::new(self.plan.clone());
        (model.course, model.step, model.steps, model.tokens_per_step) = (course, step, steps, tokens_per_step);
        model
    }
}

/// Whether these are all models of a training that can go on.
pub(super) fn whole(notes: &[(&Note, bool)]) -> bool {
    let can = |(note, state): &(&Note, bool)| {
        *state || matches!(note.plan.from, StartFrom::Nothing | StartFrom::Shipped { .. })
    };
    notes.iter().any(|(note, _)| note.step > 0)
        && notes.iter().all(|(note, _)| note.n_models == notes.len())
        && notes.iter().all(can)
}
