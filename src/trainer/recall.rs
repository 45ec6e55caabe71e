//! Values looked up: models of that task, the site's and the one at hand.

use super::desk::{Desk, not_trainable};
use super::inbox::InAnswer;
use crate::browser::files::Abort;
use crate::browser::turns::milliseconds;
use crate::config::MAX_LENGTH;
use crate::engine::cpu::CpuBackend;
use crate::engine::error::{EngineError, EvaluateError};
use crate::protocol::train::{Plan, StartFrom, Told};
use crate::protocol::{Failure, Reason, ResponseBody, Scored};
use crate::train::recall::{N_VOCAB, NEAREST, SHORTEST, ask, recipe, shape};
use crate::train::training::{Setting, TrainError, Training};

impl Desk {
    /// A model that learns the task: as the site's own where it starts from nothing.
    pub(super) async fn recall_training(&mut self, plan: &Plan, bytes: &[u8]) -> Result<Training, Abort> {
        let mut config = shape(&plan.method);
        config.train_length = plan.train_length;
        let mut recipe = recipe(1);
        let tokens_per_step = recipe.tokens_per_step;
        recipe.steps = (plan.n_tokens as usize).div_ceil(tokens_per_step).max(1);
        let training = match &plan.from {
            StartFrom::Nothing => {
                Training::new(Setting { config, seed: plan.seed.into(), recipe }).map_err(|e| not_trainable(&e))?
            }
            _ => self.training(plan, bytes, N_VOCAB).await?,
        };
        let config = &training.setting().config;
        match config.n_vocab < N_VOCAB || config.train_length < SHORTEST {
            true => Err(not_trainable(&TrainError::Setting { tokens_per_step, length: config.train_length }).into()),
            false => Ok(training),
        }
    }

    /// Answers how often a value that stands that far back is found.
    pub(super) async fn recall(&mut self, id: u32, model: Option<&str>, distance: usize, n: usize) {
        let step = self.model.as_ref().map_or(0, |model| model.training.step_count());
        let body = match self.recalled(model, distance, n, step).await {
            Ok(scored) => ResponseBody::Scored(scored),
            Err(Abort::Failed(failure)) => ResponseBody::Failed(failure),
            Err(Abort::Again | Abort::Cancelled) => ResponseBody::Cancelled,
        };
        self.inbox.tell(Told::Answer { id, step, body });
    }

    async fn recalled(&mut self, model: Option<&str>, distance: usize, n: usize, step: usize) -> Result<Scored, Abort> {
        if !(NEAREST..MAX_LENGTH).contains(&distance) {
            return Err(
                Failure::Invalid { reason: Reason::Length { length: distance, most: MAX_LENGTH }.into() }.into()
            );
        }
        let engine = |e: EngineError| Failure::Engine { reason: e.reason().into() };
        let (mut backend, train_length, n_vocab) = match (model, &self.model) {
            (Some(id), _) => {
                let weights = self.files.weights(id).await?;
                let of = &weights.config;
                (CpuBackend::new(&weights).map_err(engine)?, of.train_length, of.n_vocab)
            }
            (None, Some(at_hand)) => {
                let of = &at_hand.training.setting().config;
                (CpuBackend::new(&at_hand.training.weights()).map_err(engine)?, of.train_length, of.n_vocab)
            }
            (None, None) => {
                let reason = Reason::NotTrainable { detail: "no model is at hand".into() };
                return Err(Failure::Invalid { reason: reason.into() }.into());
            }
        };
        if n_vocab < N_VOCAB || train_length < SHORTEST {
            return Err(not_trainable(&TrainError::Setting { tokens_per_step: 0, length: train_length }).into());
        }
        let started = milliseconds();
        let mut quiet = |_: f64| ();
        let mut places = InAnswer { inbox: &self.inbox, turns: &mut self.turns, step, progress: &mut quiet };
        let counts = ask(&mut backend, train_length, distance, n, &mut places).await.map_err(EvaluateError::from)?;
        let mut scored = Scored { seconds: (milliseconds() - started) / 1_000.0, ..Scored::default() };
        scored.set_values(&[counts.right as f32, counts.asked as f32]);
        Ok(scored)
    }
}
