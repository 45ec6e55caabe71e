//! The CPU backend: the decoder driven piece by piece, so that a long input never holds all logits or hidden
//! activations, and the thread it runs on stays responsive.

use std::sync::Arc;

use candle_core::{Result as CandleResult, Tensor};

use super::backend::EngineError;
use super::pause::Pause;
use crate::kernels::attention::FarKeys;
use crate::model::{Inference, InferenceTables, Segments, Weights};

/// Rows of the feed-forward network and of the logits computed at a time.
const ROWS: usize = 512;
/// Score cells (queries × keys) computed at a time: some milliseconds of work.
const CELLS: usize = 2 << 20;

/// A model on the CPU.
pub struct CpuBackend {
    model: Inference,
    tables: Option<InferenceTables>,
    /// What becomes of keys out of a head's reach.
    pub far_keys: FarKeys,
}

impl CpuBackend {
    /// # Errors
    /// If the weights are not complete.
    pub fn new(weights: &Weights) -> Result<Self, EngineError> {
        Ok(Self { model: Inference::new(weights)?, tables: None, far_keys: FarKeys::default() })
    }

    /// Loss of every target, nats; see [`super::backend::Backend::losses`].
    ///
    /// # Errors
    /// If cancelled, or a token is not in the vocabulary.
    pub async fn losses(
        &mut self,
        segments: &Segments,
        targets: &[u32],
        pause: &mut impl Pause,
    ) -> Result<Vec<f32>, EngineError> {
        let tables = match self.tables.take() {
            Some(tables) if tables.length == segments.length => tables,
            _ => self.model.tables(segments.length),
        };
        let result = self.forward(segments, targets, &tables, pause).await;
        self.tables = Some(tables);
        result
    }

    async fn forward(
        &self,
        segments: &Segments,
        targets: &[u32],
        tables: &InferenceTables,
        pause: &mut impl Pause,
    ) -> Result<Vec<f32>, EngineError> {
        let model = &self.model;
        let (length, n_layer) = (segments.length, model.n_layer());
        let mut x = model.embed(segments, tables)?;
        // Attention is most of the work of a long input.
        let share = |layer: usize, attended: f64| (layer as f64 + 0.9 * attended) / (n_layer as f64 + 0.2);
        for layer in 0..n_layer {
            let mut parts = Vec::new();
            for (first, part) in chunks(&x, ROWS)? {
                parts.push(model.qkv(layer, &part, tables, first)?);
                pause.pause(share(layer, 0.0)).await?;
            }
            let attending = model.attending(join(parts)?, segments)?;
            let mut attended = vec![0.0; x.elem_count()];
            // One head after another: its keys and values stay in the cache.
            let n_unit = segments.n_segment * model.n_head();
            for unit in 0..n_unit {
                let at = (unit / model.n_head(), unit % model.n_head());
                for first in (0..length).step_by((CELLS / length).max(64)) {
                    let end = (first + (CELLS / length).max(64)).min(length);
                    attending.attend(tables, at, first..end, self.far_keys, &mut attended)?;
                    let done = (end as f64 / length as f64).powi(2);
                    pause.pause(share(layer, (unit as f64 + done) / n_unit as f64)).await?;
                }
            }
            drop(attending);
            let attended = Tensor::from_vec(attended, x.shape(), x.device())?;
            let mut parts = Vec::new();
            for ((_, x), (_, attended)) in chunks(&x, ROWS)?.into_iter().zip(chunks(&attended, ROWS)?) {
                parts.push(model.finish(layer, &x, &attended)?);
                pause.pause(share(layer, 1.0)).await?;
            }
            x = join(parts)?;
        }
        let mut losses = Vec::with_capacity(targets.len());
        for (first, part) in chunks(&x, ROWS)? {
            let targets = Arc::new(targets[first..first + part.dim(0)?].to_vec());
            losses.extend(model.losses_of_rows(&part, &targets)?.to_vec1::<f32>()?);
            pause.pause(share(n_layer, 0.0)).await?;
        }
        Ok(losses)
    }
}

/// Consecutive rows, `n` at a time, each part with the index of its first row.
fn chunks(x: &Tensor, n: usize) -> CandleResult<Vec<(usize, Tensor)>> {
    let rows = x.dim(0)?;
    (0..rows).step_by(n).map(|first| Ok((first, x.narrow(0, first, n.min(rows - first))?))).collect()
}

fn join(mut parts: Vec<Tensor>) -> CandleResult<Tensor> {
    match parts.len() {
        1 => Ok(parts.swap_remove(0)),
        _ => Tensor::cat(&parts, 0),
    }
}
