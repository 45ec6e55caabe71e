//! A worker that trains one model: messages in, steps between them, reports out. Arithmetic is the trainer's, meaning of
//! the results the page's. What is said stands in [`crate::protocol::train`].

mod desk;
mod inbox;
mod recall;

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::browser::port::Page;
pub use crate::browser::port::Port;
use crate::protocol::train::{ToTrainer, Told};
use crate::protocol::{Failure, Reason};
use desk::Desk;
use inbox::{Inbox, Next};

/// Listens on `port` until the page ends the worker, or is left.
pub fn serve(port: Port) {
    let page = Page::at(port);
    let inbox = Rc::new(Inbox::of(page.clone()));
    let desk = Rc::new(Cell::new(Some(Desk::new(inbox.clone()))));
    page.listen(move |event: MessageEvent| match serde_wasm_bindgen::from_value::<ToTrainer>(event.data()) {
        Ok(message) => {
            if inbox.receive(message) {
                spawn_local(work(inbox.clone(), desk.clone()));
            }
        }
        Err(error) => {
            let reason = Reason::UnreadableRequest { detail: error.to_string() };
            inbox.tell(Told::Failed(Failure::Invalid { reason: reason.into() }));
        }
    });
}

/// Does what is asked, and steps between, until neither is left to do. [`Inbox::receive`] keeps this the only one.
async fn work(inbox: Rc<Inbox>, free: Rc<Cell<Option<Desk>>>) {
    let Some(mut desk) = free.take() else { return };
    loop {
        match inbox.next() {
            Next::Message(message) => desk.answer(*message).await,
            Next::Rest { stopped } => desk.rest(stopped),
            Next::Step => desk.step().await,
            Next::Nothing => break,
        }
    }
    free.set(Some(desk));
    inbox.put_down();
}
