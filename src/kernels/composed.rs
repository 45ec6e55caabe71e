//! The kernels' operations composed from candle's own: what tests compare the fused kernels with, and what the
//! benchmark measures them against. Every operation here has a backward (candle-nn's fused ones do not).

use candle_core::{D, DType, Device, Result, Tensor};

use super::attention_layout::AttentionShape;
use crate::config::LAYER_NORM_EPS;
use crate::position::RotationTable;

/// Layer norm of `[rows, C]`.
///
/// # Errors
/// If shapes disagree.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normal = centred.broadcast_div(&(variance + LAYER_NORM_EPS as f64)?.sqrt()?)?;
    normal.broadcast_mul(weight)?.broadcast_add(bias)
}

/// x·Wᵀ + b.
///
/// # Errors
/// If shapes disagree.
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.matmul(&weight.t()?)?.broadcast_add(bias)
}

/// GELU, tanh form.
///
/// # Errors
/// None that depends on the values.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    let cube = (x * x.sqr()?)?;
    let u = ((x + (cube * 0.044715)?)? * (2.0 / std::f64::consts::PI).sqrt())?;
    (x * 0.5)? * (u.tanh()? + 1.0)?
}

/// Rotation of queries and keys of `[rows, 3C]`, half-split.
///
/// # Errors
/// If shapes disagree.
pub fn rotary(qkv: &Tensor, table: &RotationTable, shape: &AttentionShape) -> Result<Tensor> {
    let (b, t, h, d) = (shape.n_segment, shape.length, shape.n_head, shape.d_model / shape.n_head);
    let half = d / 2;
    let device = qkv.device();
    let cos = Tensor::from_slice(&table.cos[..t * half], (1, t, 1, half), device)?;
    let sin = Tensor::from_slice(&table.sin[..t * half], (1, t, 1, half), device)?;
    let qk = qkv.narrow(1, 0, 2 * h * d)?.contiguous()?.reshape((b, t, 2 * h, d))?;
    let (low, high) = (qk.narrow(3, 0, half)?, qk.narrow(3, half, half)?);
    let new_low = (low.broadcast_mul(&cos)? - high.broadcast_mul(&sin)?)?;
    let new_high = (high.broadcast_mul(&cos)? + low.broadcast_mul(&sin)?)?;
    let qk = Tensor::cat(&[new_low, new_high], 3)?.reshape((b * t, 2 * h * d))?;
    Tensor::cat(&[qk, qkv.narrow(1, 2 * h * d, h * d)?], 1)
}

/// Causal attention of `[n_segment · T, 3C]` with a bias by distance `[H, T]`; holds all T² scores.
///
/// # Errors
/// If shapes disagree.
pub fn attention(qkv: &Tensor, bias: &Tensor, shape: &AttentionShape) -> Result<Tensor> {
    let (b, t, h, d) = (shape.n_segment, shape.length, shape.n_head, shape.d_model / shape.n_head);
    let part = |i: usize| qkv.narrow(1, i * h * d, h * d)?.reshape((b, t, h, d))?.transpose(1, 2)?.contiguous();
    let (q, k, v) = (part(0)?, part(1)?, part(2)?);
    let scores = (q.matmul(&k.t()?)? / (d as f64).sqrt())?;
    let scores = scores.broadcast_add(&bias_matrix(bias, t)?.unsqueeze(0)?)?;
    // candle's own softmax over the last axis, spelled out.
    let top = scores.max_keepdim(D::Minus1)?.detach();
    let weights = scores.broadcast_sub(&top)?.exp()?;
    let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
    weights.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((b * t, h * d))
}

/// Bias by query and key, `[H, T, T]`, −10⁹ after the query, from bias by distance `[H, T]`.
fn bias_matrix(bias: &Tensor, t: usize) -> Result<Tensor> {
    let h = bias.dim(0)?;
    let distances: Vec<u32> = (0..t).flat_map(|i| (0..t).map(move |j| i.saturating_sub(j) as u32)).collect();
    let mask: Vec<f32> = (0..t).flat_map(|i| (0..t).map(move |j| if j > i { -1e9 } else { 0.0 })).collect();
    let distances = Tensor::from_vec(distances, t * t, &Device::Cpu)?;
    let mask = Tensor::from_vec(mask, (1, t, t), &Device::Cpu)?;
    bias.index_select(&distances, 1)?.reshape((h, t, t))?.broadcast_add(&mask)
}

/// Loss of each row of `[rows, V]`, nats.
///
/// # Errors
/// If shapes disagree.
pub fn cross_entropy(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let targets = Tensor::from_slice(targets, (targets.len(), 1), logits.device())?;
    let top = logits.max_keepdim(D::Minus1)?.detach();
    let log_sum = (logits.broadcast_sub(&top)?.exp()?.sum_keepdim(D::Minus1)?.log()? + top)?;
    (log_sum - logits.gather(&targets, 1)?)?.squeeze(1)?.to_dtype(DType::F32)
}

/// Rows of the embedding matrix, scaled, plus positions `[T, C]`.
///
/// # Errors
/// If shapes disagree.
pub fn embedding(
    weight: &Tensor,
    tokens: &[u32],
    scale: f32,
    positions: Option<&[f32]>,
    length: usize,
) -> Result<Tensor> {
    let c = weight.dim(1)?;
    let ids = Tensor::from_slice(tokens, tokens.len(), weight.device())?;
    let x = (weight.index_select(&ids, 0)? * scale as f64)?;
    match positions {
        None => Ok(x),
        Some(p) => {
            let p = Tensor::from_slice(&p[..length * c], (1, length, c), weight.device())?;
            x.reshape((tokens.len() / length, length, c))?.broadcast_add(&p)?.reshape((tokens.len(), c))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{assert_close, values, variable};
    use super::*;

    #[test]
    fn row_wise_operations_by_hand() -> Result<()> {
        // Mean 2.5, variance 1.25: ±1.5/√1.25001 and ±0.5/√1.25001.
        let x = variable(&[1.0, 2.0, 3.0, 4.0], 4)?;
        let (w, b) = (variable(&[1.0, 2.0, -1.0, 0.5], 4)?, variable(&[0.0, 1.0, 0.0, -1.0], 4)?);
        let norm = layer_norm(&x, &w, &b)?;
        assert_close("norm", &values(&norm)?, &[-1.341_635_42, 0.105_576_38, -0.447_211_81, -0.329_182_29], 1e-6);
        let product = linear(
            &x,
            variable(&[1.0, 0.0, -1.0, 2.0, 0.0, 1.0, 1.0, 0.0], 4)?.as_tensor(),
            variable(&[10.0, 20.0], 2)?.as_tensor(),
        )?;
        assert_close("product", &values(&product)?, &[16.0, 25.0], 0.0);
        let gelu = gelu(variable(&[-1.0, 0.0, 2.0], 3)?.as_tensor())?;
        assert_close("GELU", &values(&gelu)?, &[-0.158_808_01, 0.0, 1.954_597_69], 1e-6);
        // Probabilities 1/4 and 3/4.
        let losses = cross_entropy(variable(&[0.0, 3.0f32.ln(), 0.0, 3.0f32.ln()], 2)?.as_tensor(), &[0, 1])?;
        assert_close("loss", &values(&losses)?, &[1.386_294_36, 0.287_682_07], 1e-6);
        let rows =
            embedding(variable(&[1.0, 2.0, 3.0, 4.0], 2)?.as_tensor(), &[1, 0], 10.0, Some(&[0.5, 0.0, -1.0, 0.0]), 2)?;
        assert_close("embedding", &values(&rows)?, &[30.5, 40.0, 9.0, 20.0], 0.0);
        Ok(())
    }

    #[test]
    fn rotation_and_attention_by_hand() -> Result<()> {
        let shape = AttentionShape { n_segment: 1, length: 2, n_head: 1, d_model: 2 };
        // The second row turns by 90°.
        let table = RotationTable { cos: vec![1.0, 0.0], sin: vec![0.0, 1.0] };
        let x = variable(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0].repeat(2), 6)?;
        let turned = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -2.0, 1.0, -4.0, 3.0, 5.0, 6.0];
        assert_close("rotation", &values(&rotary(&x, &table, &shape)?)?, &turned, 0.0);
        // The second query: q·k/√2 = ln 2 for the first key and 0 for its own, biases 0 and ln 3: weights 2 against 3.
        let qkv = [0.0, 0.0, 2.0f32.ln(), 0.0, 8.0, 1.0, 2.0f32.sqrt(), 0.0, 0.0, 1.0, 4.0, -1.0];
        let bias = variable(&[3.0f32.ln(), 0.0], 2)?;
        let out = attention(variable(&qkv, 6)?.as_tensor(), &bias, &shape)?;
        assert_close("attention", &values(&out)?, &[8.0, 1.0, 5.6, -0.2], 1e-6);
        Ok(())
    }
}
