//! Why an engine gives no answer.

use super::checkpoint::Cancelled;

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

/// Why a stretch cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The stretch does not lie in the stream, or is empty.
    #[error("{0}")]
    Invalid(String),
    /// The engine did not finish.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<candle_core::Error> for EvaluateError {
    fn from(error: candle_core::Error) -> Self {
        Self::Engine(EngineError::Cpu(error))
    }
}
