//! What the reader can set in the figure `slopes`.

use crate::choices;
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;

/// Most heads that are drawn.
pub const MAX_HEADS: usize = 64;

choices! {
    /// Order in which slopes are listed.
    Order {
        /// As the authors' code lists them, head by head.
        Authors = ("authors", "the authors’"),
        /// Steepest first.
        Sorted = ("sorted", "steepest first"),
    }
}

/// Head count H, here and in the figure `bias`.
pub static HEADS: Setting<usize> =
    Setting::new("heads", "Heads", Kind::Number { min: 1, max: MAX_HEADS, spread: Spread::Even }, "8");
/// Order of the slopes.
pub static ORDER: Setting<Order> = Setting::new("order", "Order", Kind::Pick(Order::CHOICES), "authors");
