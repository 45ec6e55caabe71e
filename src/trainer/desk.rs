//! The model at hand, the text it reads, and what is done with both.

use std::rc::Rc;
use std::sync::Arc;

use super::inbox::{InAnswer, InStep, Inbox};
use crate::browser::files::{Abort, Files, Text};
use crate::browser::turns::{Turns, milliseconds};
use crate::engine::backend::Backend;
use crate::engine::files;
use crate::engine::run_task::{Subject, count, run_task};
use crate::model::Weights;
use crate::protocol::train::{Ask, Plan, Ready, StartFrom, ToTrainer, Told, TrainText};
use crate::protocol::{EngineKind, Failure, Job, Reason, ResponseBody, Scored, Task};
use crate::train::order::{Data, Windows};
use crate::train::reader::{TRAINED_SHARE, setting};
use crate::train::recall::{CORPUS, Recall};
use crate::train::training::{TrainError, Training};

/// Time between two reports, ms.
const REPORT: f64 = 200.0;
/// What the reader's own text is called in a question.
const OWN: &str = "own";
/// Least windows that the text must hold.
const WINDOWS: usize = 16;

/// Where a model is trained.
pub(super) struct Desk {
    pub(super) inbox: Rc<Inbox>,
    pub(super) files: Files,
    pub(super) turns: Turns,
    pub(super) model: Option<Model>,
}

/// The model at hand.
pub(super) struct Model {
    pub(super) training: Training,
    data: Box<dyn Windows>,
    /// What is not trained on of the reader's own text.
    own: Option<Rc<Text>>,
    /// What the file of weights says of the text.
    corpus: String,
    /// For questions, as of that step.
    backend: Option<(usize, Backend)>,
    report: Report,
    /// Milliseconds between two states, and when the last was told.
    state_every: f64,
    last_state: f64,
}

/// What has not been told of steps.
struct Report {
    losses: Vec<f32>,
    /// Time that they took, ms.
    spent: f64,
    last: f64,
}

pub(super) fn not_trainable(error: &TrainError) -> Failure {
    Failure::Invalid { reason: Reason::NotTrainable { detail: error.to_string() }.into() }
}

/// A model whose first step begins.
fn opened(
    plan: &Plan,
    training: Training,
    data: Box<dyn Windows>,
    n_train: usize,
    own: Option<Rc<Text>>,
    corpus: String,
) -> (Model, Ready) {
    let ready = Ready {
        config: training.setting().config.clone(),
        n_parameters: training.parameters().iter().map(|p| p.values.len()).sum(),
        step: training.step_count(),
        steps: training.setting().recipe.steps,
        tokens_per_step: training.setting().recipe.tokens_per_step,
        n_train,
    };
    let now = milliseconds();
    let model = Model {
        training,
        data,
        own,
        corpus,
        backend: None,
        report: Report { losses: Vec::new(), spent: 0.0, last: now },
        state_every: if plan.state_every > 0.0 { plan.state_every * 1_000.0 } else { f64::INFINITY },
        last_state: now,
    };
    (model, ready)
}

impl Desk {
    pub(super) fn new(inbox: Rc<Inbox>) -> Self {
        Self { inbox, files: Files::default(), turns: Turns::default(), model: None }
    }

    /// Does what a message asks.
    pub(super) async fn answer(&mut self, ToTrainer { ask, bytes }: ToTrainer) {
        match ask {
            Ask::Configure { base } => {
                self.files.base = base;
                self.inbox.tell(Told::Ready(None));
            }
            Ask::Start(plan) => {
                self.model = None;
                self.inbox.go(true);
                match self.open(&plan, &bytes).await {
                    Ok((model, ready)) => {
                        self.model = Some(model);
                        self.inbox.tell(Told::Ready(Some(ready)));
                    }
                    Err(abort) => {
                        self.inbox.go(false);
                        // A stop meanwhile is answered as any is.
                        if let Abort::Failed(failure) = abort {
                            self.inbox.tell(Told::Failed(failure));
                        }
                    }
                }
            }
            Ask::GoOn => match &mut self.model {
                Some(model) => {
                    model.report.last = milliseconds();
                    self.inbox.go(true);
                    self.inbox.tell(Told::Going);
                }
                None => self.nothing_there(),
            },
            Ask::Lengthen { steps } => match &mut self.model {
                Some(model) => model.training.lengthen(steps),
                None => self.nothing_there(),
            },
            Ask::State => self.tell_state(|step| Told::State { step }),
            Ask::Weights => self.tell_weights(),
            Ask::Answer { id, job } => self.question(id, &job).await,
            Ask::Recall { id, model, distance, n } => self.recall(id, model.as_deref(), distance, n).await,
            // Heard when they arrived.
            Ask::Pause | Ask::Stop => (),
        }
    }

    fn nothing_there(&self) {
        let reason = Reason::NotTrainable { detail: "no model is at hand".into() };
        self.inbox.tell(Told::Failed(Failure::Invalid { reason: reason.into() }));
    }

    /// Says that no steps are done; with the state where that was asked for.
    pub(super) fn rest(&mut self, stopped: bool) {
        self.tell_progress();
        let step = self.model.as_ref().map_or(0, |model| model.training.step_count());
        if stopped && self.model.is_some() {
            self.tell_state(|step| Told::Resting { step, done: false });
        } else {
            self.inbox.tell(Told::Resting { step, done: false });
        }
    }

    fn tell_state(&mut self, told: impl FnOnce(usize) -> Told) {
        // A state stands for everything told before it.
        self.tell_progress();
        let Some(model) = &mut self.model else { return self.nothing_there() };
        model.last_state = milliseconds();
        match model.training.state() {
            Ok(bytes) => self.inbox.tell_with(told(model.training.step_count()), bytes),
            Err(error) => self.inbox.tell(Told::Failed(not_trainable(&error))),
        }
    }

    fn tell_weights(&self) {
        let Some(Model { training, corpus, .. }) = &self.model else { return self.nothing_there() };
        match training.file(corpus) {
            Ok(bytes) => self.inbox.tell_with(Told::Weights { step: training.step_count() }, bytes),
            Err(error) => {
                let reason = Reason::NotTrainable { detail: error.to_string() };
                self.inbox.tell(Told::Failed(Failure::Invalid { reason: reason.into() }));
            }
        }
    }

    fn tell_progress(&mut self) {
        let Some(Model { training, report, .. }) = &mut self.model else { return };
        report.last = milliseconds();
        if report.losses.is_empty() {
            return;
        }
        let n_token = (report.losses.len() * training.setting().recipe.tokens_per_step) as f64;
        let tokens_per_second = n_token / std::mem::take(&mut report.spent) * 1_000.0;
        let losses = std::mem::take(&mut report.losses);
        self.inbox.tell(Told::Progress { step: training.step_count(), losses, tokens_per_second });
    }

    /// One step, and what is to be told after it.
    pub(super) async fn step(&mut self) {
        let Some(model) = &mut self.model else { return self.inbox.go(false) };
        if model.training.is_done() {
            self.inbox.go(false);
            self.tell_progress();
            return self.tell_state(|step| Told::Resting { step, done: true });
        }
        let started = milliseconds();
        let mut places = InStep { inbox: &self.inbox, turns: &mut self.turns };
        match model.training.step(&*model.data, &mut places).await {
            Ok(stepped) => {
                let now = milliseconds();
                model.report.losses.push(stepped.loss as f32);
                model.report.spent += now - started;
                let (reports, keeps) = (now - model.report.last > REPORT, now - model.last_state > model.state_every);
                if reports {
                    self.tell_progress();
                }
                if keeps {
                    self.tell_state(|step| Told::State { step });
                }
            }
            // It is done anew when it goes on.
            Err(TrainError::Cancelled(_)) => (),
            Err(TrainError::NotFinite { step, loss, .. }) => {
                self.inbox.go(false);
                self.tell_progress();
                self.tell_state(|_| Told::NotFinite { step, loss });
            }
            Err(error) => {
                self.inbox.go(false);
                self.inbox.tell(Told::Failed(not_trainable(&error)));
            }
        }
    }

    /// Text and model of a plan.
    async fn open(&mut self, plan: &Plan, bytes: &[u8]) -> Result<(Model, Ready), Abort> {
        if plan.text == TrainText::Recall {
            let training = self.recall_training(plan, bytes).await?;
            return Ok(opened(plan, training, Box::new(Recall), 0, None, CORPUS.into()));
        }
        let tokenizer = self.files.tokenizer().await?;
        let (mut train, own, corpus) = match &plan.text {
            TrainText::Addresses => {
                let manifest = self.files.manifest().await?;
                let missing = || Failure::Invalid { reason: Reason::UnknownText { text: "training".into() }.into() };
                let entry = manifest.training.as_ref().ok_or_else(missing)?;
                let bytes = self.files.checked(&entry.file, &entry.sha256).await?;
                let corpus = &manifest.corpus;
                let corpus = format!("{}; {}; {}; a part", corpus.name, corpus.source, corpus.licence);
                (files::tokens(&entry.file, &bytes, tokenizer.n_vocab())?, None, corpus)
            }
            TrainText::Own(text) => {
                let text: Arc<str> = text.as_str().into();
                let mut quiet = |_: f64| ();
                let mut places = InAnswer { inbox: &self.inbox, turns: &mut self.turns, step: 0, progress: &mut quiet };
                let mut tokens = self.files.own_text(&text, &mut places).await?.tokens.clone();
                let kept = tokens.split_off((tokens.len() as f64 * TRAINED_SHARE) as usize);
                (tokens, Some(Rc::new(Text::new(kept, tokenizer.clone()))), "a text of the reader's own".into())
            }
            TrainText::Recall => (Vec::new(), None, String::new()),
        };
        // A window ends with a target.
        train.push(tokenizer.separator());
        let training = self.training(plan, bytes, tokenizer.n_vocab()).await?;
        let (n_token, needed) = (train.len(), WINDOWS * training.setting().config.train_length);
        if n_token < needed {
            return Err(Failure::Invalid { reason: Reason::TooFewForInputs { n_token, needed }.into() }.into());
        }
        training.check(&train).map_err(|e| not_trainable(&e))?;
        let data = Data { train, validation: Vec::new(), separator: tokenizer.separator() };
        Ok(opened(plan, training, Box::new(data), n_token, own, corpus))
    }

    /// The model of a plan where it starts.
    pub(super) async fn training(&mut self, plan: &Plan, bytes: &[u8], n_vocab: usize) -> Result<Training, Abort> {
        let of = |weights: &Weights| Training::from_weights(setting(plan, Some(&weights.config), n_vocab), weights);
        let training = match &plan.from {
            StartFrom::Nothing => Training::new(setting(plan, None, n_vocab)),
            StartFrom::Shipped { model } => of(&*self.files.weights(model).await?),
            StartFrom::State => Training::from_state(bytes),
            StartFrom::File => {
                let weights = Weights::from_safetensors(bytes).map_err(|error| Failure::Invalid {
                    reason: Reason::NotTrainable { detail: error.to_string() }.into(),
                })?;
                of(&weights)
            }
        };
        Ok(training.map_err(|e| not_trainable(&e))?)
    }

    /// Answers a question about the model as it is.
    async fn question(&mut self, id: u32, job: &Job) {
        let step = self.model.as_ref().map_or(0, |model| model.training.step_count());
        let body = match self.answered(id, job, step).await {
            Ok(scored) => ResponseBody::Scored(scored),
            Err(Abort::Failed(failure)) => ResponseBody::Failed(failure),
            Err(Abort::Again | Abort::Cancelled) => ResponseBody::Cancelled,
        };
        self.inbox.tell(Told::Answer { id, step, body });
    }

    async fn answered(&mut self, id: u32, job: &Job, step: usize) -> Result<Scored, Abort> {
        let inbox = self.inbox.clone();
        let (of, mut last) = (job.task.steps(), milliseconds());
        let mut progress = |done: f64| {
            if milliseconds() - last > REPORT {
                last = milliseconds();
                let body = ResponseBody::Progress { scored: done as usize, of };
                inbox.tell(Told::Answer { id, step, body });
            }
        };
        let mut places = InAnswer { inbox: &inbox, turns: &mut self.turns, step, progress: &mut progress };
        let Some(model) = &mut self.model else {
            let reason = Reason::NotTrainable { detail: "no model is at hand".into() };
            return Err(Failure::Invalid { reason: reason.into() }.into());
        };
        let text = match (&job.text, &model.own) {
            (Some(text), _) => self.files.own_text(text, &mut places).await?,
            (None, Some(own)) if job.stream == OWN => own.clone(),
            (None, _) => self.files.text(&job.stream).await?,
        };
        if job.task == Task::Count {
            return Ok(count(&text.stream()));
        }
        // Of the reader's own text there is what there is; the answer says how many targets that were.
        let mut held = job.clone();
        if let (Task::Score(stretch), OWN) = (&mut held.task, job.stream.as_str()) {
            let most = text.tokens.len().saturating_sub(stretch.first + 1);
            stretch.n_targets = stretch.n_targets.min(most);
        }
        let mut backend = match model.backend.take() {
            Some((at, backend)) if at == step => backend,
            _ => {
                let backend = Backend::cpu(&model.training.weights());
                backend.map_err(|e| Failure::Engine { reason: e.reason().into() })?
            }
        };
        let subject = Subject { stream: text.stream(), tokenizer: &text.tokenizer, reference: None };
        let (started, mut told) = (milliseconds(), milliseconds());
        let mut partial = |so_far: &dyn Fn() -> Scored| {
            if milliseconds() - told > REPORT {
                told = milliseconds();
                inbox.tell(Told::Answer { id, step, body: ResponseBody::Partial(so_far()) });
            }
        };
        let scored = run_task(&mut backend, &subject, &held, &mut partial, &mut places).await?;
        model.backend = Some((step, backend));
        Ok(Scored { engine: EngineKind::Cpu, seconds: (milliseconds() - started) / 1_000.0, ..scored })
    }
}
