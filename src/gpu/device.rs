//! A device on an adapter: its buffers, its pipelines, and what it refuses.

use std::borrow::Cow;
#[cfg(not(target_family = "wasm"))]
use std::sync::Arc;

use wgpu::{BufferUsages, ErrorFilter, MapMode};

use super::buffer::Owned;
use super::error::{GpuError, Lost, NoAdapter};
use super::wait::{Done, Health};

/// Bytes of one buffer that every WebGPU adapter takes.
const MAX_BINDING: u64 = 128 << 20;

/// A device ready for work; clones share it.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) handle: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) health: Health,
    /// Floating-point operations in one submission: short enough for the system's watchdog and for stopping soon,
    /// long enough that waiting in between costs little.
    pub(super) budget: f64,
    /// Name of the adapter, empty where neither browser nor driver tells one.
    pub(super) name: String,
    /// Whether the adapter computes on the CPU.
    pub(super) software: bool,
}

impl Device {
    /// Finds an adapter, a fast one first, and opens a device on it; a software adapter where there is no other.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] if there is none, or if it gives no device.
    pub(super) async fn request() -> Result<Self, GpuError> {
        #[cfg(not(target_family = "wasm"))]
        return Self::find().await;
        #[cfg(target_family = "wasm")]
        {
            super::web::available()?;
            let found = super::web::within(super::web::PATIENCE, Self::find()).await;
            found.unwrap_or(Err(GpuError::NoAdapter(NoAdapter::NoAnswer)))
        }
    }

    async fn find() -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|_| GpuError::NoAdapter(NO_ADAPTER))?;
        // The default limits are those that every WebGPU adapter has: nothing here needs more.
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor::default())
            .await
            .map_err(|e| GpuError::NoAdapter(NoAdapter::NoDevice { detail: plain(&e.to_string()) }))?;
        let health = Health::default();
        let lost = health.clone();
        device.set_device_lost_callback(move |_, detail| lost.lose(Lost::Reported { detail }));
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
        let budget = if software { 0.5e9 } else { 8e9 };
        Ok(Self { handle: device, queue, health, budget, name, software })
    }

    /// Largest buffer, bytes.
    pub(super) fn max_binding(&self) -> u64 {
        self.handle.limits().max_storage_buffer_binding_size.min(MAX_BINDING)
    }

    /// A buffer for `n` values of 4 bytes that kernels read and write.
    pub(super) fn buffer(&self, label: &str, n: usize) -> Owned {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        self.create(label, (n.max(4) * 4) as u64, usage)
    }

    /// A buffer of that many bytes.
    pub(super) fn create(&self, label: &str, size: u64, usage: BufferUsages) -> Owned {
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        Owned(self.handle.create_buffer(&descriptor))
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
        let module = self.handle.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(source)),
        });
        let pipeline_layout = self.handle.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
        self.handle.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
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
        let memory = self.handle.push_error_scope(ErrorFilter::OutOfMemory);
        let validation = self.handle.push_error_scope(ErrorFilter::Validation);
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
        self.patient(done).await
    }

    /// Waits for what a callback gives. In the browser a driver that hangs may never call back: it is then given up as lost.
    async fn patient<T>(&self, done: Done<T>) -> Result<T, GpuError> {
        #[cfg(not(target_family = "wasm"))]
        return done.await;
        #[cfg(target_family = "wasm")]
        super::web::within(super::web::HANGS, done).await.unwrap_or_else(|| {
            self.health.lose(Lost::Silent);
            Err(GpuError::Lost(Lost::Silent))
        })
    }

    /// Copies the first `n` values of a buffer back.
    pub(super) async fn read(&self, buffer: &wgpu::Buffer, n: usize) -> Result<Vec<f32>, GpuError> {
        let size = (n * 4) as u64;
        let target = self
            .checked(|| {
                let target = self.create("readback", size, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
                let mut encoder = self.handle.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(buffer, 0, &target, 0, size);
                self.queue.submit([encoder.finish()]);
                target
            })
            .await?;
        let (signal, done) = self.health.signal();
        target.map_async(MapMode::Read, .., move |result| signal.complete(result));
        self.poll(&done, None);
        let mapped = self.patient(done).await?;
        self.health.check()?;
        mapped.map_err(|_| GpuError::Lost(Lost::Unread))?;
        let view = target.get_mapped_range(..).map_err(|_| GpuError::Lost(Lost::Unmapped))?;
        let values = view.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        drop(view);
        Ok(values)
    }

    /// Natively nothing moves unless the device is polled; in the browser the event loop does it.
    fn poll<T>(&self, done: &Done<T>, submission: Option<wgpu::SubmissionIndex>) {
        #[cfg(not(target_family = "wasm"))]
        {
            let result = self.handle.poll(wgpu::PollType::Wait { submission_index: submission, timeout: None });
            // Nothing else would ever complete it.
            if !done.is_complete() {
                self.health.lose(match result {
                    Err(error) => Lost::Reported { detail: error.to_string() },
                    Ok(_) => Lost::Silent,
                });
            }
        }
        #[cfg(target_family = "wasm")]
        let _ = (done, submission);
    }
}

/// What wgpu passes on of what the browser said, without the type that it wraps it in: `… JsValue(OperationError: no)`.
fn plain(said: &str) -> String {
    let inner = said.split_once("JsValue(").and_then(|(_, rest)| rest.rsplit_once(')'));
    inner.map_or(said, |(error, _)| error).lines().next().unwrap_or_default().into()
}

/// Why there is no adapter, as far as one can know.
#[cfg(target_family = "wasm")]
const NO_ADAPTER: NoAdapter = NoAdapter::NoneGiven;
#[cfg(not(target_family = "wasm"))]
const NO_ADAPTER: NoAdapter = NoAdapter::NoDriver;

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_browser_said_is_passed_on_without_its_type() {
        let wrapped = "Request device failed: JsValue(OperationError: device lost (again)\nat requestDevice)";
        assert_eq!(plain(wrapped), "OperationError: device lost (again)");
        assert_eq!(plain("no such feature"), "no such feature");
    }
}
