//! Sinusoidal position embedding (Vaswani et al. 2017, §3.5), in fairseq's arrangement: sines in the first half of
//! the vector, cosines in the second, frequencies from 1 down to 1/10000.

use super::method::PositionMethod;

/// Wavelengths form a geometric series up to 2π times this.
const BASE: f64 = 10_000.0;

/// Adds sines and cosines of the position to the token embedding, once, before the first layer.
pub struct Sinusoidal;

impl PositionMethod for Sinusoidal {
    fn id(&self) -> &'static str {
        "sinusoidal"
    }

    fn name(&self) -> &'static str {
        "Sinusoidal"
    }

    fn embedding(&self, position: f64, out: &mut [f32]) -> bool {
        let half = out.len() / 2;
        for i in 0..half {
            // fairseq divides by half − 1, so that the last frequency is exactly 1/BASE.
            let frequency = BASE.powf(-(i as f64) / (half.max(2) - 1) as f64);
            out[i] += (position * frequency).sin() as f32;
            out[half + i] += (position * frequency).cos() as f32;
        }
        true
    }
}
