//! GELU in its tanh form: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))).
//!
//! # Source
//! Hendrycks & Gimpel 2016, arXiv 1606.08415, §2.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{floats, for_each_chunk, with_gradient_floats};
use super::vector::{Lanes, exp2, map, mul_add};

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;
const CHUNK: usize = 16 * 1024;

/// GELU. Uses (1 + tanh u)/2 = 1/(1 + e^(−2u)): one exponential, no cancellation.
#[inline(always)]
pub fn gelu(x: Lanes) -> Lanes {
    x * sigmoid_of_2u(x)
}

#[inline(always)]
fn sigmoid_of_2u(x: Lanes) -> Lanes {
    // e^(−2u) as a power of 2, its factors folded.
    const LINEAR: f32 = -2.0 * SQRT_2_OVER_PI * std::f32::consts::LOG2_E;
    let power = x * mul_add(x * x, Lanes::splat(LINEAR * CUBIC), Lanes::splat(LINEAR));
    // It overflows beyond 2^127; its inverse is 0 in f32 long before.
    Lanes::ONE / (Lanes::ONE + exp2(power.fast_min(Lanes::splat(126.0))))
}

/// Derivative of [`gelu`].
#[inline(always)]
pub fn gelu_derivative(x: Lanes) -> Lanes {
    let s = sigmoid_of_2u(x);
    let u_derivative = Lanes::splat(SQRT_2_OVER_PI) * mul_add(Lanes::splat(3.0 * CUBIC) * x, x, Lanes::ONE);
    s + Lanes::splat(2.0) * x * s * (Lanes::ONE - s) * u_derivative
}

/// GELU of every value of `x`.
pub fn gelu_all(x: &[f32], out: &mut [f32]) {
    for_each_chunk(out, CHUNK, |i, chunk| {
        map(&x[i * CHUNK..][..chunk.len()], chunk, gelu);
    });
}

/// Gradient of [`gelu_all`].
pub fn gelu_backward(x: &[f32], grad: &[f32], dx: &mut [f32]) {
    for_each_chunk(dx, CHUNK, |i, chunk| {
        let at = i * CHUNK;
        map(&x[at..][..chunk.len()], chunk, gelu_derivative);
        chunk.iter_mut().zip(&grad[at..]).for_each(|(o, g)| *o *= g);
    });
}

struct Gelu;

/// GELU of every element.
///
/// # Errors
/// If the tensor is not contiguous f32 on the CPU.
pub fn apply(x: &Tensor) -> Result<Tensor> {
    x.apply_op1(Gelu)
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = floats(storage, layout)?;
        let mut out = vec![0.0; x.len()];
        gelu_all(x, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        with_gradient_floats(x, |x| {
            with_gradient_floats(grad, |grad| {
                gelu_backward(x, grad, &mut dx);
                Ok(())
            })
        })?;
        Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, gradients, slopes, values, variable};
    use super::*;

    /// GELU of each, by the formula above in double precision.
    const KNOWN: [(f32, f64); 7] = [
        (-3.0, -0.003_637_392_081_77),
        (-1.0, -0.158_808_009_391_72),
        (-0.5, -0.154_285_990_174_86),
        (0.0, 0.0),
        (0.5, 0.345_714_009_825_14),
        (1.0, 0.841_191_990_608_28),
        (2.0, 1.954_597_694_087_78),
    ];

    #[test]
    fn values_and_slopes_are_those_of_the_formula() -> Result<()> {
        // Whole lanes and a ragged end.
        let x: Vec<f32> = KNOWN.iter().map(|k| k.0).cycle().take(35).collect();
        let y: Vec<f64> = KNOWN.iter().map(|k| k.1).cycle().take(35).collect();
        let x = variable(&x, 35)?;
        let out = apply(x.as_tensor())?;
        assert_close("GELU", &values(&out)?, &y, 3e-7);
        let weight: Vec<f32> = (0..35).map(|i| 1.0 + i as f32 / 8.0).collect();
        let exact = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x.powi(3))).tanh());
        let wanted = slopes(&values(&x)?, |x| x.iter().zip(&weight).map(|(&x, &w)| exact(x) * f64::from(w)).sum());
        assert_close("slope", &gradients(&out, &weight, &[&x])?[0], &wanted, 3e-6);
        Ok(())
    }

    #[test]
    fn far_from_zero_it_is_nothing_or_its_argument_and_nan_is_kept() {
        let one = |x: f32| gelu(Lanes::splat(x)).to_array()[0];
        assert_eq!((one(1e4), one(40.0)), (1e4, 40.0));
        assert!(one(-1e4).abs() < 1e-30 && one(-40.0).abs() < 1e-30);
        assert!(one(f32::NAN).is_nan());
    }
}
