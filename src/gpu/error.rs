//! Why the GPU does not do what it is asked: the protocol's own words for it, since they travel to the page as they are.

pub use crate::protocol::{GpuError, Lost, NoAdapter, Unsupported};

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { .. } => Self::OutOfMemory,
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Self::Refused { detail: description }
            }
        }
    }
}
