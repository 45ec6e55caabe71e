//! Layer norm over the last axis: (x − mean)/√(variance + eps) · weight + bias.
//!
//! # Source
//! Ba, Kiros, Hinton 2016, arXiv 1607.06450, §3; the epsilon is every implementation's.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::storage::{ROWS_PER_CHUNK, floats, for_each_chunk, map_indices, with_gradient_floats};
use super::vector::{LANES, Lanes, dot, fma, mul_add, sum};
use crate::config::LAYER_NORM_EPS;

/// Normalises each row of `x` (`[rows, C]`) into `out`; `weight` and `bias` are `[C]`.
pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let c = weight.len();
    for (row, out) in x.chunks_exact(c).zip(out.chunks_exact_mut(c)) {
        let (mean, rstd) = moments(row);
        for i in 0..c {
            out[i] = fma((row[i] - mean) * rstd, weight[i], bias[i]);
        }
    }
}

/// [`layer_norm`] of many rows, on all cores.
pub fn layer_norm_rows(x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let span = ROWS_PER_CHUNK * weight.len();
    for_each_chunk(out, span, |i, chunk| layer_norm(&x[i * span..][..chunk.len()], weight, bias, chunk));
}

/// Mean and 1/√(variance + eps) of one row.
#[inline(always)]
fn moments(row: &[f32]) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = sum(row) / n;
    let (chunks, rest) = row.as_chunks::<LANES>();
    let squares = chunks.iter().fold(Lanes::ZERO, |total, &x| {
        let d = Lanes::from(x) - Lanes::splat(mean);
        mul_add(d, d, total)
    });
    let variance = (squares.reduce_add() + rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>()) / n;
    (mean, 1.0 / (variance + LAYER_NORM_EPS).sqrt())
}

struct LayerNorm;

/// Layer norm of every row of `x`.
///
/// # Shapes
/// x `[rows, C]`, weight and bias `[C]` → `[rows, C]`.
///
/// # Errors
/// If shapes disagree or a tensor is not contiguous f32 on the CPU.
pub fn apply(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op3(weight, bias, LayerNorm)
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight, bias) = (floats(x, x_layout)?, floats(weight, weight_layout)?, floats(bias, bias_layout)?);
        let c = weight.len();
        if x_layout.dims().last() != Some(&c) || bias.len() != c {
            bail!("layer_norm: x {:?}, weight [{c}], bias [{}]", x_layout.dims(), bias.len());
        }
        let mut out = vec![0.0; x.len()];
        layer_norm_rows(x, weight, bias, &mut out);
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let c = weight.elem_count();
        let device = x.device();
        let (mut dx, mut dw, mut db) = (vec![0.0; x.elem_count()], vec![0.0; c], vec![0.0; c]);
        with_gradient_floats(x, |x| {
            with_gradient_floats(weight, |weight| {
                with_gradient_floats(grad, |grad| {
                    layer_norm_backward(x, weight, grad, &mut dx, &mut dw, &mut db);
                    Ok(())
                })
            })
        })?;
        Ok((
            Some(Tensor::from_vec(dx, grad.shape(), device)?),
            Some(Tensor::from_vec(dw, weight.shape(), device)?),
            Some(Tensor::from_vec(db, bias.shape(), device)?),
        ))
    }
}

/// Gradients of x, weight and bias.
///
/// # Shapes
/// x, grad and dx `[rows, C]`; weight, dw and db `[C]`.
pub fn layer_norm_backward(x: &[f32], weight: &[f32], grad: &[f32], dx: &mut [f32], dw: &mut [f32], db: &mut [f32]) {
    let c = weight.len();
    let span = ROWS_PER_CHUNK * c;
    for_each_chunk(dx, span, |i, chunk| {
        let rows = x[i * span..].chunks_exact(c).zip(grad[i * span..].chunks_exact(c));
        for (dx, (x, g)) in chunk.chunks_exact_mut(c).zip(rows) {
            let (mean, rstd) = moments(x);
            for k in 0..c {
                dx[k] = g[k] * weight[k];
            }
            let mean_g = sum(dx) / c as f32;
            // Σ g·w·(x − mean)·rstd, from Σ g·w·x.
            let mean_gx = (dot(dx, x) / c as f32 - mean_g * mean) * rstd;
            for k in 0..c {
                dx[k] = rstd * (dx[k] - mean_g - (x[k] - mean) * rstd * mean_gx);
            }
        }
    });
    // Column sums by chunk, then over chunks in order: the same result for any number of threads.
    let n_chunk = x.len().div_ceil(span);
    let partial = map_indices(n_chunk, |i| {
        let (mut dw, mut db) = (vec![0.0; c], vec![0.0; c]);
        let end = ((i + 1) * span).min(x.len());
        for (x, g) in x[i * span..end].chunks_exact(c).zip(grad[i * span..end].chunks_exact(c)) {
            let (mean, rstd) = moments(x);
            for k in 0..c {
                dw[k] = fma(g[k], (x[k] - mean) * rstd, dw[k]);
                db[k] += g[k];
            }
        }
        (dw, db)
    });
    dw.fill(0.0);
    db.fill(0.0);
    for (w, b) in partial {
        dw.iter_mut().zip(w).for_each(|(a, b)| *a += b);
        db.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, cases, gradients, noise, slopes, values, variable, wide};
    use super::*;
    use candle_core::Device;
    use proptest::prelude::*;

    #[test]
    fn rows_are_centred_scaled_and_shifted() {
        // Means 2.5 and 0, variances 1.25 and 2: 1.5/√1.25001 = 1.34163542, 0.5/√1.25001 = 0.44721181,
        // 2/√2.00001 = 1.41421003.
        let x = [1.0, 2.0, 3.0, 4.0, -2.0, 0.0, 0.0, 2.0];
        let mut out = [0.0; 8];
        layer_norm(&x, &[1.0, 2.0, -1.0, 0.5], &[0.0, 1.0, 0.0, -1.0], &mut out);
        let wanted =
            [-1.341_635_42, 0.105_576_38, -0.447_211_81, -0.329_182_29, -1.414_210_03, 1.0, 0.0, -0.292_894_99];
        assert_close("norm", &out, &wanted, 1e-6);
    }

    /// One row by its definition.
    fn row(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let scale = (variance + f64::from(LAYER_NORM_EPS)).sqrt();
        (0..x.len()).map(|i| (x[i] - mean) / scale * weight[i] + bias[i]).collect()
    }

    proptest! {
        #![proptest_config(cases(64))]
        #[test]
        fn every_width_and_number_of_rows_follows_the_definition(c in 1usize..80, rows in 1usize..140, seed in 0u64..99) {
            // A mean far from zero: a variance from mean squares would lose its digits.
            let x: Vec<f32> = noise(seed, rows * c, 1.0).iter().map(|x| x + 30.0).collect();
            let (w, b) = (noise(seed + 1, c, 1.0), noise(seed + 2, c, 1.0));
            let out = apply(
                &Tensor::from_slice(&x, (rows, c), &Device::Cpu)?,
                &Tensor::from_slice(&w, c, &Device::Cpu)?,
                &Tensor::from_slice(&b, c, &Device::Cpu)?,
            )?;
            let wanted: Vec<f64> =
                wide(&x).chunks(c).flat_map(|x| row(x, &wide(&w), &wide(&b))).collect();
            assert_close("norm", &values(&out)?, &wanted, 2e-4);
        }
    }

    #[test]
    fn gradients_are_slopes_of_the_definition() -> Result<()> {
        let (rows, c) = (ROWS_PER_CHUNK + 2, 5);
        let (x, w, b) = (noise(1, rows * c, 2.0), noise(2, c, 1.0), noise(3, c, 1.0));
        let g = noise(4, rows * c, 1.0);
        let vars = [variable(&x, c)?, variable(&w, c)?, variable(&b, c)?];
        let [weight, bias] = [&vars[1], &vars[2]].map(|v| v.as_tensor().squeeze(0));
        let out = apply(vars[0].as_tensor(), &weight?, &bias?)?;
        let found = gradients(&out, &g, &[&vars[0], &vars[1], &vars[2]])?;
        let loss = |x: &[f64], w: &[f64], b: &[f64]| -> f64 {
            x.chunks(c).flat_map(|x| row(x, w, b)).zip(&g).map(|(y, &g)| y * f64::from(g)).sum()
        };
        let (xs, ws, bs) = (wide(&x), wide(&w), wide(&b));
        assert_close("of rows", &found[0], &slopes(&x, |x| loss(x, &ws, &bs)), 2e-5);
        assert_close("of weights", &found[1], &slopes(&w, |w| loss(&xs, w, &bs)), 2e-5);
        assert_close("of biases", &found[2], &slopes(&b, |b| loss(&xs, &ws, b)), 2e-5);
        Ok(())
    }
}
