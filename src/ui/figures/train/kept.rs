//! Checkpoints of a training: kept with the browser as they come, and read again after a reload.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use super::data::Model;
use super::note::{Note, whole};
use super::settings::CONTROLS;
use crate::protocol::train::{Ask, Plan, StartFrom};
use crate::ui::runs::kept_training::{self, Checkpoint, Found};
use crate::ui::settings::state::{Settings, use_settings};

/// The figure's settings, as they stand.
pub(super) fn settings_now(settings: &Settings) -> Vec<(String, String)> {
    untrack(|| CONTROLS.iter().map(|c| (c.key.to_string(), settings.text(c))).collect())
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
    /// Whether what was kept of a training of before is damaged.
    pub(super) spoilt: RwSignal<bool>,
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
            spoilt: RwSignal::new(false),
            offered: RwSignal::new_local(None),
            held: StoredValue::new_local(Vec::new()),
            which: StoredValue::new(String::new()),
            settings: use_settings(),
        };
        keeper.look();
        keeper
    }

    /// Offers what the browser has kept of a training.
    fn look(self) {
        spawn_local(async move {
            let (which, all) = match kept_training::read::<Note>().await {
                Found::Nothing => return,
                Found::Spoilt => {
                    let _ = self.spoilt.try_set(true);
                    return;
                }
                Found::Whole(which, all) => (which, all),
            };
            let is_whole = whole(&all.iter().map(|c| (&c.note, is_state(&c.state))).collect::<Vec<_>>());
            // A training that was begun meanwhile has taken its place.
            if is_whole && self.which.try_with_value(String::is_empty) == Some(true) {
                let _ = self.offered.try_set(Some((which, all)));
            }
        });
    }

    /// The training has ended before it learned anything: what was kept before is offered again.
    pub(super) fn abandon(self) {
        kept_training::abandon(&self.which.get_value());
        self.which.set_value(String::new());
        self.look();
    }

    /// A training begins, in place of any before.
    pub(super) fn begin(self, models: &[Model]) {
        // Another tab may begin one, too.
        let which = format!("{} {}", js_sys::Date::now(), js_sys::Math::random());
        self.which.set_value(which.clone());
        self.offered.set(None);
        self.refused.set(None);
        self.spoilt.set(false);
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
        let (which, learned) = (self.which.get_value(), held.note.step > 0);
        spawn_local(async move {
            let kept = kept_training::keep(&which, i, &held, learned).await;
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
    pub(super) fn take_up(self) -> Option<Vec<Held>> {
        let (which, all) = self.offered.try_update(Option::take).flatten()?;
        self.which.set_value(which);
        self.held.set_value(all.iter().map(|c| is_state(&c.state).then(|| c.clone())).collect());
        for (key, value) in all.first().map(|c| c.note.settings.clone()).unwrap_or_default() {
            if let Some(control) = CONTROLS.iter().find(|c| c.key == key) {
                self.settings.put(control, value);
            }
        }
        Some(all)
    }

    /// Forgets what is offered.
    pub(super) fn forget_offer(self) {
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
