//! What is said of checkpoints: a training of before is offered after a reload, and where a trainer is lost.

use leptos::prelude::*;

use super::data::{Model, Status};
use super::session::Session;
use super::words;

/// What is said of checkpoints: what can go on, and why nothing is kept.
#[component]
pub(super) fn Checkpoints(session: Session) -> impl IntoView {
    let (keeper, models) = (session.keeper, session.models);
    let offer = move || {
        let said = keeper
            .offered
            .with(|o| o.as_ref().map(|(_, all)| words::offer(&all.iter().map(|c| &c.note).collect::<Vec<_>>())));
        let said = said.filter(|_| models.with(Vec::is_empty))?;
        let go_on = move |_| {
            if let Some(all) = keeper.take_up() {
                session.resume(all);
            }
        };
        Some(view! {
            <div class="note" data-testid="kept">
                <p>{said}</p>
                <button type="button" data-testid="kept-go-on" on:click=go_on>{words::GO_ON_THERE}</button>
                " "
                <button type="button" data-testid="kept-forget" on:click=move |_| keeper.forget_offer()>{words::FORGET}</button>
            </div>
        })
    };
    let refused = move || {
        let said = keeper.refused.get().filter(|_| models.with(|all| !all.is_empty()));
        said.map(|reason| view! { <p class="note" role="status" data-testid="unkept">{words::refused(&reason)}</p> })
    };
    let lost = Memo::new(move |_| {
        let of = |(i, m): (usize, &Model)| {
            let detail = m.lost.as_ref().filter(|_| m.status == Status::Failed)?;
            let note = keeper.last(i)?.note;
            Some((i, m.plan.method.clone(), words::lost(&note, detail)))
        };
        models.with(|all| all.iter().enumerate().filter_map(of).collect::<Vec<_>>())
    });
    let lost = move || {
        lost.get().into_iter().map(|(i, method, said)| {
            view! {
                <div class="note" role="alert" data-testid="lost">
                    <p>{said}</p>
                    <button type="button" data-testid=format!("revive-{method}") on:click=move |_| session.revive(i)>
                        {words::GO_ON_CHECKPOINT}
                    </button>
                </div>
            }
        }).collect_view()
    };
    view! {
        {offer}
        {refused}
        {move || keeper.spoilt.get().then(|| view! { <p class="note" role="status" data-testid="spoilt">{words::SPOILT}</p> })}
        {lost}
    }
}
