//! Content that is drawn in a task of its own.

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
