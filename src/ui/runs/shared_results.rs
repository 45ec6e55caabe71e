//! The results as every figure reads them. Nobody holds a lock while working with them: a figure that panics in the midst of that,
//! and never gives back what it holds, must not keep the others from theirs.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::runs::results::Results;

/// The results, as a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedResults(RwSignal<Arc<Results>>);

impl Default for SharedResults {
    fn default() -> Self {
        Self(RwSignal::new(Arc::default()))
    }
}

impl SharedResults {
    /// As they are now. Tracks them.
    pub fn read(self) -> Arc<Results> {
        self.0.get()
    }

    /// Does something with them. Tracks them.
    pub fn with<T>(self, with: impl FnOnce(&Results) -> T) -> T {
        with(&self.0.get())
    }

    /// Does something with them as they are now.
    pub fn with_untracked<T>(self, with: impl FnOnce(&Results) -> T) -> T {
        with(&self.0.get_untracked())
    }

    /// Changes them. Copied first only where somebody who broke down still has them.
    pub fn update(self, change: impl FnOnce(&mut Results)) {
        self.0.update(|results| change(Arc::make_mut(results)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Job, Scored};

    #[test]
    fn whoever_never_gives_them_back_keeps_nobody_from_changing_them() {
        Owner::new().set();
        let results = SharedResults::default();
        let held = results.read();
        std::mem::forget(Arc::clone(&held));
        results.with(|_| results.update(|r| r.insert(Job::default(), Scored::default())));
        assert_eq!((held.all().len(), results.read().all().len()), (0, 1));
    }
}
