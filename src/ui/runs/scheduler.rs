//! The queue of evaluations and the state of each worker, without any browser: events go in, actions come out.
//!
//! A request is one evaluation. Workers pull from one queue; an answer to anything but a worker's current request is
//! late and dropped. [`crate::ui::runs::worker_pool`] carries the actions out.

use std::collections::VecDeque;

use crate::config::{MOST_YOURS, is_yours};
use crate::protocol::{
    EngineChoice, EngineKind, Facts, Failure, Job, Kind, Notice, Request, RequestBody, Response, ResponseBody, Scored,
};

/// Workers that may fall silent over a task before the page computes it itself.
const SILENT_WORKERS: u8 = 2;

/// One question of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Run it belongs to.
    pub run: u32,
    /// Place in the run's list.
    pub index: usize,
    /// What to answer.
    pub job: Job,
    /// Workers that fell silent over it.
    pub silenced: u8,
}

impl Assignment {
    /// A question that nobody has tried yet.
    pub fn new(run: u32, index: usize, job: Job) -> Self {
        Self { run, index, job, silenced: 0 }
    }
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start a worker in this slot.
    Spawn {
        /// Slot.
        slot: usize,
        /// Whether the page itself stands for it.
        in_page: bool,
    },
    /// Hand the file of a model of the reader's own to the slot's worker.
    Give {
        /// Slot.
        slot: usize,
        /// Its id.
        model: String,
    },
    /// Send a request to the slot's worker.
    Post {
        /// Slot.
        slot: usize,
        /// Request.
        request: Request,
    },
    /// End the slot's worker.
    Terminate {
        /// Slot.
        slot: usize,
    },
    /// Call [`Scheduler::overdue`] with these after the time a worker is given to stop.
    StopTimer {
        /// Slot.
        slot: usize,
        /// Request that should have stopped by then.
        request: u32,
    },
    /// Tell the run.
    Notify {
        /// Run.
        run: u32,
        /// Place in the run's list.
        index: usize,
        /// News.
        news: JobEvent,
    },
}

/// What can happen to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// A worker took it.
    Started,
    /// Targets scored.
    Progress {
        /// Scored.
        scored: usize,
        /// Of how many.
        of: usize,
    },
    /// This engine computes it.
    Engine(EngineKind),
    /// Something worth telling.
    Notice(Notice),
    /// What there is so far.
    Partial(Scored),
    /// Done.
    Done(Scored),
    /// Failed.
    Failed(Failure),
    /// Stopped at the reader's wish.
    Stopped,
}

/// State of one worker.
#[derive(Clone, Debug, PartialEq)]
enum Slot {
    /// No worker.
    Empty,
    /// Waiting for the answer to its configuration.
    Starting { configure: u32 },
    /// Ready for work.
    Idle,
    /// At work; on which engine, once that is known.
    Busy { request: u32, task: Assignment, engine: Option<EngineKind> },
    /// Asked to stop.
    Stopping { request: u32, task: Assignment },
}

/// Queue and workers.
#[derive(Debug)]
pub struct Scheduler {
    base: String,
    next: u32,
    waiting: VecDeque<Assignment>,
    slots: Vec<Slot>,
    /// Models of the reader's own that each slot's worker holds, oldest first: it counts as this does.
    given: Vec<Vec<String>>,
    /// Slots that may get work.
    width: usize,
    /// Whether workers are to leave the GPU alone: one came to grief over it.
    without_gpu: bool,
}

impl Scheduler {
    /// No workers yet. `base` is the URL that assets are relative to.
    pub fn new(base: String) -> Self {
        Self {
            base,
            next: 1,
            waiting: VecDeque::new(),
            slots: Vec::new(),
            given: Vec::new(),
            width: 1,
            without_gpu: false,
        }
    }

    /// Adds tasks, worked on by at most `width` workers.
    pub fn submit(&mut self, tasks: Vec<Assignment>, width: usize) -> Vec<Action> {
        self.waiting.extend(tasks);
        self.widen(width)
    }

    /// From now on at most `width` workers get what waits.
    pub fn widen(&mut self, width: usize) -> Vec<Action> {
        self.width = width.max(1);
        while self.slots.len() < self.width {
            self.slots.push(Slot::Empty);
            self.given.push(Vec::new());
        }
        self.pump()
    }

    /// Gives work to whoever can take it.
    fn pump(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut wanted = self.waiting.len();
        for slot in 0..self.slots.len().min(self.width) {
            match self.slots[slot] {
                Slot::Empty if wanted > 0 => {
                    let configure = self.number();
                    let body = RequestBody::Configure { base: self.base.clone(), without_gpu: self.without_gpu };
                    self.slots[slot] = Slot::Starting { configure };
                    self.given[slot].clear();
                    let in_page = self.waiting.front().is_some_and(|task| task.silenced >= SILENT_WORKERS);
                    actions.push(Action::Spawn { slot, in_page });
                    actions.push(Action::Post { slot, request: Request { id: configure, body } });
                    wanted -= 1;
                }
                Slot::Idle => {
                    let Some(task) = self.waiting.pop_front() else { continue };
                    wanted = wanted.saturating_sub(1);
                    actions.extend(self.give(slot, &task.job.model));
                    let id = self.number();
                    let body = RequestBody::Run(task.job.clone());
                    actions.push(Action::Post { slot, request: Request { id, body } });
                    actions.push(tell(&task, JobEvent::Started));
                    self.slots[slot] = Slot::Busy { request: id, task, engine: None };
                }
                Slot::Starting { .. } => wanted = wanted.saturating_sub(1),
                _ => {}
            }
        }
        actions
    }

    /// What a worker must be given before it can answer a question about that model.
    fn give(&mut self, slot: usize, model: &str) -> Option<Action> {
        let held = &mut self.given[slot];
        if !is_yours(model) || held.iter().any(|m| m == model) {
            return None;
        }
        held.push(model.into());
        if held.len() > MOST_YOURS {
            held.remove(0);
        }
        Some(Action::Give { slot, model: model.into() })
    }

    /// A model that was to be given is not there any more.
    pub fn not_given(&mut self, slot: usize, model: &str) {
        if let Some(held) = self.given.get_mut(slot) {
            held.retain(|m| m != model);
        }
    }

    fn number(&mut self) -> u32 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// A worker answered.
    pub fn answer(&mut self, slot: usize, response: Response) -> Vec<Action> {
        let Some(state) = self.slots.get_mut(slot) else { return Vec::new() };
        match (&mut *state, response.body) {
            (Slot::Starting { configure }, ResponseBody::Ready) if *configure == response.id => *state = Slot::Idle,
            (Slot::Starting { configure }, ResponseBody::Failed(failure)) if *configure == response.id => {
                return self.broken(slot, failure);
            }
            (Slot::Busy { request, task, engine }, body) if *request == response.id => {
                let news = match body {
                    ResponseBody::Progress { scored, of } => {
                        return vec![tell(task, JobEvent::Progress { scored, of })];
                    }
                    ResponseBody::Engine(kind) => {
                        *engine = Some(kind);
                        return vec![tell(task, JobEvent::Engine(kind))];
                    }
                    ResponseBody::Notice(notice) => return vec![tell(task, JobEvent::Notice(notice))],
                    ResponseBody::Partial(scored) => return vec![tell(task, JobEvent::Partial(scored))],
                    ResponseBody::Scored(scored) => JobEvent::Done(scored),
                    ResponseBody::Failed(failure) => JobEvent::Failed(failure),
                    ResponseBody::Cancelled => JobEvent::Stopped,
                    ResponseBody::Ready => return Vec::new(),
                };
                return self.finish(slot, news);
            }
            (Slot::Stopping { request, .. }, body) if *request == response.id => {
                let news = match body {
                    ResponseBody::Scored(scored) => JobEvent::Done(scored),
                    ResponseBody::Cancelled | ResponseBody::Failed(_) => JobEvent::Stopped,
                    _ => return Vec::new(),
                };
                return self.finish(slot, news);
            }
            _ => return Vec::new(),
        }
        self.pump()
    }

    /// The slot's task ended; the worker is free again.
    fn finish(&mut self, slot: usize, news: JobEvent) -> Vec<Action> {
        let mut actions = self.release(slot, Slot::Idle, news);
        actions.extend(self.pump());
        actions
    }

    fn release(&mut self, slot: usize, next: Slot, news: JobEvent) -> Vec<Action> {
        match std::mem::replace(&mut self.slots[slot], next) {
            Slot::Busy { task, .. } | Slot::Stopping { task, .. } => vec![tell(&task, news)],
            _ => Vec::new(),
        }
    }

    /// A worker reported an error of its own or could not be made. One that never got ready takes all that waits
    /// with it, unless others are there to do it: the next would fare no better. One that broke at work takes its task, and
    /// a new one goes on; if the GPU may have been at fault, the task is done again without it.
    pub fn broken(&mut self, slot: usize, failure: Failure) -> Vec<Action> {
        let mut actions = vec![Action::Terminate { slot }];
        match self.slots.get(slot) {
            None | Some(Slot::Empty) => return Vec::new(),
            Some(Slot::Starting { .. }) => {
                self.slots[slot] = Slot::Empty;
                // Those beyond the width take nothing more.
                let mut others = self.slots.iter().take(self.width);
                if !others.any(|s| !matches!(s, Slot::Empty)) {
                    actions.extend(self.waiting.drain(..).map(|t| tell(&t, JobEvent::Failed(failure.clone()))));
                }
            }
            Some(_) => {
                match self.again_without_gpu(slot, &failure) {
                    Some(notice) => actions.push(notice),
                    None => actions.extend(self.release(slot, Slot::Empty, JobEvent::Failed(failure))),
                }
                actions.extend(self.pump());
            }
        }
        actions
    }

    /// Puts a task back whose worker broke over the GPU, or may have; the first time only.
    fn again_without_gpu(&mut self, slot: usize, failure: &Failure) -> Option<Action> {
        let Slot::Busy { task, engine, .. } = &self.slots[slot] else { return None };
        let perhaps = task.job.engine != EngineChoice::Cpu && *engine != Some(EngineKind::Cpu);
        let Failure::Engine { reason } = failure else { return None };
        if !perhaps || self.without_gpu {
            return None;
        }
        let task = task.clone();
        self.without_gpu = true;
        let notice = tell(&task, JobEvent::Notice(Notice::GpuUnavailable { reason: reason.clone() }));
        self.slots[slot] = Slot::Empty;
        self.waiting.push_front(task);
        Some(notice)
    }

    /// A worker says nothing any more: it is ended, and its task given once more to a new one, then to the engine in the
    /// page, then up.
    pub fn silent(&mut self, slot: usize) -> Vec<Action> {
        let failure = Failure::Engine { reason: Facts::said(Kind::Silent, String::new()) };
        let Some(Slot::Busy { task, .. }) = self.slots.get(slot) else { return self.broken(slot, failure) };
        let mut task = task.clone();
        if task.silenced >= SILENT_WORKERS {
            return self.broken(slot, failure);
        }
        task.silenced += 1;
        let mut actions = vec![Action::Terminate { slot }];
        match self.again_without_gpu(slot, &failure) {
            Some(notice) => {
                actions.push(notice);
                self.waiting[0] = task;
            }
            None => {
                self.slots[slot] = Slot::Empty;
                self.waiting.push_front(task);
            }
        }
        actions.extend(self.pump());
        actions
    }

    /// Whether the slot's worker owes an answer.
    pub fn owes(&self, slot: usize) -> bool {
        !matches!(self.slots.get(slot), None | Some(Slot::Empty | Slot::Idle))
    }

    /// Stops a run: what waits is dropped, what runs is asked to stop.
    pub fn stop(&mut self, run: u32) -> Vec<Action> {
        let (dropped, kept): (VecDeque<Assignment>, VecDeque<Assignment>) =
            self.waiting.drain(..).partition(|t| t.run == run);
        self.waiting = kept;
        let mut actions: Vec<Action> = dropped.iter().map(|t| tell(t, JobEvent::Stopped)).collect();
        for slot in 0..self.slots.len() {
            let Slot::Busy { request, task, .. } = &self.slots[slot] else { continue };
            if task.run != run {
                continue;
            }
            let (request, task) = (*request, task.clone());
            let id = self.number();
            let body = RequestBody::Cancel { request };
            actions.push(Action::Post { slot, request: Request { id, body } });
            actions.push(Action::StopTimer { slot, request });
            self.slots[slot] = Slot::Stopping { request, task };
        }
        actions
    }

    /// The time to stop is over: a worker still at that request is ended, and a new one made when there is work.
    pub fn overdue(&mut self, slot: usize, request: u32) -> Vec<Action> {
        match self.slots.get(slot) {
            Some(Slot::Stopping { request: at, .. }) if *at == request => {
                let mut actions = vec![Action::Terminate { slot }];
                actions.extend(self.release(slot, Slot::Empty, JobEvent::Stopped));
                actions.extend(self.pump());
                actions
            }
            _ => Vec::new(),
        }
    }
}

fn tell(task: &Assignment, news: JobEvent) -> Action {
    Action::Notify { run: task.run, index: task.index, news }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
