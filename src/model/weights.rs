//! Weights as named arrays, read from and written to safetensors (f16 on disk, f32 in memory).
//!
//! Names and shapes, with C = d_model, F = d_ff, V = n_vocab; matrices are `[out, in]`:
//!
//! | name | shape |
//! |---|---|
//! | `embedding.weight` (also the output matrix) | `[V, C]` |
//! | `blocks.{i}.ln1.weight`, `.bias` | `[C]` |
//! | `blocks.{i}.attention.qkv.weight`, `.bias` (rows: all queries, all keys, all values; head-major) | `[3C, C]`, `[3C]` |
//! | `blocks.{i}.attention.out.weight`, `.bias` | `[C, C]`, `[C]` |
//! | `blocks.{i}.ln2.weight`, `.bias` | `[C]` |
//! | `blocks.{i}.mlp.up.weight`, `.bias` | `[F, C]`, `[F]` |
//! | `blocks.{i}.mlp.down.weight`, `.bias` | `[C, F]`, `[C]` |
//! | `ln_f.weight`, `.bias` | `[C]` |
//! | a method's learned parameters, if any, by the name it gives | `[n_row, n_head]` |

use std::collections::{BTreeMap, HashMap};

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::config::ModelConfig;
use crate::position;

/// A named array: shape and values, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Values.
    pub data: Vec<f32>,
}

/// All weights of a model, with its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Shape and method.
    pub config: ModelConfig,
    /// Arrays by name; exactly those of [`Weights::shapes`].
    pub arrays: BTreeMap<String, Array>,
}

/// Why a file is no usable set of weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// Not a safetensors file, or cut short.
    #[error("not a complete safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// No model configuration in the file's metadata.
    #[error("no model configuration in the file's metadata: {0}")]
    Config(String),
    /// A tensor is missing, or has another shape than the configuration asks for.
    #[error("tensor {name}: expected {expected:?}, found {found:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape that the configuration asks for.
        expected: Vec<usize>,
        /// Shape in the file; `None` if the tensor is missing.
        found: Option<Vec<usize>>,
    },
    /// A tensor's element type is neither f16 nor f32.
    #[error("tensor {0}: only f16 and f32 are read")]
    Dtype(String),
}

impl Weights {
    /// Names and shapes of all arrays of a model of that configuration.
    pub fn shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
        let (c, f, v) = (config.d_model, config.d_ff, config.n_vocab);
        let mut shapes = vec![("embedding.weight".to_string(), vec![v, c])];
        for i in 0..config.n_layer {
            let mut push = |name: &str, shape: &[usize]| shapes.push((format!("blocks.{i}.{name}"), shape.to_vec()));
            push("ln1.weight", &[c]);
            push("ln1.bias", &[c]);
            push("attention.qkv.weight", &[3 * c, c]);
            push("attention.qkv.bias", &[3 * c]);
            push("attention.out.weight", &[c, c]);
            push("attention.out.bias", &[c]);
            push("ln2.weight", &[c]);
            push("ln2.bias", &[c]);
            push("mlp.up.weight", &[f, c]);
            push("mlp.up.bias", &[f]);
            push("mlp.down.weight", &[c, f]);
            push("mlp.down.bias", &[c]);
        }
        shapes.push(("ln_f.weight".into(), vec![c]));
        shapes.push(("ln_f.bias".into(), vec![c]));
        if let Some(learned) = position::by_id(&config.method).and_then(|m| m.learned()) {
            shapes.push((learned.name.into(), vec![learned.n_row, config.n_head]));
        }
        shapes
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// If the file is cut short, has no configuration, or its tensors are not those of its configuration.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let config = header.metadata().as_ref().and_then(|m| m.get("config").cloned());
        let config = config.ok_or_else(|| WeightsError::Config("key `config` is missing".into()))?;
        let config: ModelConfig = serde_json::from_str(&config).map_err(|e| WeightsError::Config(e.to_string()))?;
        if !config.is_sound() {
            return Err(WeightsError::Config("its numbers are those of no model".into()));
        }
        let file = SafeTensors::deserialize(bytes)?;
        let mut arrays = BTreeMap::new();
        for (name, shape) in Self::shapes(&config) {
            let view = file.tensor(&name).ok();
            let found = view.as_ref().map(|v| v.shape().to_vec());
            let view = match view {
                Some(view) if view.shape() == shape => view,
                _ => return Err(WeightsError::Shape { name, expected: shape, found }),
            };
            let data = match view.dtype() {
                Dtype::F16 => view.data().as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
                Dtype::F32 => view.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
                _ => return Err(WeightsError::Dtype(name)),
            };
            arrays.insert(name, Array { shape, data });
        }
        Ok(Self { config, arrays })
    }

    /// Writes a safetensors file in f16, the configuration and `provenance` in its metadata.
    ///
    /// # Errors
    /// If the arrays do not fit their shapes.
    pub fn to_safetensors(&self, provenance: HashMap<String, String>) -> Result<Vec<u8>, WeightsError> {
        let mut metadata = provenance;
        let config = serde_json::to_string(&self.config).map_err(|e| WeightsError::Config(e.to_string()))?;
        metadata.insert("config".into(), config);
        let halves: BTreeMap<&String, (Vec<usize>, Vec<u8>)> = self
            .arrays
            .iter()
            .map(|(name, a)| {
                (name, (a.shape.clone(), a.data.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()))
            })
            .collect();
        let views = halves
            .iter()
            .map(|(name, (shape, data))| Ok((name.as_str(), TensorView::new(Dtype::F16, shape.clone(), data)?)))
            .collect::<Result<Vec<_>, WeightsError>>()?;
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// The array of that name; an empty slice if there is none.
    pub fn get(&self, name: &str) -> &[f32] {
        self.arrays.get(name).map_or(&[], |a| &a.data)
    }

    /// The position method's learned parameters; empty if it has none.
    pub fn learned(&self) -> &[f32] {
        position::by_id(&self.config.method).and_then(|m| m.learned()).map_or(&[], |l| self.get(l.name))
    }

    /// Number of parameters.
    pub fn n_parameters(&self) -> usize {
        self.arrays.values().map(|a| a.data.len()).sum()
    }
}
