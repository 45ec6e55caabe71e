//! What a check of the engine gives, and how far it may be off.

/// Largest difference of a loss that counts as agreement, nats.
pub(super) const LIMIT: f32 = 1e-3;
/// The same for activations, whose standard deviation is of the order of 1. The GPU gives none back.
pub(super) const ACTIVATION_LIMIT: f32 = 1e-2;

/// One model checked.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Its id.
    pub(super) model: String,
    /// Largest difference of a loss, nats.
    pub(super) loss: f32,
    /// Largest difference of an activation; not finite where the engine gives none back.
    pub(super) activation: f32,
    /// Losses that were compared.
    pub(super) n_losses: usize,
    /// Name of the engine.
    pub(super) engine: &'static str,
}
