//! The decoder for inference: the same model as [`super::Decoder`], its weights laid out once at load and its operations
//! fused. No gradients; compared with the decoder for every method.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor, bail};

use super::decoder::Segments;
use super::weights::Weights;
use crate::config::ModelConfig;
use crate::kernels::attention::{AttentionShape, FarKeys, HeadBias, KeyValues, attend_head};
use crate::kernels::fused::{self, Affine, BlockWeights, HeadWeights, NormWeights};
use crate::kernels::packed::Packed;
use crate::kernels::{embedding, with_floats};
use crate::position::{self, ChangeAt, RotationTable, Shape, Tables};

/// The model, ready to run.
pub struct Inference {
    config: ModelConfig,
    method: &'static (dyn position::PositionMethod + Sync),
    learned: Vec<f32>,
    embedding: Tensor,
    blocks: Vec<Arc<BlockWeights>>,
    head: Arc<HeadWeights>,
}

/// A position method's tables for one input length, as the kernels read them.
pub struct InferenceTables {
    /// Positions and distances covered.
    pub length: usize,
    /// What was changed in them.
    pub change: ChangeAt,
    positions: Option<Arc<Vec<f32>>>,
    rotation: Option<Arc<RotationTable>>,
    bias: Vec<HeadBias>,
}

/// Queries of one layer, with its keys and values laid out for the attention kernel.
pub struct Attending {
    qkv: Tensor,
    kv: Vec<KeyValues>,
    shape: AttentionShape,
}

impl Inference {
    /// Lays out the weights.
    ///
    /// # Errors
    /// If the method is unknown or an array is missing.
    pub fn new(weights: &Weights) -> Result<Self> {
        let config = &weights.config;
        let Some(method) = position::by_id(&config.method) else { bail!("unknown position method {}", config.method) };
        let array = |name: &str| match weights.arrays.get(name) {
            Some(array) => Ok(array),
            None => bail!("weights have no tensor {name}"),
        };
        let norm = |name: &str| {
            Ok::<_, candle_core::Error>(NormWeights {
                weight: array(&format!("{name}.weight"))?.data.clone(),
                bias: array(&format!("{name}.bias"))?.data.clone(),
            })
        };
        let affine = |name: &str| {
            let weight = array(&format!("{name}.weight"))?;
            let &[outputs, inputs] = weight.shape.as_slice() else { bail!("{name} is no matrix") };
            Ok(Affine {
                weight: Packed::new(&weight.data, outputs, inputs),
                bias: array(&format!("{name}.bias"))?.data.clone(),
            })
        };
        let block = |i: usize| {
            Ok(Arc::new(BlockWeights {
                ln1: norm(&format!("blocks.{i}.ln1"))?,
                qkv: affine(&format!("blocks.{i}.attention.qkv"))?,
                out: affine(&format!("blocks.{i}.attention.out"))?,
                ln2: norm(&format!("blocks.{i}.ln2"))?,
                up: affine(&format!("blocks.{i}.mlp.up"))?,
                down: affine(&format!("blocks.{i}.mlp.down"))?,
            }))
        };
        let embedding = &array("embedding.weight")?.data;
        let (v, c) = (config.n_vocab, config.d_model);
        Ok(Self {
            config: config.clone(),
            method,
            learned: weights.learned().to_vec(),
            embedding: Tensor::from_slice(embedding, (v, c), &Device::Cpu)?,
            blocks: (0..config.n_layer).map(block).collect::<Result<_>>()?,
            head: Arc::new(HeadWeights { ln_f: norm("ln_f")?, output: Packed::new(embedding, v, c) }),
        })
    }

    /// Number of layers.
    pub fn n_layer(&self) -> usize {
        self.blocks.len()
    }

    /// Shape and method.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Number of heads.
    pub fn n_head(&self) -> usize {
        self.config.n_head
    }

    /// The position method's tables for inputs of `length` tokens.
    pub fn tables(&self, length: usize) -> InferenceTables {
        self.changed_tables(length, ChangeAt::default())
    }

    /// The position method's tables for inputs of `length` tokens, under a change.
    pub fn changed_tables(&self, length: usize, change: ChangeAt) -> InferenceTables {
        let tables = self.plain_tables(length, change);
        InferenceTables {
            length,
            change,
            positions: tables.embedding.map(Arc::new),
            rotation: tables.rotation.map(Arc::new),
            bias: HeadBias::of_table(&tables.bias, self.config.n_head),
        }
    }

    /// Those tables before they are laid out for the kernels.
    pub fn plain_tables(&self, length: usize, change: ChangeAt) -> Tables {
        let shape = Shape { d_model: self.config.d_model, n_head: self.config.n_head };
        Tables::changed(self.method, change, shape, length, &self.learned)
    }

    /// Input of the first block.
    ///
    /// # Shapes
    /// → `[n_segment · T, C]`.
    ///
    /// # Errors
    /// If a token is not in the vocabulary.
    pub fn embed(&self, segments: &Segments, tables: &InferenceTables) -> Result<Tensor> {
        let scale = (self.config.d_model as f32).sqrt();
        embedding::apply(&self.embedding, &segments.tokens, scale, tables.positions.as_ref(), segments.length)
    }

    /// Input of the first block for one token at `position`.
    ///
    /// # Shapes
    /// → `[1, C]`.
    ///
    /// # Errors
    /// If the token is not in the vocabulary.
    pub fn embed_one(&self, token: u32, position: usize, tables: &InferenceTables) -> Result<Tensor> {
        let (c, scale) = (self.config.d_model, (self.config.d_model as f32).sqrt());
        // That position's row alone.
        let row = tables.positions.as_ref().map(|p| Arc::new(p[position * c..][..c].to_vec()));
        embedding::apply(&self.embedding, &Arc::new(vec![token]), scale, row.as_ref(), 1)
    }

    /// Queries, keys and values of rows whose first stands at position `first`.
    ///
    /// # Shapes
    /// `[rows, C]` → `[rows, 3C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn qkv(&self, layer: usize, x: &Tensor, tables: &InferenceTables, first: usize) -> Result<Tensor> {
        let rotation = tables.rotation.as_ref().map(|table| (table.clone(), self.config.n_head, first));
        fused::qkv(x, &self.blocks[layer], rotation)
    }

    /// Lays out the keys and values of all rows of a layer.
    ///
    /// # Shapes
    /// qkv `[n_segment · T, 3C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn attending(&self, qkv: Tensor, segments: &Segments) -> Result<Attending> {
        let (n_segment, length) = (segments.n_segment, segments.length);
        let shape = AttentionShape { n_segment, length, n_head: self.config.n_head, d_model: self.config.d_model };
        let kv = with_floats(&qkv, |qkv| Ok(KeyValues::of(qkv, &shape)))?;
        Ok(Attending { qkv, kv, shape })
    }

    /// Everything after attention.
    ///
    /// # Shapes
    /// x and attended `[rows, C]` → `[rows, C]`.
    ///
    /// # Errors
    /// If shapes disagree.
    pub fn finish(&self, layer: usize, x: &Tensor, attended: &Tensor) -> Result<Tensor> {
        fused::finish(x, attended, &self.blocks[layer])
    }

    /// Losses of rows of the last block's output, nats; a target that is not scored gives 0.
    ///
    /// # Shapes
    /// `[rows, C]`, targets `[rows]` → `[rows]`.
    ///
    /// # Errors
    /// If shapes disagree or a target is not in the vocabulary.
    pub fn losses_of_rows(&self, x: &Tensor, targets: &Arc<Vec<u32>>) -> Result<Tensor> {
        fused::losses(x, &self.head, targets)
    }

    /// Logits of one row of the last block's output.
    ///
    /// # Shapes
    /// `[1, C]` → `[V]`.
    ///
    /// # Errors
    /// None are known; candle's are passed on.
    pub fn logits(&self, x: &Tensor) -> Result<Vec<f32>> {
        with_floats(x, |x| Ok(self.head.logits(x)))
    }
}

impl InferenceTables {
    /// Bias of one head.
    pub fn bias(&self, head: usize) -> &HeadBias {
        &self.bias[head]
    }
}

impl Attending {
    /// Attention of the positions in `queries` of one head of one segment.
    ///
    /// # Shapes
    /// → its columns of rows `queries` of that segment in out `[n_segment · T, C]`.
    ///
    /// # Errors
    /// None are known; candle's are passed on.
    pub fn attend(
        &self,
        tables: &InferenceTables,
        (segment, head): (usize, usize),
        queries: Range<usize>,
        far: FarKeys,
        out: &mut [f32],
    ) -> Result<()> {
        let AttentionShape { length, n_head, d_model, .. } = self.shape;
        let (kv, bias) = (&self.kv[segment * n_head + head], &tables.bias[head]);
        let out = &mut out[segment * length * d_model..][..length * d_model];
        with_floats(&self.qkv, |qkv| {
            let qkv = &qkv[segment * length * 3 * d_model..][..length * 3 * d_model];
            attend_head(qkv, head, kv, bias, &self.shape, queries, far, out);
            Ok(())
        })
    }
}
