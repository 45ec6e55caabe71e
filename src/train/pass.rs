//! Forward and backward pass of the decoder as a list of kernel calls, each some milliseconds of work, with a place to
//! stop after every one. The arithmetic is that of [`crate::model::Decoder`] differentiated by candle, bit for bit: a
//! test holds both together. All memory is taken once.

use super::optimiser::Parameter;
use crate::config::ModelConfig;
use crate::engine::checkpoint::{Cancelled, Checkpoint};
use crate::kernels::attention::{self, AttentionShape, FarKeys, HeadBias, KeyValues};
use crate::kernels::cross_entropy::{cross_entropy, cross_entropy_backward};
use crate::kernels::embedding::{embed, embed_backward};
use crate::kernels::gelu::{gelu_all, gelu_backward};
use crate::kernels::layer_norm::{layer_norm_backward, layer_norm_rows};
use crate::kernels::matmul::{bias_backward, forward, inputs_backward, weight_backward};
use crate::kernels::rotary::rotate_rows;
use crate::model::{Segments, learned_backward};
use crate::position::{PositionMethod, Shape, Tables};

/// Arrays of a block, in the order of [`crate::model::Weights::shapes`].
const PER_BLOCK: usize = 12;
/// Places of a block's arrays among them; each is followed by its bias.
const LN1: usize = 0;
const QKV: usize = 2;
const OUT: usize = 4;
const LN2: usize = 6;
const UP: usize = 8;
const DOWN: usize = 10;

/// Place of a block's array among all.
fn place(layer: usize, array: usize) -> usize {
    1 + layer * PER_BLOCK + array
}

/// What a block keeps of its forward pass for its backward pass, rows of all segments.
struct Kept {
    /// Its input, `[rows, C]`.
    x: Vec<f32>,
    /// The input normed.
    normed: Vec<f32>,
    /// Queries, keys (both rotated where the method rotates) and values, `[rows, 3C]`.
    qkv: Vec<f32>,
    /// Attention's output and log-sums.
    attended: Vec<f32>,
    log_sums: Vec<f32>,
    /// Input of the feed-forward network before its norm, and after.
    between: Vec<f32>,
    between_normed: Vec<f32>,
    /// Before and after GELU, `[rows, F]`.
    hidden: Vec<f32>,
    active: Vec<f32>,
}

/// Gradients of activations at hand.
struct Flow {
    /// Of the output of the block at hand, then of its input.
    x: Vec<f32>,
    /// Of what a norm gave.
    normed: Vec<f32>,
    /// What a norm adds to the gradient of what it read.
    through_norm: Vec<f32>,
    attended: Vec<f32>,
    hidden: Vec<f32>,
    active: Vec<f32>,
    logits: Vec<f32>,
    /// Of biases by distance, over all layers.
    bias: Vec<f32>,
    embedding: Vec<f32>,
}

/// One model's passes over batches of equal shape.
pub struct Pass {
    config: ModelConfig,
    method: &'static (dyn PositionMethod + Sync),
    shape: AttentionShape,
    tables: Option<Tables>,
    blocks: Vec<Kept>,
    /// Output of the last block, and normed.
    x: Vec<f32>,
    normed: Vec<f32>,
    logits: Vec<f32>,
    losses: Vec<f32>,
    /// Room for what is added to the residual stream.
    added: Vec<f32>,
    flow: Flow,
}

impl Pass {
    /// Room for batches of `n_segment` segments of the training length.
    pub fn new(config: &ModelConfig, method: &'static (dyn PositionMethod + Sync), n_segment: usize) -> Self {
        let length = config.train_length;
        let (rows, c, f) = (n_segment * length, config.d_model, config.d_ff);
        let zeros = |n: usize| vec![0.0; n];
        let kept = || Kept {
            x: zeros(rows * c),
            normed: zeros(rows * c),
            qkv: zeros(rows * 3 * c),
            attended: Vec::new(),
            log_sums: Vec::new(),
            between: zeros(rows * c),
            between_normed: zeros(rows * c),
            hidden: zeros(rows * f),
            active: zeros(rows * f),
        };
        Self {
            config: config.clone(),
            method,
            shape: AttentionShape { n_segment, length, n_head: config.n_head, d_model: c },
            tables: None,
            blocks: (0..config.n_layer).map(|_| kept()).collect(),
            x: zeros(rows * c),
            normed: zeros(rows * c),
            logits: zeros(rows * config.n_vocab),
            losses: Vec::new(),
            added: zeros(rows * c),
            flow: Flow {
                x: zeros(rows * c),
                normed: zeros(rows * c),
                through_norm: zeros(rows * c),
                attended: zeros(rows * c),
                hidden: zeros(rows * f),
                active: zeros(rows * f),
                logits: zeros(rows * config.n_vocab),
                bias: zeros(config.n_head * length),
                embedding: zeros(config.n_vocab * c),
            },
        }
    }

    /// Segments of a batch.
    pub fn n_segment(&self) -> usize {
        self.shape.n_segment
    }

    fn rows(&self) -> usize {
        self.shape.n_segment * self.shape.length
    }

    fn method_shape(&self) -> Shape {
        Shape { d_model: self.config.d_model, n_head: self.config.n_head }
    }

    /// Place of the last norm's weight among all arrays; its bias and what the method learns come after it.
    fn ln_f(&self) -> usize {
        place(self.config.n_layer, 0)
    }

    /// What the method has learned; nothing where it learns nothing.
    fn learned<'p>(&self, parameters: &'p [Parameter]) -> &'p [f32] {
        parameters.get(self.ln_f() + 2).map_or(&[], |p| &p.values)
    }

    /// Losses of all targets, nats; one that is not scored has 0.
    ///
    /// # Errors
    /// If `checkpoint` ends the work.
    pub async fn forward(
        &mut self,
        parameters: &[Parameter],
        segments: &Segments,
        targets: &[u32],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<&[f32], Cancelled> {
        let (rows, c, v) = (self.rows(), self.config.d_model, self.config.n_vocab);
        let learned = self.learned(parameters);
        if self.tables.is_none() || !learned.is_empty() {
            self.tables = Some(Tables::new(self.method, self.method_shape(), self.shape.length, learned));
        }
        let positions = self.tables.as_ref().and_then(|t| t.embedding.as_deref());
        let first = self.blocks.first_mut().map_or(&mut self.x, |block| &mut block.x);
        embed(&parameters[0].values, &segments.tokens, scale(c), positions, segments.length, first);
        for layer in 0..self.config.n_layer {
            self.block_forward(layer, parameters, checkpoint).await?;
        }
        let at = self.ln_f();
        layer_norm_rows(&self.x, &parameters[at].values, &parameters[at + 1].values, &mut self.normed);
        checkpoint.reach(0.3).await?;
        forward(&self.normed, &parameters[0].values, None, (rows, c, v), &mut self.logits);
        checkpoint.reach(0.3).await?;
        self.losses = cross_entropy(&self.logits, targets);
        checkpoint.reach(0.3).await?;
        Ok(&self.losses)
    }

    async fn block_forward(
        &mut self,
        layer: usize,
        parameters: &[Parameter],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<(), Cancelled> {
        let (rows, c, f) = (self.rows(), self.config.d_model, self.config.d_ff);
        let of = |array: usize| &parameters[place(layer, array)].values[..];
        let (kept, after) = self.blocks[layer..].split_at_mut(1);
        let (kept, next) = (&mut kept[0], after.first_mut().map_or(&mut self.x, |block| &mut block.x));
        layer_norm_rows(&kept.x, of(LN1), of(LN1 + 1), &mut kept.normed);
        forward(&kept.normed, of(QKV), Some(of(QKV + 1)), (rows, c, 3 * c), &mut kept.qkv);
        checkpoint.reach(0.0).await?;
        if let Some(tables) = &self.tables {
            if let Some(rotation) = &tables.rotation {
                rotate_rows(&mut kept.qkv, rotation, self.config.n_head, c, 0, 1.0);
            }
            let kv = KeyValues::of(&kept.qkv, &self.shape);
            let bias = HeadBias::of_table(&tables.bias, self.config.n_head);
            let queries = 0..self.shape.length;
            (kept.attended, kept.log_sums) =
                attention::attention(&kept.qkv, &kv, &bias, &self.shape, queries, FarKeys::Computed);
        }
        checkpoint.reach(0.0).await?;
        forward(&kept.attended, of(OUT), Some(of(OUT + 1)), (rows, c, c), &mut self.added);
        sum(&kept.x, &self.added, &mut kept.between);
        layer_norm_rows(&kept.between, of(LN2), of(LN2 + 1), &mut kept.between_normed);
        checkpoint.reach(0.0).await?;
        forward(&kept.between_normed, of(UP), Some(of(UP + 1)), (rows, c, f), &mut kept.hidden);
        checkpoint.reach(0.0).await?;
        gelu_all(&kept.hidden, &mut kept.active);
        forward(&kept.active, of(DOWN), Some(of(DOWN + 1)), (rows, f, c), &mut self.added);
        sum(&kept.between, &self.added, next);
        checkpoint.reach(0.0).await
    }

    /// Gradients of the sum of all losses times `weight`, after [`Pass::forward`] of the same batch; into `gradients`,
    /// one array for each of `parameters`.
    ///
    /// # Errors
    /// If `checkpoint` ends the work.
    pub async fn backward(
        &mut self,
        parameters: &[Parameter],
        segments: &Segments,
        targets: &[u32],
        weight: f32,
        gradients: &mut [Vec<f32>],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<(), Cancelled> {
        let (rows, c, v) = (self.rows(), self.config.d_model, self.config.n_vocab);
        let ln_f = self.ln_f();
        self.flow.logits.fill(0.0);
        cross_entropy_backward(&self.logits, &self.losses, targets, &vec![weight; rows], &mut self.flow.logits);
        checkpoint.reach(0.4).await?;
        inputs_backward(&parameters[0].values, &self.flow.logits, (rows, c, v), &mut self.flow.normed);
        checkpoint.reach(0.4).await?;
        weight_backward(&self.normed, &self.flow.logits, (rows, c, v), &mut gradients[0]);
        checkpoint.reach(0.4).await?;
        let [dw, db] = pair(gradients, ln_f);
        layer_norm_backward(&self.x, &parameters[ln_f].values, &self.flow.normed, &mut self.flow.x, dw, db);
        self.flow.bias.fill(0.0);
        for layer in (0..self.config.n_layer).rev() {
            self.block_backward(layer, parameters, gradients, checkpoint).await?;
        }
        self.flow.embedding.fill(0.0);
        embed_backward(&segments.tokens, &self.flow.x, scale(c), &mut self.flow.embedding);
        add(&mut gradients[0], &self.flow.embedding);
        let learned = self.learned(parameters);
        if !learned.is_empty() {
            let (shape, length) = (self.method_shape(), self.shape.length);
            gradients[ln_f + 2] = learned_backward(self.method, shape, length, learned, &self.flow.bias);
        }
        Ok(())
    }

    async fn block_backward(
        &mut self,
        layer: usize,
        parameters: &[Parameter],
        gradients: &mut [Vec<f32>],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<(), Cancelled> {
        let (rows, c, f) = (self.rows(), self.config.d_model, self.config.d_ff);
        let learns = !self.learned(parameters).is_empty();
        let of = |array: usize| &parameters[place(layer, array)].values[..];
        let (kept, flow) = (&self.blocks[layer], &mut self.flow);

        inputs_backward(of(DOWN), &flow.x, (rows, f, c), &mut flow.active);
        checkpoint.reach(0.5).await?;
        let [dw, db] = pair(gradients, place(layer, DOWN));
        weight_backward(&kept.active, &flow.x, (rows, f, c), dw);
        bias_backward(&flow.x, db);
        checkpoint.reach(0.5).await?;
        gelu_backward(&kept.hidden, &flow.active, &mut flow.hidden);
        inputs_backward(of(UP), &flow.hidden, (rows, c, f), &mut flow.normed);
        checkpoint.reach(0.5).await?;
        let [dw, db] = pair(gradients, place(layer, UP));
        weight_backward(&kept.between_normed, &flow.hidden, (rows, c, f), dw);
        bias_backward(&flow.hidden, db);
        checkpoint.reach(0.5).await?;
        let [dw, db] = pair(gradients, place(layer, LN2));
        layer_norm_backward(&kept.between, of(LN2), &flow.normed, &mut flow.through_norm, dw, db);
        add(&mut flow.x, &flow.through_norm);

        inputs_backward(of(OUT), &flow.x, (rows, c, c), &mut flow.attended);
        let [dw, db] = pair(gradients, place(layer, OUT));
        weight_backward(&kept.attended, &flow.x, (rows, c, c), dw);
        bias_backward(&flow.x, db);
        checkpoint.reach(0.5).await?;
        let mut dqkv = Vec::new();
        if let Some(tables) = &self.tables {
            let (attended, log_sums) = (&kept.attended, &kept.log_sums);
            let (of_rows, of_bias) =
                attention::backward(&kept.qkv, &tables.bias, attended, &flow.attended, log_sums, &self.shape, learns);
            dqkv = of_rows;
            if let Some(rotation) = &tables.rotation {
                rotate_rows(&mut dqkv, rotation, self.config.n_head, c, 0, -1.0);
            }
            if let Some(of_bias) = of_bias {
                add(&mut flow.bias, &of_bias);
            }
        }
        checkpoint.reach(0.5).await?;
        inputs_backward(of(QKV), &dqkv, (rows, c, 3 * c), &mut flow.normed);
        checkpoint.reach(0.5).await?;
        let [dw, db] = pair(gradients, place(layer, QKV));
        weight_backward(&kept.normed, &dqkv, (rows, c, 3 * c), dw);
        bias_backward(&dqkv, db);
        let [dw, db] = pair(gradients, place(layer, LN1));
        layer_norm_backward(&kept.x, of(LN1), &flow.normed, &mut flow.through_norm, dw, db);
        add(&mut flow.x, &flow.through_norm);
        checkpoint.reach(0.5).await
    }
}

/// What embeddings are scaled by: fairseq's rule, as in the decoder.
fn scale(c: usize) -> f32 {
    (c as f32).sqrt()
}

/// An array's gradient and that of its bias, which is the next.
fn pair(gradients: &mut [Vec<f32>], at: usize) -> [&mut [f32]; 2] {
    let (weights, biases) = gradients.split_at_mut(at + 1);
    [&mut weights[at], &mut biases[0]]
}

fn sum(a: &[f32], b: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a + b);
}

fn add(to: &mut [f32], what: &[f32]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Weights;
    use crate::position::METHODS;

    #[test]
    fn arrays_are_where_the_pass_looks_for_them() {
        for method in METHODS {
            let config = ModelConfig::default_preset(method.id(), 64);
            let names: Vec<String> = Weights::shapes(&config).into_iter().map(|(name, _)| name).collect();
            let block = |layer, array: usize| names[place(layer, array)].clone();
            assert_eq!(names[0], "embedding.weight");
            for layer in 0..config.n_layer {
                for (array, name) in [
                    (LN1, "ln1"),
                    (QKV, "attention.qkv"),
                    (OUT, "attention.out"),
                    (LN2, "ln2"),
                    (UP, "mlp.up"),
                    (DOWN, "mlp.down"),
                ] {
                    assert_eq!(block(layer, array), format!("blocks.{layer}.{name}.weight"));
                    assert_eq!(block(layer, array + 1), format!("blocks.{layer}.{name}.bias"));
                }
            }
            let pass = Pass::new(&config, method, 1);
            assert_eq!(names[pass.ln_f()], "ln_f.weight");
            assert_eq!(names[pass.ln_f() + 1], "ln_f.bias");
            assert_eq!(names.get(pass.ln_f() + 2).map(String::as_str), method.learned().map(|l| l.name));
        }
    }
}
