//! One run of several evaluations as a figure shows it: what each is doing, what was said, how long it took.

use leptos::prelude::*;

use super::queue::News;
use super::results::{Results, thousands};
use super::words;
use crate::protocol::{EngineKind, Evaluate, Failure, Notice, Task};

/// What one evaluation of a run is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// In the queue.
    Waiting,
    /// Being computed.
    Running {
        /// Targets scored.
        scored: usize,
        /// Of how many; 0 before the first report.
        of: usize,
    },
    /// Computed.
    Done,
    /// Failed.
    Failed(Failure),
    /// Stopped at the reader's wish.
    Stopped,
}

/// One evaluation and its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What is asked.
    pub evaluate: Evaluate,
    /// What became of it.
    pub status: Status,
}

/// The course of a run as signals; one per figure, used for one run after another.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    id: RwSignal<u32>,
    /// The evaluations, in the order in which they are taken.
    pub jobs: RwSignal<Vec<Job>>,
    /// What the workers said, each sentence once.
    pub notices: RwSignal<Vec<String>>,
    /// When it began and, once over, when it ended, ms of the page's clock.
    pub span: RwSignal<Option<(f64, Option<f64>)>>,
    /// Whether the reader stopped it.
    pub stopped: RwSignal<bool>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            id: RwSignal::new(0),
            jobs: RwSignal::new(Vec::new()),
            notices: RwSignal::new(Vec::new()),
            span: RwSignal::new(None),
            stopped: RwSignal::new(false),
        }
    }
}

impl Run {
    /// Number of the present run; 0 before the first, and where the figure is gone.
    pub fn id(&self) -> u32 {
        self.id.try_get_untracked().unwrap_or(0)
    }

    /// Begins anew.
    pub fn begin(&self, id: u32, evaluations: &[Evaluate]) {
        self.id.set(id);
        self.notices.set(Vec::new());
        self.stopped.set(false);
        self.span.set(Some((now(), None)));
        self.jobs.set(evaluations.iter().map(|e| Job { evaluate: e.clone(), status: Status::Waiting }).collect());
    }

    /// Takes in what happened to evaluation `index`; a point that is done goes to `results`.
    pub fn take(&self, index: usize, evaluate: &Evaluate, news: News, results: RwSignal<Results>) {
        // An answer to the run before this one, or to a figure that is gone.
        let other = |jobs: &Vec<Job>| jobs.get(index).is_none_or(|j| j.evaluate != *evaluate);
        if self.jobs.try_with_untracked(other).unwrap_or(true) {
            return;
        }
        let status = match news {
            News::Started => Status::Running { scored: 0, of: 0 },
            News::Progress { scored, of } => Status::Running { scored, of },
            // Of use to the queue alone.
            News::Engine(_) => return,
            News::Notice(notice) => {
                // True of the question whenever it is asked, not of this run alone.
                if matches!(notice, Notice::Shortened { .. }) {
                    results.update(|r| r.note_cut(evaluate, notice));
                    return;
                }
                let said = say(&notice);
                self.notices.update(|all| {
                    if !all.contains(&said) {
                        all.push(said);
                    }
                });
                return;
            }
            News::Partial(scored) => {
                results.update(|r| r.insert(evaluate.clone(), scored));
                return;
            }
            News::Done(scored) => {
                results.update(|r| r.insert(evaluate.clone(), scored));
                Status::Done
            }
            News::Failed(failure) => Status::Failed(failure),
            News::Stopped => {
                self.stopped.set(true);
                Status::Stopped
            }
        };
        self.jobs.update(|jobs| jobs[index].status = status);
        if !self.running_untracked() {
            self.span.update(|span| {
                if let Some((_, end)) = span {
                    end.get_or_insert_with(now);
                }
            });
        }
    }

    /// Sets what failed for that reason to waiting, and says which evaluations they are.
    pub fn reset_failed(&self, failure: &Failure) -> Vec<(usize, Evaluate)> {
        let mut reset = Vec::new();
        self.jobs.update(|jobs| {
            for (index, job) in jobs.iter_mut().enumerate() {
                if matches!(&job.status, Status::Failed(f) if f == failure) {
                    job.status = Status::Waiting;
                    reset.push((index, job.evaluate.clone()));
                }
            }
        });
        self.span.update(|span| {
            if let Some((_, end)) = span {
                *end = None;
            }
        });
        reset
    }

    /// Drops what is said of a run that is over if it was of other choices than these: what it computed is kept with the
    /// results. What failed stays until the next run. Tracks the evaluations.
    pub fn forget_other(&self, asked: &[Evaluate]) {
        let asked = |job: &Job| asked.iter().any(|a| alike(a, &job.evaluate));
        let failed = |job: &Job| matches!(job.status, Status::Failed(_));
        let other = self.jobs.with(|jobs| !is_running(jobs) && !jobs.iter().any(failed) && !jobs.iter().all(asked));
        if other {
            self.notices.set(Vec::new());
            self.span.set(None);
            self.jobs.set(Vec::new());
        }
    }

    /// Whether anything asked for is neither among what this run computes nor answered; `any_targets`: whether losses count
    /// as asked for with another number of targets too, where the page chooses that number. Tracks the evaluations.
    pub fn lacks(&self, asked: &[Evaluate], any_targets: bool, answered: impl Fn(&Evaluate) -> bool) -> bool {
        self.jobs.with(|jobs| lacks(jobs, asked, any_targets, answered))
    }

    /// Each reason for which something failed, with the models concerned, in the order of their first appearance.
    /// Tracks the evaluations.
    pub fn failures(&self) -> Vec<(Failure, Vec<String>)> {
        self.jobs.with(|jobs| failures_of(jobs))
    }

    /// Milliseconds that the run took or has taken. Tracks the evaluations.
    pub fn elapsed(&self) -> Option<f64> {
        self.jobs.track();
        self.span.get().map(|(begin, end)| end.unwrap_or_else(now) - begin)
    }

    fn running_untracked(&self) -> bool {
        self.jobs.with_untracked(|jobs| is_running(jobs))
    }

    /// Whether anything waits or is computed. Tracks the evaluations.
    pub fn running(&self) -> bool {
        self.jobs.with(|jobs| is_running(jobs))
    }

    /// `idle|running|done|failed`: failed if nothing was computed and something failed. Tracks the evaluations.
    pub fn state(&self) -> &'static str {
        self.jobs.with(|jobs| state_of(jobs))
    }

    /// Share of the work done, 0 to 1, each evaluation weighing the same. Tracks the evaluations.
    pub fn share(&self) -> f64 {
        self.jobs.with(|jobs| share_of(jobs))
    }
}

/// Whether both ask the same, engines apart and, of losses, how many: both may follow from what has run.
fn alike(a: &Evaluate, b: &Evaluate) -> bool {
    let engine = if a.task == Task::Verify { b.engine } else { a.engine };
    let n_targets = if a.task == Task::Score { a.n_targets } else { b.n_targets };
    *a == Evaluate { n_targets, engine, ..b.clone() }
}

fn lacks(jobs: &[Job], asked: &[Evaluate], any_targets: bool, answered: impl Fn(&Evaluate) -> bool) -> bool {
    let same = |a: &Evaluate, b: &Evaluate| {
        let n_targets = if any_targets { b.n_targets } else { a.n_targets };
        *b == Evaluate { n_targets, ..a.clone() }
    };
    asked.iter().any(|a| !jobs.iter().any(|j| same(a, &j.evaluate)) && !answered(a))
}

fn is_running(jobs: &[Job]) -> bool {
    jobs.iter().any(|j| matches!(j.status, Status::Waiting | Status::Running { .. }))
}

fn state_of(jobs: &[Job]) -> &'static str {
    if jobs.is_empty() {
        "idle"
    } else if is_running(jobs) {
        "running"
    } else if jobs.iter().any(|j| j.status == Status::Done) {
        "done"
    } else if jobs.iter().any(|j| matches!(j.status, Status::Failed(_))) {
        "failed"
    } else {
        "idle"
    }
}

fn share_of(jobs: &[Job]) -> f64 {
    let one = |job: &Job| match job.status {
        Status::Waiting => 0.0,
        Status::Running { scored, of } => scored as f64 / of.max(1) as f64,
        _ => 1.0,
    };
    if jobs.is_empty() { 0.0 } else { jobs.iter().map(one).sum::<f64>() / jobs.len() as f64 }
}

fn failures_of(jobs: &[Job]) -> Vec<(Failure, Vec<String>)> {
    let mut found: Vec<(Failure, Vec<String>)> = Vec::new();
    for job in jobs {
        let Status::Failed(failure) = &job.status else { continue };
        let model = &job.evaluate.model;
        match found.iter_mut().find(|(f, _)| f == failure) {
            Some((_, models)) if models.contains(model) => {}
            Some((_, models)) => models.push(model.clone()),
            None => found.push((failure.clone(), vec![model.clone()])),
        }
    }
    found
}

/// Milliseconds of the page's clock.
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// A notice in words.
pub fn say(notice: &Notice) -> String {
    match notice {
        Notice::EngineChosen { engine, reason } => {
            format!("Running on the {}: {}.", engine_name(*engine), words::say(reason))
        }
        Notice::GpuUnavailable { reason } => {
            format!("The GPU is not available ({}); the CPU goes on.", words::say(reason))
        }
        Notice::Shortened { used, of, last: true, at } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("As it stands there, the prompt has {of} tokens; its last {used} are continued, from “{at}…” on.")
        }
        Notice::Shortened { used, of, at, .. } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("As it stands there, the text has {of} tokens; its first {used} are looked at, up to “…{at}”.")
        }
    }
}

/// "CPU" or "GPU".
pub fn engine_name(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::Cpu => "CPU",
        EngineKind::Gpu => "GPU",
    }
}

/// `cpu` or `gpu`, as in `data-engine`.
pub fn engine_id(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::Cpu => "cpu",
        EngineKind::Gpu => "gpu",
    }
}

/// A failure in words, and what the reader can do about it.
pub fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Fetch { file, reason } => {
            format!("{file} could not be loaded: {}. Check the connection and retry.", words::say(reason))
        }
        Failure::Corrupt { file, reason } => {
            let reason = words::say(reason);
            format!(
                "{file} is not what it should be: {reason}. Reload the page; if that does not help, the site is at fault."
            )
        }
        Failure::Invalid { reason } => format!("This cannot be evaluated: {}.", words::say(reason)),
        Failure::Engine { reason } => {
            let reason = words::say(reason);
            format!("The engine broke down: {reason}. Retry, choose the other engine, or leave out the longest inputs.")
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
