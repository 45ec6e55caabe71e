//! Why the GPU does not do what it is asked.

/// Why the GPU did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// There is no adapter to run on; the reason is one clause.
    #[error("no GPU: {reason}")]
    NoAdapter {
        /// Why.
        reason: String,
    },
    /// The device was there and is gone: reset, unplugged, or taken away by the browser.
    #[error("the GPU is lost: {reason}")]
    Lost {
        /// What the browser or driver said.
        reason: String,
    },
    /// A buffer found no room.
    #[error("the GPU is out of memory")]
    OutOfMemory,
    /// The driver refused a call: a mistake in this code or in the driver.
    #[error("the GPU refused a call: {reason}")]
    Validation {
        /// What it said.
        reason: String,
    },
    /// One segment needs a larger buffer than the GPU takes.
    #[error("{length} tokens are too long for this GPU: the limit is {limit}")]
    TooLong {
        /// Length asked for, tokens.
        length: usize,
        /// Longest that fits, tokens.
        limit: usize,
    },
    /// The model or the arguments are not what the kernels can run.
    #[error("not possible on the GPU: {reason}")]
    Unsupported {
        /// What is wrong.
        reason: String,
    },
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { .. } => Self::OutOfMemory,
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Self::Validation { reason: description }
            }
        }
    }
}
