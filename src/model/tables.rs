//! Position tables as the decoder reads them; a learned bias stays part of the graph, so that it gets a gradient.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape as TensorShape, Storage, Tensor, bail};

use crate::position::{PositionMethod, RotationTable, Shape, Tables};

/// [`Tables`] with the bias as a tensor.
#[derive(Clone)]
pub struct DecoderTables {
    /// Positions and distances covered.
    pub length: usize,
    /// Added to token embeddings, `[length, C]`.
    pub positions: Option<Arc<Vec<f32>>>,
    /// Rotation of queries and keys, `[length, D/2]` each.
    pub rotation: Option<Arc<RotationTable>>,
    /// Bias by distance, `[H, length]`.
    pub bias: Tensor,
    /// Whether the bias depends on parameters.
    pub learns_bias: bool,
}

impl DecoderTables {
    /// Tables of a method whose learned parameters, if any, are `learned`.
    ///
    /// # Errors
    /// If `learned` has not the shape `[n_row, H]`.
    pub fn new(
        method: &'static (dyn PositionMethod + Sync),
        shape: Shape,
        length: usize,
        learned: Option<&Tensor>,
    ) -> Result<Self> {
        let tables = match learned {
            None => Tables::new(method, shape, length, &[]),
            Some(p) => Tables::new(method, shape, length, &p.flatten_all()?.to_vec1()?),
        };
        let bias = match learned {
            None => Tensor::from_vec(tables.bias, (shape.n_head, length), &Device::Cpu)?,
            Some(p) => p.apply_op1(LearnedBias { method, shape, length })?,
        };
        Ok(Self {
            length,
            positions: tables.embedding.map(Arc::new),
            rotation: tables.rotation.map(Arc::new),
            bias,
            learns_bias: learned.is_some(),
        })
    }
}

/// Gradient of what a method has learned, from that of its biases by distance (`[H, length]`).
pub fn learned_backward(
    method: &dyn PositionMethod,
    shape: Shape,
    length: usize,
    learned: &[f32],
    grad: &[f32],
) -> Vec<f32> {
    let mut out = vec![0.0; learned.len()];
    for h in 0..shape.n_head {
        for d in 0..length {
            method.bias_backward(h, d, shape, learned, grad[h * length + d], &mut out);
        }
    }
    out
}

/// Bias by distance `[H, length]` from learned parameters `[n_row, H]`, by the method's own hooks.
struct LearnedBias {
    method: &'static (dyn PositionMethod + Sync),
    shape: Shape,
    length: usize,
}

impl CustomOp1 for LearnedBias {
    fn name(&self) -> &'static str {
        "learned_bias"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, TensorShape)> {
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("learned bias: parameters not contiguous") };
        let learned = &storage.as_slice::<f32>()?[start..end];
        let cells = (0..self.shape.n_head).flat_map(|h| (0..self.length).map(move |d| (h, d)));
        let bias = cells.map(|(h, d)| self.method.bias(h, d, self.shape, learned)).collect();
        Ok((CpuStorage::F32(bias), (self.shape.n_head, self.length).into()))
    }

    fn bwd(&self, learned: &Tensor, _bias: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let (learned_storage, learned_layout) = learned.storage_and_layout();
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let (Storage::Cpu(learned_values), Storage::Cpu(grad_values)) = (&*learned_storage, &*grad_storage) else {
            bail!("learned bias: expected tensors on the CPU")
        };
        let learned_values =
            &learned_values.as_slice::<f32>()?[learned_layout.start_offset()..][..learned.elem_count()];
        let grad_values = &grad_values.as_slice::<f32>()?[grad_layout.start_offset()..];
        let out = learned_backward(self.method, self.shape, self.length, learned_values, grad_values);
        Tensor::from_vec(out, learned.shape(), learned.device()).map(Some)
    }
}
