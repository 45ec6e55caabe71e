//! One run of several evaluations as a figure shows it: what each is doing, what was said, how long it took.

use leptos::prelude::*;

use crate::protocol::{EngineKind, Failure, Job, Notice, Task};
use crate::ui::runs::scheduler::JobEvent;
use crate::ui::runs::shared_results::SharedResults;

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

/// One question of a run and its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What is asked.
    pub job: Job,
    /// What became of it.
    pub status: Status,
}

/// The course of a run as signals; one per figure, used for one run after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunState {
    id: RwSignal<u32>,
    /// What is computed, in the order in which it is taken.
    pub points: RwSignal<Vec<Point>>,
    /// What the workers said, each thing once.
    pub notices: RwSignal<Vec<Notice>>,
    /// When it began and, once over, when it ended, ms of the page's clock.
    pub span: RwSignal<Option<(f64, Option<f64>)>>,
    /// Whether the reader stopped it.
    pub stopped: RwSignal<bool>,
}

impl Default for RunState {
    fn default() -> Self {
        Self {
            id: RwSignal::new(0),
            points: RwSignal::new(Vec::new()),
            notices: RwSignal::new(Vec::new()),
            span: RwSignal::new(None),
            stopped: RwSignal::new(false),
        }
    }
}

impl RunState {
    /// Number of the present run; 0 before the first, and where the figure is gone.
    pub fn id(&self) -> u32 {
        self.id.try_get_untracked().unwrap_or(0)
    }

    /// Begins anew.
    pub fn begin(&self, id: u32, jobs: &[Job]) {
        self.id.set(id);
        self.notices.set(Vec::new());
        self.stopped.set(false);
        self.span.set(Some((now(), None)));
        self.points.set(jobs.iter().map(|j| Point { job: j.clone(), status: Status::Waiting }).collect());
    }

    /// Takes in what happened to evaluation `index`; a point that is done goes to `results`.
    pub fn apply(&self, index: usize, job: &Job, news: JobEvent, results: SharedResults) {
        // An answer to the run before this one, or to a figure that is gone.
        let other = |points: &Vec<Point>| points.get(index).is_none_or(|p| p.job != *job);
        if self.points.try_with_untracked(other).unwrap_or(true) {
            return;
        }
        let status = match news {
            JobEvent::Started => Status::Running { scored: 0, of: 0 },
            JobEvent::Progress { scored, of } => Status::Running { scored, of },
            // Of use to the queue alone.
            JobEvent::Engine(_) => return,
            JobEvent::Notice(notice) => {
                // True of the question whenever it is asked, not of this run alone.
                if matches!(notice, Notice::Shortened { .. }) {
                    results.update(|r| r.note_cut(job, notice));
                    return;
                }
                self.notices.update(|all| note(all, notice));
                return;
            }
            JobEvent::Partial(scored) => {
                results.update(|r| r.insert_part(job.clone(), scored));
                return;
            }
            JobEvent::Done(scored) => {
                results.update(|r| r.insert(job.clone(), scored));
                Status::Done
            }
            JobEvent::Failed(failure) => Status::Failed(failure),
            JobEvent::Stopped => {
                self.stopped.set(true);
                Status::Stopped
            }
        };
        if matches!(status, Status::Failed(_) | Status::Stopped) {
            results.update(|r| r.end_part(job));
        }
        self.points.update(|points| points[index].status = status);
        if !self.running_untracked() {
            self.span.update(|span| {
                if let Some((_, end)) = span {
                    end.get_or_insert_with(now);
                }
            });
        }
    }

    /// Sets what failed for that reason to waiting, and says which evaluations they are.
    pub fn reset_failed(&self, failure: &Failure) -> Vec<(usize, Job)> {
        let mut reset = Vec::new();
        self.points.update(|points| {
            for (index, point) in points.iter_mut().enumerate() {
                if matches!(&point.status, Status::Failed(f) if f == failure) {
                    point.status = Status::Waiting;
                    reset.push((index, point.job.clone()));
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
    pub fn forget_other(&self, asked: &[Job]) {
        let asked = |point: &Point| asked.iter().any(|a| alike(a, &point.job));
        let failed = |point: &Point| matches!(point.status, Status::Failed(_));
        let other = self.points.with(|all| !is_running(all) && !all.iter().any(failed) && !all.iter().all(asked));
        if other {
            self.notices.set(Vec::new());
            self.span.set(None);
            self.points.set(Vec::new());
        }
    }

    /// Whether anything asked for is neither among what this run computes nor answered; `any_targets`: whether losses count
    /// as asked for with another number of targets too, where the page chooses that number. Tracks the evaluations.
    pub fn lacks(&self, asked: &[Job], any_targets: bool, answered: impl Fn(&Job) -> bool) -> bool {
        self.points.with(|points| lacks(points, asked, any_targets, answered))
    }

    /// Each reason for which something failed, with the models concerned, in the order of their first appearance.
    /// Tracks the evaluations.
    pub fn failures(&self) -> Vec<(Failure, Vec<String>)> {
        self.points.with(|points| failures_of(points))
    }

    /// Whether anything failed. Tracks the evaluations.
    pub fn any_failed(&self) -> bool {
        self.points.with(|points| points.iter().any(|p| matches!(p.status, Status::Failed(_))))
    }

    /// Milliseconds that the run took or has taken. Tracks the evaluations.
    pub fn elapsed(&self) -> Option<f64> {
        self.points.track();
        self.span.get().map(|(begin, end)| end.unwrap_or_else(now) - begin)
    }

    fn running_untracked(&self) -> bool {
        self.points.with_untracked(|points| is_running(points))
    }

    /// Whether anything waits or is computed. Tracks the evaluations.
    pub fn running(&self) -> bool {
        self.points.with(|points| is_running(points))
    }

    /// `idle|running|done|failed`: failed if nothing was computed and something failed. Tracks the evaluations.
    pub fn state(&self) -> &'static str {
        self.points.with(|points| state_of(points))
    }

    /// Share of the work done, 0 to 1, each evaluation weighing the same. Tracks the evaluations.
    pub fn share(&self) -> f64 {
        self.points.with(|points| share_of(points))
    }
}

/// Adds a notice, each thing once. A GPU that is gone is told once, with the first reason, in place of what was said of it.
fn note(all: &mut Vec<Notice>, notice: Notice) {
    let gone = |n: &Notice| matches!(n, Notice::GpuUnavailable { .. });
    if all.contains(&notice) || (gone(&notice) && all.iter().any(gone)) {
        return;
    }
    if gone(&notice) {
        all.retain(|n| !matches!(n, Notice::EngineChosen { engine: EngineKind::Gpu, .. }));
    }
    all.push(notice);
}

/// Whether both ask the same, engines apart and, of losses, how many: both may follow from what has run.
fn alike(a: &Job, b: &Job) -> bool {
    let b = match (&a.task, &b.task) {
        (Task::Score(stretch), Task::Score(_)) => &b.over(stretch.n_targets),
        _ => b,
    };
    a.same_question(b)
}

fn lacks(points: &[Point], asked: &[Job], any_targets: bool, answered: impl Fn(&Job) -> bool) -> bool {
    let same = |a: &Job, b: &Job| match (any_targets, b.task.stretch()) {
        (true, Some(stretch)) => *b == a.over(stretch.n_targets),
        _ => a == b,
    };
    asked.iter().any(|a| !points.iter().any(|p| same(a, &p.job)) && !answered(a))
}

fn is_running(points: &[Point]) -> bool {
    points.iter().any(|p| matches!(p.status, Status::Waiting | Status::Running { .. }))
}

fn state_of(points: &[Point]) -> &'static str {
    if points.is_empty() {
        "idle"
    } else if is_running(points) {
        "running"
    } else if points.iter().any(|p| p.status == Status::Done) {
        "done"
    } else if points.iter().any(|p| matches!(p.status, Status::Failed(_))) {
        "failed"
    } else {
        "idle"
    }
}

fn share_of(points: &[Point]) -> f64 {
    let one = |point: &Point| match point.status {
        Status::Waiting => 0.0,
        Status::Running { scored, of } => scored as f64 / of.max(1) as f64,
        _ => 1.0,
    };
    if points.is_empty() { 0.0 } else { points.iter().map(one).sum::<f64>() / points.len() as f64 }
}

fn failures_of(points: &[Point]) -> Vec<(Failure, Vec<String>)> {
    let mut found: Vec<(Failure, Vec<String>)> = Vec::new();
    for point in points {
        let Status::Failed(failure) = &point.status else { continue };
        let model = &point.job.model;
        match found.iter_mut().find(|(f, _)| f == failure) {
            Some((_, models)) if models.contains(model) => {}
            Some((_, models)) => models.push(model.clone()),
            None => found.push((failure.clone(), vec![model.clone()])),
        }
    }
    found
}

/// Milliseconds of a clock that never goes back.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
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

#[cfg(test)]
#[path = "run_state_tests.rs"]
mod tests;
