//! Checkpoints of a training: kept with the browser as they come, offered after a reload, and where a trainer is lost.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use super::data::{Model, Status};
use super::session::Session;
use super::{SPEC, words};
use crate::config::Course;
use crate::protocol::train::{Ask, Plan, StartFrom};
use crate::ui::runs::kept_training::{self, Checkpoint};
use crate::ui::settings::state::{Settings, use_settings};

/// What must be known of a model to go on with it, beside its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Models of the training.
    pub(super) n_models: usize,
    /// What is trained.
    pub(super) plan: Plan,
    /// How it went until the state.
    pub(super) course: Course,
    /// Steps done, in all, and tokens of each.
    pub(super) step: usize,
    pub(super) steps: usize,
    pub(super) tokens_per_step: usize,
    /// The figure's settings, by key.
    pub(super) settings: Vec<(String, String)>,
}

impl Note {
    /// Of a model as it is.
    pub(super) fn of(model: &Model, n_models: usize, settings: Vec<(String, String)>) -> Self {
        let Model { plan, course, step, steps, tokens_per_step, .. } = model.clone();
        Self { n_models, plan, course, step, steps, tokens_per_step, settings }
    }

    /// The model before its trainer is there.
    pub(super) fn model(&self) -> Model {
        let Self { course, step, steps, tokens_per_step, .. } = self.clone();
        let mut model = Model::new(self.plan.clone());
        (model.course, model.step, model.steps, model.tokens_per_step) = (course, step, steps, tokens_per_step);
        model
    }
}

/// Whether these are all models of a training that can go on.
pub(super) fn whole(notes: &[(&Note, bool)]) -> bool {
    let can = |(note, state): &(&Note, bool)| {
        *state || matches!(note.plan.from, StartFrom::Nothing | StartFrom::Shipped { .. })
    };
    notes.iter().any(|(note, _)| note.step > 0)
        && notes.iter().all(|(note, _)| note.n_models == notes.len())
        && notes.iter().all(can)
}

/// The figure's settings, as they stand.
pub(super) fn settings_now(settings: &Settings) -> Vec<(String, String)> {
    untrack(|| SPEC.controls.iter().map(|c| (c.key.to_string(), settings.text(c))).collect())
}

/// Whether these bytes beside a message are a state.
fn is_state(bytes: &JsValue) -> bool {
    bytes.dyn_ref::<js_sys::Uint8Array>().is_some_and(|b| b.length() > 0)
}

/// A model's checkpoint.
pub(super) type Held = Checkpoint<Note>;

/// What is kept of a training: here for a trainer that is lost, with the browser for a reload.
#[derive(Clone, Copy)]
pub(super) struct Keeper {
    /// Why the browser keeps nothing, said once.
    pub(super) refused: RwSignal<Option<String>>,
    /// A training of before that can go on, with its name.
    pub(super) offered: RwSignal<Option<(String, Vec<Held>)>, LocalStorage>,
    held: StoredValue<Vec<Option<Held>>, LocalStorage>,
    which: StoredValue<String>,
    settings: Settings,
}

impl Keeper {
    pub(super) fn new() -> Self {
        let keeper = Self {
            refused: RwSignal::new(None),
            offered: RwSignal::new_local(None),
            held: StoredValue::new_local(Vec::new()),
            which: StoredValue::new(String::new()),
            settings: use_settings(),
        };
        spawn_local(async move {
            let (which, all) = kept_training::read::<Note>().await;
            let is_whole = whole(&all.iter().map(|c| (&c.note, is_state(&c.state))).collect::<Vec<_>>());
            // A training that was begun meanwhile has taken its place.
            if is_whole && keeper.which.try_with_value(String::is_empty) == Some(true) {
                let _ = keeper.offered.try_set(Some((which, all)));
            }
        });
        keeper
    }

    /// A training begins, in place of any before.
    pub(super) fn begin(self, models: &[Model]) {
        // Another tab may begin one, too.
        let which = format!("{} {}", js_sys::Date::now(), js_sys::Math::random());
        self.which.set_value(which.clone());
        self.offered.set(None);
        self.refused.set(None);
        self.held.set_value(vec![None; models.len()]);
        let settings = settings_now(&self.settings);
        let of = |m: &Model| Held { note: Note::of(m, models.len(), settings.clone()), state: JsValue::UNDEFINED };
        let all: Vec<Held> = models.iter().map(of).collect();
        spawn_local(async move {
            let kept = kept_training::begin(&which, &all).await;
            self.said(kept);
        });
    }

    fn said(self, kept: Result<(), String>) {
        if let Err(reason) = kept
            && self.refused.try_with_untracked(Option::is_none) == Some(true)
        {
            let _ = self.refused.try_set(Some(reason));
        }
    }

    /// A model's state has come: the bytes, if they are one.
    pub(super) fn keep(self, models: &[Model], i: usize, bytes: &JsValue) {
        let Some(model) = models.get(i).filter(|_| is_state(bytes)) else { return };
        let before = self.held.with_value(|all| Some(all.get(i)?.as_ref()?.note.settings.clone()));
        let note = Note::of(model, models.len(), before.unwrap_or_else(|| settings_now(&self.settings)));
        let held = Held { note, state: bytes.clone() };
        self.held.update_value(|all| {
            if let Some(place) = all.get_mut(i) {
                *place = Some(held.clone());
            }
        });
        let which = self.which.get_value();
        spawn_local(async move {
            let kept = kept_training::keep(&which, i, &held).await;
            self.said(kept);
        });
    }

    /// Forgets what the browser keeps once every model is at its end.
    pub(super) fn ended(self, models: &[Model]) {
        if models.iter().all(|m| m.is_over()) {
            let which = self.which.get_value();
            spawn_local(async move { kept_training::forget(&which).await });
        }
    }

    /// The last checkpoint of a model of this training.
    pub(super) fn last(self, i: usize) -> Option<Held> {
        self.held.with_value(|all| all.get(i).cloned().flatten())
    }

    /// Takes up what is offered: the checkpoints, and the settings that belong to them.
    fn take_up(self) -> Option<Vec<Held>> {
        let (which, all) = self.offered.try_update(Option::take).flatten()?;
        self.which.set_value(which);
        self.held.set_value(all.iter().map(|c| is_state(&c.state).then(|| c.clone())).collect());
        for (key, value) in all.first().map(|c| c.note.settings.clone()).unwrap_or_default() {
            if let Some(control) = SPEC.controls.iter().find(|c| c.key == key) {
                self.settings.put(control, value);
            }
        }
        Some(all)
    }

    fn forget_offer(self) {
        if let Some((which, _)) = self.offered.try_update(Option::take).flatten() {
            spawn_local(async move { kept_training::forget(&which).await });
        }
    }
}

/// What to ask a trainer so that it goes on from there, and the bytes beside.
pub(super) fn start_from(held: &Held) -> (Ask, JsValue) {
    match is_state(&held.state) {
        true => (Ask::Start(Plan { from: StartFrom::State, ..held.note.plan.clone() }), held.state.clone()),
        false => (Ask::Start(held.note.plan.clone()), js_sys::Uint8Array::new_with_length(0).into()),
    }
}

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
        {lost}
    }
}
