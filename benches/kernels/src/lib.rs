//! The kernels beside candle's own operations of the same shape. `main.rs` times them natively; in the browser
//! `kernels_worker.mjs` times the exports of [`exports`].

pub mod cases;
pub mod exports;
