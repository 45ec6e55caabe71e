//! The models asked in the reader's browser, one distance after another.

use leptos::prelude::*;

use super::data::{self, Counted};
use super::words;
use crate::config::RecalledPoint;
use crate::protocol::ResponseBody;
use crate::protocol::train::Told;
use crate::ui::runs::trainers::{Heard, Trainer};
use crate::ui::runs::words::explain;

/// A round of questions. It ends with the figure.
#[derive(Clone, Copy)]
pub(super) struct Session {
    /// What was counted here.
    pub(super) counted: RwSignal<Counted>,
    /// Questions answered, and in all, while it runs.
    pub(super) running: RwSignal<Option<(usize, usize)>>,
    /// What went wrong, in a sentence.
    pub(super) trouble: RwSignal<Option<String>>,
    questions: StoredValue<Vec<(String, usize)>>,
    trainer: StoredValue<Option<Trainer>, LocalStorage>,
    /// How often one has begun: what is heard of an earlier one is dropped.
    begun: StoredValue<u32>,
}

impl Session {
    pub(super) fn new() -> Self {
        let session = Self {
            counted: RwSignal::new(Vec::new()),
            running: RwSignal::new(None),
            trouble: RwSignal::new(None),
            questions: StoredValue::new(Vec::new()),
            trainer: StoredValue::new_local(None),
            begun: StoredValue::new(0),
        };
        on_cleanup(move || session.end());
        session
    }

    /// Ends what runs; what was counted stays.
    pub(super) fn end(&self) {
        let _ = self.begun.try_update_value(|n| *n += 1);
        let ended = self.trainer.try_update_value(Option::take);
        drop(ended);
        let _ = self.running.try_set(None);
    }

    /// Asks these.
    pub(super) fn start(self, questions: Vec<(String, usize)>) {
        self.end();
        self.trouble.set(None);
        self.counted.set(Vec::new());
        let Some(first) = questions.first().cloned() else { return };
        self.running.set(Some((0, questions.len())));
        self.questions.set_value(questions);
        let begun = self.begun.get_value();
        match Trainer::start(move |heard| self.hear(begun, heard)) {
            Ok(trainer) => {
                trainer.ask(data::ask(0, &first));
                trainer.owes(true);
                self.trainer.set_value(Some(trainer));
            }
            Err(reason) => self.fail(words::gone(&reason)),
        }
    }

    fn fail(self, said: String) {
        self.end();
        self.trouble.set(Some(said));
    }

    fn hear(self, begun: u32, heard: Heard) {
        if self.begun.try_get_value() != Some(begun) {
            return;
        }
        let failed = match heard {
            Heard::Told(told, _) => match *told {
                Told::Answer { id, body: ResponseBody::Scored(scored), .. } => {
                    return self.answered(begun, id as usize, &scored.values());
                }
                Told::Answer { body: ResponseBody::Failed(failure), .. } | Told::Failed(failure) => explain(&failure),
                _ => return,
            },
            Heard::Alone => words::ALONE.into(),
            Heard::Late => words::gone("it did not start within 30 seconds"),
            Heard::Gone(detail) => words::gone(&detail),
        };
        self.soon(begun, move || self.fail(failed));
    }

    // A trainer cannot be dropped within its own call.
    fn soon(self, begun: u32, what: impl FnOnce() + 'static) {
        queue_microtask(move || {
            if self.begun.try_get_value() == Some(begun) {
                what();
            }
        });
    }

    fn answered(self, begun: u32, id: usize, values: &[f32]) {
        let (asked, next) = self.questions.with_value(|all| (all.get(id).cloned(), all.get(id + 1).cloned()));
        let (Some((method, distance)), Some(right)) = (asked, values.first()) else { return };
        let point = RecalledPoint { distance, right: *right as usize, close: 0 };
        self.counted.update(|all| all.push((method, point)));
        match next {
            Some(next) => {
                self.running.update(|r| *r = r.map(|(_, of)| (id + 1, of)));
                self.trainer.with_value(|t| t.as_ref().map(|t| t.ask(data::ask(id + 1, &next))));
            }
            None => self.soon(begun, move || self.end()),
        }
    }
}
