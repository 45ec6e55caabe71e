//! What an evaluation needs of an engine: the loss of every target of a batch of segments.

use super::checkpoint::Checkpoint;
use super::cpu::CpuBackend;
use super::error::EngineError;
#[cfg(feature = "gpu")]
use super::gpu::GpuBackend;
use crate::config::{CPU_BATCH, Change};
use crate::model::{Segments, Weights};
use crate::protocol::EngineKind;

/// A model on an engine.
pub enum Backend {
    /// In WASM or natively.
    Cpu(Box<CpuBackend>),
    /// On WebGPU.
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBackend>),
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
        GpuBackend::new(gpu, weights).map(|gpu| Self::Gpu(Box::new(gpu)))
    }

    /// Which engine this is.
    pub fn kind(&self) -> EngineKind {
        match self {
            Self::Cpu(_) => EngineKind::Cpu,
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => EngineKind::Gpu,
        }
    }

    /// Name of the GPU, if this is one; empty where it has none.
    pub fn adapter(&self) -> Option<String> {
        match self {
            Self::Cpu(_) => None,
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(gpu.adapter()),
        }
    }

    /// Changes the tables of all later calls, for inputs of `length` tokens; [`Change::None`] puts them back.
    pub fn set_change(&mut self, change: Change, length: usize) {
        match self {
            Self::Cpu(cpu) => cpu.set_change(change, length),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.set_change(change, length),
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
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Cpu(cpu) => cpu.losses(segments, targets, checkpoint).await,
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.losses(segments, targets, checkpoint).await,
        }
    }
}
