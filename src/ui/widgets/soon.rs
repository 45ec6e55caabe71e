//! Content that is drawn in a task of its own, and signals that come true after a time.

use std::time::Duration;

use leptos::prelude::*;

/// Draws its content in the browser's next task but one for each that stands before it: in between, the browser answers
/// to the reader.
#[component]
pub fn Soon(
    /// What is drawn.
    children: ChildrenFn,
) -> impl IntoView {
    let come = RwSignal::new(false);
    set_timeout(
        move || {
            let _ = come.try_set(true);
        },
        Duration::ZERO,
    );
    move || come.get().then(|| children())
}

/// A signal that becomes true after that time.
pub fn after(time: Duration) -> Signal<bool> {
    let over = RwSignal::new(false);
    set_timeout(
        move || {
            let _ = over.try_set(true);
        },
        time,
    );
    over.into()
}
