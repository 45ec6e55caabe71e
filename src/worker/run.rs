//! One evaluation: files, engine, sums.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::answers::Answers;
use super::load::{Ended, Files, Text};
use super::turn::{REPORT, Turns, milliseconds};
use crate::config::MAX_CPU_WORKERS;
use crate::engine::answer::{Subject, answer, count, needs_cpu, steps};
use crate::engine::backend::Backend;
use crate::engine::choose::{Probe, Timing, choose, known};
use crate::engine::error::{EngineError, EvaluateError};
use crate::engine::evaluate::{Stream, Stretch, evaluate};
use crate::engine::memory::Counting;
use crate::engine::own_text::words;
use crate::gpu::{Gpu, GpuError};
use crate::model::Weights;
use crate::protocol::{EngineChoice, EngineKind, Evaluate, Notice, Protocol, ResponseBody, Scored, Task};

/// What requests hold at most is read from here.
#[global_allocator]
static MEMORY: Counting = Counting::new();

/// Targets scored by each engine to find out which is faster; one input at least.
const WARM_UP: usize = 2_048;

/// Tokens that say where a text was cut.
const AT_A_CUT: usize = 8;

/// Models and engines, kept between requests.
pub(super) struct Runner {
    files: Files,
    cancelled: Rc<RefCell<HashSet<u32>>>,
    answers: Answers,
    backends: HashMap<(String, EngineKind), Backend>,
    gpu: Option<Gpu>,
    /// Why no GPU computes, where none does.
    without: Option<Probe>,
    /// Warm-ups by model.
    timings: HashMap<String, Vec<Timing>>,
}

impl Runner {
    pub(super) fn new(cancelled: Rc<RefCell<HashSet<u32>>>, answers: Answers) -> Self {
        let files = Files::default();
        Self { files, cancelled, answers, backends: HashMap::new(), gpu: None, without: None, timings: HashMap::new() }
    }

    pub(super) fn configure(&mut self, base: String) {
        self.files.base = base;
    }

    pub(super) async fn evaluate(&mut self, id: u32, request: &Evaluate) -> ResponseBody {
        match self.try_evaluate(id, request).await {
            Ok(scored) => ResponseBody::Scored(scored),
            Err(Ended::Cancelled) => ResponseBody::Cancelled,
            Err(Ended::Failed(failure)) => ResponseBody::Failed(failure),
        }
    }

    async fn try_evaluate(&mut self, id: u32, request: &Evaluate) -> Result<Scored, Ended> {
        let mut turns = Turns::new(id, steps(request), self.cancelled.clone(), self.answers.clone());
        let reference = match request.task {
            Task::Verify => Some(self.files.reference().await?),
            _ => None,
        };
        let text = match (&request.text, &reference) {
            (_, Some(reference)) => self.files.text(&reference.stream).await?,
            (Some(own), None) => self.files.own_text(own, &mut turns).await?,
            (None, None) => self.files.text(&request.stream).await?,
        };
        if request.task == Task::Count {
            return Ok(count(&text.stream()));
        }
        let weights = self.weights(request).await?;
        if let Some(notice) = shortened(request, &text) {
            self.answers.post(id, ResponseBody::Notice(notice));
        }
        let subject = Subject {
            stream: text.stream(),
            tokenizer: &text.tokenizer,
            reference: reference.as_ref().and_then(|r| r.models.iter().find(|m| m.model == request.model)),
        };
        loop {
            let kind = match needs_cpu(request.task) {
                true => EngineKind::Cpu,
                false => self.engine(id, request, &weights, &text, &mut turns).await?,
            };
            match self.compute(id, request, kind, &weights, &subject, &mut turns).await {
                // Nothing of this request has been answered: the CPU does it again from its start.
                Err(EvaluateError::Engine(EngineError::Gpu(error))) => self.gpu_is_gone(id, error.to_string()),
                result => return Ok(result?),
            }
        }
    }

    /// The weights of a request's model; where a GPU may compute and none has been asked for, its kernels compile while
    /// they are on their way.
    async fn weights(&mut self, request: &Evaluate) -> Result<Rc<Weights>, Ended> {
        let config = self.files.config(&request.model).await?;
        let gpu_wanted = request.engine != EngineChoice::Cpu && !needs_cpu(request.task);
        let first = gpu_wanted && self.gpu.is_none() && self.without.is_none();
        let open = async { if first { Some(open(request.engine, config.head_dim()).await) } else { None } };
        let (weights, gpu) = both(self.files.weights(&request.model), open).await;
        match gpu {
            Some(Ok(gpu)) => self.gpu = Some(gpu),
            Some(Err(error)) => self.without = Some(Probe::Absent(error.to_string())),
            None => (),
        }
        Ok(weights?)
    }

    /// The answer of one engine, with its time and memory; parts of it are posted on the way. An engine that a GPU took
    /// with it is not kept.
    async fn compute(
        &mut self,
        id: u32,
        request: &Evaluate,
        kind: EngineKind,
        weights: &Weights,
        subject: &Subject<'_>,
        turns: &mut Turns,
    ) -> Result<Scored, EvaluateError> {
        let key = (request.model.clone(), kind);
        let mut backend = match self.backends.remove(&key) {
            Some(backend) => backend,
            None => self.backend(kind, weights)?,
        };
        let (started, before) = (milliseconds(), MEMORY.begin());
        let mut reported = started;
        let mut partial = |so_far: &dyn Fn() -> Scored| {
            if milliseconds() - reported > REPORT {
                reported = milliseconds();
                self.answers.post(id, ResponseBody::Partial(so_far()));
            }
        };
        let result = answer(&mut backend, subject, request, &mut partial, turns).await;
        let peak = MEMORY.peak().saturating_sub(before) as u64;
        let adapter = backend.adapter();
        if !matches!(result, Err(EvaluateError::Engine(EngineError::Gpu(_)))) {
            self.backends.insert(key, backend);
        }
        Ok(Scored {
            engine: kind,
            adapter,
            seconds: (milliseconds() - started) / 1_000.0,
            peak_bytes: if kind == EngineKind::Cpu { peak } else { 0 },
            ..result?
        })
    }

    fn backend(&self, kind: EngineKind, weights: &Weights) -> Result<Backend, EngineError> {
        match (kind, &self.gpu) {
            (EngineKind::Gpu, Some(gpu)) => Backend::gpu(gpu, weights),
            _ => Backend::cpu(weights),
        }
    }

    /// From here on there is no GPU; says so.
    fn gpu_is_gone(&mut self, id: u32, reason: String) {
        self.gpu = None;
        self.backends.retain(|(_, kind), _| *kind != EngineKind::Gpu);
        self.without = Some(Probe::Absent(reason.clone()));
        self.answers.post(id, ResponseBody::Notice(Notice::GpuUnavailable { reason }));
    }

    /// The engine for a request; tells the reader why.
    async fn engine(
        &mut self,
        id: u32,
        request: &Evaluate,
        weights: &Weights,
        text: &Text,
        turns: &mut Turns,
    ) -> Result<EngineKind, Ended> {
        if request.engine == EngineChoice::Cpu {
            return Ok(EngineKind::Cpu);
        }
        turns.tells = false;
        let probe = self.probe(request, weights, text, turns).await;
        turns.tells = true;
        let choice = choose(request.engine, &probe?);
        // With every request: the page begins each run without notices, and shows each sentence once.
        let reason = choice.reason.clone();
        let notice = match choice.unavailable {
            true => Notice::GpuUnavailable { reason },
            false => Notice::EngineChosen { engine: choice.engine, reason },
        };
        self.answers.post(id, ResponseBody::Notice(notice));
        Ok(choice.engine)
    }

    async fn probe(
        &mut self,
        request: &Evaluate,
        weights: &Weights,
        text: &Text,
        turns: &mut Turns,
    ) -> Result<Probe, Ended> {
        if let Some(known) = &self.without {
            return Ok(known.clone());
        }
        let Some(gpu) = &self.gpu else { return Ok(Probe::Absent("it went away".into())) };
        let adapter = gpu.adapter_name();
        if gpu.is_software() {
            return Ok(Probe::Software(adapter));
        }
        let (length, workers) = (request.length, cpu_workers());
        if request.engine == EngineChoice::Gpu {
            return Ok(Probe::Timed { adapter, timing: Timing::none(length), workers });
        }
        let timings = self.timings.entry(request.model.clone()).or_default();
        if let Some(timing) = known(timings, length, workers) {
            return Ok(Probe::Timed { adapter, timing, workers });
        }
        let on_gpu = match Backend::gpu(gpu, weights) {
            Ok(backend) => rate(backend, text, length, turns).await,
            Err(error) => Err(error),
        };
        match on_gpu {
            Ok(on_gpu) => {
                let on_cpu = match Backend::cpu(weights) {
                    Ok(backend) => rate(backend, text, length, turns).await,
                    Err(error) => Err(error),
                };
                let timing = Timing { length, gpu: on_gpu, cpu: on_cpu.map_err(EvaluateError::from)? };
                timings.push(timing);
                Ok(Probe::Timed { adapter, timing, workers })
            }
            Err(EngineError::Cancelled(_)) => Err(Ended::Cancelled),
            Err(error) => {
                self.gpu = None;
                let probe = Probe::Absent(error.to_string());
                self.without = Some(probe.clone());
                Ok(probe)
            }
        }
    }
}

/// What the reader is told where a text is longer than the tokens asked for.
fn shortened(request: &Evaluate, text: &Text) -> Option<Notice> {
    let last = match request.task {
        Task::Generate { .. } => true,
        Task::Attend { .. } => false,
        _ => return None,
    };
    let (used, of) = (request.length, text.tokens.len());
    if of <= used {
        return None;
    }
    let cut = if last { of - used..(of - used + AT_A_CUT).min(of) } else { used.saturating_sub(AT_A_CUT)..used };
    let at = words(&text.tokenizer, &text.tokens[cut], false).concat().trim().replace('\n', " ");
    Some(Notice::Shortened { used, of, last, at })
}

/// A GPU whose kernels are being compiled, unless it is a software one that the reader did not ask for.
async fn open(wanted: EngineChoice, head_dim: usize) -> Result<Gpu, GpuError> {
    let gpu = Gpu::request().await?;
    if wanted == EngineChoice::Gpu || !gpu.is_software() {
        gpu.prepare(head_dim);
    }
    Ok(gpu)
}

/// What two futures give that run at the same time.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut from_a, mut from_b) = (None, None);
    poll_fn(move |context| {
        if from_a.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            from_a = Some(value);
        }
        if from_b.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            from_b = Some(value);
        }
        match (from_a.take(), from_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            pending => {
                (from_a, from_b) = pending;
                Poll::Pending
            }
        }
    })
    .await
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
async fn rate(mut backend: Backend, text: &Text, length: usize, turns: &mut Turns) -> Result<f64, EngineError> {
    // Over and over: a reader's own text may be too short to tell the engines apart, and speed does not depend on it.
    let n_targets = WARM_UP.max(length);
    let tokens: Vec<u32> = text.tokens.iter().copied().cycle().take(n_targets + 1).collect();
    let stream = Stream { tokens: &tokens, ..text.stream() };
    let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: 0, n_targets };
    let first = Stretch { length: length.min(256), n_targets: 1_024, ..stretch };
    let mut elapsed = f64::NAN;
    for stretch in [first, stretch] {
        let started = milliseconds();
        match evaluate(&mut backend, &stream, stretch, turns).await {
            Err(EvaluateError::Engine(error)) => return Err(error),
            // An empty text leaves the GPU unproven.
            Err(EvaluateError::Invalid(_)) => return Ok(f64::NAN),
            Ok(_) => elapsed = milliseconds() - started,
        }
    }
    Ok(n_targets as f64 / elapsed * 1_000.0)
}
