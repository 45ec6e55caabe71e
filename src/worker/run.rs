//! One evaluation: files, engine, sums.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::answers::Answers;
use super::engines::Engines;
use super::yielder::{REPORT, Yielder};
use crate::browser::files::{Abort, Files, Text};
use crate::browser::turns::milliseconds;
use crate::engine::choose::{Choice, choose};
use crate::engine::error::{EngineError, EvaluateError};
use crate::engine::memory::Counting;
use crate::engine::own_text::words;
use crate::engine::run_task::{Subject, count, needs_cpu, run_task};
use crate::model::Weights;
use crate::protocol::{EngineChoice, EngineKind, Facts, Job, Notice, Reason, ResponseBody, Scored, Task};

/// What requests hold at most is read from here.
#[global_allocator]
static MEMORY: Counting = Counting::new();

/// Tokens that say where a text was cut.
const AT_A_CUT: usize = 8;

/// Models and engines, kept between requests.
pub(super) struct Runner {
    files: Files,
    cancelled: Rc<RefCell<Vec<u32>>>,
    answers: Answers,
    engines: Engines,
}

impl Runner {
    pub(super) fn new(cancelled: Rc<RefCell<Vec<u32>>>, answers: Answers) -> Self {
        Self { files: Files::default(), cancelled, answers, engines: Engines::default() }
    }

    pub(super) fn configure(&mut self, base: String, without_gpu: bool) {
        self.files.base = base;
        if without_gpu {
            self.engines.give_up_gpu(Reason::GpuWentAway.into());
        }
    }

    pub(super) async fn run(&mut self, id: u32, job: &Job) -> ResponseBody {
        loop {
            return match self.try_run(id, job).await {
                Ok(scored) => ResponseBody::Scored(scored),
                Err(Abort::Again) => continue,
                Err(Abort::Cancelled) => ResponseBody::Cancelled,
                Err(Abort::Failed(failure)) => ResponseBody::Failed(failure),
            };
        }
    }

    async fn try_run(&mut self, id: u32, job: &Job) -> Result<Scored, Abort> {
        let mut yielder = Yielder::new(id, job.task.steps(), self.cancelled.clone(), self.answers.clone());
        let reference = match job.task {
            Task::Verify => Some(self.files.reference().await?),
            _ => None,
        };
        let text = match (&job.text, &reference) {
            (_, Some(reference)) => self.files.text(&reference.stream).await?,
            (Some(own), None) => self.files.own_text(own, &mut yielder).await?,
            (None, None) => self.files.text(&job.stream).await?,
        };
        if job.task == Task::Count {
            return Ok(count(&text.stream()));
        }
        let weights = self.weights(job).await?;
        if let Some(notice) = shortened(job, &text) {
            self.answers.post(id, ResponseBody::Notice(notice));
        }
        let subject = Subject {
            stream: text.stream(),
            tokenizer: &text.tokenizer,
            reference: reference.as_ref().and_then(|r| r.models.iter().find(|m| m.model == job.model)),
        };
        loop {
            let kind = match needs_cpu(job.task) {
                true => EngineKind::Cpu,
                false => self.engine(id, job, &weights, &text, &mut yielder).await?,
            };
            match self.compute(id, job, kind, &weights, &subject, &mut yielder).await {
                // Nothing of this request has been answered: a lost GPU is looked for again, else the CPU does it from its start.
                Err(EvaluateError::Engine(EngineError::Gpu(error))) => {
                    if self.engines.may_find_again(&error) {
                        return Err(Abort::Again);
                    }
                    self.gpu_is_gone(id, Reason::Gpu(error).into());
                }
                result => return Ok(result?),
            }
        }
    }

    /// The weights of a request's model; where a GPU may compute and none has been asked for, its kernels compile while
    /// they are on their way.
    async fn weights(&mut self, job: &Job) -> Result<Rc<Weights>, Abort> {
        let config = self.files.config(&job.model).await?;
        let open = self.engines.open(job, config.head_dim());
        let (weights, ()) = both(self.files.weights(&job.model), open).await;
        Ok(weights?)
    }

    /// The answer of one engine, with its time and memory; parts of it are posted on the way. An engine that a GPU took
    /// with it is not kept.
    async fn compute(
        &mut self,
        id: u32,
        job: &Job,
        kind: EngineKind,
        weights: &Weights,
        subject: &Subject<'_>,
        yielder: &mut Yielder,
    ) -> Result<Scored, EvaluateError> {
        let mut backend = self.engines.take(&job.model, kind, weights)?;
        let (started, before) = (milliseconds(), MEMORY.begin());
        let mut reported = started;
        let mut partial = |so_far: &dyn Fn() -> Scored| {
            if milliseconds() - reported > REPORT {
                reported = milliseconds();
                self.answers.post(id, ResponseBody::Partial(so_far()));
            }
        };
        let result = run_task(&mut backend, subject, job, &mut partial, yielder).await;
        let peak = MEMORY.peak().saturating_sub(before) as u64;
        let adapter = backend.adapter();
        if !matches!(result, Err(EvaluateError::Engine(EngineError::Gpu(_)))) {
            self.engines.keep(&job.model, backend);
        }
        Ok(Scored {
            engine: kind,
            adapter,
            seconds: (milliseconds() - started) / 1_000.0,
            peak_bytes: if kind == EngineKind::Cpu { peak } else { 0 },
            ..result?
        })
    }

    /// From here on there is no GPU; says so.
    fn gpu_is_gone(&mut self, id: u32, reason: Facts) {
        self.engines.give_up_gpu(reason.clone());
        self.answers.post(id, ResponseBody::Notice(Notice::GpuUnavailable { reason }));
    }

    /// The engine for a request; tells the reader why.
    async fn engine(
        &mut self,
        id: u32,
        job: &Job,
        weights: &Weights,
        text: &Text,
        yielder: &mut Yielder,
    ) -> Result<EngineKind, Abort> {
        if job.engine == EngineChoice::Cpu {
            return Ok(EngineKind::Cpu);
        }
        yielder.tells = false;
        let probe = self.engines.probe(job, weights, text, yielder).await;
        yielder.tells = true;
        let Choice { engine, reason, unavailable } = choose(job.engine, &probe?);
        self.answers.post(id, ResponseBody::Engine(engine));
        // With every request: the page begins each run without notices, and shows each sentence once.
        let notice = match unavailable {
            true => Notice::GpuUnavailable { reason },
            false => Notice::EngineChosen { engine, reason },
        };
        self.answers.post(id, ResponseBody::Notice(notice));
        Ok(engine)
    }
}

/// What the reader is told where a text is longer than the tokens asked for.
fn shortened(job: &Job, text: &Text) -> Option<Notice> {
    let (last, used) = match job.task {
        Task::Generate(generate) => (true, generate.n_prompt),
        Task::Attend(attend) => (false, attend.length),
        _ => return None,
    };
    let of = text.tokens.len();
    if of <= used {
        return None;
    }
    let cut = if last { of - used..(of - used + AT_A_CUT).min(of) } else { used.saturating_sub(AT_A_CUT)..used };
    let at = words(&text.tokenizer, &text.tokens[cut], false).concat().trim().replace('\n', " ");
    Some(Notice::Shortened { used, of, last, at })
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
