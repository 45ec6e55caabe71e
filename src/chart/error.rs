//! Why a chart cannot be drawn.

/// Why a chart could not be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// No room for axes and labels.
    #[error("a chart of {width}×{height} pixels is too small to draw (at least 120×80)")]
    TooSmall {
        /// Width, CSS pixels.
        width: u32,
        /// Height, CSS pixels.
        height: u32,
    },
    /// The canvas or the SVG writer failed.
    #[error("drawing failed: {0}")]
    Backend(String),
}
