//! What the reader can set: its values, its bounds, its way into the address and back.

pub mod state;
pub mod query;
