//! Answers of the worker to the page.

use crate::browser::port::Page;
use crate::protocol::{Response, ResponseBody};

/// Answers of one inbox.
#[derive(Clone)]
pub(super) struct Answers(pub(super) Page);

impl Answers {
    /// Posts a response to the page.
    pub(super) fn post(&self, id: u32, body: ResponseBody) {
        self.0.post(&Response { id, body });
    }
}
