//! Token embedding, scaled, plus what the position method adds: x = scale·E[token] + P[position].
//!
//! # Source
//! The scale √C: Vaswani et al. 2017, arXiv 1706.03762, §3.4.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::storage::{floats, with_gradient_floats};

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
        let mut out = vec![0.0; self.tokens.len() * c];
        for (r, (&token, out)) in self.tokens.iter().zip(out.chunks_exact_mut(c)).enumerate() {
            let token = token as usize;
            if token >= v {
                bail!("token {token} is not in the vocabulary of {v}");
            }
            for (o, w) in out.iter_mut().zip(&weight[token * c..][..c]) {
                *o = self.scale * w;
            }
            if let Some(positions) = &self.positions {
                let row = &positions[(r % self.length) * c..][..c];
                out.iter_mut().zip(row).for_each(|(o, p)| *o += p);
            }
        }
        Ok((CpuStorage::F32(out), (self.tokens.len(), c).into()))
    }

    fn bwd(&self, weight: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let c = weight.dim(1)?;
        let mut dw = vec![0.0; weight.elem_count()];
        with_gradient_floats(grad, |grad| {
            for (&token, g) in self.tokens.iter().zip(grad.chunks_exact(c)) {
                let row = &mut dw[token as usize * c..][..c];
                row.iter_mut().zip(g).for_each(|(w, g)| *w += self.scale * g);
            }
            Ok(())
        })?;
        Tensor::from_vec(dw, weight.shape(), weight.device()).map(Some)
    }
}
