//! The decoder on the GPU: tokens and targets in, losses out, everything between stays there.

use std::sync::Arc;

use super::buffer::Owned;
use super::compiled::Gpu;
use super::device::Device;
use super::error::{GpuError, Unsupported};
use super::kernels::{Finish, Kernels, Rows, Segments};
use super::plan::{Plan, PlanBuilder};
use super::weights::GpuWeights;
use crate::config::ModelConfig;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::Weights;
use crate::position::{LOWEST_BIAS, Tables};

/// Rows that go through the layers together: enough to fill a GPU, at 128 wide some 60 MB of activations.
const PASS_ROWS: usize = 16_384;
/// Rows that go through the feed-forward network together, whose hidden layer is the widest activation.
const HIDDEN_ROWS: usize = 4_096;

/// A model on the GPU, ready to score tokens.
pub struct GpuDecoder {
    device: Device,
    config: ModelConfig,
    kernels: Arc<Kernels>,
    weights: GpuWeights,
    /// At most so many rows go through the layers together, unless one segment is longer.
    pub(super) pass_rows: usize,
    /// At most so many rows go through the feed-forward network together.
    pub(super) hidden_rows: usize,
    /// Buffers and calls of the last shape of input, kept because evaluations repeat it.
    session: Option<Session>,
}

/// What a plan depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    n_segment: usize,
    length: usize,
    adds_embedding: bool,
    rotates: bool,
}

/// Buffers that the caller fills, and the calls that read them.
struct Session {
    shape: Shape,
    tokens: Owned,
    targets: Owned,
    bias: Owned,
    embedding: Option<Owned>,
    rotation: Option<[Owned; 2]>,
    loss: Owned,
    activations: Activations,
    plan: Plan,
}

/// Buffers between kernels.
struct Activations {
    /// Residual stream `[rows, C]`.
    x: Owned,
    /// Output of a layer norm, and of attention, `[rows, C]`.
    h: Owned,
    /// `[rows, 3C]`.
    qkv: Owned,
    /// `[hidden_rows, F]`.
    hidden: Owned,
}

impl GpuDecoder {
    /// Uploads weights and compiles the kernels.
    ///
    /// # Errors
    /// [`GpuError::Unsupported`] if the arrays do not fit their configuration, or heads are wider than the kernels
    /// hold; [`GpuError::Lost`] if the device is gone. What the driver refuses surfaces in [`GpuDecoder::losses`],
    /// because it answers later.
    pub fn new(gpu: &Gpu, weights: &Weights) -> Result<Self, GpuError> {
        gpu.device.health.check()?;
        GpuWeights::check(&gpu.device, weights)?;
        Ok(Self {
            device: gpu.device.clone(),
            config: weights.config.clone(),
            kernels: gpu.kernels(weights.config.head_dim()),
            weights: GpuWeights::new(&gpu.device, weights),
            pass_rows: PASS_ROWS,
            hidden_rows: HIDDEN_ROWS,
            session: None,
        })
    }

    /// The loss of every target, in nats: −log of its probability after the tokens of its segment up to its row.
    ///
    /// A loss may be infinite or NaN; nothing is dropped. Dropping the future stops after the piece of work at hand,
    /// and the decoder can be used again.
    ///
    /// # Shapes
    /// `tokens`, `targets` and the result: `[n_segment, tables.length]`; a target of [`NOT_SCORED`] has a loss of 0.
    ///
    /// # Errors
    /// [`GpuError::Unsupported`] for arguments that do not fit each other or the model, [`GpuError::TooLong`] where
    /// one segment needs a larger buffer than the GPU takes, and what the driver reports.
    pub async fn losses(
        &mut self,
        tokens: &[u32],
        targets: &[u32],
        n_segment: usize,
        tables: &Tables,
    ) -> Result<Vec<f32>, GpuError> {
        self.check(tokens, targets, n_segment, tables)?;
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let device = self.device.clone();
        let shape = Shape {
            n_segment,
            length: tables.length,
            adds_embedding: tables.embedding.is_some(),
            rotates: tables.rotation.is_some(),
        };
        if self.session.as_ref().is_none_or(|s| s.shape != shape) {
            // The old buffers go first: two sets of them may not fit.
            self.session = None;
            self.session = Some(device.checked(|| self.prepare(shape)).await?);
        }
        let Some(session) = &self.session else { return Ok(Vec::new()) };
        device.write(&session.tokens, tokens);
        device.write(&session.targets, targets);
        // WGSL may assume that infinities do not occur.
        let bias: Vec<f32> = tables.bias.iter().map(|b| b.max(LOWEST_BIAS)).collect();
        device.write(&session.bias, &bias);
        if let (Some(buffer), Some(values)) = (&session.embedding, &tables.embedding) {
            device.write(buffer, values);
        }
        if let (Some([cos, sin]), Some(values)) = (&session.rotation, &tables.rotation) {
            device.write(cos, &values.cos);
            device.write(sin, &values.sin);
        }
        session.plan.run(&device).await?;
        device.read(&session.loss, tokens.len()).await
    }

    /// Fails unless the arguments fit each other and the model.
    fn check(&self, tokens: &[u32], targets: &[u32], n_segment: usize, tables: &Tables) -> Result<(), GpuError> {
        let ModelConfig { d_model, n_head, n_vocab, .. } = self.config;
        let unsupported = |what| Err(GpuError::Unsupported(what));
        let (length, n) = (tables.length, n_segment * tables.length);
        if tokens.len() != n || targets.len() != n {
            let (n_token, n_target) = (tokens.len(), targets.len());
            return unsupported(Unsupported::Arguments { n_token, n_target, n_segment, length });
        }
        let embedding = tables.embedding.as_ref().is_none_or(|t| t.len() == length * d_model);
        let half = length * (d_model / n_head / 2);
        let rotation = tables.rotation.as_ref().is_none_or(|t| t.cos.len() == half && t.sin.len() == half);
        if !embedding || !rotation || tables.bias.len() != n_head * length {
            return unsupported(Unsupported::Tables { n_head, d_model });
        }
        if let Some(&token) =
            tokens.iter().chain(targets.iter().filter(|&&t| t != NOT_SCORED)).find(|&&t| t as usize >= n_vocab)
        {
            return unsupported(Unsupported::Token { token, n_vocab });
        }
        let limit = self.max_rows();
        if length > limit {
            return Err(GpuError::TooLong { length, limit });
        }
        if (n * 4) as u64 > self.device.max_binding() {
            return unsupported(Unsupported::Tokens { n_token: n });
        }
        Ok(())
    }

    /// Rows whose widest activation, and positions whose widest table, fit one buffer and one dispatch.
    fn max_rows(&self) -> usize {
        let ModelConfig { d_model, n_head, .. } = self.config;
        let widest = (4 * (3 * d_model).max(n_head)) as u64;
        // Row-wise kernels take 4 rows per workgroup, and a dispatch at most 65,535 of those.
        ((self.device.max_binding() / widest) as usize).min(4 * 65_535)
    }

    /// Makes the buffers and the list of calls for inputs of one shape.
    fn prepare(&self, shape: Shape) -> Session {
        let Shape { n_segment, length, adds_embedding, rotates } = shape;
        let ModelConfig { d_model: c, n_head, d_ff, .. } = self.config;
        let device = &self.device;
        let n = n_segment * length;
        // Whole segments per pass; one at least, which `check` made sure of.
        let together = (self.pass_rows.min(self.max_rows()) / length).clamp(1, n_segment);
        let rows = together * length;
        let hidden_rows = self.hidden_rows.min(rows).min((device.max_binding() / (4 * d_ff) as u64) as usize).max(1);
        let activations = Activations {
            x: device.buffer("x", rows * c),
            h: device.buffer("h", rows * c),
            qkv: device.buffer("qkv", rows * 3 * c),
            hidden: device.buffer("hidden", hidden_rows * d_ff),
        };
        let half = length * (c / n_head / 2);
        let mut session = Session {
            shape,
            tokens: device.buffer("tokens", n),
            targets: device.buffer("targets", n),
            bias: device.buffer("bias by distance", n_head * length),
            embedding: adds_embedding.then(|| device.buffer("position embedding", length * c)),
            rotation: rotates.then(|| [device.buffer("cosines", half), device.buffer("sines", half)]),
            loss: device.buffer("losses", n),
            activations,
            plan: Plan::default(),
        };
        let mut plan = PlanBuilder::new(device);
        for rows in Rows::first(n).pieces(rows) {
            self.pass(&mut plan, &session, rows, hidden_rows);
        }
        session.plan = plan.finish();
        session
    }

    /// Submissions that the last input took.
    #[cfg(test)]
    pub(super) fn n_submission(&self) -> Option<usize> {
        self.session.as_ref().map(|session| session.plan.submissions(self.device.budget).count())
    }

    /// Appends the forward pass of whole segments, `rows.n` tokens from token `rows.read` on.
    fn pass<'a>(&'a self, plan: &mut PlanBuilder<'a>, session: &'a Session, rows: Rows, hidden_rows: usize) {
        let ModelConfig { d_model: c, n_head, d_ff, n_vocab, .. } = self.config;
        let (kernels, weights) = (&*self.kernels, &self.weights);
        let (Shape { length, .. }, a) = (session.shape, &session.activations);
        let segments = Segments { n: rows.n / length, length, n_head, head_dim: c / n_head };
        let all = Rows::first(rows.n);

        let table = session.embedding.as_deref();
        kernels.embedding(plan, rows, c, length, &session.tokens, &weights.embedding, table, &a.x);
        for block in &weights.blocks {
            kernels.layer_norm(plan, rows.n, c, &a.x, &block.ln1, &a.h);
            kernels.linear(plan, Finish::Plain, all, c, 3 * c, &a.h, &block.qkv, &a.qkv);
            if let Some([cos, sin]) = &session.rotation {
                kernels.rotary(plan, segments, cos, sin, &a.qkv);
            }
            kernels.attention(plan, segments, &a.qkv, &session.bias, &a.h);
            kernels.linear(plan, Finish::Add, all, c, c, &a.h, &block.out, &a.x);
            kernels.layer_norm(plan, rows.n, c, &a.x, &block.ln2, &a.h);
            for piece in all.pieces(hidden_rows) {
                let (up, down) = (Rows { write: 0, ..piece }, Rows { read: 0, ..piece });
                kernels.linear(plan, Finish::Gelu, up, c, d_ff, &a.h, &block.up, &a.hidden);
                kernels.linear(plan, Finish::Add, down, d_ff, c, &a.hidden, &block.down, &a.x);
            }
        }
        kernels.layer_norm(plan, rows.n, c, &a.x, &weights.ln_f, &a.h);
        let scored = Rows { n: rows.n, read: 0, write: rows.read };
        kernels.cross_entropy(plan, scored, c, n_vocab, &a.h, &weights.embedding, &session.targets, &session.loss);
    }
}
