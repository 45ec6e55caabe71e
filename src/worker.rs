//! Request → engine → response, in a dedicated worker or, where none can start, in the page, time-sliced. Loads files,
//! keeps models, picks the engine; one evaluation at a time, in the order asked. Arithmetic is the engine's, meaning of
//! the results the page's.

mod answers;
mod engines;
mod run;
mod yielder;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::browser::port::Page;
pub use crate::browser::port::Port;
use crate::protocol::{Failure, Reason, Request, RequestBody, ResponseBody};
use answers::Answers;
use run::Runner;

/// What is kept between messages.
struct Inbox {
    queue: RefCell<VecDeque<Request>>,
    cancelled: Rc<RefCell<Vec<u32>>>,
    busy: Cell<bool>,
    runner: RefCell<Runner>,
    answers: Answers,
}

/// Listens for requests on `port` until the page ends the worker, or is left.
pub fn serve(port: Port) {
    let cancelled = Rc::new(RefCell::new(Vec::new()));
    let page = Page::at(port);
    let answers = Answers(page.clone());
    let inbox = Rc::new(Inbox {
        queue: RefCell::default(),
        busy: Cell::new(false),
        runner: RefCell::new(Runner::new(cancelled.clone(), answers.clone())),
        cancelled,
        answers,
    });
    page.listen(move |event: MessageEvent| match serde_wasm_bindgen::from_value::<Request>(event.data()) {
        Ok(request) => receive(&inbox, request),
        Err(error) => {
            let reason = Reason::UnreadableRequest { detail: error.to_string() };
            inbox.answers.post(0, ResponseBody::Failed(Failure::Invalid { reason: reason.into() }));
        }
    });
}

fn receive(inbox: &Rc<Inbox>, request: Request) {
    if let RequestBody::Cancel { request } = request.body {
        let before = inbox.queue.borrow().len();
        inbox.queue.borrow_mut().retain(|r| r.id != request);
        if inbox.queue.borrow().len() < before {
            inbox.answers.post(request, ResponseBody::Cancelled);
        } else {
            inbox.cancelled.borrow_mut().push(request);
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
            RequestBody::Configure { base, without_gpu } => {
                inbox.runner.borrow_mut().configure(base, without_gpu);
                ResponseBody::Ready
            }
            RequestBody::Run(job) => inbox.runner.borrow_mut().run(id, &job).await,
            RequestBody::Cancel { .. } => continue,
        };
        inbox.cancelled.borrow_mut().retain(|cancelled| *cancelled != id);
        inbox.answers.post(id, result);
    }
    inbox.busy.set(false);
}
