//! Places where long work may stop for a moment, or for good.

use std::future::Future;

/// The work was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Called between pieces of work of some tens of milliseconds at most.
pub trait Checkpoint {
    /// Lets others run if it is their turn. `done` says how far the work is: a share from 0 to 1 within a backend's
    /// call, targets scored within an evaluation.
    ///
    /// # Errors
    /// If the work is no longer wanted.
    fn reach(&mut self, done: f64) -> impl Future<Output = Result<(), Cancelled>>;
}

/// Never stops: for native programs.
pub struct NoPause;

impl Checkpoint for NoPause {
    async fn reach(&mut self, _done: f64) -> Result<(), Cancelled> {
        Ok(())
    }
}

/// One part of larger work: a share of it is `base` plus that share of `size` in the whole.
pub struct Part<'a, P> {
    /// The whole.
    pub whole: &'a mut P,
    /// Done before this part.
    pub base: f64,
    /// Size of this part.
    pub size: f64,
}

impl<P: Checkpoint> Checkpoint for Part<'_, P> {
    async fn reach(&mut self, done: f64) -> Result<(), Cancelled> {
        self.whole.reach(self.base + self.size * done).await
    }
}
