//! Run, stop, progress, what was said and what failed: the same under every figure that computes.

use leptos::prelude::*;

use crate::ui::client::Client;
use crate::ui::curves::model_name;
use crate::ui::plan::show_seconds;
use crate::ui::run::{Run, Status, explain};

/// Buttons and progress of a run.
#[component]
pub fn RunBar(
    /// The run.
    run: Run,
    /// Text of the run button.
    #[prop(into)]
    label: Signal<String>,
    /// Whether there is nothing to run.
    #[prop(into)]
    empty: Signal<bool>,
    /// Called to start.
    #[prop(into)]
    start: Callback<()>,
) -> impl IntoView {
    let client = expect_context::<Client>();
    let running = Memo::new(move |_| run.running());
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
                        start.run(());
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
            <For each=move || run.notices.get() key=|n| n.clone() let(notice)>
                <p class="note" data-testid="notice">{notice}</p>
            </For>
            {move || run.failures().into_iter().map(|(failure, models)| {
                let names: Vec<String> = models.iter().map(|m| model_name(m)).collect();
                let text = explain(&failure);
                view! {
                    <div class="failure" role="alert" data-testid="failure">
                        <p><strong>{names.join(", ")}": "</strong>{text}</p>
                        <button type="button" data-testid="retry" on:click=move |_| client.retry(run, &failure)>"Retry"</button>
                    </div>
                }
            }).collect_view()}
        </div>
    }
}

/// What the run is doing, in one line.
fn status_line(run: Run) -> String {
    let elapsed = run.elapsed().unwrap_or(0.0) / 1_000.0;
    run.jobs.with(|jobs| {
        let done = jobs.iter().filter(|j| j.status == Status::Done).count();
        let failed = jobs.iter().filter(|j| matches!(j.status, Status::Failed(_))).count();
        let counted = format!("{done} of {} points", jobs.len());
        let now = jobs.iter().find_map(|j| match j.status {
            Status::Running { scored, of } => Some((j, scored as f64 / of.max(1) as f64)),
            _ => None,
        });
        let waiting = jobs.iter().any(|j| j.status == Status::Waiting);
        match now {
            _ if jobs.is_empty() => String::new(),
            Some((job, share)) => {
                let at = format!(
                    "{} at {} tokens, {:.0} %",
                    model_name(&job.evaluate.model),
                    job.evaluate.length,
                    100.0 * share
                );
                let left =
                    left(elapsed, run.share()).map_or(String::new(), |s| format!(", about {} left", show_seconds(s)));
                format!("{counted}; now {at}; {elapsed:.0} s so far{left}")
            }
            None if waiting => format!("{counted}; starting"),
            None if run.stopped.get() => format!("Stopped after {}: {counted}, kept below.", show_seconds(elapsed)),
            None if failed > 0 => format!("{counted} computed, {failed} failed."),
            None => format!("{counted} computed in {}.", show_seconds(elapsed)),
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
