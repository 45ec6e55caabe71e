//! One evaluation: files, engine, sums.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::Answers;
use super::load::{Files, Text};
use super::turn::{Turns, milliseconds};
use crate::config::MAX_LENGTH;
use crate::engine::backend::{Backend, EngineError};
use crate::engine::choose::{Probe, choose};
use crate::engine::evaluate::{EvaluateError, Stream, Stretch, evaluate};
use crate::engine::pause::NoPause;
use crate::gpu::Gpu;
use crate::model::Weights;
use crate::protocol::{EngineChoice, EngineKind, Evaluate, Failure, Notice, Protocol, ResponseBody, Scored};

/// Targets scored by each engine to find out which is faster.
const WARM_UP: usize = 2_048;
/// Input length of the warm-up, tokens.
const WARM_UP_LENGTH: usize = 256;

/// Models and engines, kept between requests.
pub(super) struct Runner {
    files: Files,
    cancelled: Rc<RefCell<HashSet<u32>>>,
    answers: Answers,
    backends: HashMap<(String, EngineKind), Backend>,
    gpu: Option<Gpu>,
    probe: Option<Probe>,
}

impl Runner {
    pub(super) fn new(cancelled: Rc<RefCell<HashSet<u32>>>, answers: Answers) -> Self {
        let files = Files::default();
        Self { files, cancelled, answers, backends: HashMap::new(), gpu: None, probe: None }
    }

    pub(super) fn configure(&mut self, base: String) {
        self.files.base = base;
    }

    pub(super) async fn evaluate(&mut self, id: u32, request: &Evaluate) -> ResponseBody {
        match self.try_evaluate(id, request).await {
            Ok(body) => body,
            Err(failure) => ResponseBody::Failed(failure),
        }
    }

    async fn try_evaluate(&mut self, id: u32, request: &Evaluate) -> Result<ResponseBody, Failure> {
        if !(1..=MAX_LENGTH).contains(&request.length) {
            let reason = format!("an input length of {} is not between 1 and {MAX_LENGTH} tokens", request.length);
            return Err(Failure::Invalid { reason });
        }
        let text = self.files.text(&request.stream).await?;
        let weights = self.files.weights(&request.model).await?;
        loop {
            let kind = self.engine(id, request, &weights, &text).await?;
            let key = (request.model.clone(), kind);
            let mut backend = match self.backends.remove(&key) {
                Some(backend) => backend,
                None => match self.backend(kind, &weights) {
                    Err(EngineError::Gpu(error)) => {
                        self.gpu_is_gone(id, error.to_string());
                        continue;
                    }
                    other => other.map_err(engine_failure)?,
                },
            };
            let stretch = Stretch {
                protocol: request.protocol,
                length: request.length,
                first: request.first_target,
                n_targets: request.n_targets,
            };
            let stream = Stream { tokens: &text.tokens, separator: text.separator, token_bytes: &text.token_bytes };
            let mut turns = Turns::new(id, request.n_targets, self.cancelled.clone(), self.answers.clone());
            let started = milliseconds();
            match evaluate(&mut backend, &stream, stretch, &mut turns).await {
                Ok(sums) => {
                    let scored = Scored {
                        blocks: sums.blocks,
                        n_bytes: sums.n_bytes,
                        engine: kind,
                        adapter: backend.adapter(),
                        seconds: (milliseconds() - started) / 1_000.0,
                        ..Default::default()
                    };
                    self.backends.insert(key, backend);
                    return Ok(ResponseBody::Scored(scored));
                }
                Err(EvaluateError::Engine(EngineError::Cancelled(_))) => {
                    self.backends.insert(key, backend);
                    return Ok(ResponseBody::Cancelled);
                }
                // Nothing of this request has been answered: the CPU does it again from its start.
                Err(EvaluateError::Engine(EngineError::Gpu(error))) => self.gpu_is_gone(id, error.to_string()),
                Err(EvaluateError::Engine(error)) => return Err(engine_failure(error)),
                Err(EvaluateError::Invalid(reason)) => return Err(Failure::Invalid { reason }),
            }
        }
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
        self.probe = Some(Probe::Absent(reason.clone()));
        self.answers.post(id, ResponseBody::Notice(Notice::GpuUnavailable { reason }));
    }

    /// The engine for a request; tells the reader why.
    async fn engine(
        &mut self,
        id: u32,
        request: &Evaluate,
        weights: &Weights,
        text: &Text,
    ) -> Result<EngineKind, Failure> {
        if request.engine == EngineChoice::Cpu {
            return Ok(EngineKind::Cpu);
        }
        let probe = match &self.probe {
            // A GPU that was only looked at so far is timed once the choice depends on it.
            Some(Probe::Timed { gpu, .. }) if gpu.is_nan() && request.engine == EngineChoice::Auto => None,
            probe => probe.clone(),
        };
        let probe = match probe {
            Some(probe) => probe,
            None => self.probe(request.engine, weights, text).await?,
        };
        let choice = choose(request.engine, &probe);
        self.probe = Some(probe);
        // With every request: the page begins each run without notices, and shows each sentence once.
        let reason = choice.reason.clone();
        let notice = match choice.unavailable {
            true => Notice::GpuUnavailable { reason },
            false => Notice::EngineChosen { engine: choice.engine, reason },
        };
        self.answers.post(id, ResponseBody::Notice(notice));
        Ok(choice.engine)
    }

    async fn probe(&mut self, wanted: EngineChoice, weights: &Weights, text: &Text) -> Result<Probe, Failure> {
        if self.gpu.is_none() {
            match Gpu::request().await {
                Ok(gpu) => self.gpu = Some(gpu),
                Err(error) => return Ok(Probe::Absent(error.to_string())),
            }
        }
        let Some(gpu) = &self.gpu else { return Ok(Probe::Absent("it went away".into())) };
        let adapter = gpu.adapter_name();
        if gpu.is_software() {
            return Ok(Probe::Software(adapter));
        }
        if wanted == EngineChoice::Gpu {
            return Ok(Probe::Timed { adapter, gpu: f64::NAN, cpu: f64::NAN });
        }
        let on_gpu = match Backend::gpu(gpu, weights) {
            Ok(backend) => rate(backend, text).await,
            Err(error) => Err(error),
        };
        match on_gpu {
            Ok(on_gpu) => {
                let on_cpu = match Backend::cpu(weights) {
                    Ok(backend) => rate(backend, text).await,
                    Err(error) => Err(error),
                };
                Ok(Probe::Timed { adapter, gpu: on_gpu, cpu: on_cpu.map_err(engine_failure)? })
            }
            Err(error) => {
                self.gpu = None;
                Ok(Probe::Absent(error.to_string()))
            }
        }
    }
}

/// Tokens per second in a warm-up; the first pass, which compiles and allocates, does not count.
async fn rate(mut backend: Backend, text: &Text) -> Result<f64, EngineError> {
    let stream = Stream { tokens: &text.tokens, separator: text.separator, token_bytes: &text.token_bytes };
    let n_targets = WARM_UP.min(text.tokens.len().saturating_sub(2));
    let stretch = Stretch { protocol: Protocol::Nonoverlapping, length: WARM_UP_LENGTH, first: 0, n_targets };
    let mut started = milliseconds();
    for pass in 0..2 {
        if pass == 1 {
            started = milliseconds();
        }
        match evaluate(&mut backend, &stream, stretch, &mut NoPause).await {
            Err(EvaluateError::Engine(error)) => return Err(error),
            // A text too short to warm up on leaves the GPU unproven.
            Err(EvaluateError::Invalid(_)) => return Ok(f64::NAN),
            Ok(_) => (),
        }
    }
    Ok(n_targets as f64 / (milliseconds() - started) * 1_000.0)
}

fn engine_failure(error: EngineError) -> Failure {
    Failure::Engine { reason: error.to_string() }
}
