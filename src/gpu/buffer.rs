//! Buffers on the GPU.

use std::ops::Deref;

/// A buffer that ends with its owner. A browser frees a dropped one only when it collects garbage, which knows nothing of
/// the GPU's memory; work submitted before still finds it.
pub(super) struct Owned(pub(super) wgpu::Buffer);

impl Deref for Owned {
    type Target = wgpu::Buffer;

    fn deref(&self) -> &wgpu::Buffer {
        &self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.destroy();
    }
}
