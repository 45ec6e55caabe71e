//! Position methods: how a transformer learns where its tokens stand. Plain arithmetic, no tensor library.
//!
//! A method is one file here, its `mod` line and its place in [`METHODS`]. It says what it is, and answers three questions,
//! each with a default of "nothing": what is added to the embedding of a position, by which angle a query or key is
//! rotated, and which bias a head adds to a score at a given distance. The decoder, the GPU and the page never ask which
//! method they hold: they read the three [`Tables`] made from the answers for the length at hand, and figures choose
//! methods by what these say of themselves ([`Places`], [`Learned`], [`PositionMethod::compared`]). [`Changed`] answers in a method's place
//! for a trained model whose tables are changed. This is not the place for model code or for drawing.

mod alibi;
mod change;
mod kerple;
mod none;
mod rotary;
mod sinusoidal;
mod t5;
mod trainable;

pub use alibi::{Alibi, SlopeOrigin, slopes, slopes_with_origin};
pub use change::{ChangeAt, Changed, GROWTH_SCALE, LOWEST_BIAS, MAX_SLOPES};
pub use none::NoPosition;
pub use rotary::Rotary;
pub use sinusoidal::Sinusoidal;
pub use t5::{T5Bias, bucket as t5_bucket};
pub use trainable::TrainableSlopes;

/// Every position method, in the order in which the page lists them.
pub static METHODS: [&(dyn PositionMethod + Sync); 7] =
    [&Sinusoidal, &Rotary, &T5Bias, &Alibi, &NoPosition, &TrainableSlopes, &kerple::Kerple];

/// The method of that id.
pub fn by_id(id: &str) -> Option<&'static (dyn PositionMethod + Sync)> {
    METHODS.iter().copied().find(|m| m.id() == id)
}

/// Sizes that a method's answers depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Model width C.
    pub d_model: usize,
    /// Attention heads H.
    pub n_head: usize,
}

impl Shape {
    /// Head dimension D.
    pub fn head_dim(&self) -> usize {
        self.d_model / self.n_head
    }
}

/// A rotation of one pair of coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// Radians.
    pub angle: f64,
    /// Factor applied to the rotated pair; 1 keeps its norm.
    pub scale: f64,
}

/// Parameters that a method learns, named as in the checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    /// Name of the tensor in the checkpoint.
    pub name: &'static str,
    /// Rows of the tensor; its columns are heads: `[n_row, n_head]`.
    pub n_row: usize,
    /// Value at which training starts, by row, head (both from 0) and number of heads.
    pub initial: fn(row: usize, head: usize, n_head: usize) -> f32,
    /// Whether the optimiser's weight decay pulls them to 0, as it does matrices. What 0 means is the method's own: say
    /// there what is pulled where.
    pub decays: bool,
}

impl Learned {
    /// Values at which training starts, `[n_row, n_head]`.
    pub fn start(&self, n_head: usize) -> Vec<f32> {
        (0..self.n_row * n_head).map(|i| (self.initial)(i / n_head, i % n_head, n_head)).collect()
    }
}

/// How a method's bias runs with the distance, in every head and whatever has been learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BiasForm {
    /// There is none.
    None,
    /// 0 at the query and lower with every token further back, so that far keys weigh least.
    Falls,
    /// A number for every distance, or for each of some ranges of distances, above or below 0.
    Table,
}

/// Where a method lets position into the network, by what its hooks answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Whether a vector is added to the embedding of every position.
    pub embedding: bool,
    /// Whether queries and keys are rotated.
    pub rotation: bool,
    /// What is added to scores.
    pub bias: BiasForm,
}

impl Places {
    /// Asks the hooks of `method`.
    pub fn of(method: &dyn PositionMethod, shape: Shape) -> Self {
        Self {
            embedding: method.embedding(1.0, &mut vec![0.0; shape.d_model]),
            rotation: (0..shape.head_dim() / 2).any(|pair| method.rotation(1.0, pair, shape.head_dim()).is_some()),
            bias: method.bias_form(),
        }
    }

    /// Whether position comes in anywhere.
    pub fn any(&self) -> bool {
        self.embedding || self.rotation || self.bias != BiasForm::None
    }
}

/// What a position method is, and where it lets position into the network. The hooks do nothing by default.
pub trait PositionMethod {
    /// Stable id, as in checkpoints and URLs.
    fn id(&self) -> &'static str;

    /// Name shown to the reader, as the paper uses it.
    fn name(&self) -> &'static str;

    /// Whether figures that compare methods show it before the reader has chosen any. Variations and follow-ups are shown
    /// on request.
    fn compared(&self) -> bool {
        true
    }

    /// Adds to `out` (length C) what belongs to `position`; false if the method adds nothing to embeddings.
    fn embedding(&self, _position: f64, _out: &mut [f32]) -> bool {
        false
    }

    /// Rotation of pair `pair` (0..D/2; coordinates `pair` and `pair + D/2`) of a query or key at `position`.
    fn rotation(&self, _position: f64, _pair: usize, _head_dim: usize) -> Option<Rotation> {
        None
    }

    /// Parameters to be learned, if any.
    fn learned(&self) -> Option<Learned> {
        None
    }

    /// What can be said of [`Self::bias`] at any distance.
    fn bias_form(&self) -> BiasForm {
        BiasForm::None
    }

    /// Bias added to the score of head `head` between a query and a key `distance` positions before it, after the
    /// division of q·k by √D. `learned` holds the learned parameters, `[n_row, n_head]`, or nothing.
    fn bias(&self, _head: usize, _distance: usize, _shape: Shape, _learned: &[f32]) -> f32 {
        0.0
    }

    /// Adds to `out` (`[n_row, n_head]`) the gradient of the learned parameters, given the gradient of the bias of
    /// `head` at `distance`.
    fn bias_backward(
        &self,
        _head: usize,
        _distance: usize,
        _shape: Shape,
        _learned: &[f32],
        _grad: f32,
        _out: &mut [f32],
    ) {
    }
}

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

#[cfg(test)]
mod tests;
