//! A device and the kernels that are compiled for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::device::Device;
use super::error::GpuError;
use super::kernels::{Form, Kernels, suits};

/// Kernels for heads of that dimension.
type Compiled = (usize, Arc<Kernels>);

/// A device ready for work; clones share it.
#[derive(Clone)]
pub struct Gpu {
    pub(super) device: Device,
    /// The form of kernels that suits the adapter.
    pub(super) form: Form,
    /// Compiled kernels by head dimension: compiling takes up to seconds, and several models share them.
    kernels: Arc<Mutex<Vec<Compiled>>>,
}

impl Gpu {
    /// Finds an adapter, a fast one first, and opens a device on it. A software adapter is taken where there is no
    /// other; [`Gpu::is_software`] tells.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] if there is none, or if it gives no device.
    pub async fn request() -> Result<Self, GpuError> {
        let device = Device::request().await?;
        let form = if device.software { Form::Software } else { Form::Hardware };
        // In the browser wgpu's objects belong to one thread, and so does everything here.
        #[cfg_attr(target_family = "wasm", allow(clippy::arc_with_non_send_sync))]
        let kernels = Arc::default();
        Ok(Self { device, form, kernels })
    }

    /// Name of the adapter, empty where neither browser nor driver tells one.
    pub fn adapter_name(&self) -> String {
        self.device.name.clone()
    }

    /// Whether the adapter computes on the CPU (SwiftShader, lavapipe): right, but slower than WASM.
    pub fn is_software(&self) -> bool {
        self.device.software
    }

    /// Starts compiling the kernels for heads of that dimension, so that models find them done.
    pub fn prepare(&self, head_dim: usize) {
        if suits(head_dim) {
            self.kernels(head_dim);
        }
    }

    /// The kernels for heads of that dimension, compiled on first use.
    pub(super) fn kernels(&self, head_dim: usize) -> Arc<Kernels> {
        let mut kernels = self.kernels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, compiled)) = kernels.iter().find(|(of, _)| *of == head_dim) {
            return compiled.clone();
        }
        #[cfg_attr(target_family = "wasm", allow(clippy::arc_with_non_send_sync))]
        let compiled = Arc::new(Kernels::new(&self.device, self.form, head_dim));
        kernels.push((head_dim, compiled.clone()));
        compiled
    }
}
