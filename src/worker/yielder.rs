//! Gives the worker's event loop a turn, so that a message to cancel is heard while work goes on.

use std::cell::RefCell;
use std::rc::Rc;

use super::answers::Answers;
use crate::browser::turns::{Turns, milliseconds};
use crate::engine::checkpoint::{Cancelled, Checkpoint};
use crate::protocol::ResponseBody;

/// Time between two reports of progress, ms.
pub(super) const REPORT: f64 = 100.0;

/// The checkpoint of one request: yields to the event loop, listens for the request's cancellation, reports its progress.
pub(super) struct Yielder {
    id: u32,
    of: usize,
    cancelled: Rc<RefCell<Vec<u32>>>,
    turns: Turns,
    last_report: f64,
    answers: Answers,
    /// Whether progress is told: not that of a warm-up.
    pub(super) tells: bool,
}

impl Yielder {
    pub(super) fn new(id: u32, of: usize, cancelled: Rc<RefCell<Vec<u32>>>, answers: Answers) -> Self {
        Self { id, of, cancelled, turns: Turns::default(), last_report: milliseconds(), answers, tells: true }
    }
}

impl Checkpoint for Yielder {
    async fn reach(&mut self, done: f64) -> Result<(), Cancelled> {
        let time = milliseconds();
        if self.tells && time - self.last_report > REPORT {
            self.last_report = time;
            self.answers.post(self.id, ResponseBody::Progress { scored: done as usize, of: self.of });
        }
        self.turns.take().await;
        if self.cancelled.borrow().contains(&self.id) { Err(Cancelled) } else { Ok(()) }
    }
}
