//! A message where something the figure needs could not be had, with a button to try again.

use leptos::prelude::*;

use crate::ui::widgets::words;

/// Shows `trouble` while there is any.
#[component]
pub fn ErrorBanner(
    /// What is wrong, in a sentence.
    #[prop(into)]
    trouble: Signal<Option<String>>,
    /// Called to try again.
    #[prop(into)]
    retry: Callback<()>,
    /// Test handles of the message and of its button.
    #[prop(default = ("failure", "retry"))]
    handles: (&'static str, &'static str),
) -> impl IntoView {
    move || {
        trouble.get().map(|text| {
            view! {
                <div class="failure" role="alert" data-testid=handles.0>
                    <p>{text}</p>
                    <button type="button" data-testid=handles.1 on:click=move |_| retry.run(())>{words::RETRY}</button>
                </div>
            }
        })
    }
}
