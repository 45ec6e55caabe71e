//! The page: state, URL, the worker's client, results, figures.
//!
//! Logic stands outside components, in plain structs with plain tests ([`state`], [`url`], [`plan`], [`queue`],
//! [`results`]); components read signals and draw. Only [`client`] may name the worker. This is not the place for
//! model code, nor for drawing (see [`crate::chart`]).

#[cfg(test)]
mod prose_tests;
pub mod components;
pub mod figures;
pub mod state;
pub mod url;
pub mod results;
pub mod plan;
pub mod queue;
pub mod words;
pub mod run;
pub mod site;
pub mod client;
pub mod curves;
pub mod lab;
pub mod registry;
pub mod address;
pub mod embed;
pub mod training;
pub mod near;
pub mod later;
pub mod article;
pub mod app;
