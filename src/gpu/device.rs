//! Finding a GPU, its buffers, its errors.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{BufferUsages, ErrorFilter, MapMode};

use super::kernels::{Form, Kernels, suits};
use super::wait::{Done, Health};

/// Bytes of one buffer that every WebGPU adapter takes.
const MAX_BINDING: u64 = 128 << 20;

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

/// A buffer that ends with its owner. A browser frees a dropped one only when it collects garbage, which knows nothing of
/// the GPU's memory; work submitted before still finds it.
pub(super) struct Owned(wgpu::Buffer);

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

/// A device ready for work; clones share it.
#[derive(Clone)]
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) health: Health,
    /// Floating-point operations in one submission: short enough for the system's watchdog and for stopping soon,
    /// long enough that waiting in between costs little.
    pub(super) budget: f64,
    /// The form of kernels that suits the adapter.
    pub(super) form: Form,
    /// Compiled kernels by head dimension: compiling takes up to seconds, and several models share them.
    kernels: Arc<Mutex<HashMap<usize, Arc<Kernels>>>>,
    name: String,
    software: bool,
}

impl Gpu {
    /// Finds an adapter, a fast one first, and opens a device on it. A software adapter is taken where there is no
    /// other; [`Gpu::is_software`] tells.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] if there is none, or if it gives no device.
    pub async fn request() -> Result<Self, GpuError> {
        #[cfg(target_family = "wasm")]
        super::web::available()?;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|_| GpuError::NoAdapter { reason: NO_ADAPTER.into() })?;
        // The default limits are those that every WebGPU adapter has: nothing here needs more.
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor::default())
            .await
            .map_err(|e| GpuError::NoAdapter { reason: format!("the adapter gives no device ({e})") })?;
        let health = Health::default();
        let lost = health.clone();
        device.set_device_lost_callback(move |_, message| {
            lost.lose(if message.is_empty() { "the browser gave no reason".into() } else { message });
        });
        let info = adapter.get_info();
        #[cfg(not(target_family = "wasm"))]
        let (name, software) = {
            let errors = health.clone();
            device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| errors.fail(error.into())));
            (info.name, info.device_type == wgpu::DeviceType::Cpu)
        };
        #[cfg(target_family = "wasm")]
        let (name, software) = {
            super::web::listen(&device, health.clone());
            let (name, fallback) = super::web::describe(&device, &info.name);
            (name, fallback || info.device_type == wgpu::DeviceType::Cpu)
        };
        let (budget, form) = if software { (0.5e9, Form::Software) } else { (8e9, Form::Hardware) };
        // In the browser wgpu's objects belong to one thread, and so does everything here.
        #[cfg_attr(target_family = "wasm", allow(clippy::arc_with_non_send_sync))]
        let kernels = Arc::default();
        Ok(Self { device, queue, health, budget, form, kernels, name, software })
    }

    /// Name of the adapter, as far as the browser or driver tells it.
    pub fn adapter_name(&self) -> String {
        self.name.clone()
    }

    /// Whether the adapter computes on the CPU (SwiftShader, lavapipe): right, but slower than WASM.
    pub fn is_software(&self) -> bool {
        self.software
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
        #[cfg_attr(target_family = "wasm", allow(clippy::arc_with_non_send_sync))]
        kernels.entry(head_dim).or_insert_with(|| Arc::new(Kernels::new(self, head_dim))).clone()
    }

    /// Largest buffer, bytes.
    pub(super) fn max_binding(&self) -> u64 {
        self.device.limits().max_storage_buffer_binding_size.min(MAX_BINDING)
    }

    /// A buffer for `n` values of 4 bytes that kernels read and write.
    pub(super) fn buffer(&self, label: &str, n: usize) -> Owned {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        self.create(label, (n.max(4) * 4) as u64, usage)
    }

    /// A buffer of that many bytes.
    pub(super) fn create(&self, label: &str, size: u64, usage: BufferUsages) -> Owned {
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        Owned(self.device.create_buffer(&descriptor))
    }

    /// A buffer that holds `data`.
    pub(super) fn upload<T: bytemuck::NoUninit>(&self, label: &str, data: &[T]) -> Owned {
        let buffer = self.buffer(label, size_of_val(data).div_ceil(4));
        self.write(&buffer, data);
        buffer
    }

    /// Overwrites the start of a buffer, after all work submitted so far.
    pub(super) fn write<T: bytemuck::NoUninit>(&self, buffer: &wgpu::Buffer, data: &[T]) {
        self.queue.write_buffer(buffer, 0, bytemuck::cast_slice(data));
    }

    /// Compiles a shader's entry point `main` with values for its overrides.
    pub(super) fn pipeline(
        &self,
        label: &str,
        source: &'static str,
        layout: &wgpu::BindGroupLayout,
        constants: &[(&str, f64)],
    ) -> wgpu::ComputePipeline {
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(source)),
        });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        })
    }

    /// Runs `work` and reports what the GPU refused of it.
    pub(super) async fn checked<R>(&self, work: impl FnOnce() -> R) -> Result<R, GpuError> {
        self.health.check()?;
        let memory = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(ErrorFilter::Validation);
        let result = work();
        let validation = validation.pop();
        let memory = memory.pop();
        // Out of memory comes first: a buffer that found no room makes every later call invalid.
        let memory = memory.await;
        let validation = validation.await;
        self.health.check()?;
        match memory.or(validation) {
            Some(error) => Err(error.into()),
            None => Ok(result),
        }
    }

    /// Resolves when the submission, and everything before it, is done.
    pub(super) async fn finished(&self, done: Done<()>, submission: wgpu::SubmissionIndex) -> Result<(), GpuError> {
        self.poll(&done, Some(submission));
        done.await
    }

    /// Copies the first `n` values of a buffer back.
    pub(super) async fn read(&self, buffer: &wgpu::Buffer, n: usize) -> Result<Vec<f32>, GpuError> {
        let size = (n * 4) as u64;
        let target = self
            .checked(|| {
                let target = self.create("readback", size, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
                let mut encoder = self.device.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(buffer, 0, &target, 0, size);
                self.queue.submit([encoder.finish()]);
                target
            })
            .await?;
        let (signal, done) = self.health.signal();
        target.map_async(MapMode::Read, .., move |result| signal.complete(result));
        self.poll(&done, None);
        let lost = |what: &str| GpuError::Lost { reason: what.into() };
        let mapped = done.await?;
        self.health.check()?;
        mapped.map_err(|_| lost("its results could not be read"))?;
        let view = target.get_mapped_range(..).map_err(|_| lost("its results could not be mapped"))?;
        let values = view.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        drop(view);
        Ok(values)
    }

    /// Natively nothing moves unless the device is polled; in the browser the event loop does it.
    fn poll<T>(&self, done: &Done<T>, submission: Option<wgpu::SubmissionIndex>) {
        #[cfg(not(target_family = "wasm"))]
        {
            let result = self.device.poll(wgpu::PollType::Wait { submission_index: submission, timeout: None });
            // Nothing else would ever complete it.
            if !done.is_complete() {
                self.health.lose(match result {
                    Err(error) => error.to_string(),
                    Ok(_) => "the driver stopped answering".into(),
                });
            }
        }
        #[cfg(target_family = "wasm")]
        let _ = (done, submission);
    }
}

/// Why there is no adapter, as far as one can know.
#[cfg(target_family = "wasm")]
const NO_ADAPTER: &str = "this browser gives no WebGPU adapter on this machine";
#[cfg(not(target_family = "wasm"))]
const NO_ADAPTER: &str = "no Vulkan or Metal driver was found (on Debian, `mesa-vulkan-drivers` has a software one)";
