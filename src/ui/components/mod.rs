//! Leaves: controls and frames that take signals and know no figure.

pub mod bars;
pub mod data_table;
pub mod embed_code;
pub mod export;
pub mod figure;
pub mod models;
pub mod plot;
pub mod readout;
pub mod setting;
pub mod soon;
pub mod surface;
pub mod choice;
pub mod ran;
pub mod run_bar;
pub mod trouble;
