//! How a reader's own training goes: the plan of a message as a setting. The page's trainer and `train rehearse` both
//! follow it.

use super::optimiser::Recipe;
use super::training::Setting;
use crate::config::ModelConfig;
use crate::protocol::train::Plan;

/// Tokens per step, and of a model as wide as the page's own.
const TOKENS_PER_STEP: usize = 1_024;
const TOKENS_PER_WIDE_STEP: usize = 2_048;
/// Width from which a model counts as wide.
const WIDE: usize = 128;

/// Share of the text that is trained on, where it is the reader's own: the rest is for questions.
pub const TRAINED_SHARE: f64 = 0.9;

/// What a plan trains: its shape, where it does not come from a model, and its recipe.
pub fn setting(plan: &Plan, shape: Option<&ModelConfig>, n_vocab: usize) -> Setting {
    let drawn = ModelConfig::of_size(plan.size, &plan.method, plan.train_length, n_vocab);
    let config = match shape {
        None => drawn,
        Some(shape) => ModelConfig { method: plan.method.clone(), train_length: plan.train_length, ..shape.clone() },
    };
    let wide = config.d_model >= WIDE;
    let tokens_per_step = if wide { TOKENS_PER_WIDE_STEP } else { TOKENS_PER_STEP }.max(plan.train_length);
    let steps = (plan.n_tokens as usize).div_ceil(tokens_per_step).max(1);
    let peak_rate = match (shape, wide) {
        // A model that has learned is not to be shaken.
        (Some(_), _) => 1e-3,
        (None, true) => 3e-3,
        (None, false) => 6e-3,
    };
    let warm_up = (steps / 10).clamp(1, 200);
    let recipe = Recipe { tokens_per_step, peak_rate, warm_up, ..Recipe::published(steps) };
    Setting { config, seed: plan.seed.into(), recipe }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelSize;
    use crate::protocol::train::{StartFrom, TrainText};

    fn plan(size: ModelSize, train_length: usize) -> Plan {
        Plan {
            method: "alibi".into(),
            train_length,
            size,
            seed: 3,
            n_tokens: 600_000,
            text: TrainText::Addresses,
            from: StartFrom::Nothing,
            state_every: 0.0,
        }
    }

    #[test]
    fn every_size_and_length_is_a_model_of_whole_windows() {
        for (size, n) in [(ModelSize::Tiny, 165_632), (ModelSize::Small, 434_016), (ModelSize::Default, 924_416)] {
            for length in [32, 64, 128, 256] {
                let Setting { config, recipe, seed } = setting(&plan(size, length), None, 1_024);
                assert!(config.is_sound() && recipe.tokens_per_step.is_multiple_of(length) && seed == 3);
                let shapes = crate::model::Weights::shapes(&config);
                assert_eq!(shapes.iter().map(|(_, s)| s.iter().product::<usize>()).sum::<usize>(), n, "{size:?}");
                assert!(recipe.steps * recipe.tokens_per_step >= 600_000);
            }
        }
    }

    #[test]
    fn a_trained_models_shape_comes_before_the_size_asked_for() {
        let shape = ModelConfig::default_preset("rotary", 512);
        let Setting { config, recipe, .. } = setting(&plan(ModelSize::Tiny, 64), Some(&shape), 1_024);
        assert_eq!(config, ModelConfig::default_preset("alibi", 64));
        assert_eq!((recipe.tokens_per_step, recipe.peak_rate), (2_048, 1e-3));
    }
}
