//! The page's side of the workers: makes them, sends them what [`crate::ui::runs::scheduler`] says, and tells the runs what comes
//! back. The only place in the page that knows what a worker is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent};

use crate::config::MAX_CPU_WORKERS;
use crate::protocol::{EngineChoice, EngineKind, Facts, Failure, Job, Kind, Request, Response};
use crate::ui::runs::assets::{base, words};
use crate::ui::runs::run_state::RunState;
use crate::ui::runs::scheduler::{Action, Assignment, JobEvent, Scheduler};
use crate::ui::runs::shared_results::SharedResults;
use crate::ui::runs::yours::Yours;

#[wasm_bindgen]
extern "C" {
    /// A worker, or what runs in the page where none can start: assets/start.js.
    #[wasm_bindgen(js_name = AlibiEngine)]
    type Worker;
    #[wasm_bindgen(constructor, js_class = "AlibiEngine", catch)]
    fn new(base: &str, in_page: bool) -> Result<Worker, JsValue>;
    #[wasm_bindgen(static_method_of = Worker, js_class = "AlibiEngine", getter, js_name = inPage)]
    fn in_page() -> Option<bool>;
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &Worker, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onerror(this: &Worker, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onmessageerror(this: &Worker, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onlate(this: &Worker, listener: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onsilence(this: &Worker, listener: &JsValue);
    /// Whether an answer is awaited: one that stops answering is then heard of.
    #[wasm_bindgen(method, setter)]
    fn set_owes(this: &Worker, owes: bool);
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post_message(this: &Worker, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn terminate(this: &Worker);
}

/// Seconds that an engine is given to start: assets/start.js ends it then.
const TIME_TO_START: &str = "30";
/// Time a worker is given to stop before it is ended.
const TIME_TO_STOP: Duration = Duration::from_millis(150);

/// A running worker and the closures that it calls.
struct Live {
    worker: Worker,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
    _late: Closure<dyn FnMut()>,
    _silence: Closure<dyn FnMut()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.worker.set_onmessage(&JsValue::NULL);
        self.worker.set_onerror(&JsValue::NULL);
        self.worker.set_onmessageerror(&JsValue::NULL);
        self.worker.set_onlate(&JsValue::NULL);
        self.worker.set_onsilence(&JsValue::NULL);
        self.worker.terminate();
    }
}

struct Inner {
    queue: Scheduler,
    live: HashMap<usize, Live>,
    runs: HashMap<u32, (RunState, Vec<Job>)>,
    next_run: u32,
}

/// The workers and the queue before them; a context of every figure that runs models.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WorkerPool {
    inner: StoredValue<Rc<RefCell<Inner>>, LocalStorage>,
    /// Everything computed in this page.
    pub results: SharedResults,
    /// Questions answered since that was last kept with the tab.
    pub unkept: RwSignal<Vec<Job>>,
    /// Files of the reader's own models, which workers are given as they need them.
    pub yours: Yours,
}

impl Default for WorkerPool {
    fn default() -> Self {
        let queue = Scheduler::new(base());
        let inner = Inner { queue, live: HashMap::new(), runs: HashMap::new(), next_run: 1 };
        Self {
            inner: StoredValue::new_local(Rc::new(RefCell::new(inner))),
            results: SharedResults::default(),
            unkept: RwSignal::new(Vec::new()),
            yours: Yours::default(),
        }
    }
}

/// Workers that share a run: more than one only where the CPU is known to be what runs, since two would be in each
/// other's way on a GPU.
fn width(on_cpu: bool) -> usize {
    let cores = window().navigator().hardware_concurrency() as usize;
    let alone = !on_cpu || Worker::in_page() == Some(true);
    if alone { 1 } else { cores.clamp(1, MAX_CPU_WORKERS) }
}

impl WorkerPool {
    /// Starts a run of these evaluations and shows its course in `run`.
    pub fn start(&self, run: RunState, evaluations: Vec<Job>) {
        let choice = evaluations.first().map(|e| e.engine).unwrap_or_default();
        let on_cpu = choice == EngineChoice::Cpu
            || self.results.with_untracked(|r| r.last_with(choice).is_some_and(|e| e.scored.engine == EngineKind::Cpu));
        let inner = self.inner.get_value();
        let tasks = {
            let mut inner = inner.borrow_mut();
            let id = inner.next_run;
            inner.next_run += 1;
            run.begin(id, &evaluations);
            let tasks: Vec<Assignment> =
                evaluations.iter().enumerate().map(|(index, job)| Assignment::new(id, index, job.clone())).collect();
            // A run that has begun anew hears no more of what it was.
            inner.runs.retain(|id, (run, _)| run.id() == *id);
            inner.runs.insert(id, (run, evaluations));
            tasks
        };
        let actions = inner.borrow_mut().queue.submit(tasks, width(on_cpu));
        self.carry_out(actions);
    }

    /// Tries again what failed in a run for that reason; the rest of the run goes on.
    pub fn retry(&self, run: RunState, failure: &Failure) {
        let tasks: Vec<Assignment> =
            run.reset_failed(failure).into_iter().map(|(index, job)| Assignment::new(run.id(), index, job)).collect();
        let actions = self.inner.get_value().borrow_mut().queue.submit(tasks, 1);
        self.carry_out(actions);
    }

    /// Stops a run; what it computed stays.
    pub fn stop(&self, run: RunState) {
        let actions = self.inner.get_value().borrow_mut().queue.stop(run.id());
        self.carry_out(actions);
    }

    fn carry_out(&self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Spawn { slot, in_page } => self.spawn(slot, in_page),
                Action::Post { slot, request } => self.post(slot, &request),
                Action::Give { slot, model } => self.give(slot, &model),
                Action::Terminate { slot } => {
                    let ended = self.inner.get_value().borrow_mut().live.remove(&slot);
                    drop(ended);
                }
                Action::StopTimer { slot, request } => {
                    let client = *self;
                    set_timeout(
                        move || {
                            let actions = client.inner.get_value().borrow_mut().queue.overdue(slot, request);
                            client.carry_out(actions);
                        },
                        TIME_TO_STOP,
                    );
                }
                Action::Notify { run, index, news } => {
                    // A choice left to the machine is known with the first request only.
                    if let JobEvent::Engine(engine) = news {
                        let width = width(engine == EngineKind::Cpu);
                        let actions = self.inner.get_value().borrow_mut().queue.widen(width);
                        self.carry_out(actions);
                    }
                    let found = {
                        let inner = self.inner.get_value();
                        let inner = inner.borrow();
                        inner.runs.get(&run).and_then(|(run, all)| Some((*run, all.get(index)?.clone())))
                    };
                    if let Some((run, evaluate)) = found {
                        let done = matches!(news, JobEvent::Done(_));
                        run.apply(index, &evaluate, news, self.results);
                        if done {
                            self.unkept.update(|all| all.push(evaluate));
                        }
                    }
                }
            }
        }
    }

    fn spawn(&self, slot: usize, in_page: bool) {
        match self.make(slot, in_page) {
            Ok(live) => {
                self.inner.get_value().borrow_mut().live.insert(slot, live);
            }
            // Told later: the slot must first have got its configuration from the same list of actions.
            Err(reason) => {
                let client = *self;
                queue_microtask(move || client.broken(slot, reason));
            }
        }
    }

    fn make(&self, slot: usize, in_page: bool) -> Result<Live, String> {
        let worker = Worker::new(&base(), in_page).map_err(words)?;
        let client = *self;
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match serde_wasm_bindgen::from_value::<Response>(event.data()) {
                Ok(response) => {
                    let actions = client.queue(|queue| queue.answer(slot, response));
                    client.carry_out(actions);
                    client.watch(slot);
                }
                Err(error) => client.broken(slot, format!("an answer could not be read ({error})")),
            }
        });
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A script that could not be loaded gives a plain event, without any message.
            let said = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|m| m.as_string());
            client.broken(slot, said.unwrap_or_else(|| "its script could not be loaded".into()));
        });
        let late = Closure::<dyn FnMut()>::new(move || {
            client.fail(slot, Facts::said(Kind::NotStarted, TIME_TO_START.into()));
        });
        let silence = Closure::<dyn FnMut()>::new(move || {
            let actions = client.queue(|queue| queue.silent(slot));
            client.carry_out(actions);
        });
        worker.set_onlate(late.as_ref());
        worker.set_onsilence(silence.as_ref());
        worker.set_onmessage(message.as_ref());
        worker.set_onerror(error.as_ref());
        worker.set_onmessageerror(error.as_ref());
        Ok(Live { worker, _message: message, _error: error, _late: late, _silence: silence })
    }

    /// Hands a worker a file; where it is gone, the worker says that it cannot have it.
    fn give(&self, slot: usize, model: &str) {
        let Some(bytes) = self.yours.file(model) else {
            // It may come back, by the same id.
            return self.inner.get_value().borrow_mut().queue.not_given(slot, model);
        };
        let message = js_sys::Object::new();
        let inner = self.inner.get_value();
        let inner = inner.borrow();
        if let Some(live) = inner.live.get(&slot) {
            // A plain object takes any property; a worker that takes no message is heard of at the next.
            let _ = js_sys::Reflect::set(&message, &"give".into(), &model.into());
            let _ = js_sys::Reflect::set(&message, &"bytes".into(), &bytes);
            let _ = live.worker.post_message(&message);
        }
    }

    fn post(&self, slot: usize, request: &Request) {
        let sent = {
            let inner = self.inner.get_value();
            let inner = inner.borrow();
            inner.live.get(&slot).map(|live| {
                let value = serde_wasm_bindgen::to_value(request).map_err(|e| e.to_string())?;
                live.worker.post_message(&value).map_err(words)
            })
        };
        match sent {
            Some(Err(reason)) => self.broken(slot, reason),
            _ => self.watch(slot),
        }
    }

    /// Has a worker that owes an answer watched.
    fn watch(&self, slot: usize) {
        let inner = self.inner.get_value();
        let inner = inner.borrow();
        if let Some(live) = inner.live.get(&slot) {
            live.worker.set_owes(inner.queue.owes(slot));
        }
    }

    fn queue<T>(&self, with: impl FnOnce(&mut Scheduler) -> T) -> T {
        with(&mut self.inner.get_value().borrow_mut().queue)
    }

    fn broken(&self, slot: usize, detail: String) {
        self.fail(slot, Facts::said(Kind::BackgroundFailed, detail));
    }

    fn fail(&self, slot: usize, reason: Facts) {
        let actions = self.queue(|queue| queue.broken(slot, Failure::Engine { reason }));
        self.carry_out(actions);
    }
}
