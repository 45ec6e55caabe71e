//! Decoder-only transformer: pre-layer-norm, tied input and output embedding, tanh-GELU, causal.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor, bail};

use super::tables::DecoderTables;
use super::weights::Weights;
use crate::config::ModelConfig;
use crate::kernels::attention::AttentionShape;
#[cfg(not(target_family = "wasm"))]
use crate::kernels::composed;
use crate::kernels::{attention, cross_entropy, embedding, gelu, layer_norm, matmul, rotary};
use crate::position::{self, ChangeAt, Shape, Tables};

/// Which implementation of the operations runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ops {
    /// This crate's kernels.
    #[default]
    Fused,
    /// candle's own operations put together; for native tests and benchmarks. The worker's file would be half as
    /// large again with them.
    #[cfg(not(target_family = "wasm"))]
    Composed,
}

/// Tokens of several segments of equal length, one after another.
#[derive(Clone, Debug)]
pub struct Segments {
    /// Token ids, `[n_segment · length]`.
    pub tokens: Arc<Vec<u32>>,
    /// Segments, independent of each other.
    pub n_segment: usize,
    /// Tokens per segment, T.
    pub length: usize,
}

/// The model. Every matrix is `[out, in]`; names are those of [`Weights`].
pub struct Decoder {
    /// Shape and method.
    pub config: ModelConfig,
    method: &'static (dyn position::PositionMethod + Sync),
    embedding: Tensor,
    /// The transformer blocks, first to last.
    pub blocks: Vec<Block>,
    ln_f: Norm,
    learned: Option<Tensor>,
    ops: Ops,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
}

struct Linear {
    weight: Tensor,
    bias: Tensor,
}

/// One transformer block: attention and feed-forward network, each after a layer norm and around a residual.
pub struct Block {
    ln1: Norm,
    qkv: Linear,
    out: Linear,
    ln2: Norm,
    up: Linear,
    down: Linear,
    ops: Ops,
}

impl Decoder {
    /// Builds the model from tensors looked up by name.
    ///
    /// # Errors
    /// If a tensor is missing or the method is unknown.
    pub fn new(config: &ModelConfig, ops: Ops, get: impl Fn(&str) -> Result<Tensor>) -> Result<Self> {
        let Some(method) = position::by_id(&config.method) else { bail!("unknown position method {}", config.method) };
        let norm = |name: &str| {
            Ok::<_, candle_core::Error>(Norm {
                weight: get(&format!("{name}.weight"))?,
                bias: get(&format!("{name}.bias"))?,
            })
        };
        let linear = |name: &str| {
            Ok::<_, candle_core::Error>(Linear {
                weight: get(&format!("{name}.weight"))?,
                bias: get(&format!("{name}.bias"))?,
            })
        };
        let block = |i: usize| {
            Ok(Block {
                ln1: norm(&format!("blocks.{i}.ln1"))?,
                qkv: linear(&format!("blocks.{i}.attention.qkv"))?,
                out: linear(&format!("blocks.{i}.attention.out"))?,
                ln2: norm(&format!("blocks.{i}.ln2"))?,
                up: linear(&format!("blocks.{i}.mlp.up"))?,
                down: linear(&format!("blocks.{i}.mlp.down"))?,
                ops,
            })
        };
        Ok(Self {
            config: config.clone(),
            method,
            embedding: get("embedding.weight")?,
            blocks: (0..config.n_layer).map(block).collect::<Result<_>>()?,
            ln_f: norm("ln_f")?,
            learned: method.learned().map(|l| get(l.name)).transpose()?,
            ops,
        })
    }

    /// Builds the model from weights in memory.
    ///
    /// # Errors
    /// If an array is missing.
    pub fn from_weights(weights: &Weights) -> Result<Self> {
        Self::new(&weights.config, Ops::Fused, |name| match weights.arrays.get(name) {
            Some(array) => Tensor::from_slice(&array.data, array.shape.as_slice(), &Device::Cpu),
            None => bail!("weights have no tensor {name}"),
        })
    }

    /// The position method's tables for inputs of `length` tokens.
    ///
    /// # Errors
    /// If the learned parameters have an unexpected shape.
    pub fn tables(&self, length: usize) -> Result<DecoderTables> {
        let shape = Shape { d_model: self.config.d_model, n_head: self.config.n_head };
        DecoderTables::new(self.method, shape, length, self.learned.as_ref())
    }

    /// The position method's tables for inputs of `length` tokens, under a change; no gradient passes through them.
    ///
    /// # Errors
    /// If the learned parameters cannot be read.
    pub fn changed_tables(&self, length: usize, change: ChangeAt) -> Result<DecoderTables> {
        let shape = Shape { d_model: self.config.d_model, n_head: self.config.n_head };
        let learned = self.learned.as_ref().map(|p| p.flatten_all()?.to_vec1()).transpose()?.unwrap_or_default();
        let tables = Tables::changed(self.method, change, shape, length, &learned);
        Ok(DecoderTables {
            length,
            positions: tables.embedding.map(Arc::new),
            rotation: tables.rotation.map(Arc::new),
            bias: Tensor::from_vec(tables.bias, (shape.n_head, length), &Device::Cpu)?,
            learns_bias: false,
        })
    }

    /// Input of the first block.
    ///
    /// # Shapes
    /// → `[n_segment · T, C]`.
    ///
    /// # Errors
    /// If a token is not in the vocabulary.
    pub fn embed(&self, segments: &Segments, tables: &DecoderTables) -> Result<Tensor> {
        // fairseq's rule: embeddings start with σ = C^(−1/2) and are scaled up to σ = 1 before a sinusoid is added.
        let scale = (self.config.d_model as f32).sqrt();
        let (tokens, length) = (&segments.tokens, segments.length);
        match self.ops {
            Ops::Fused => embedding::apply(&self.embedding, tokens, scale, tables.positions.as_ref(), length),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => {
                composed::embedding(&self.embedding, tokens, scale, tables.positions.as_deref().map(|p| &p[..]), length)
            }
        }
    }

    /// Logits of rows of the last block's output.
    ///
    /// # Shapes
    /// `[rows, C]` → `[rows, V]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn logits(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.ln_f.apply(x, self.ops)?;
        match self.ops {
            Ops::Fused => matmul::project(&x, &self.embedding),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => x.matmul(&self.embedding.t()?),
        }
    }

    /// Losses of rows of the last block's output, nats; a target of [`cross_entropy::NOT_SCORED`] gives 0.
    ///
    /// # Shapes
    /// `[rows, C]`, targets `[rows]` → `[rows]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn losses_of_rows(&self, x: &Tensor, targets: &Arc<Vec<u32>>) -> Result<Tensor> {
        let logits = self.logits(x)?;
        match self.ops {
            Ops::Fused => cross_entropy::apply(&logits, targets),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => composed::cross_entropy(&logits, targets),
        }
    }

    /// Loss of every target: the whole forward pass.
    ///
    /// # Shapes
    /// targets `[n_segment · T]` → `[n_segment · T]`.
    ///
    /// # Errors
    /// If shapes disagree or a token is not in the vocabulary.
    pub fn losses(&self, segments: &Segments, targets: &Arc<Vec<u32>>, tables: &DecoderTables) -> Result<Tensor> {
        let mut x = self.embed(segments, tables)?;
        let shape = self.attention_shape(segments.n_segment, segments.length);
        for block in &self.blocks {
            let qkv = block.qkv(&x, tables, &shape, 0)?;
            let attended = block.attend(&qkv, tables, &shape, 0..segments.length)?;
            x = block.finish(&x, &attended)?;
        }
        self.losses_of_rows(&x, targets)
    }

    /// Shape of the attention over `n_segment` segments of `length` tokens.
    pub fn attention_shape(&self, n_segment: usize, length: usize) -> AttentionShape {
        AttentionShape { n_segment, length, n_head: self.config.n_head, d_model: self.config.d_model }
    }
}

impl Norm {
    fn apply(&self, x: &Tensor, ops: Ops) -> Result<Tensor> {
        match ops {
            Ops::Fused => layer_norm::apply(x, &self.weight, &self.bias),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => composed::layer_norm(x, &self.weight, &self.bias),
        }
    }
}

impl Linear {
    fn apply(&self, x: &Tensor, ops: Ops) -> Result<Tensor> {
        match ops {
            Ops::Fused => matmul::linear(x, &self.weight, &self.bias),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => composed::linear(x, &self.weight, &self.bias),
        }
    }
}

impl Block {
    /// Queries, keys and values of rows whose first stands at position `first`; queries and keys rotated if the
    /// method rotates.
    ///
    /// # Shapes
    /// `[rows, C]` → `[rows, 3C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn qkv(&self, x: &Tensor, tables: &DecoderTables, shape: &AttentionShape, first: usize) -> Result<Tensor> {
        let qkv = self.qkv.apply(&self.ln1.apply(x, self.ops)?, self.ops)?;
        match (&tables.rotation, self.ops) {
            (None, _) => Ok(qkv),
            (Some(table), Ops::Fused) => rotary::apply(&qkv, table, shape.n_head, first),
            #[cfg(not(target_family = "wasm"))]
            (Some(table), Ops::Composed) => composed::rotary(&qkv, table, shape),
        }
    }

    /// Attention of the positions in `queries` of every segment.
    ///
    /// # Shapes
    /// qkv `[n_segment · T, 3C]` → `[n_segment · queries, C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn attend(
        &self,
        qkv: &Tensor,
        tables: &DecoderTables,
        shape: &AttentionShape,
        queries: Range<usize>,
    ) -> Result<Tensor> {
        match self.ops {
            Ops::Fused => attention::apply(qkv, &tables.bias, shape, queries, tables.learns_bias),
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => composed::attention(qkv, &tables.bias, shape),
        }
    }

    /// Everything after attention: output projection, residual, feed-forward network, residual.
    ///
    /// # Shapes
    /// x and attended `[rows, C]` → `[rows, C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn finish(&self, x: &Tensor, attended: &Tensor) -> Result<Tensor> {
        let x = (x + self.out.apply(attended, self.ops)?)?;
        let hidden = self.up.apply(&self.ln2.apply(&x, self.ops)?, self.ops)?;
        let hidden = match self.ops {
            Ops::Fused => gelu::apply(&hidden)?,
            #[cfg(not(target_family = "wasm"))]
            Ops::Composed => composed::gelu(&hidden)?,
        };
        &x + self.down.apply(&hidden, self.ops)?
    }
}
