//! Why an engine gives no answer. What the errors say of themselves is for programs and their logs; the page is told a
//! [`Reason`].

use super::checkpoint::Cancelled;
use crate::protocol::Reason;

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
    /// The text is not the one that the reference was made from.
    #[error("a reference of {needed} tokens for a text of {n_token}")]
    ReferenceBeyondText {
        /// Tokens of the text.
        n_token: usize,
        /// Tokens that the reference reaches to.
        needed: usize,
    },
}

impl EngineError {
    /// What the page is told.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Cancelled(cancelled) => Reason::Said { detail: cancelled.to_string() },
            Self::Cpu(error) => Reason::Said { detail: error.to_string() },
            #[cfg(feature = "gpu")]
            Self::Gpu(error) => Reason::Gpu(error.clone()),
            &Self::ReferenceBeyondText { n_token, needed } => Reason::ReferenceBeyondText { n_token, needed },
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// It cannot be answered as it is asked.
    #[error("{0:?}")]
    Invalid(Reason),
    /// The engine did not finish.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<Reason> for EvaluateError {
    fn from(reason: Reason) -> Self {
        Self::Invalid(reason)
    }
}

impl From<candle_core::Error> for EvaluateError {
    fn from(error: candle_core::Error) -> Self {
        Self::Engine(EngineError::Cpu(error))
    }
}
