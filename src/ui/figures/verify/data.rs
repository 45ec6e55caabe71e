//! What a check of the engine gives, and how far it may be off.

/// Largest difference of a loss that counts as agreement, nats.
pub(super) const LIMIT: f32 = 1e-3;
/// The same for activations, whose standard deviation is of the order of 1. The GPU gives none back.
pub(super) const ACTIVATION_LIMIT: f32 = 1e-2;
/// One model checked: id, difference of losses, of activations, losses compared, where.
pub(super) type Row = (String, f32, f32, f32, &'static str);
