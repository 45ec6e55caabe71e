//! The buttons of a training, and how far it is.

use leptos::prelude::*;

use super::data::{self, Model, Status};
use super::session::Session;
use super::words;
use crate::protocol::train::Plan;

/// Buttons, and how far the training is.
#[component]
pub(super) fn Bar(session: Session, plans: Memo<Vec<Plan>>) -> impl IntoView {
    let models = session.models;
    let any = move |of: fn(&Model) -> bool| Memo::new(move |_| models.with(|all| all.iter().any(of)));
    let (running, going, waiting) = (any(Model::owes), any(|m| m.status == Status::Going), any(Model::waits));
    let (alive, starting) = (any(Model::alive), any(|m| m.status == Status::Starting));
    let can_start = move || !running.get() && !plans.with(Vec::is_empty);
    let can_pause = move || going.get() || (waiting.get() && !running.get());
    let can_stop =
        move || going.get() || starting.get() || models.with(|all| all.iter().any(|m| m.status == Status::Resting));
    let can_lengthen = move || alive.get() && !starting.get();
    let share = move || {
        let of = |m: &Model| m.step as f64 / m.steps.max(1) as f64;
        models.with(|all| all.iter().filter(|m| m.alive()).map(of).min_by(f64::total_cmp)).unwrap_or(0.0)
    };
    let planned =
        move || plans.with(|all| all.first().map(|p| words::planned(all.len(), p.n_tokens)).unwrap_or_default());
    let status = move || match models.with(Vec::is_empty) {
        true => planned(),
        false => models.with(|all| words::status(all, data::pace(all))),
    };
    view! {
        <div class="train-bar">
            // Not `disabled`, which would take the keyboard's place on the page away with the press.
            <button
                type="button"
                class="primary"
                data-testid="run"
                aria-disabled=move || (!can_start()).to_string()
                on:click=move |_| {
                    if untrack(can_start) {
                        session.start(plans.get_untracked());
                    }
                }
            >
                {words::RUN}
            </button>
            <button
                type="button"
                data-testid="pause"
                aria-disabled=move || (!can_pause()).to_string()
                on:click=move |_| {
                    if untrack(can_pause) {
                        session.pause();
                    }
                }
            >
                {move || if waiting.get() && !going.get() { words::GO_ON } else { words::PAUSE }}
            </button>
            <button
                type="button"
                data-testid="stop"
                aria-disabled=move || (!can_stop()).to_string()
                on:click=move |_| {
                    if untrack(can_stop) {
                        session.stop();
                    }
                }
            >
                {words::STOP}
            </button>
            <button
                type="button"
                data-testid="longer"
                aria-disabled=move || (!can_lengthen()).to_string()
                on:click=move |_| {
                    if untrack(can_lengthen) {
                        session.lengthen();
                    }
                }
            >
                {words::LONGER}
            </button>
            <div class="run-state">
                <progress max="1" aria-label=words::SHARE prop:value=share class:unseen=move || !alive.get()></progress>
                // Every step would be too much to listen to; the outcome is announced.
                <p data-testid="status" role="status" aria-live=move || if running.get() { "off" } else { "polite" }>{status}</p>
            </div>
        </div>
    }
}
