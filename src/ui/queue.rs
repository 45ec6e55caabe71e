//! The queue of evaluations and the state of each worker, without any browser: events go in, actions come out.
//!
//! A request is one evaluation. Workers pull from one queue; an answer to anything but a worker's current request is
//! late and dropped. [`super::client`] carries the actions out.

use std::collections::VecDeque;

use crate::protocol::{EngineKind, Evaluate, Failure, Notice, Request, RequestBody, Response, ResponseBody, Scored};

/// One evaluation of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Run it belongs to.
    pub run: u32,
    /// Place in the run's list.
    pub index: usize,
    /// What to score.
    pub evaluate: Evaluate,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start a worker in this slot.
    Spawn {
        /// Slot.
        slot: usize,
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
    /// Call [`Queue::overdue`] with these after the time a worker is given to stop.
    StopTimer {
        /// Slot.
        slot: usize,
        /// Request that should have stopped by then.
        request: u32,
    },
    /// Tell the run.
    Tell {
        /// Run.
        run: u32,
        /// Place in the run's list.
        index: usize,
        /// News.
        news: News,
    },
}

/// What can happen to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
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
    /// At work.
    Busy { request: u32, task: Task },
    /// Asked to stop.
    Stopping { request: u32, task: Task },
}

/// Queue and workers.
#[derive(Debug)]
pub struct Queue {
    base: String,
    next: u32,
    waiting: VecDeque<Task>,
    slots: Vec<Slot>,
    /// Slots that may get work.
    width: usize,
}

impl Queue {
    /// No workers yet. `base` is the URL that assets are relative to.
    pub fn new(base: String) -> Self {
        Self { base, next: 1, waiting: VecDeque::new(), slots: Vec::new(), width: 1 }
    }

    /// Adds tasks, worked on by at most `width` workers.
    pub fn submit(&mut self, tasks: Vec<Task>, width: usize) -> Vec<Action> {
        self.waiting.extend(tasks);
        self.widen(width)
    }

    /// From now on at most `width` workers get what waits.
    pub fn widen(&mut self, width: usize) -> Vec<Action> {
        self.width = width.max(1);
        while self.slots.len() < self.width {
            self.slots.push(Slot::Empty);
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
                    let body = RequestBody::Configure { base: self.base.clone() };
                    self.slots[slot] = Slot::Starting { configure };
                    actions.push(Action::Spawn { slot });
                    actions.push(Action::Post { slot, request: Request { id: configure, body } });
                    wanted -= 1;
                }
                Slot::Idle => {
                    let Some(task) = self.waiting.pop_front() else { continue };
                    wanted -= 1;
                    let id = self.number();
                    let body = RequestBody::Evaluate(task.evaluate.clone());
                    actions.push(Action::Post { slot, request: Request { id, body } });
                    actions.push(tell(&task, News::Started));
                    self.slots[slot] = Slot::Busy { request: id, task };
                }
                Slot::Starting { .. } => wanted = wanted.saturating_sub(1),
                _ => {}
            }
        }
        actions
    }

    fn number(&mut self) -> u32 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// A worker answered.
    pub fn answer(&mut self, slot: usize, response: Response) -> Vec<Action> {
        let Some(state) = self.slots.get_mut(slot) else { return Vec::new() };
        match (&*state, response.body) {
            (Slot::Starting { configure }, ResponseBody::Ready) if *configure == response.id => *state = Slot::Idle,
            (Slot::Starting { configure }, ResponseBody::Failed(failure)) if *configure == response.id => {
                return self.broken(slot, failure);
            }
            (Slot::Busy { request, task }, body) if *request == response.id => {
                let news = match body {
                    ResponseBody::Progress { scored, of } => return vec![tell(task, News::Progress { scored, of })],
                    ResponseBody::Engine(engine) => return vec![tell(task, News::Engine(engine))],
                    ResponseBody::Notice(notice) => return vec![tell(task, News::Notice(notice))],
                    ResponseBody::Partial(scored) => return vec![tell(task, News::Partial(scored))],
                    ResponseBody::Scored(scored) => News::Done(scored),
                    ResponseBody::Failed(failure) => News::Failed(failure),
                    ResponseBody::Cancelled => News::Stopped,
                    ResponseBody::Ready => return Vec::new(),
                };
                return self.finish(slot, news);
            }
            (Slot::Stopping { request, .. }, body) if *request == response.id => {
                let news = match body {
                    ResponseBody::Scored(scored) => News::Done(scored),
                    ResponseBody::Cancelled | ResponseBody::Failed(_) => News::Stopped,
                    _ => return Vec::new(),
                };
                return self.finish(slot, news);
            }
            _ => return Vec::new(),
        }
        self.pump()
    }

    /// The slot's task ended; the worker is free again.
    fn finish(&mut self, slot: usize, news: News) -> Vec<Action> {
        let mut actions = self.release(slot, Slot::Idle, news);
        actions.extend(self.pump());
        actions
    }

    fn release(&mut self, slot: usize, next: Slot, news: News) -> Vec<Action> {
        match std::mem::replace(&mut self.slots[slot], next) {
            Slot::Busy { task, .. } | Slot::Stopping { task, .. } => vec![tell(&task, news)],
            _ => Vec::new(),
        }
    }

    /// A worker reported an error of its own or could not be made. One that never got ready takes all that waits
    /// with it: the next would fare no better. One that broke at work takes its task, and a new one goes on.
    pub fn broken(&mut self, slot: usize, failure: Failure) -> Vec<Action> {
        let mut actions = vec![Action::Terminate { slot }];
        match self.slots.get(slot) {
            None | Some(Slot::Empty) => return Vec::new(),
            Some(Slot::Starting { .. }) => {
                self.slots[slot] = Slot::Empty;
                let others = self.slots.iter().any(|s| matches!(s, Slot::Idle | Slot::Busy { .. }));
                if !others {
                    actions.extend(self.waiting.drain(..).map(|t| tell(&t, News::Failed(failure.clone()))));
                }
            }
            Some(_) => {
                actions.extend(self.release(slot, Slot::Empty, News::Failed(failure)));
                actions.extend(self.pump());
            }
        }
        actions
    }

    /// Stops a run: what waits is dropped, what runs is asked to stop.
    pub fn stop(&mut self, run: u32) -> Vec<Action> {
        let (dropped, kept): (VecDeque<Task>, VecDeque<Task>) = self.waiting.drain(..).partition(|t| t.run == run);
        self.waiting = kept;
        let mut actions: Vec<Action> = dropped.iter().map(|t| tell(t, News::Stopped)).collect();
        for slot in 0..self.slots.len() {
            let Slot::Busy { request, task } = &self.slots[slot] else { continue };
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
                actions.extend(self.release(slot, Slot::Empty, News::Stopped));
                actions.extend(self.pump());
                actions
            }
            _ => Vec::new(),
        }
    }
}

fn tell(task: &Task, news: News) -> Action {
    Action::Tell { run: task.run, index: task.index, news }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
