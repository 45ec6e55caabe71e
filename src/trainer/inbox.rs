//! What has been asked and not been done. A pause or a stop is heard the moment it arrives: what is at hand looks here at
//! each of its places to stop.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::browser::port::Page;
use crate::browser::turns::Turns;
use crate::engine::checkpoint::{Cancelled, Checkpoint};
use crate::protocol::train::{Ask, FromTrainer, ToTrainer, Told};

/// What is to be done next.
pub(super) enum Next {
    /// A message.
    Message(Box<ToTrainer>),
    /// To say that it rests.
    Rest {
        /// Whether it was asked to stop.
        stopped: bool,
    },
    /// A step.
    Step,
    /// Nothing until a message comes.
    Nothing,
}

/// Requests of the page.
pub(super) struct Inbox {
    page: Page,
    queue: RefCell<VecDeque<ToTrainer>>,
    busy: Cell<bool>,
    /// Whether steps are wanted.
    going: Cell<bool>,
    /// Whether the page is owed an answer to a pause, and to a stop.
    pause: Cell<bool>,
    stop: Cell<bool>,
}

impl Inbox {
    pub(super) fn of(page: Page) -> Self {
        Self {
            page,
            queue: RefCell::default(),
            busy: Cell::new(false),
            going: Cell::new(false),
            pause: Cell::new(false),
            stop: Cell::new(false),
        }
    }

    /// Takes a message; whether somebody is to begin working.
    pub(super) fn receive(&self, message: ToTrainer) -> bool {
        let rests = matches!(message.ask, Ask::Pause | Ask::Stop);
        if rests {
            // What was asked before and not begun is overruled.
            self.queue.borrow_mut().retain(|m| m.ask != Ask::GoOn);
            self.going.set(false);
        }
        match message.ask {
            Ask::Pause => self.pause.set(true),
            Ask::Stop => self.stop.set(true),
            _ => self.queue.borrow_mut().push_back(message),
        }
        !self.busy.replace(true)
    }

    pub(super) fn next(&self) -> Next {
        let (paused, stopped) = (self.pause.take(), self.stop.take());
        if paused || stopped {
            return Next::Rest { stopped };
        }
        match self.queue.borrow_mut().pop_front() {
            Some(message) => Next::Message(Box::new(message)),
            None if self.going.get() => Next::Step,
            None => Next::Nothing,
        }
    }

    /// Nobody works until the next message.
    pub(super) fn put_down(&self) {
        self.busy.set(false);
    }

    pub(super) fn go(&self, going: bool) {
        self.going.set(going);
    }

    pub(super) fn tell(&self, told: Told) {
        self.page.post(&FromTrainer { told, bytes: Vec::new() });
    }

    /// With bytes, which are handed over.
    pub(super) fn tell_with(&self, told: Told, bytes: Vec<u8>) {
        self.page.post_bytes(&FromTrainer { told, bytes });
    }
}

/// Places to stop of a step: at a pause or a stop it ends.
pub(super) struct InStep<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) turns: &'a mut Turns,
}

impl Checkpoint for InStep<'_> {
    async fn reach(&mut self, _done: f64) -> Result<(), Cancelled> {
        self.turns.take().await;
        if self.inbox.pause.get() || self.inbox.stop.get() { Err(Cancelled) } else { Ok(()) }
    }
}

/// Places to stop of an answer: a pause is granted at once, since no step is being done; at a stop it ends.
pub(super) struct InAnswer<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) turns: &'a mut Turns,
    /// Steps done.
    pub(super) step: usize,
    /// Hears of progress.
    pub(super) progress: &'a mut dyn FnMut(f64),
}

impl Checkpoint for InAnswer<'_> {
    async fn reach(&mut self, done: f64) -> Result<(), Cancelled> {
        (self.progress)(done);
        self.turns.take().await;
        if self.inbox.pause.take() {
            self.inbox.tell(Told::Resting { step: self.step, done: false });
        }
        if self.inbox.stop.get() { Err(Cancelled) } else { Ok(()) }
    }
}
