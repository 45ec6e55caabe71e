//! The CPU backend: the decoder driven piece by piece, so that a long input never holds all logits or hidden
//! activations, and the thread it runs on stays responsive.

use std::sync::Arc;

use candle_core::{Result as CandleResult, Tensor};

use super::checkpoint::Checkpoint;
use super::error::EngineError;
use crate::config::Change;
use crate::kernels::attention::FarKeys;
use crate::model::{Inference, InferenceTables, Segments, Weights};
use crate::position::ChangeAt;

/// Rows of the feed-forward network and of the logits computed at a time.
const ROWS: usize = 512;
/// Score cells (queries × keys) computed at a time: some milliseconds of work.
const CELLS: usize = 2 << 20;

/// A model on the CPU.
pub struct CpuBackend {
    pub(super) model: Inference,
    train_length: usize,
    change: ChangeAt,
    /// Those of the last call.
    tables: Option<InferenceTables>,
    /// What becomes of keys out of a head's reach.
    pub far_keys: FarKeys,
}

impl CpuBackend {
    /// # Errors
    /// If the weights are not complete.
    pub fn new(weights: &Weights) -> Result<Self, EngineError> {
        Ok(Self {
            model: Inference::new(weights)?,
            train_length: weights.config.train_length,
            change: ChangeAt::default(),
            tables: None,
            far_keys: FarKeys::default(),
        })
    }

    /// See [`super::backend::Backend::set_change`].
    pub fn set_change(&mut self, change: Change, length: usize) {
        self.change = ChangeAt { change, length, train_length: self.train_length };
    }

    /// Loss of every target, nats; see [`super::backend::Backend::losses`].
    ///
    /// # Errors
    /// If cancelled, or a token is not in the vocabulary.
    pub async fn losses(
        &mut self,
        segments: &Segments,
        targets: &[u32],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<f32>, EngineError> {
        let tables = self.take_tables(segments.length);
        let result = self.forward(segments, targets, &tables, checkpoint).await;
        self.tables = Some(tables);
        result
    }

    /// The tables at hand, those of the last call if they fit.
    pub(super) fn take_tables(&mut self, length: usize) -> InferenceTables {
        match self.tables.take() {
            Some(tables) if tables.length == length && tables.change == self.change => tables,
            _ => self.model.changed_tables(length, self.change),
        }
    }

    /// Keeps tables for the next call.
    pub(super) fn keep_tables(&mut self, tables: InferenceTables) {
        self.tables = Some(tables);
    }

    /// Output of the last block, `[n_segment · T, C]`.
    pub(super) async fn hidden(
        &self,
        segments: &Segments,
        tables: &InferenceTables,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Tensor, EngineError> {
        let mut x = self.model.embed(segments, tables)?;
        for layer in 0..self.model.n_layer() {
            let qkv = self.qkv(layer, &x, tables, checkpoint).await?;
            x = self.after_qkv(layer, x, qkv, segments, tables, checkpoint).await?;
        }
        Ok(x)
    }

    /// Queries, keys and values of one layer, `[n_segment · T, 3C]`.
    pub(super) async fn qkv(
        &self,
        layer: usize,
        x: &Tensor,
        tables: &InferenceTables,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Tensor, EngineError> {
        let mut parts = Vec::new();
        for (first, part) in chunks(x, ROWS)? {
            parts.push(self.model.qkv(layer, &part, tables, first)?);
            checkpoint.reach(self.share(layer, 0.0)).await?;
        }
        Ok(join(parts)?)
    }

    /// The rest of that layer: its output, `[n_segment · T, C]`.
    pub(super) async fn after_qkv(
        &self,
        layer: usize,
        x: Tensor,
        qkv: Tensor,
        segments: &Segments,
        tables: &InferenceTables,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Tensor, EngineError> {
        let (model, length) = (&self.model, segments.length);
        let attending = model.attending(qkv, segments)?;
        let mut attended = vec![0.0; x.elem_count()];
        // One head after another: its keys and values stay in the cache.
        let n_unit = segments.n_segment * model.n_head();
        for unit in 0..n_unit {
            let at = (unit / model.n_head(), unit % model.n_head());
            for first in (0..length).step_by((CELLS / length).max(64)) {
                let end = (first + (CELLS / length).max(64)).min(length);
                attending.attend(tables, at, first..end, self.far_keys, &mut attended)?;
                let done = (end as f64 / length as f64).powi(2);
                checkpoint.reach(self.share(layer, (unit as f64 + done) / n_unit as f64)).await?;
            }
        }
        drop(attending);
        let attended = Tensor::from_vec(attended, x.shape(), x.device())?;
        let mut parts = Vec::new();
        for ((_, x), (_, attended)) in chunks(&x, ROWS)?.into_iter().zip(chunks(&attended, ROWS)?) {
            parts.push(model.finish(layer, &x, &attended)?);
            checkpoint.reach(self.share(layer, 1.0)).await?;
        }
        Ok(join(parts)?)
    }

    /// Share of the work that is done when `attended` of a layer's attention is: most of the work of a long input.
    fn share(&self, layer: usize, attended: f64) -> f64 {
        (layer as f64 + 0.9 * attended) / (self.model.n_layer() as f64 + 0.2)
    }

    async fn forward(
        &self,
        segments: &Segments,
        targets: &[u32],
        tables: &InferenceTables,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<f32>, EngineError> {
        let model = &self.model;
        let x = self.hidden(segments, tables, checkpoint).await?;
        let mut losses = Vec::with_capacity(targets.len());
        for (first, part) in chunks(&x, ROWS)? {
            let targets = Arc::new(targets[first..first + part.dim(0)?].to_vec());
            losses.extend(model.losses_of_rows(&part, &targets)?.to_vec1::<f32>()?);
            checkpoint.reach(self.share(model.n_layer(), 0.0)).await?;
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
