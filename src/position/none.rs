//! No position information at all: only the causal mask tells a token what came before it.

use super::method::PositionMethod;

/// The method that does nothing.
pub struct NoPosition;

impl PositionMethod for NoPosition {
    fn id(&self) -> &'static str {
        "none"
    }

    fn name(&self) -> &'static str {
        "No position"
    }
}
