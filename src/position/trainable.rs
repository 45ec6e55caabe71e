//! ALiBi with slopes that are trained, which the paper tried and dropped (§3: weak extrapolation, training 3 % slower).

use super::alibi::slope;
use super::method::{BiasForm, Learned, PositionMethod, Shape};

/// ALiBi whose slopes start as they are and are learned from there, the same in every layer: head h has
/// slope m_h · e^θ_h with θ_h = 0 at first, so that a slope changes by ratio and never its sign. Weight decay pulls θ
/// to 0, and so each slope back to ALiBi's: so the published model was trained.
pub struct TrainableSlopes;

/// The slope of a head, with the parameter that it has learned.
fn trained(head: usize, shape: Shape, learned: &[f32]) -> f64 {
    let (start, _) = slope(shape.n_head, head);
    start * f64::from(learned.get(head).copied().unwrap_or(0.0)).exp()
}

impl PositionMethod for TrainableSlopes {
    fn id(&self) -> &'static str {
        "trainable"
    }

    fn name(&self) -> &'static str {
        "ALiBi, trained slopes"
    }

    fn compared(&self) -> bool {
        false
    }

    fn bias_form(&self) -> BiasForm {
        BiasForm::Falls
    }

    fn learned(&self) -> Option<Learned> {
        Some(Learned { name: "alibi_slopes.log_ratio", n_row: 1, initial: |_, _, _| 0.0, decays: true })
    }

    fn bias(&self, head: usize, distance: usize, shape: Shape, learned: &[f32]) -> f32 {
        (-trained(head, shape, learned) * distance as f64) as f32
    }

    fn bias_backward(&self, head: usize, distance: usize, shape: Shape, learned: &[f32], grad: f32, out: &mut [f32]) {
        // d/dθ of −m·e^θ·d is the bias itself.
        out[head] += grad * self.bias(head, distance, shape, learned);
    }
}
