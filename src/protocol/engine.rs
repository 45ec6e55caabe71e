//! Which engine is wanted, and which one ran.

use serde::{Deserialize, Serialize};

/// The reader's choice of engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The GPU where it is a real one and wins a warm-up, else the CPU.
    #[default]
    Auto,
    /// WASM.
    Cpu,
    /// WebGPU, a software adapter included.
    Gpu,
}

/// The engine that did the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// WASM with SIMD.
    #[default]
    Cpu,
    /// WebGPU.
    Gpu,
}
