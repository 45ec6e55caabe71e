//! GELU in its tanh form: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) (Hendrycks & Gimpel 2016, §2).

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{floats, for_each_chunk, with_floats};
use super::vector::{exp, fma};

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;
const CHUNK: usize = 16 * 1024;

/// GELU of one value. Uses (1 + tanh u)/2 = 1/(1 + e^(−2u)): one exponential, no cancellation.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    x * sigmoid_of_2u(x)
}

#[inline(always)]
fn sigmoid_of_2u(x: f32) -> f32 {
    let u = SQRT_2_OVER_PI * x * fma(CUBIC * x, x, 1.0);
    1.0 / (1.0 + exp(-2.0 * u))
}

/// Derivative of [`gelu`].
#[inline(always)]
pub fn gelu_derivative(x: f32) -> f32 {
    let s = sigmoid_of_2u(x);
    let u_derivative = SQRT_2_OVER_PI * fma(3.0 * CUBIC * x, x, 1.0);
    s + 2.0 * x * s * (1.0 - s) * u_derivative
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
        for_each_chunk(&mut out, CHUNK, |i, chunk| {
            for (o, &x) in chunk.iter_mut().zip(&x[i * CHUNK..]) {
                *o = gelu(x);
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        with_floats(x, |x| {
            with_floats(grad, |grad| {
                for_each_chunk(&mut dx, CHUNK, |i, chunk| {
                    let at = i * CHUNK;
                    for ((o, &x), &g) in chunk.iter_mut().zip(&x[at..]).zip(&grad[at..]) {
                        *o = g * gelu_derivative(x);
                    }
                });
                Ok(())
            })
        })?;
        Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
    }
}
