//! Holds an engine against the recorded reference of a model.

use std::sync::Arc;

use super::backend::Backend;
use super::checkpoint::{Checkpoint, Part};
use super::error::EngineError;
use crate::config::{Change, ReferenceModel};
use crate::model::Segments;
use crate::protocol::task::Verified;

/// Largest differences of losses and of activations. A difference that is no number is the largest.
///
/// # Errors
/// If cancelled, if the engine breaks down, or the text is another one and too short.
pub async fn verify(
    backend: &mut Backend,
    tokens: &[u32],
    reference: &ReferenceModel,
    checkpoint: &mut Part<'_, impl Checkpoint>,
) -> Result<Verified, EngineError> {
    let (mut loss, mut activation, mut n) = (0.0, f64::NAN, 0);
    let share = 1.0 / reference.windows.len().max(1) as f64;
    for (i, window) in reference.windows.iter().enumerate() {
        let length = window.losses.len();
        if length == 0 {
            continue;
        }
        let end = window.start.saturating_add(length);
        let Some(stretch) = tokens.get(window.start..=end) else {
            let needed = end.saturating_add(1);
            return Err(EngineError::ReferenceBeyondText { n_token: tokens.len(), needed });
        };
        let segments = Segments { tokens: Arc::new(stretch[..length].to_vec()), n_segment: 1, length };
        let mut part = Part {
            whole: &mut *checkpoint.whole,
            base: checkpoint.base + checkpoint.size * share * i as f64,
            size: checkpoint.size * share,
        };
        backend.set_change(Change::None, length);
        let losses = backend.losses(&segments, &stretch[1..], &mut part).await?;
        loss = largest(loss, &losses, &window.losses);
        n += length;
        if let (Backend::Cpu(cpu), false) = (&mut *backend, window.activations.is_empty()) {
            let tables = cpu.take_tables(length);
            let hidden = cpu.hidden(&segments, &tables, &mut part).await?;
            let last = hidden.get(length - 1)?.to_vec1::<f32>()?;
            activation = largest(if activation.is_nan() { 0.0 } else { activation }, &last, &window.activations);
        }
    }
    Ok(Verified { loss: loss as f32, activation: activation as f32, n_losses: n })
}

fn largest(so_far: f64, got: &[f32], want: &[f64]) -> f64 {
    let differences = got.iter().zip(want).map(|(&a, b)| (f64::from(a) - b).abs());
    differences.fold(so_far, |a, b| if b > a || b.is_nan() { b } else { a })
}
