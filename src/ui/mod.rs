//! The page, in folders that import only what stands above them here:
//!
//! - [`format`]: numbers and tables as text.
//! - [`settings`]: what the reader can set, and its way into the address and back.
//! - [`widgets`]: controls, charts, tables; they know no figure and no model.
//! - [`runs`]: questions to the engine, the workers that answer, what they answered, the files of the site.
//! - [`figure`]: what a figure is, and the frame that draws one.
//! - [`figures`]: one folder each, and the list of them.
//! - [`page`]: the article, the embeds, the address bar.
//!
//! Logic stands outside components, in plain structs with plain tests; components read signals and draw. Only
//! [`runs::worker_pool`] may name the worker. This is not the place for model code, nor for drawing (see
//! [`crate::chart`]).

pub mod format;
pub mod settings;
pub mod widgets;
pub mod runs;
pub mod figure;
pub mod figures;
pub mod page;
