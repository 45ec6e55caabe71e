//! Token embedding, scaled, plus what the position method adds: x = scale·E[token] + P[position].
//!
//! # Source
//! The scale √C: Vaswani et al. 2017, arXiv 1706.03762, §3.4.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::storage::{floats, with_gradient_floats};

/// Rows of an embedding matrix `[V, C]` for `tokens`, all below V, times `scale`, plus the position's row of `positions`.
///
/// # Shapes
/// As [`apply`]; out `[tokens, C]`.
pub fn embed(weight: &[f32], tokens: &[u32], scale: f32, positions: Option<&[f32]>, length: usize, out: &mut [f32]) {
    let c = out.len() / tokens.len().max(1);
    for (r, (&token, out)) in tokens.iter().zip(out.chunks_exact_mut(c.max(1))).enumerate() {
        for (o, w) in out.iter_mut().zip(&weight[token as usize * c..][..c]) {
            *o = scale * w;
        }
        if let Some(positions) = positions {
            let row = &positions[(r % length) * c..][..c];
            out.iter_mut().zip(row).for_each(|(o, p)| *o += p);
        }
    }
}

/// Gradient of the embedding matrix, added to `dw` (`[V, C]`).
pub fn embed_backward(tokens: &[u32], grad: &[f32], scale: f32, dw: &mut [f32]) {
    let c = grad.len() / tokens.len().max(1);
    for (&token, g) in tokens.iter().zip(grad.chunks_exact(c.max(1))) {
        let row = &mut dw[token as usize * c..][..c];
        row.iter_mut().zip(g).for_each(|(w, g)| *w += scale * g);
    }
}

struct Embed {
    tokens: Arc<Vec<u32>>,
    scale: f32,
    positions: Option<Arc<Vec<f32>>>,
    length: usize,
}

/// Rows of the embedding matrix for `tokens`, times `scale`, plus the position's row of `positions`.
///
/// # Shapes
/// weight `[V, C]`; tokens of segments of `length`, one after another; positions `[length, C]` → `[tokens, C]`.
///
/// # Errors
/// If a token is not below V.
pub fn apply(
    weight: &Tensor,
    tokens: &Arc<Vec<u32>>,
    scale: f32,
    positions: Option<&Arc<Vec<f32>>>,
    length: usize,
) -> Result<Tensor> {
    weight.apply_op1(Embed { tokens: tokens.clone(), scale, positions: positions.cloned(), length })
}

impl CustomOp1 for Embed {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let weight = floats(storage, layout)?;
        let &[v, c] = layout.dims() else { bail!("embedding: expected [V, C], got {:?}", layout.dims()) };
        if let Some(token) = self.tokens.iter().find(|&&t| t as usize >= v) {
            bail!("token {token} is not in the vocabulary of {v}");
        }
        let mut out = vec![0.0; self.tokens.len() * c];
        let positions = self.positions.as_ref().map(|p| &p[..]);
        embed(weight, &self.tokens, self.scale, positions, self.length, &mut out);
        Ok((CpuStorage::F32(out), (self.tokens.len(), c).into()))
    }

    fn bwd(&self, weight: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dw = vec![0.0; weight.elem_count()];
        with_gradient_floats(grad, |grad| {
            embed_backward(&self.tokens, grad, self.scale, &mut dw);
            Ok(())
        })?;
        Tensor::from_vec(dw, weight.shape(), weight.device()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{gradients, values, variable};
    use super::*;

    #[test]
    fn rows_and_gradients_by_hand() -> Result<()> {
        let weight = variable(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2)?;
        let tokens = Arc::new(vec![2, 0, 1, 2]);
        let positions = Arc::new(vec![0.5, 0.25, -1.0, -2.0]);
        // Two segments of two tokens.
        let out = apply(&weight, &tokens, 10.0, Some(&positions), 2)?;
        assert_eq!(values(&out)?, [50.5, 60.25, 9.0, 18.0, 30.5, 40.25, 49.0, 58.0]);
        // Token 2 stands twice, and gets both.
        let found = gradients(&out, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[&weight])?;
        assert_eq!(found[0], [30.0, 40.0, 50.0, 60.0, 80.0, 100.0]);
        let alone = apply(&weight, &tokens, 10.0, None, 2)?;
        assert_eq!(values(&alone)?, [50.0, 60.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        Ok(())
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_refused() -> Result<()> {
        let weight = variable(&[1.0, 2.0, 3.0, 4.0], 2)?;
        assert!(apply(&weight, &Arc::new(vec![0, 2]), 1.0, None, 2).is_err());
        Ok(())
    }
}
