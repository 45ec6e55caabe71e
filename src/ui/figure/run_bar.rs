//! Run, stop and progress: the same under every figure that computes. What was said and what failed is drawn later
//! (`outcome`).

use leptos::prelude::*;

use crate::protocol::Job;
use crate::ui::figure::curves::model_name;
use crate::ui::figure::lazy::{LazyPart, LazyView};
use crate::ui::figure::outcome::Outcome;
use crate::ui::figure::spec::TARGETS;
use crate::ui::format::numbers::show_seconds;
use crate::ui::format::numbers::thousands;
use crate::ui::runs::run_state::{RunState, Status};
use crate::ui::runs::worker_pool::WorkerPool;
use crate::ui::settings::state::use_settings;

/// Said while a run computes other choices than those on show.
const CHANGED: &str = "The settings have changed since this run began: when it is over, run again for them.";

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
                "Stop"
            </button>
            <div class="run-state">
                <progress
                    max="1"
                    aria-label="Share of the evaluations done"
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
            {move || changed.get().then(|| view! { <p class="note" data-testid="changed">{CHANGED}</p> })}
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
        let counted = format!("{done} of {} points", points.len());
        let now = points.iter().find_map(|p| match p.status {
            Status::Running { scored, of } => Some((p, scored as f64 / of.max(1) as f64)),
            _ => None,
        });
        let waiting = points.iter().any(|p| p.status == Status::Waiting);
        match now {
            _ if points.is_empty() => String::new(),
            Some((point, share)) => {
                // Some questions set their lengths themselves.
                let tokens = match point.job.task.length() {
                    None => String::new(),
                    Some(n) => format!(" at {} tokens", thousands(n as u64)),
                };
                let at = format!("{}{tokens}, {:.0} %", model_name(&point.job.model), 100.0 * share);
                let left = match left(elapsed, run.share()) {
                    Some(s) if s < 1.0 => ", nearly done".into(),
                    Some(s) => format!(", about {} left", show_seconds(s)),
                    None => String::new(),
                };
                format!("{counted}; now {at}; {elapsed:.0} s so far{left}")
            }
            None if waiting => format!("{counted}; starting"),
            None if run.stopped.get() => format!("Stopped {}: {counted} computed, and kept below.", after(elapsed)),
            None if failed > 0 => format!("{counted} computed, {failed} failed."),
            None => format!("{counted} computed in {}.", show_seconds(elapsed)),
        }
    })
}

/// When something ended.
fn after(seconds: f64) -> String {
    if seconds < 1.0 { "within a second".into() } else { format!("after {}", show_seconds(seconds)) }
}

/// Seconds left if the rest goes as it went so far; not before that says anything.
fn left(elapsed: f64, share: f64) -> Option<f64> {
    (elapsed >= 1.0 && share >= 0.05).then(|| elapsed * (1.0 - share) / share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_sentences() {
        assert_eq!((after(0.3), after(12.2)), ("within a second".to_string(), "after 12 s".to_string()));
    }

    #[test]
    fn the_time_left_follows_the_share_done() {
        assert_eq!(left(10.0, 0.25), Some(30.0));
        assert_eq!(left(10.0, 1.0), Some(0.0));
        assert_eq!((left(0.5, 0.5), left(10.0, 0.01)), (None, None));
    }
}
