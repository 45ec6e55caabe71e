//! T5 bias: a learned scalar per head and bucket of distances, added to the score (Raffel et al. 2020, §2.1).

use super::method::{BiasForm, Learned, PositionMethod, Shape};

/// Buckets in all (causal: every one looks back).
const N_BUCKET: usize = 32;
/// Distances from here up share the last bucket.
const MAX_DISTANCE: usize = 128;

/// T5's relative bias, causal, one table for all layers. It starts at 0, and weight decay pulls it back there: to no
/// bias. So the published models were trained.
pub struct T5Bias;

/// The bucket of a distance: 0–15 exact, then logarithmic, everything from about 128 up in the last.
pub fn bucket(distance: usize) -> usize {
    let exact = N_BUCKET / 2;
    if distance < exact {
        return distance;
    }
    let steps = (distance as f64 / exact as f64).ln() / (MAX_DISTANCE as f64 / exact as f64).ln();
    (exact + (steps * (N_BUCKET - exact) as f64) as usize).min(N_BUCKET - 1)
}

impl PositionMethod for T5Bias {
    fn id(&self) -> &'static str {
        "t5"
    }

    fn name(&self) -> &'static str {
        "T5 bias"
    }

    fn bias_form(&self) -> BiasForm {
        BiasForm::Table
    }

    fn learned(&self) -> Option<Learned> {
        Some(Learned { name: "t5_bias.weight", n_row: N_BUCKET, initial: |_, _, _| 0.0, decays: true })
    }

    fn bias(&self, head: usize, distance: usize, shape: Shape, learned: &[f32]) -> f32 {
        learned.get(bucket(distance) * shape.n_head + head).copied().unwrap_or(0.0)
    }

    fn bias_backward(&self, head: usize, distance: usize, shape: Shape, _learned: &[f32], grad: f32, out: &mut [f32]) {
        out[bucket(distance) * shape.n_head + head] += grad;
    }
}
