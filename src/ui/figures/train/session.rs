//! A training of the reader's: the models, and what trains them.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::data::{Model, Status};
use super::kept::{Held, Keeper, start_from};
use super::start::Weights;
use super::words;
use crate::config::Manifest;
use crate::protocol::train::{Ask, Plan, StartFrom, Told, TrainText};
use crate::ui::runs::run_state::now;
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::trainers::{Heard, Trainer};
use crate::ui::runs::yours::Yours;
use crate::ui::widgets::export::save;

/// What stands in the way of a training.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    /// Nothing can be started beside this page.
    Alone,
    /// Said in a sentence.
    Said(String),
}

/// A training, its models side by side. It ends with the figure.
#[derive(Clone, Copy)]
pub(super) struct Session {
    /// The models; none before the first training.
    pub(super) models: RwSignal<Vec<Model>>,
    /// What went wrong.
    pub(super) trouble: RwSignal<Option<Trouble>>,
    /// A file of weights to start from.
    pub(super) file: RwSignal<Option<Weights>>,
    /// What is kept of it.
    pub(super) keeper: Keeper,
    trainers: StoredValue<Vec<Trainer>, LocalStorage>,
    /// How often one has begun: what is heard of an earlier one is dropped.
    begun: StoredValue<u32>,
    /// Where trained models go.
    manifest: RwSignal<Loaded<Manifest>>,
    yours: Yours,
    /// Models whose weights were asked for to be saved.
    saves: StoredValue<Vec<usize>>,
}

impl Session {
    pub(super) fn new(manifest: RwSignal<Loaded<Manifest>>, yours: Yours) -> Self {
        let session = Self {
            models: RwSignal::new(Vec::new()),
            trouble: RwSignal::new(None),
            file: RwSignal::new(None),
            keeper: Keeper::new(),
            trainers: StoredValue::new_local(Vec::new()),
            begun: StoredValue::new(0),
            manifest,
            yours,
            saves: StoredValue::new(Vec::new()),
        };
        on_cleanup(move || session.end());
        session
    }

    /// Ends what trains.
    fn end(&self) {
        let _ = self.begun.try_update_value(|n| *n += 1);
        let _ = self.saves.try_update_value(Vec::clear);
        let ended = self.trainers.try_update_value(std::mem::take);
        drop(ended);
    }

    /// Trains by these plans, in place of what was before.
    pub(super) fn start(self, plans: Vec<Plan>) {
        self.end();
        self.trouble.set(None);
        self.models.set(plans.iter().cloned().map(Model::new).collect());
        self.models.with_untracked(|all| self.keeper.begin(all));
        for (i, plan) in plans.into_iter().enumerate() {
            let file = match plan.from {
                StartFrom::File => {
                    self.file.with_untracked(|f| f.as_ref().map(|f| js_sys::Uint8Array::from(&f.bytes[..])))
                }
                _ => None,
            };
            let bytes = file.unwrap_or_else(|| js_sys::Uint8Array::new_with_length(0)).into();
            if let Err(reason) = self.begin(i, Ask::Start(plan), &bytes) {
                return self.fail(Trouble::Said(words::gone(&reason)));
            }
        }
    }

    /// A trainer for model `i`, which is asked that first.
    fn place(self, i: usize, asked: impl FnOnce(&Trainer)) -> Result<(), String> {
        let begun = self.begun.get_value();
        let trainer = Trainer::start(move |heard| self.hear(begun, i, heard))?;
        asked(&trainer);
        trainer.owes(true);
        self.trainers.update_value(|all| match all.get_mut(i) {
            Some(place) => *place = trainer,
            None => all.push(trainer),
        });
        Ok(())
    }

    /// A trainer for model `i` from where it starts, which is measured before the first step where it has learned already.
    fn begin(self, i: usize, ask: Ask, bytes: &JsValue) -> Result<(), String> {
        self.place(i, |trainer| trainer.ask_with(ask, bytes))?;
        let mut asks = Vec::new();
        self.models.update(|all| asks = all.get_mut(i).map_or_else(Vec::new, Model::begin));
        self.ask(i, asks);
        Ok(())
    }

    /// A trainer for model `i` from its checkpoint: from the beginning where it has no state yet.
    fn take_up(self, i: usize, held: &Held) -> Result<(), String> {
        let (ask, bytes) = start_from(held);
        match held.note.step {
            0 => self.begin(i, ask, &bytes),
            _ => self.place(i, |trainer| trainer.ask_with(ask, &bytes)),
        }
    }

    /// Goes on with a training of before, from the checkpoint of each model.
    pub(super) fn resume(self, all: Vec<Held>) {
        self.end();
        self.trouble.set(None);
        self.models.set(all.iter().map(|c| c.note.model()).collect());
        for (i, held) in all.iter().enumerate() {
            if let Err(reason) = self.take_up(i, held) {
                return self.fail(Trouble::Said(words::gone(&reason)));
            }
        }
    }

    /// Goes on with a model whose trainer is lost, from its last checkpoint.
    pub(super) fn revive(self, i: usize) {
        let Some(held) = self.keeper.last(i) else { return };
        self.models.update(|all| {
            if let Some(model) = all.get_mut(i) {
                *model = held.note.model();
            }
        });
        if let Err(reason) = self.take_up(i, &held) {
            self.lose(i, &reason, &words::gone(&reason));
        }
    }

    fn fail(self, trouble: Trouble) {
        self.end();
        // Nothing of it was learned: the recorded one is shown again.
        let any = self.models.with_untracked(|all| all.iter().any(|m| !m.course.losses.is_empty()));
        self.models.update(|all| match any {
            true => all.iter_mut().for_each(|m| m.status = Status::Failed),
            false => all.clear(),
        });
        if !any {
            self.keeper.abandon();
        }
        self.trouble.set(Some(trouble));
    }

    fn hear(self, begun: u32, i: usize, heard: Heard) {
        if self.begun.try_get_value() != Some(begun) {
            return;
        }
        match heard {
            Heard::Told(told, bytes) => {
                if let Told::Weights { step } = &*told {
                    self.made(i, *step, bytes.clone());
                }
                let mut asks = Vec::new();
                let done = || self.models.with_untracked(|all| all.get(i).is_some_and(|m| m.status == Status::Done));
                let before = done();
                let keeps = matches!(*told, Told::State { .. } | Told::Resting { .. });
                self.models.update(|all| asks = all.get_mut(i).map_or_else(Vec::new, |m| m.hear(*told, now())));
                // What has been measured is the reader's own.
                if done() && !before {
                    asks.push(Ask::Weights);
                }
                self.ask(i, asks);
                self.models.with_untracked(|all| {
                    if keeps {
                        self.keeper.keep(all, i, &bytes);
                    }
                    self.keeper.ended(all);
                });
            }
            // A trainer cannot be dropped within its own call.
            Heard::Alone => self.soon(begun, move || self.fail(Trouble::Alone)),
            Heard::Late => self.soon(begun, move || self.lose(i, words::LATE, &words::late())),
            Heard::Gone(detail) => self.soon(begun, move || self.lose(i, &detail, &words::gone(&detail))),
        }
    }

    fn soon(self, begun: u32, what: impl FnOnce() + 'static) {
        queue_microtask(move || {
            if self.begun.try_get_value() == Some(begun) {
                what();
            }
        });
    }

    /// One trainer is gone, or never came, for this reason, and that sentence: the other goes on, if it has learned anything.
    fn lose(self, i: usize, detail: &str, said: &str) {
        if self.keeper.last(i).is_some() {
            return self.models.update(|all| {
                if let Some(model) = all.get_mut(i) {
                    (model.status, model.lost) = (Status::Failed, Some(detail.into()));
                }
            });
        }
        let other = self.models.with_untracked(|all| all.iter().enumerate().any(|(n, m)| n != i && m.alive()));
        if !other {
            return self.fail(Trouble::Said(said.into()));
        }
        let mut method = String::new();
        self.models.update(|all| {
            if let Some(model) = all.get_mut(i) {
                model.status = Status::Failed;
                method.clone_from(&model.plan.method);
            }
        });
        self.trouble.set(Some(Trouble::Said(words::one_gone(&method, said))));
    }

    fn ask(self, i: usize, asks: Vec<Ask>) {
        let owes = self.models.with_untracked(|all| all.get(i).is_some_and(Model::owes));
        self.trainers.with_value(|all| {
            let Some(trainer) = all.get(i) else { return };
            for ask in asks {
                trainer.ask(ask);
            }
            trainer.owes(owes);
        });
    }

    /// Asks every model something, as `what` has it.
    fn ask_all(self, what: impl Fn(&mut Model) -> Vec<Ask>) {
        let mut asks: Vec<Vec<Ask>> = Vec::new();
        self.models.update(|all| asks = all.iter_mut().map(&what).collect());
        for (i, asks) in asks.into_iter().enumerate() {
            self.ask(i, asks);
        }
    }

    /// Pauses what goes; where nothing does, goes on with what waits.
    pub(super) fn pause(self) {
        let going = self.models.with_untracked(|all| all.iter().any(|m| m.status == Status::Going));
        self.ask_all(|m| match m.status {
            Status::Going if going => vec![Ask::Pause, Ask::State],
            _ if !going && m.waits() => vec![Ask::GoOn],
            _ => Vec::new(),
        });
    }

    /// Stops: what has been learned is measured, of a model that is still being taken up once it is there. Where nothing has been
    /// learned yet, all of it ends.
    pub(super) fn stop(self) {
        let nothing = |m: &Model| m.status == Status::Starting && m.step == 0;
        if self.models.with_untracked(|all| all.iter().all(nothing)) {
            self.end();
            self.models.set(Vec::new());
            return self.keeper.abandon();
        }
        self.ask_all(|m| {
            let ask = m.stop();
            if matches!(m.status, Status::Going | Status::Resting) { vec![ask] } else { Vec::new() }
        });
    }

    /// Trains for twice the tokens.
    pub(super) fn lengthen(self) {
        self.ask_all(|m| if m.alive() { m.lengthen().into() } else { Vec::new() });
    }

    /// Asks for the weights of a model, which are then saved.
    pub(super) fn weights(self, i: usize) {
        self.saves.update_value(|saves| saves.push(i));
        self.ask(i, vec![Ask::Weights]);
    }

    /// Weights came: those of a model that is done are the reader's own, those asked for are saved.
    fn made(self, i: usize, step: usize, bytes: JsValue) {
        // What knows keys and values alone can read none of the page's texts.
        let reads = |m: &Model| m.status == Status::Done && m.plan.text != TrainText::Recall;
        let done = self.models.with_untracked(|all| all.get(i).is_some_and(reads));
        if self.saves.with_value(|saves| saves.contains(&i)) {
            self.saves.update_value(|saves| saves.retain(|of| *of != i));
            self.save(i, step, &bytes);
        }
        if done {
            let kept = self.yours.hold(bytes.unchecked_into()).is_ok_and(|model| self.yours.list(self.manifest, model));
            if !kept {
                self.trouble.set(Some(Trouble::Said(words::NOT_KEPT.into())));
            }
        }
    }

    fn save(self, i: usize, step: usize, bytes: &JsValue) {
        let name = self.models.with_untracked(|all| {
            let m = all.get(i)?;
            Some(format!("{}-{}-{}.safetensors", m.plan.method, m.plan.train_length, step * m.tokens_per_step))
        });
        let saved = name.is_some_and(|name| save(&name, "application/octet-stream", bytes).is_ok());
        if !saved {
            self.trouble.set(Some(Trouble::Said(words::NOT_SAVED.into())));
        }
    }
}
