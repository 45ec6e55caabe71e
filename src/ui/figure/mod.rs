//! What a figure is, and the frame, run bar and model picker that figures share.

pub mod words;
pub mod curves;
pub mod lazy;
pub mod provenance;
pub mod model_picker;
pub mod outcome;
pub mod run_bar;
pub mod frame;
pub mod spec;
pub mod view;
