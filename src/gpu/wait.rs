//! Waiting for the GPU: a future that its callback completes, or that the loss of the device ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::error::{GpuError, Lost};

/// What a device's callbacks have reported; clones share it.
#[derive(Clone, Default)]
pub(super) struct Health(Arc<Mutex<Report>>);

#[derive(Default)]
struct Report {
    /// Why the device is gone, once it is.
    lost: Option<Lost>,
    /// The first error outside any error scope since it was last asked for.
    error: Option<GpuError>,
    /// Whom to wake when something changes.
    wakers: Vec<Waker>,
}

impl Health {
    fn report(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        // Taken out first: a waker may poll at once, and polling locks.
        let wakers = std::mem::take(&mut self.report().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The device is gone, for good.
    pub(super) fn lose(&self, how: Lost) {
        self.report().lost.get_or_insert(how);
        self.wake();
    }

    /// An error outside any error scope.
    pub(super) fn fail(&self, error: GpuError) {
        self.report().error.get_or_insert(error);
    }

    /// Fails if the device is gone, or once after an error outside any error scope.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let mut report = self.report();
        match &report.lost {
            Some(how) => Err(GpuError::Lost(how.clone())),
            None => report.error.take().map_or(Ok(()), Err),
        }
    }

    /// A callback's half and a waiter's half.
    pub(super) fn signal<T>(&self) -> (Signal<T>, Done<T>) {
        let slot = Arc::new(Mutex::new(None));
        (Signal { slot: slot.clone(), health: self.clone() }, Done { slot, health: self.clone() })
    }
}

/// Completes the [`Done`] made with it.
pub(super) struct Signal<T> {
    slot: Arc<Mutex<Option<T>>>,
    health: Health,
}

impl<T> Signal<T> {
    /// Hands over the value and wakes the waiter.
    pub(super) fn complete(self, value: T) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        self.health.wake();
    }
}

/// Resolves to the value of its [`Signal`], or to an error once the device is lost.
pub(super) struct Done<T> {
    slot: Arc<Mutex<Option<T>>>,
    health: Health,
}

impl<T> Done<T> {
    /// Whether a value is there.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn is_complete(&self) -> bool {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl<T> Future for Done<T> {
    type Output = Result<T, GpuError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Registered before looking, so that a value that arrives in between still wakes.
        self.health.report().wakers.push(context.waker().clone());
        if let Some(value) = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Poll::Ready(Ok(value));
        }
        match self.health.check() {
            Err(error) => Poll::Ready(Err(error)),
            Ok(()) => Poll::Pending,
        }
    }
}
