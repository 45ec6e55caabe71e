//! What the reader can set. A setting is declared once, beside what uses it ([`control`]); [`state`] holds the values of
//! all as signals, [`query`] takes them to the address and back. Which settings there are, the page says.

pub mod control;
pub mod state;
pub mod query;
