//! A model's weights on the GPU.

use super::buffer::Owned;
use super::device::Device;
use super::error::{GpuError, Unsupported};
use super::kernels::{Affine, MAX_HEAD_DIM, suits};
use crate::config::ModelConfig;
use crate::model::Weights;

/// One transformer block.
pub(super) struct Block {
    pub(super) ln1: Affine,
    pub(super) qkv: Affine,
    pub(super) out: Affine,
    pub(super) ln2: Affine,
    pub(super) up: Affine,
    pub(super) down: Affine,
}

/// All of them, in f32.
pub(super) struct GpuWeights {
    /// `[V, C]`, input and output.
    pub(super) embedding: Owned,
    pub(super) blocks: Vec<Block>,
    pub(super) ln_f: Affine,
}

impl GpuWeights {
    /// Fails unless the arrays are those of the configuration and the kernels can run it.
    pub(super) fn check(device: &Device, weights: &Weights) -> Result<(), GpuError> {
        let unsupported = |what| Err(GpuError::Unsupported(what));
        let ModelConfig { d_model, n_head, d_ff, n_vocab, .. } = weights.config;
        if n_head == 0 || d_model == 0 || d_ff == 0 || n_vocab == 0 || d_model % n_head != 0 {
            return unsupported(Unsupported::Width { d_model, n_head });
        }
        let head_dim = d_model / n_head;
        if !suits(head_dim) {
            return unsupported(Unsupported::HeadDim { head_dim, most: MAX_HEAD_DIM });
        }
        // With the head dimension this makes every row whole vectors of four.
        if !d_ff.is_multiple_of(4) {
            return unsupported(Unsupported::Hidden { d_ff });
        }
        for (name, shape) in Weights::shapes(&weights.config) {
            let n: usize = shape.iter().product();
            let found = weights.get(&name).len();
            if found != n {
                return unsupported(Unsupported::Array { name, found, needed: n });
            }
            if (n * 4) as u64 > device.max_binding() {
                return unsupported(Unsupported::Buffer { name });
            }
        }
        Ok(())
    }

    /// Uploads checked weights.
    pub(super) fn new(device: &Device, weights: &Weights) -> Self {
        let affine = |name: String| {
            let [weight, bias] = ["weight", "bias"].map(|part| {
                let name = format!("{name}.{part}");
                device.upload(&name, weights.get(&name))
            });
            Affine { weight, bias }
        };
        let block = |i: usize| Block {
            ln1: affine(format!("blocks.{i}.ln1")),
            qkv: affine(format!("blocks.{i}.attention.qkv")),
            out: affine(format!("blocks.{i}.attention.out")),
            ln2: affine(format!("blocks.{i}.ln2")),
            up: affine(format!("blocks.{i}.mlp.up")),
            down: affine(format!("blocks.{i}.mlp.down")),
        };
        Self {
            embedding: device.upload("embedding.weight", weights.get("embedding.weight")),
            blocks: (0..weights.config.n_layer).map(block).collect(),
            ln_f: affine("ln_f".into()),
        }
    }
}
