//! What a position method is: its hooks, what they answer with, and what can be told of them.

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
