//! What readers read, and hear, of the parts that figures are made of.

use crate::ui::format::numbers::thousands;

/// What a chart is called for those who hear it.
pub const CHART: &str = "chart";
/// Under a chart at which nothing has been pointed at yet.
pub const POINT_AT_CHART: &str = "Point at the chart, tap it, or move along it with the arrow keys.";
/// Saves the numbers.
pub const CSV: &str = "CSV";
/// Saves the drawing.
pub const SVG: &str = "SVG";
/// In place of a drawing that there is not.
pub const NOTHING_TO_DRAW: &str = "There is nothing to draw yet.";
/// Copies a text.
pub const COPY: &str = "Copy";
/// After a text was copied.
pub const COPIED: &str = "Copied.";
/// Puts a text away.
pub const CLOSE: &str = "Close";
/// Tries again what failed.
pub const RETRY: &str = "Retry";

/// Said in place of a drawing that has broken down; what was said of it.
pub fn undrawn(reason: &str) -> String {
    format!("This drawing has broken down ({reason}). The numbers stand, and everything else goes on.")
}

/// What the slider beside a number is called.
pub fn slider(label: &str) -> String {
    format!("{label}, slider")
}

/// Said where a further key does nothing.
pub fn full(limit: usize) -> String {
    format!("The box is full: it holds {} bytes.", thousands(limit as u64))
}

/// What a text is called that stands in place of a file.
pub fn content_of(name: &str) -> String {
    format!("Contents of {name}")
}

/// Says why a text stands in place of a file.
pub fn may_not_save(name: &str) -> String {
    format!("This page cannot save files here. Copy the contents of {name}:")
}

/// A line of a chart that has no finite value at the place pointed at.
pub fn diverged(name: &str) -> String {
    format!("{name} diverged")
}

/// A line's value at the place pointed at, and its band where it has one.
pub fn value(name: &str, value: &str, band: Option<(&str, &str)>) -> String {
    match band {
        Some((low, high)) => format!("{name} {value} ({low} to {high})"),
        None => format!("{name} {value}"),
    }
}
