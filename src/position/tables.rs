//! A method's answers for a length at hand, as decoder and kernels read them.

use super::change::{ChangeAt, Changed};
use super::method::{PositionMethod, Shape};

/// What decoder and kernels read: a method's answers for every position and distance below `length`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// Positions and distances covered.
    pub length: usize,
    /// Added to token embeddings, `[length, d_model]`; absent if nothing is added.
    pub embedding: Option<Vec<f32>>,
    /// Rotation of queries and keys; absent if there is none.
    pub rotation: Option<RotationTable>,
    /// Bias by distance, `[n_head, length]`; zeros if there is none.
    pub bias: Vec<f32>,
}

/// Cosines and sines, each times the rotation's scale, `[length, head_dim / 2]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RotationTable {
    /// scale · cos(angle).
    pub cos: Vec<f32>,
    /// scale · sin(angle).
    pub sin: Vec<f32>,
}

impl Tables {
    /// Asks `method` for every position and distance below `length`.
    pub fn new(method: &dyn PositionMethod, shape: Shape, length: usize, learned: &[f32]) -> Self {
        let mut embedding = vec![0.0; length * shape.d_model];
        let mut adds = false;
        for (position, row) in embedding.chunks_exact_mut(shape.d_model).enumerate() {
            adds |= method.embedding(position as f64, row);
        }
        let half = shape.head_dim() / 2;
        let mut rotation = None;
        for position in 0..length {
            for pair in 0..half {
                if let Some(r) = method.rotation(position as f64, pair, shape.head_dim()) {
                    let table = rotation.get_or_insert_with(|| RotationTable {
                        cos: vec![1.0; length * half],
                        sin: vec![0.0; length * half],
                    });
                    table.cos[position * half + pair] = (r.scale * r.angle.cos()) as f32;
                    table.sin[position * half + pair] = (r.scale * r.angle.sin()) as f32;
                }
            }
        }
        let bias = (0..shape.n_head)
            .flat_map(|h| (0..length).map(move |d| (h, d)))
            .map(|(h, d)| method.bias(h, d, shape, learned))
            .collect();
        Self { length, embedding: adds.then_some(embedding), rotation, bias }
    }

    /// Asks `method` under a change.
    pub fn changed(method: &dyn PositionMethod, at: ChangeAt, shape: Shape, length: usize, learned: &[f32]) -> Self {
        Self::new(&Changed { method, at }, shape, length, learned)
    }
}
