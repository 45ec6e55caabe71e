//! Run, stop and progress: the same under every figure that computes. What was said and what failed is drawn later
//! (`outcome`).

use leptos::prelude::*;

use crate::protocol::Job;
use crate::ui::figure::curves::model_name;
use crate::ui::figure::lazy::{LazyPart, LazyView};
use crate::ui::figure::outcome::Outcome;
use crate::ui::figure::spec::TARGETS;
use crate::ui::figure::words;
use crate::ui::runs::run_state::{RunState, Status};
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::state::use_settings;

/// Buttons and progress of a run.
#[component]
pub fn RunBar(
    /// The run.
    run: RunState,
    /// Text of the run button.
    #[prop(into)]
    label: Signal<String>,
    /// What the present choices ask for.
    #[prop(into)]
    asked: Signal<Vec<Job>>,
    /// Called before a run starts.
    #[prop(optional, into)]
    before: Option<Callback<()>>,
    /// Whether what was said of the last run stays, though the choices now ask for something else.
    #[prop(optional, into)]
    stays: Option<Signal<bool>>,
) -> impl IntoView {
    let client = expect_context::<WorkerPool>();
    let settings = use_settings();
    let running = Memo::new(move |_| run.running());
    let empty = Memo::new(move |_| asked.with(Vec::is_empty));
    Effect::new(move || {
        if !stays.is_some_and(|s| s.get()) {
            asked.with(|a| run.forget_other(a));
        }
    });
    let outcome = Outcome { run, client, asked };
    // The run goes on with the settings that it began with.
    let changed = Memo::new(move |_| {
        let any_targets = settings.get(&TARGETS) == 0;
        running.get() && asked.with(|a| run.lacks(a, any_targets, |e| client.results.with(|r| r.answered(e))))
    });
    // What has been computed is computed again only where nothing else is left to do.
    let start = move || {
        let mut all = asked.get_untracked();
        let missing = |e: &Job| !client.results.with_untracked(|r| r.answered(e));
        if all.iter().any(missing) {
            all.retain(missing);
        }
        if let Some(before) = before {
            before.run(());
        }
        client.start(run, all);
    };
    view! {
        <div class="run-bar">
            <button
                type="button"
                class="primary"
                data-testid="run"
                // Not `disabled`, which would take the keyboard's place on the page away with the press.
                aria-disabled=move || (running.get() || empty.get()).to_string()
                on:click=move |_| {
                    if !running.get_untracked() && !empty.get_untracked() {
                        start();
                    }
                }
            >
                {label}
            </button>
            <button
                type="button"
                data-testid="stop"
                aria-disabled=move || (!running.get()).to_string()
                on:click=move |_| {
                    if running.get_untracked() {
                        client.stop(run);
                    }
                }
            >
                {words::STOP}
            </button>
            <div class="run-state">
                <progress
                    max="1"
                    aria-label=words::SHARE_DONE
                    prop:value=move || run.share()
                    class:unseen=move || !running.get()
                ></progress>
                // Every step would be too much to listen to; the outcome is announced.
                <p data-testid="status" role="status" aria-live=move || if running.get() { "off" } else { "polite" }>
                    {move || status_line(run)}
                </p>
            </div>
        </div>
        <div class="run-notes">
            {move || changed.get().then(|| view! { <p class="note" data-testid="changed">{words::CHANGED}</p> })}
            <LazyView part=LazyPart::Outcome(outcome) wanted=Memo::new(move |_| outcome.says_something()) />
        </div>
    }
}

/// What the run is doing, in one line.
fn status_line(run: RunState) -> String {
    let elapsed = run.elapsed().unwrap_or(0.0) / 1_000.0;
    run.points.with(|points| {
        let done = points.iter().filter(|p| p.status == Status::Done).count();
        let failed = points.iter().filter(|p| matches!(p.status, Status::Failed(_))).count();
        let counted = words::counted(done, points.len());
        let now = points.iter().find_map(|p| match p.status {
            Status::Running { scored, of } => Some((p, scored as f64 / of.max(1) as f64)),
            _ => None,
        });
        let waiting = points.iter().any(|p| p.status == Status::Waiting);
        match now {
            _ if points.is_empty() => String::new(),
            Some((point, share)) => {
                let now = words::now(&model_name(&point.job.model), point.job.task.length(), share);
                words::running(&counted, &now, elapsed, left(elapsed, run.share()))
            }
            None if waiting => words::starting(&counted),
            None if run.stopped.get() => words::stopped(&counted, elapsed),
            None if failed > 0 => words::some_failed(&counted, failed),
            None => words::all_computed(&counted, elapsed),
        }
    })
}

/// Seconds left if the rest goes as it went so far; not before that says anything.
fn left(elapsed: f64, share: f64) -> Option<f64> {
    (elapsed >= 1.0 && share >= 0.05).then(|| elapsed * (1.0 - share) / share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_share_done() {
        assert_eq!(left(10.0, 0.25), Some(30.0));
        assert_eq!(left(10.0, 1.0), Some(0.0));
        assert_eq!((left(0.5, 0.5), left(10.0, 0.01)), (None, None));
    }
}
