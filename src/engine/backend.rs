//! What an evaluation needs of an engine: the loss of every target of a batch of segments.

use super::cpu::CpuBackend;
use super::pause::{Cancelled, Pause};
use crate::config::{CPU_BATCH, Change};
use crate::model::{Segments, Weights};
use crate::protocol::EngineKind;

/// Why an engine did not finish.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The CPU engine refused.
    #[error("{0}")]
    Cpu(#[from] candle_core::Error),
    /// The GPU is gone or refused; the CPU can go on.
    #[cfg(feature = "gpu")]
    #[error("{0}")]
    Gpu(#[from] crate::gpu::GpuError),
}

/// A model on an engine.
pub enum Backend {
    /// In WASM or natively.
    Cpu(Box<CpuBackend>),
    /// On WebGPU.
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBackend>),
}

/// A model on the GPU.
#[cfg(feature = "gpu")]
pub struct GpuBackend {
    decoder: crate::gpu::GpuDecoder,
    method: &'static (dyn crate::position::PositionMethod + Sync),
    shape: crate::position::Shape,
    learned: Vec<f32>,
    train_length: usize,
    change: crate::position::ChangeAt,
    /// Those of the last call, and what was changed in them.
    tables: Option<(crate::position::Tables, crate::position::ChangeAt)>,
    adapter: String,
}

impl Backend {
    /// The model on the CPU.
    ///
    /// # Errors
    /// If the weights are not complete.
    pub fn cpu(weights: &Weights) -> Result<Self, EngineError> {
        CpuBackend::new(weights).map(|cpu| Self::Cpu(Box::new(cpu)))
    }

    /// The model on the GPU.
    ///
    /// # Errors
    /// If the device is lost or cannot hold the model, or the method is unknown.
    #[cfg(feature = "gpu")]
    pub fn gpu(gpu: &crate::gpu::Gpu, weights: &Weights) -> Result<Self, EngineError> {
        let config = &weights.config;
        let Some(method) = crate::position::by_id(&config.method) else {
            return Err(crate::gpu::GpuError::Unsupported { reason: format!("method {}", config.method) }.into());
        };
        Ok(Self::Gpu(Box::new(GpuBackend {
            decoder: crate::gpu::GpuDecoder::new(gpu, weights)?,
            method,
            shape: crate::position::Shape { d_model: config.d_model, n_head: config.n_head },
            learned: weights.learned().to_vec(),
            train_length: config.train_length,
            change: crate::position::ChangeAt::default(),
            tables: None,
            adapter: gpu.adapter_name(),
        })))
    }

    /// Which engine this is.
    pub fn kind(&self) -> EngineKind {
        match self {
            Self::Cpu(_) => EngineKind::Cpu,
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => EngineKind::Gpu,
        }
    }

    /// Name of the GPU, if this is one.
    pub fn adapter(&self) -> Option<String> {
        match self {
            Self::Cpu(_) => None,
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(gpu.adapter.clone()),
        }
    }

    /// Changes the tables of all later calls, for inputs of `length` tokens; [`Change::None`] puts them back.
    pub fn set_change(&mut self, change: Change, length: usize) {
        match self {
            Self::Cpu(cpu) => cpu.set_change(change, length),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => {
                gpu.change = crate::position::ChangeAt { change, length, train_length: gpu.train_length };
            }
        }
    }

    /// Rows scored in one call: enough to keep the engine busy, few enough for steady progress.
    pub fn rows_per_call(&self) -> usize {
        match self {
            Self::Cpu(_) => CPU_BATCH,
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => 4_096,
        }
    }

    /// Loss of every target, nats; a target of [`crate::kernels::cross_entropy::NOT_SCORED`] gives 0. A loss may be
    /// infinite or NaN.
    ///
    /// # Shapes
    /// targets `[n_segment · T]` → the same.
    ///
    /// # Errors
    /// If cancelled, or the engine breaks down.
    pub async fn losses(
        &mut self,
        segments: &Segments,
        targets: &[u32],
        pause: &mut impl Pause,
    ) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Cpu(cpu) => cpu.losses(segments, targets, pause).await,
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => {
                let (length, change) = (segments.length, gpu.change);
                let tables = match gpu.tables.take() {
                    Some((tables, of)) if tables.length == length && of == change => tables,
                    _ => crate::position::Tables::changed(gpu.method, change, gpu.shape, length, &gpu.learned),
                };
                let n = segments.n_segment;
                let result = gpu.decoder.losses(&segments.tokens, targets, n, &tables, &mut || ()).await;
                gpu.tables = Some((tables, change));
                pause.pause(1.0).await?;
                Ok(result?)
            }
        }
    }
}
