//! Numbers and tables as text. Plain functions; nothing here knows the page.

pub mod numbers;
pub mod table;
