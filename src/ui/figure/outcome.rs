//! What was said of a run and what failed, in words.

use leptos::prelude::*;

use crate::protocol::{Job, Notice};
use crate::ui::figure::curves::model_name;
use crate::ui::runs::assets::missed;
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::words::{explain, notice};
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::widgets::words::RETRY;

/// Whose outcome is told. Drawn later, for the words come with the page's second file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The run.
    pub run: RunState,
    /// What computes it.
    pub client: WorkerPool,
    /// What the present choices ask for.
    pub asked: Signal<Vec<Job>>,
}

impl Outcome {
    /// Where texts were cut, of what the present choices ask for. Tracks them.
    fn cuts(self) -> Vec<Notice> {
        self.asked.with(|asked| self.client.results.with(|results| results.cuts(asked)))
    }

    /// Whether there is anything to tell. Tracks the run.
    pub fn says_something(self) -> bool {
        self.run.notices.with(|said| !said.is_empty()) || self.run.any_failed() || !self.cuts().is_empty()
    }

    /// Notices, then failures, each with a way to try again.
    pub fn view(self) -> AnyView {
        let Self { run, client, .. } = self;
        let cuts = Memo::new(move |_| self.cuts());
        let line = |said: &Notice| view! { <p class="note" data-testid="notice">{notice(said)}</p> };
        view! {
            {move || run.notices.with(|all| all.iter().map(line).collect_view())}
            {move || cuts.with(|all| all.iter().map(line).collect_view())}
            {move || run.failures().into_iter().map(|(failure, models)| {
                let names: Vec<String> = models.iter().map(|m| model_name(m)).collect();
                let text = explain(&failure);
                missed();
                view! {
                    <div class="failure" role="alert" data-testid="failure">
                        <p><strong>{names.join(", ")}": "</strong>{text}</p>
                        <button type="button" data-testid="retry" on:click=move |_| client.retry(run, &failure)>{RETRY}</button>
                    </div>
                }
            }).collect_view()}
        }
        .into_any()
    }
}
