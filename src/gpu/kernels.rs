//! The kernels as calls: each checks nothing, counts its work, and splits itself where one dispatch would take too
//! long. Shapes are those of the shaders' comments.

use wgpu::Buffer;

use super::buffer::Owned;
use super::device::Device;
use super::plan::{Kernel, PlanBuilder};
use crate::config::LAYER_NORM_EPS;

/// Rows, columns or queries per workgroup of the tiled kernels.
const TILE: usize = 64;
/// Rows per workgroup of the row-wise kernels.
const ROWS: usize = 4;
/// Vectors of four per key tile of the attention kernel.
const ATTENTION_TILE: usize = 256;
/// Widest head that the attention kernel holds in registers.
pub(super) const MAX_HEAD_DIM: usize = 64;

/// Whether there are kernels for heads of that dimension.
pub(super) fn suits(head_dim: usize) -> bool {
    head_dim > 0 && head_dim.is_multiple_of(4) && head_dim <= MAX_HEAD_DIM
}

/// Head dimension that the attention kernel for software adapters is written for.
const SOFTWARE_HEAD_DIM: usize = 16;

/// Which of its forms a kernel takes; both have the same bindings and dispatches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// `x.wgsl`: threads share tiles in workgroup memory.
    Hardware,
    /// `x.software.wgsl`, where there is one: threads work alone on what they hold in registers, because an adapter
    /// that computes on the CPU pays for barriers, and for workgroup memory as much as for any other.
    Software,
}

/// All pipelines, for one head dimension.
pub(super) struct Kernels {
    embedding: Kernel,
    layer_norm: Kernel,
    matmul: Kernel,
    rotary: Kernel,
    attention: Kernel,
    cross_entropy: Kernel,
}

/// What becomes of a matrix product and its bias, as numbered in matmul.wgsl.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finish {
    /// It is the result.
    Plain = 0,
    /// Its GELU is.
    Gelu = 1,
    /// It is added to what stands there.
    Add = 2,
}

/// Weight `[N, K]` and bias `[N]` of a linear map, or scale and shift `[C]` of a layer norm.
pub(super) struct Affine {
    pub(super) weight: Owned,
    pub(super) bias: Owned,
}

/// Which rows a call reads and writes: `n` of them, from `read` on and from `write` on.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub(super) n: usize,
    pub(super) read: usize,
    pub(super) write: usize,
}

impl Rows {
    /// The first `n` rows of both buffers.
    pub(super) fn first(n: usize) -> Self {
        Self { n, read: 0, write: 0 }
    }

    /// In pieces of at most `size` rows.
    pub(super) fn pieces(self, size: usize) -> impl Iterator<Item = Self> {
        (0..self.n).step_by(size).map(move |done| Self {
            n: size.min(self.n - done),
            read: self.read + done,
            write: self.write + done,
        })
    }

    /// In pieces of whole tiles that stay within `budget` operations, one tile at least.
    fn within(self, budget: f64, flops_per_row: f64) -> impl Iterator<Item = Self> {
        let tiles = (budget / (flops_per_row * TILE as f64)) as usize;
        self.pieces(tiles.max(1) * TILE)
    }
}

/// Segments of one length, and the heads they are seen by.
#[derive(Clone, Copy)]
pub(super) struct Segments {
    /// B.
    pub(super) n: usize,
    /// T, tokens.
    pub(super) length: usize,
    /// H.
    pub(super) n_head: usize,
    /// D.
    pub(super) head_dim: usize,
}

impl Kernels {
    /// Compiles everything for heads of that dimension, a multiple of 4 up to [`MAX_HEAD_DIM`].
    pub(super) fn new(device: &Device, form: Form, head_dim: usize) -> Self {
        let of_form = |hardware: &'static str, software: &'static str| match form {
            Form::Hardware => hardware,
            Form::Software => software,
        };
        let layer_norm =
            of_form(include_str!("../kernels/layer_norm.wgsl"), include_str!("../kernels/layer_norm.software.wgsl"));
        let matmul = of_form(include_str!("../kernels/matmul.wgsl"), include_str!("../kernels/matmul.software.wgsl"));
        let cross_entropy = of_form(
            include_str!("../kernels/cross_entropy.wgsl"),
            include_str!("../kernels/cross_entropy.software.wgsl"),
        );
        Self {
            embedding: Kernel::new(device, "embedding", include_str!("../kernels/embedding.wgsl"), 4, &[]),
            layer_norm: Kernel::new(device, "layer norm", layer_norm, 4, &[("EPS", f64::from(LAYER_NORM_EPS))]),
            matmul: Kernel::new(device, "matmul", matmul, 4, &[]),
            rotary: Kernel::new(device, "rotary", include_str!("../kernels/rotary.wgsl"), 3, &[]),
            attention: attention(device, form, head_dim),
            cross_entropy: Kernel::new(device, "cross-entropy", cross_entropy, 4, &[]),
        }
    }

    /// `y[i]` = √C · embedding of token `rows.read + i`, plus `table` (`[length, C]`) at its position.
    pub(super) fn embedding<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        rows: Rows,
        c: usize,
        length: usize,
        tokens: &'a Buffer,
        weight: &'a Buffer,
        table: Option<&'a Buffer>,
        y: &'a Buffer,
    ) {
        let params = [rows.n, c, length, rows.read, usize::from(table.is_some())];
        let groups = [c.div_ceil(TILE), rows.n.div_ceil(ROWS), 1];
        // A binding cannot be left empty; without a table the kernel does not look at it.
        let buffers = [tokens, weight, table.unwrap_or(weight), y];
        plan.call(&self.embedding, &params, &buffers, groups, (rows.n * c) as f64);
    }

    /// `y` = layer norm of the first `n_row` rows of `x`.
    pub(super) fn layer_norm<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        n_row: usize,
        c: usize,
        x: &'a Buffer,
        norm: &'a Affine,
        y: &'a Buffer,
    ) {
        let buffers = [x, &norm.weight, &norm.bias, y];
        plan.call(&self.layer_norm, &[n_row, c], &buffers, [n_row.div_ceil(ROWS), 1, 1], (8 * n_row * c) as f64);
    }

    /// `y = x·wᵀ + b`, finished as `finish` says, x being `[rows, k]`, y `[rows, n]`.
    pub(super) fn linear<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        finish: Finish,
        rows: Rows,
        k: usize,
        n: usize,
        x: &'a Buffer,
        map: &'a Affine,
        y: &'a Buffer,
    ) {
        let per_row = (2 * k * n) as f64;
        for rows in rows.within(plan.budget(), per_row) {
            let params = [rows.n, k, n, rows.read, rows.write, finish as usize];
            let groups = [n.div_ceil(TILE), rows.n.div_ceil(TILE), 1];
            plan.call(&self.matmul, &params, &[x, &map.weight, &map.bias, y], groups, per_row * rows.n as f64);
        }
    }

    /// Rotates queries and keys of `qkv` in place; the tables are `[length, D/2]`.
    pub(super) fn rotary<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        segments: Segments,
        cos: &'a Buffer,
        sin: &'a Buffer,
        qkv: &'a Buffer,
    ) {
        let Segments { n, length, n_head, head_dim } = segments;
        let (n_row, c) = (n * length, n_head * head_dim);
        let groups = [(c / 2).div_ceil(TILE), n_row.div_ceil(ROWS), 1];
        plan.call(&self.rotary, &[n_row, c, length, head_dim / 2], &[cos, sin, qkv], groups, (6 * n_row * c) as f64);
    }

    /// Causal attention of every segment in `qkv` with a bias by distance `[H, length]`. Queries cost by how many keys
    /// they see, so long segments are split into blocks of queries, and short ones are taken several at a time.
    pub(super) fn attention<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        segments: Segments,
        qkv: &'a Buffer,
        bias: &'a Buffer,
        o: &'a Buffer,
    ) {
        let Segments { n, length, n_head, head_dim } = segments;
        let blocks = length.div_ceil(TILE);
        // Operations of the first b blocks of one segment: block i looks at (i + 1) tiles of keys.
        let flops = |b: usize| (2 * b * (b + 1) * TILE * TILE * n_head * head_dim) as f64;
        let budget = plan.budget();
        let together = ((budget / flops(blocks)) as usize).clamp(1, n.max(1));
        for segment in (0..n).step_by(together) {
            let taken = together.min(n - segment);
            let mut block = 0;
            while block < blocks {
                let mut end = block + 1;
                while end < blocks && taken as f64 * (flops(end + 1) - flops(block)) <= budget {
                    end += 1;
                }
                let params = [length, n_head, block, segment];
                let work = taken as f64 * (flops(end) - flops(block));
                plan.call(&self.attention, &params, &[qkv, bias, o], [end - block, n_head, taken], work);
                block = end;
            }
        }
    }

    /// Loss of rows `rows.read..` of `x` against targets `rows.write..`, into the same rows of `loss`.
    pub(super) fn cross_entropy<'a>(
        &'a self,
        plan: &mut PlanBuilder<'a>,
        rows: Rows,
        c: usize,
        v: usize,
        x: &'a Buffer,
        weight: &'a Buffer,
        targets: &'a Buffer,
        loss: &'a Buffer,
    ) {
        let per_row = (2 * c * v) as f64;
        for rows in rows.within(plan.budget(), per_row) {
            let params = [rows.n, c, v, rows.read, rows.write];
            let groups = [rows.n.div_ceil(TILE), 1, 1];
            plan.call(&self.cross_entropy, &params, &[x, weight, targets, loss], groups, per_row * rows.n as f64);
        }
    }
}

/// Compiles attention for heads of that dimension.
fn attention(device: &Device, form: Form, head_dim: usize) -> Kernel {
    let label = "attention";
    if form == Form::Software && head_dim == SOFTWARE_HEAD_DIM {
        return Kernel::new(device, label, include_str!("../kernels/attention.software.wgsl"), 3, &[]);
    }
    let quads = head_dim / 4;
    let keys = (ATTENTION_TILE / quads / 8 * 8).min(TILE);
    let constants = [("HEAD_QUADS", quads as f64), ("KEYS", keys as f64)];
    Kernel::new(device, label, include_str!("../kernels/attention.wgsl"), 3, &constants)
}
