//! What came of a training: lines and weights.

use leptos::prelude::*;

use super::data::{Model, Status};
use super::measure::PROMPT;
use super::session::Session;
use super::words;
use super::yours::YourModels;
use crate::chart::style_of;
use crate::ui::figure::curves::method_name;

/// What came of it: a line that each model wrote, and its weights.
#[component]
pub(super) fn Made(session: Session) -> impl IntoView {
    let models = session.models;
    let lines = Memo::new(move |_| {
        let of = |m: &Model| (m.plan.method.clone(), m.line.clone());
        models.with(|all| all.iter().filter(|m| !m.line.is_empty()).map(of).collect::<Vec<_>>())
    });
    let there = Memo::new(move |_| {
        let kept = |m: &Model| (m.alive() || m.status == Status::NotFinite) && m.step > 0;
        let of = |(i, m): (usize, &Model)| (i, m.plan.method.clone(), kept(m));
        models.with(|all| all.iter().enumerate().map(of).filter(|m| m.2).collect::<Vec<_>>())
    });
    let lines = move || {
        lines
            .get()
            .into_iter()
            .map(|(method, line)| {
                view! {
                    <p class="train-line" data-testid="train-line" data-model=method.clone()>
                        <i class="swatch" data-palette=style_of(&method) aria-hidden="true"></i>
                        {words::writes(&method)}
                        <q>{PROMPT}<b>{line}</b></q>
                    </p>
                }
            })
            .collect_view()
    };
    let weights = move || {
        let buttons = there.get().into_iter().map(|(i, method, _)| {
            view! {
                <button type="button" data-testid=format!("weights-{method}") on:click=move |_| session.weights(i)>
                    {method_name(&method).to_string()}
                </button>
            }
        });
        let buttons = buttons.collect_view();
        (!there.with(Vec::is_empty))
            .then(|| view! { <div class="export train-weights"><span>{words::WEIGHTS}</span>{buttons}</div> })
    };
    view! {
        {lines}
        {weights}
        <YourModels />
    }
}
