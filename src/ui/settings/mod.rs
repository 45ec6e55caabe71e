//! What the reader can set. A setting is declared once, beside what uses it ([`setting`]); [`control`] says what it accepts, [`state`] holds the values of
//! all as signals, [`query`] takes them to the address and back. Which settings there are, the page says.

pub mod value;
pub mod words;
pub mod text;
pub mod control;
pub mod setting;
pub mod state;
pub mod query;
pub mod kept;
