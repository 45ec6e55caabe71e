//! The engines of a worker: a GPU that is looked for once, the models on it and on the CPU, and what warm-ups told.

use super::yielder::Yielder;
use crate::browser::files::{Abort, MOST_MODELS, Text};
use crate::browser::turns::milliseconds;
use crate::config::MAX_CPU_WORKERS;
use crate::engine::backend::Backend;
use crate::engine::choose::{Probe, Timing, known};
use crate::engine::error::{EngineError, EvaluateError};
use crate::engine::evaluate::{Stream, evaluate};
use crate::engine::run_task::needs_cpu;
use crate::gpu::{Gpu, GpuError};
use crate::model::Weights;
use crate::protocol::{EngineChoice, EngineKind, Facts, Job, Protocol, Reason, Stretch};

/// Targets scored by each engine to find out which is faster; one input at least.
const WARM_UP: usize = 2_048;
/// Input length of a warm-up for a task that has lengths of its own, tokens.
const WARM_UP_LENGTH: usize = 256;

/// Models on engines, kept between requests.
#[derive(Default)]
pub(super) struct Engines {
    /// Oldest use first.
    backends: Vec<(String, Backend)>,
    gpu: Option<Gpu>,
    /// Why no GPU computes, where none does.
    without: Option<Probe>,
    /// Whether a lost GPU has been looked for again.
    found_again: bool,
    /// Warm-ups by model.
    timings: Vec<(String, Vec<Timing>)>,
}

impl Engines {
    /// Looks for a GPU and begins to compile its kernels, where a request may use one and none has been looked for.
    pub(super) async fn open(&mut self, job: &Job, head_dim: usize) {
        let wanted = job.engine != EngineChoice::Cpu && !needs_cpu(job.task);
        if wanted && self.gpu.is_none() && self.without.is_none() {
            match open(job.engine, head_dim).await {
                Ok(gpu) => self.gpu = Some(gpu),
                Err(error) => self.without = Some(Probe::Absent(Reason::Gpu(error).into())),
            }
        }
    }

    /// A model on an engine, to be given back by [`Engines::keep`].
    pub(super) fn take(&mut self, model: &str, kind: EngineKind, weights: &Weights) -> Result<Backend, EngineError> {
        let held = self.backends.iter().position(|(of, backend)| of == model && backend.kind() == kind);
        match (held, kind, &self.gpu) {
            (Some(place), ..) => Ok(self.backends.remove(place).1),
            (None, EngineKind::Gpu, Some(gpu)) => Backend::gpu(gpu, weights),
            _ => Backend::cpu(weights),
        }
    }

    /// Keeps a model on an engine for later requests.
    pub(super) fn keep(&mut self, model: &str, backend: Backend) {
        if self.backends.len() >= MOST_MODELS {
            self.backends.remove(0);
        }
        self.backends.push((model.into(), backend));
    }

    /// From here on there is no GPU.
    pub(super) fn give_up_gpu(&mut self, reason: Facts) {
        self.drop_gpu();
        self.without = Some(Probe::Absent(reason));
    }

    /// Whether a GPU may be looked for in place of this one, which is the case for the first that is lost.
    pub(super) fn may_find_again(&mut self, error: &GpuError) -> bool {
        let again = matches!(error, GpuError::Lost(_)) && !std::mem::replace(&mut self.found_again, true);
        if again {
            self.drop_gpu();
        }
        again
    }

    fn drop_gpu(&mut self) {
        self.gpu = None;
        self.backends.retain(|(_, backend)| backend.kind() != EngineKind::Gpu);
    }

    /// What is known of the GPU for a request; a warm-up where that is not enough.
    pub(super) async fn probe(
        &mut self,
        job: &Job,
        weights: &Weights,
        text: &Text,
        yielder: &mut Yielder,
    ) -> Result<Probe, Abort> {
        if let Some(known) = &self.without {
            return Ok(known.clone());
        }
        let Some(gpu) = &self.gpu else { return Ok(Probe::Absent(Reason::GpuWentAway.into())) };
        let adapter = gpu.adapter_name();
        if gpu.is_software() {
            return Ok(Probe::Software(adapter));
        }
        let (length, workers) = (job.task.length().unwrap_or(WARM_UP_LENGTH), cpu_workers());
        if job.engine == EngineChoice::Gpu {
            return Ok(Probe::Timed { adapter, timing: Timing::none(length), workers });
        }
        let place = self.timings.iter().position(|(of, _)| *of == job.model).unwrap_or_else(|| {
            self.timings.push((job.model.clone(), Vec::new()));
            self.timings.len() - 1
        });
        let timings = &mut self.timings[place].1;
        if let Some(timing) = known(timings, length, workers) {
            return Ok(Probe::Timed { adapter, timing, workers });
        }
        let on_gpu = match Backend::gpu(gpu, weights) {
            Ok(backend) => rate(backend, text, length, yielder).await,
            Err(error) => Err(error),
        };
        match on_gpu {
            Ok(on_gpu) => {
                let on_cpu = match Backend::cpu(weights) {
                    Ok(backend) => rate(backend, text, length, yielder).await,
                    Err(error) => Err(error),
                };
                let timing = Timing { length, gpu: on_gpu, cpu: on_cpu.map_err(EvaluateError::from)? };
                timings.push(timing);
                Ok(Probe::Timed { adapter, timing, workers })
            }
            Err(EngineError::Cancelled(_)) => Err(Abort::Cancelled),
            Err(error) => {
                self.gpu = None;
                let probe = Probe::Absent(error.reason().into());
                self.without = Some(probe.clone());
                Ok(probe)
            }
        }
    }
}

/// A GPU whose kernels are being compiled, unless it is a software one that the reader did not ask for.
async fn open(wanted: EngineChoice, head_dim: usize) -> Result<Gpu, GpuError> {
    let gpu = Gpu::request().await?;
    if wanted == EngineChoice::Gpu || !gpu.is_software() {
        gpu.prepare(head_dim);
    }
    Ok(gpu)
}

/// Workers that share a run on the CPU; one where the page itself computes.
fn cpu_workers() -> usize {
    let global = js_sys::global();
    let in_page = js_sys::Reflect::has(&global, &"document".into()).unwrap_or(false);
    let cores = js_sys::Reflect::get(&global, &"navigator".into())
        .and_then(|navigator| js_sys::Reflect::get(&navigator, &"hardwareConcurrency".into()))
        .ok()
        .and_then(|n| n.as_f64());
    if in_page { 1 } else { cores.map_or(1, |n| (n as usize).clamp(1, MAX_CPU_WORKERS)) }
}

/// Tokens per second in a warm-up with inputs of that length; a first pass, which compiles and allocates, does not count.
async fn rate(mut backend: Backend, text: &Text, length: usize, yielder: &mut Yielder) -> Result<f64, EngineError> {
    // Over and over: a reader's own text may be too short to tell the engines apart, and speed does not depend on it.
    let n_targets = WARM_UP.max(length);
    let tokens: Vec<u32> = text.tokens.iter().copied().cycle().take(n_targets + 1).collect();
    let stream = Stream { tokens: &tokens, ..text.stream() };
    let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: 0, n_targets };
    let first = Stretch { length: length.min(256), n_targets: 1_024, ..stretch };
    let mut elapsed = f64::NAN;
    for stretch in [first, stretch] {
        let started = milliseconds();
        match evaluate(&mut backend, &stream, stretch, yielder).await {
            Err(EvaluateError::Engine(error)) => return Err(error),
            // An empty text leaves the GPU unproven.
            Err(EvaluateError::Invalid(_)) => return Ok(f64::NAN),
            Ok(_) => elapsed = milliseconds() - started,
        }
    }
    Ok(n_targets as f64 / elapsed * 1_000.0)
}
