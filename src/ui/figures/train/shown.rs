//! What is on show: the reader's own training, or a recorded one.

use super::data::{MANY, Model, lengths};
use super::start::shipped;
use crate::config::{BLOCK, Course, Curve, Healed, Recorded, Trained};
use crate::protocol::BlockSum;
use crate::protocol::train::{StartFrom, TrainText};
use crate::ui::figure::curves::parts;
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::summarise;

/// A course for each model, steps in all, tokens of each, training length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) courses: Vec<Course>,
    pub(super) steps: usize,
    pub(super) tokens_per_step: usize,
    pub(super) train_length: usize,
    /// Id of the model of this page that they started from.
    pub(super) from: Option<String>,
    /// Its own curve.
    pub(super) before: Option<Course>,
    /// Targets of the last curve, where they are of the reader's own text.
    pub(super) n_own: Option<u32>,
}

/// The curve of a model of this page, over as many targets as those at the end of a training.
fn before(recorded: &Recorded, model: &str) -> Option<Course> {
    let (method, trained, _) = parts(model);
    let all = lengths(trained?);
    let of = |p: &crate::config::RecordedPoint| {
        let blocks = p.block_nll.iter().zip(&p.block_targets).take(MANY / BLOCK);
        let blocks: Vec<BlockSum> = blocks.map(|(&nll, &n_targets)| BlockSum { nll, n_targets }).collect();
        Some((p.length, summarise(&blocks, 0)?.perplexity))
    };
    let points =
        recorded.points.iter().filter(|p| p.model == model && all.contains(&p.length)).filter_map(of).collect();
    Some(Course { method: method.into(), losses: Vec::new(), curves: vec![Curve { tokens: 0, points }] })
}

impl Shown {
    /// A training from drawn values.
    pub(super) fn recorded(trained: &Trained) -> Self {
        Self {
            courses: trained.courses.clone(),
            steps: trained.courses.iter().map(|c| c.losses.len()).max().unwrap_or_default(),
            tokens_per_step: trained.tokens_per_step,
            train_length: trained.train_length,
            ..Self::default()
        }
    }

    /// What was recorded of these methods in the place of a model's own.
    pub(super) fn healed(healed: &Healed, recorded: Option<&Recorded>, from: &str, methods: &[&str]) -> Self {
        let case = |method: &&str| healed.cases.iter().find(|c| c.from == from && c.course.method == *method);
        let courses: Vec<Course> = methods.iter().filter_map(case).map(|c| c.course.clone()).collect();
        Self {
            steps: courses.iter().map(|c| c.losses.len()).max().unwrap_or_default(),
            courses,
            tokens_per_step: healed.tokens_per_step,
            train_length: healed.train_length,
            before: recorded.and_then(|r| before(r, from)),
            from: shipped(from).map(String::from),
            n_own: None,
        }
    }

    /// The reader's own.
    pub(super) fn own(models: &[Model], recorded: Option<&Recorded>) -> Self {
        let most = |of: fn(&Model) -> usize| models.iter().map(of).max().unwrap_or_default();
        let plan = models.first().map(|m| &m.plan);
        let own = plan.is_some_and(|p| p.text != TrainText::Addresses);
        let from = plan.and_then(|p| match &p.from {
            StartFrom::Shipped { model } => Some(model.clone()),
            _ => None,
        });
        Self {
            courses: models.iter().map(|m| m.course.clone()).collect(),
            steps: most(|m| m.steps),
            tokens_per_step: most(|m| m.tokens_per_step),
            train_length: most(|m| m.plan.train_length),
            // What was measured on another text is no measure.
            before: recorded.zip(from.as_deref().filter(|_| !own)).and_then(|(r, from)| before(r, from)),
            from,
            n_own: own.then(|| models.iter().map(|m| m.n_targets).max().unwrap_or_default()),
        }
    }
}

/// Whether a file of the site is here; why not, if it cannot be had.
pub(super) fn here<T>(file: &Loaded<T>) -> Result<bool, String> {
    match file {
        Loaded::Failed(reason) => Err(reason.clone()),
        other => Ok(other.ready().is_some()),
    }
}
