//! Parts that figures are made of: controls, charts, tables, messages. They know no figure and no model.

pub mod words;
pub mod attempt;
pub mod choice;
pub mod number;
pub mod text;
pub mod setting;
pub mod canvas;
pub mod readout;
pub mod line_plot;
pub mod bar_plot;
pub mod data_table;
pub mod export;
pub mod error_banner;
pub mod soon;
pub mod visibility;
