//! AdamW (Loshchilov & Hutter 2019) with its moments in the open, so that a checkpoint can hold them; warm-up and
//! cosine schedule; clipping by global norm.

use serde::{Deserialize, Serialize};

/// How a model is trained; the same for every position method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Optimiser steps.
    pub steps: usize,
    /// Tokens per step; a whole number of windows.
    pub tokens_per_step: usize,
    /// Learning rate after warm-up.
    pub peak_rate: f64,
    /// Steps of linear warm-up.
    pub warm_up: usize,
    /// Learning rate at the end, as a share of the peak.
    pub final_share: f64,
    /// Decoupled weight decay on matrices, and on what a position method learns where it says so.
    pub weight_decay: f64,
    /// Decay of the first and second moment.
    pub betas: (f64, f64),
    /// Largest global norm of the gradient.
    pub clip: f64,
}

impl Recipe {
    /// The recipe of every published model.
    pub fn published(steps: usize) -> Self {
        Self {
            steps,
            tokens_per_step: 2048,
            peak_rate: 3e-3,
            warm_up: 200,
            final_share: 0.05,
            weight_decay: 0.05,
            betas: (0.9, 0.98),
            clip: 1.0,
        }
    }

    /// Learning rate of step `step` (from 0).
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.peak_rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let progress = (step - self.warm_up) as f64 / (self.steps.saturating_sub(self.warm_up)).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos());
        self.peak_rate * (self.final_share + (1.0 - self.final_share) * cosine)
    }

    /// The recipe in words.
    pub fn describe(&self) -> String {
        format!(
            "AdamW (β {}, {}; weight decay {} on matrices), {} tokens a step, warm-up {} steps to {}, cosine to {} of it, clipped at {}",
            self.betas.0,
            self.betas.1,
            self.weight_decay,
            self.tokens_per_step,
            self.warm_up,
            self.peak_rate,
            self.final_share,
            self.clip
        )
    }
}

/// One parameter array with its moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name in the checkpoint.
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Values.
    pub values: Vec<f32>,
    /// Whether weight decay pulls the values to 0.
    pub decays: bool,
    /// Running mean of gradients.
    pub first_moment: Vec<f32>,
    /// Running mean of squared gradients.
    pub second_moment: Vec<f32>,
}

impl Parameter {
    /// A parameter that has not been updated yet.
    pub fn new(name: String, shape: Vec<usize>, values: Vec<f32>, decays: bool) -> Self {
        let zeros = vec![0.0; values.len()];
        Self { name, shape, values, decays, first_moment: zeros.clone(), second_moment: zeros }
    }

    /// One update; `step` counts from 0, `scale` multiplies the gradient (clipping).
    pub fn update(&mut self, grad: &[f32], recipe: &Recipe, step: usize, scale: f32) {
        let (b1, b2) = (recipe.betas.0 as f32, recipe.betas.1 as f32);
        let rate = recipe.rate(step);
        let n = step as i32 + 1;
        let correct1 = (1.0 / (1.0 - recipe.betas.0.powi(n))) as f32;
        let correct2 = (1.0 / (1.0 - recipe.betas.1.powi(n))) as f32;
        let keep = if self.decays { (1.0 - rate * recipe.weight_decay) as f32 } else { 1.0 };
        let rate = rate as f32;
        let moments = self.first_moment.iter_mut().zip(&mut self.second_moment);
        for ((value, (m, v)), &g) in self.values.iter_mut().zip(moments).zip(grad) {
            let g = g * scale;
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * g * g;
            *value = *value * keep - rate * (*m * correct1) / ((*v * correct2).sqrt() + 1e-8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_linearly_and_falls_along_a_cosine() {
        let r = Recipe { warm_up: 10, steps: 110, peak_rate: 1.0, final_share: 0.1, ..Recipe::published(110) };
        assert!((r.rate(0) - 0.1).abs() < 1e-12);
        assert!((r.rate(9) - 1.0).abs() < 1e-12);
        assert!((r.rate(60) - 0.55).abs() < 1e-12);
        assert!((r.rate(110) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn the_first_update_moves_by_the_rate_against_the_sign() {
        // With bias correction the first step of Adam is rate·g/|g|, whatever the gradient's size.
        let r = Recipe { warm_up: 1, peak_rate: 0.1, weight_decay: 0.0, ..Recipe::published(100) };
        let mut p = Parameter::new("x".into(), vec![2], vec![1.0, 1.0], true);
        p.update(&[3.0, -0.002], &r, 0, 1.0);
        assert!((p.values[0] - 0.9).abs() < 1e-5 && (p.values[1] - 1.1).abs() < 1e-5, "{:?}", p.values);
    }

    #[test]
    fn what_decays_shrinks_by_the_rate_and_the_rest_stays() {
        let r = Recipe { warm_up: 1, peak_rate: 0.1, weight_decay: 0.5, ..Recipe::published(100) };
        for (decays, expected) in [(false, 1.0), (true, 0.95)] {
            let mut p = Parameter::new("x".into(), vec![2, 1], vec![1.0, 1.0], decays);
            p.update(&[0.0, 0.0], &r, 0, 1.0);
            assert!((p.values[0] - expected).abs() < 1e-6, "{:?}", p.values);
        }
    }
}
