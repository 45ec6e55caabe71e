//! The GPU backend, the twin of [`super::cpu`]: the decoder on the GPU with the tables that its next call reads.

use super::checkpoint::Checkpoint;
use super::error::EngineError;
use crate::config::Change;
use crate::gpu::{Gpu, GpuDecoder, GpuError};
use crate::model::{Segments, Weights};
use crate::position::{ChangeAt, PositionMethod, Shape, Tables, by_id};
use crate::protocol::Unsupported;

/// A model on the GPU.
pub struct GpuBackend {
    decoder: GpuDecoder,
    method: &'static (dyn PositionMethod + Sync),
    shape: Shape,
    learned: Vec<f32>,
    train_length: usize,
    change: ChangeAt,
    /// Those of the last call, and what was changed in them.
    tables: Option<(Tables, ChangeAt)>,
    adapter: String,
}

impl GpuBackend {
    /// # Errors
    /// If the device is lost or cannot hold the model, or the method is unknown.
    pub fn new(gpu: &Gpu, weights: &Weights) -> Result<Self, EngineError> {
        let config = &weights.config;
        let Some(method) = by_id(&config.method) else {
            let method = config.method.clone();
            return Err(GpuError::Unsupported(Unsupported::Method { method }).into());
        };
        Ok(Self {
            decoder: GpuDecoder::new(gpu, weights)?,
            method,
            shape: Shape { d_model: config.d_model, n_head: config.n_head },
            learned: weights.learned().to_vec(),
            train_length: config.train_length,
            change: ChangeAt::default(),
            tables: None,
            adapter: gpu.adapter_name(),
        })
    }

    /// Name of the adapter, empty where it has none.
    pub fn adapter(&self) -> String {
        self.adapter.clone()
    }

    /// See [`super::backend::Backend::set_change`].
    pub fn set_change(&mut self, change: Change, length: usize) {
        self.change = ChangeAt { change, length, train_length: self.train_length };
    }

    /// Loss of every target, nats; see [`super::backend::Backend::losses`].
    ///
    /// # Errors
    /// If cancelled, or the device is lost or refuses a call.
    pub async fn losses(
        &mut self,
        segments: &Segments,
        targets: &[u32],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<f32>, EngineError> {
        let (length, change) = (segments.length, self.change);
        let tables = match self.tables.take() {
            Some((tables, of)) if tables.length == length && of == change => tables,
            _ => Tables::changed(self.method, change, self.shape, length, &self.learned),
        };
        let n = segments.n_segment;
        let result = self.decoder.losses(&segments.tokens, targets, n, &tables).await;
        self.tables = Some((tables, change));
        checkpoint.reach(1.0).await?;
        Ok(result?)
    }
}
