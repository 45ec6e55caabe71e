//! What is measured: an operation by this project and by candle, on the same inputs.

use alibi::config::LAYER_NORM_EPS;
use alibi::kernels::attention::{AttentionShape, FarKeys, HeadBias, KeyValues, attention};
use alibi::kernels::layer_norm::layer_norm;
use alibi::kernels::packed::{Packed, Then};
use alibi::position::{self, Shape, Tables};
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::Linear;
use candle_nn::attention::{AttnMask, flash_attn};

/// An operation by both parties.
pub trait Case {
    /// Runs this project's kernel.
    fn ours(&mut self);

    /// What it gave.
    fn output(&self) -> &[f32];

    /// Runs candle's operation: the same values in the same order, perhaps as a view.
    ///
    /// # Errors
    /// Candle's are passed on.
    fn candle(&mut self) -> Result<Tensor>;

    /// Largest absolute difference of the two outputs: infinite where one holds no number.
    ///
    /// # Errors
    /// Candle's are passed on.
    fn error(&mut self) -> Result<f32> {
        let theirs = self.candle()?.flatten_all()?.to_vec1::<f32>()?;
        self.ours();
        let differences = self.output().iter().zip(&theirs).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, |worst, d| if d.is_nan() { f32::INFINITY } else { d.max(worst) });
        Ok(if self.output().len() == theirs.len() { worst } else { f32::INFINITY })
    }
}

/// Uniform numbers in −1..1, the same in every run.
pub fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / (1u32 << 31) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Causal attention with ALiBi's bias, no key left out; laying out keys and values is part of it.
pub struct Attention {
    /// Queries, keys and values `[length, 3, n_head, head_dim]`.
    pub qkv: Vec<f32>,
    bias: Vec<HeadBias>,
    shape: AttentionShape,
    out: Vec<f32>,
    /// For candle: queries, keys and values apart, `[1, length, n_head, head_dim]` each.
    apart: Option<[Tensor; 3]>,
}

impl Attention {
    /// The head count must be a power of two: candle's slopes are the paper's only there.
    pub fn new(n_head: usize, length: usize, head_dim: usize) -> Self {
        let d_model = n_head * head_dim;
        let method = position::by_id("alibi").expect("ALiBi is a method");
        let tables = Tables::new(method, Shape { d_model, n_head }, length, &[]);
        Self {
            qkv: noise(length * 3 * d_model, 1),
            bias: HeadBias::of_table(&tables.bias, n_head),
            shape: AttentionShape { n_segment: 1, length, n_head, d_model },
            out: Vec::new(),
            apart: None,
        }
    }

    fn split(&self) -> Result<[Tensor; 3]> {
        let AttentionShape { length, n_head, d_model, .. } = self.shape;
        let qkv = Tensor::from_slice(&self.qkv, (1, length, 3, n_head, d_model / n_head), &Device::Cpu)?;
        let part = |i| qkv.narrow(2, i, 1)?.squeeze(2)?.contiguous();
        Ok([part(0)?, part(1)?, part(2)?])
    }
}

impl Case for Attention {
    fn ours(&mut self) {
        let kv = KeyValues::of(&self.qkv, &self.shape);
        self.out = attention(&self.qkv, &kv, &self.bias, &self.shape, 0..self.shape.length, FarKeys::Computed).0;
    }

    fn output(&self) -> &[f32] {
        &self.out
    }

    fn candle(&mut self) -> Result<Tensor> {
        if self.apart.is_none() {
            self.apart = Some(self.split()?);
        }
        let [q, k, v] = self.apart.as_ref().expect("made above");
        let scale = 1.0 / ((self.shape.d_model / self.shape.n_head) as f32).sqrt();
        // ALiBi's largest exponent, 8, as in the paper; the output has heads before positions.
        flash_attn::<f32>(q, k, v, scale, AttnMask::causal(), Some(8.0), None)?.transpose(1, 2)
    }
}

/// A linear layer.
pub struct Product {
    x: Vec<f32>,
    weight: Packed,
    bias: Vec<f32>,
    out: Vec<f32>,
    input: Tensor,
    linear: Linear,
}

impl Product {
    /// # Errors
    /// Candle's are passed on.
    pub fn new(rows: usize, inputs: usize, outputs: usize) -> Result<Self> {
        let (x, weight, bias) = (noise(rows * inputs, 1), noise(outputs * inputs, 2), noise(outputs, 3));
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu);
        Ok(Self {
            input: tensor(&x, &[rows, inputs])?,
            linear: Linear::new(tensor(&weight, &[outputs, inputs])?, Some(tensor(&bias, &[outputs])?)),
            weight: Packed::new(&weight, outputs, inputs),
            out: vec![0.0; rows * outputs],
            x,
            bias,
        })
    }
}

impl Case for Product {
    fn ours(&mut self) {
        self.weight.apply(&self.x, &self.bias, Then::Store, &mut self.out);
    }

    fn output(&self) -> &[f32] {
        &self.out
    }

    fn candle(&mut self) -> Result<Tensor> {
        self.linear.forward(&self.input)
    }
}

/// Layer norm of rows, on one thread, as within a block of the model; candle's uses every core.
pub struct Norm {
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    out: Vec<f32>,
    tensors: [Tensor; 3],
}

impl Norm {
    /// # Errors
    /// Candle's are passed on.
    pub fn new(rows: usize, width: usize) -> Result<Self> {
        let (x, weight, bias) = (noise(rows * width, 1), noise(width, 2), noise(width, 3));
        let tensors = [
            Tensor::from_slice(&x, (rows, width), &Device::Cpu)?,
            Tensor::from_slice(&weight, width, &Device::Cpu)?,
            Tensor::from_slice(&bias, width, &Device::Cpu)?,
        ];
        Ok(Self { out: vec![0.0; x.len()], x, weight, bias, tensors })
    }
}

impl Case for Norm {
    fn ours(&mut self) {
        layer_norm(&self.x, &self.weight, &self.bias, &mut self.out);
    }

    fn output(&self) -> &[f32] {
        &self.out
    }

    fn candle(&mut self) -> Result<Tensor> {
        let [x, weight, bias] = &self.tensors;
        candle_nn::ops::layer_norm(x, weight, bias, LAYER_NORM_EPS)
    }
}
