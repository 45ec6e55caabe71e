//! Request → engine → response, in a dedicated worker. Loads files, keeps models, picks the engine; one evaluation at a
//! time, in the order asked. Arithmetic is the engine's, meaning of the results the page's.

mod load;
mod run;
mod turn;

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{Failure, Request, RequestBody, Response, ResponseBody};
use run::Runner;

/// What the worker holds between messages.
struct Inbox {
    queue: RefCell<VecDeque<Request>>,
    cancelled: Rc<RefCell<HashSet<u32>>>,
    busy: Cell<bool>,
    runner: RefCell<Runner>,
}

/// Listens for requests until the page ends the worker.
///
/// # Errors
/// If this is no dedicated worker.
pub fn start() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let cancelled = Rc::new(RefCell::new(HashSet::new()));
    let inbox = Rc::new(Inbox {
        queue: RefCell::default(),
        busy: Cell::new(false),
        runner: RefCell::new(Runner::new(cancelled.clone())),
        cancelled,
    });
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match serde_wasm_bindgen::from_value::<Request>(event.data()) {
            Ok(request) => receive(&inbox, request),
            Err(error) => {
                let reason = format!("the worker cannot read a request: {error}; reload the page");
                answer(0, ResponseBody::Failed(Failure::Invalid { reason }));
            }
        }
    });
    scope.add_event_listener_with_callback("message", on_message.as_ref().unchecked_ref())?;
    // The listener lives as long as the worker.
    on_message.forget();
    Ok(())
}

fn receive(inbox: &Rc<Inbox>, request: Request) {
    if let RequestBody::Cancel { request } = request.body {
        let before = inbox.queue.borrow().len();
        inbox.queue.borrow_mut().retain(|r| r.id != request);
        if inbox.queue.borrow().len() < before {
            answer(request, ResponseBody::Cancelled);
        } else {
            inbox.cancelled.borrow_mut().insert(request);
        }
        return;
    }
    inbox.queue.borrow_mut().push_back(request);
    if !inbox.busy.replace(true) {
        spawn_local(work(inbox.clone()));
    }
}

/// Answers queued requests one after another. `busy` keeps this the only borrower of the runner.
#[allow(clippy::await_holding_refcell_ref)]
async fn work(inbox: Rc<Inbox>) {
    loop {
        let next = inbox.queue.borrow_mut().pop_front();
        let Some(Request { id, body }) = next else { break };
        let result = match body {
            RequestBody::Configure { base } => {
                inbox.runner.borrow_mut().configure(base);
                ResponseBody::Ready
            }
            RequestBody::Evaluate(evaluate) => inbox.runner.borrow_mut().evaluate(id, &evaluate).await,
            RequestBody::Cancel { .. } => continue,
        };
        inbox.cancelled.borrow_mut().remove(&id);
        answer(id, result);
    }
    inbox.busy.set(false);
}

/// Posts a response to the page.
fn answer(id: u32, body: ResponseBody) {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    // A response is plain data; neither call can fail, and there would be nobody to tell.
    if let Ok(value) = serde_wasm_bindgen::to_value(&Response { id, body }) {
        let _ = scope.post_message(&value);
    }
}
