//! A list of kernel calls, prepared once and run as often as its inputs are rewritten.

use std::collections::VecDeque;

use wgpu::{BindGroup, BindGroupEntry, BindGroupLayout, BindingResource, Buffer, ComputePipeline};

use super::buffer::Owned;
use super::device::Device;
use super::error::GpuError;
use super::wait::Done;

/// Distance of parameter blocks in the uniform buffer, bytes: the alignment that WebGPU guarantees.
const SLOT: u64 = 256;
/// Submissions that may wait on the queue: one that runs and one to go on with.
const IN_FLIGHT: usize = 2;

/// Parameters of a call: the fields of the shader's `Params`, in order, zeros behind them.
pub(super) type Params = [u32; 8];

/// A compiled kernel: binding 0 is its parameters, then storage buffers.
pub(super) struct Kernel {
    label: &'static str,
    pipeline: ComputePipeline,
    layout: BindGroupLayout,
    n_buffer: usize,
}

impl Kernel {
    /// Compiles `source` with `n_buffer` storage buffers, the last one written and the others read.
    pub(super) fn new(
        device: &Device,
        label: &'static str,
        source: &'static str,
        n_buffer: usize,
        constants: &[(&str, f64)],
    ) -> Self {
        let entry = |binding: usize, ty| wgpu::BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let mut entries = vec![entry(0, wgpu::BufferBindingType::Uniform)];
        entries.extend((1..=n_buffer).map(|i| entry(i, wgpu::BufferBindingType::Storage { read_only: i < n_buffer })));
        let layout = device
            .handle
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries });
        let pipeline = device.pipeline(label, source, &layout, constants);
        Self { label, pipeline, layout, n_buffer }
    }
}

/// One call, before its parameters have a place.
struct Call<'a> {
    kernel: &'a Kernel,
    params: Params,
    buffers: Vec<&'a Buffer>,
    groups: [u32; 3],
    flops: f64,
}

/// Collects calls.
pub(super) struct PlanBuilder<'a> {
    device: &'a Device,
    calls: Vec<Call<'a>>,
}

impl<'a> PlanBuilder<'a> {
    pub(super) fn new(device: &'a Device) -> Self {
        Self { device, calls: Vec::new() }
    }

    /// Floating-point operations that one call may take.
    pub(super) fn budget(&self) -> f64 {
        self.device.budget
    }

    /// Appends a call over `groups` workgroups that takes about `flops` operations.
    pub(super) fn call(
        &mut self,
        kernel: &'a Kernel,
        params: &[usize],
        buffers: &[&'a Buffer],
        groups: [usize; 3],
        flops: f64,
    ) {
        debug_assert_eq!(buffers.len(), kernel.n_buffer, "buffers of {}", kernel.label);
        let mut slots = Params::default();
        for (slot, &value) in slots.iter_mut().zip(params) {
            *slot = value as u32;
        }
        let groups = groups.map(|n| n as u32);
        self.calls.push(Call { kernel, params: slots, buffers: buffers.to_vec(), groups, flops });
    }

    /// Lays the parameters out and binds every call's buffers.
    pub(super) fn finish(self) -> Plan {
        let device = self.device;
        let size = SLOT * self.calls.len().max(1) as u64;
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniforms = device.create("parameters", size, usage);
        let mut bytes = vec![0u8; SLOT as usize * self.calls.len()];
        for (slot, call) in bytes.chunks_exact_mut(SLOT as usize).zip(&self.calls) {
            slot[..size_of::<Params>()].copy_from_slice(bytemuck::cast_slice(&call.params));
        }
        device.write(&uniforms, &bytes);
        let steps = self.calls.iter().enumerate().map(|(i, call)| {
            let params = BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &uniforms,
                offset: SLOT * i as u64,
                size: std::num::NonZero::new(size_of::<Params>() as u64),
            });
            let buffers = call.buffers.iter().map(|b| b.as_entire_binding());
            let entries: Vec<_> = std::iter::once(params)
                .chain(buffers)
                .enumerate()
                .map(|(i, resource)| BindGroupEntry { binding: i as u32, resource })
                .collect();
            let bind_group = device.handle.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(call.kernel.label),
                layout: &call.kernel.layout,
                entries: &entries,
            });
            Step { pipeline: call.kernel.pipeline.clone(), bind_group, groups: call.groups, flops: call.flops }
        });
        Plan { steps: steps.collect(), _uniforms: Some(uniforms) }
    }
}

/// One call, ready to run.
pub(super) struct Step {
    pipeline: ComputePipeline,
    bind_group: BindGroup,
    groups: [u32; 3],
    flops: f64,
}

/// Calls that are ready to run, in order.
#[derive(Default)]
pub(super) struct Plan {
    steps: Vec<Step>,
    /// Parameters of all calls, which must last as long as the bindings to them.
    _uniforms: Option<Owned>,
}

impl Plan {
    /// The calls in pieces that take at most `budget` operations, or are one call: what is submitted together.
    pub(super) fn submissions(&self, budget: f64) -> impl Iterator<Item = &[Step]> {
        let mut rest = self.steps.as_slice();
        std::iter::from_fn(move || {
            let mut flops = rest.first()?.flops;
            let mut n = 1;
            while n < rest.len() && flops + rest[n].flops <= budget {
                flops += rest[n].flops;
                n += 1;
            }
            let (now, later) = rest.split_at(n);
            rest = later;
            Some(now)
        })
    }

    /// Runs all calls in submissions of limited work, waiting whenever [`IN_FLIGHT`] of them are queued, so that the
    /// caller's event loop turns and dropping this future stops soon.
    ///
    /// # Errors
    /// If the device is lost or refuses a call.
    pub(super) async fn run(&self, device: &Device) -> Result<(), GpuError> {
        let mut queued = VecDeque::new();
        for steps in self.submissions(device.budget) {
            device.health.check()?;
            queued.push_back(submit(device, steps));
            if queued.len() >= IN_FLIGHT
                && let Some((done, index)) = queued.pop_front()
            {
                device.finished(done, index).await?;
            }
        }
        for (done, index) in queued {
            device.finished(done, index).await?;
        }
        device.health.check()
    }
}

fn submit(device: &Device, steps: &[Step]) -> (Done<()>, wgpu::SubmissionIndex) {
    let mut encoder = device.handle.create_command_encoder(&Default::default());
    {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for step in steps {
            let [x, y, z] = step.groups;
            pass.set_pipeline(&step.pipeline);
            pass.set_bind_group(0, &step.bind_group, &[]);
            pass.dispatch_workgroups(x, y, z);
        }
    }
    let index = device.queue.submit([encoder.finish()]);
    let (signal, done) = device.health.signal();
    device.queue.on_submitted_work_done(move || signal.complete(()));
    (done, index)
}
