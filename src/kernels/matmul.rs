//! Matrix product with bias: y = x·Wᵀ + b, the linear layer. The product itself is natively the `gemm` crate's, which
//! candle uses too, and in WASM [`super::product`]'s: `gemm` is a dependency, and cannot be had with relaxed SIMD.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

pub use super::product::Matrix;
#[cfg(target_family = "wasm")]
use super::product::product;
use super::storage::{floats, for_each_chunk, with_gradient_floats};

/// out = a·b, or out += a·b with `accumulate`; `out` is row-major `[a.rows, b.columns]`.
///
/// # Panics
/// If the shapes disagree.
pub fn matmul(a: Matrix, b: Matrix, out: &mut [f32], accumulate: bool) {
    assert_eq!(a.columns, b.rows, "inner dimensions");
    assert_eq!(out.len(), a.rows * b.columns, "output of {}×{}", a.rows, b.columns);
    #[cfg(target_family = "wasm")]
    product(a, b, out, accumulate);
    #[cfg(not(target_family = "wasm"))]
    // SAFETY: `Matrix::new` checked that all elements of `a` and `b` lie in their slices, and the assertion above that
    // those of `out` do; `out` is borrowed mutably, so it overlaps neither.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::Rayon(0),
        );
    }
}

/// y = x·Wᵀ + b.
///
/// # Shapes
/// x `[rows, I]`, weight `[O, I]`, bias `[O]` → `[rows, O]`.
///
/// # Errors
/// If shapes disagree or a tensor is not contiguous f32 on the CPU.
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op3(weight, bias, Linear)
}

/// y = x·Wᵀ, without bias (the output matrix).
///
/// # Shapes
/// x `[rows, I]`, weight `[O, I]` → `[rows, O]`.
///
/// # Errors
/// If shapes disagree or a tensor is not contiguous f32 on the CPU.
pub fn project(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    x.apply_op2(weight, Linear)
}

struct Linear;

/// Rows, inputs and outputs of a linear layer.
pub type Sizes = (usize, usize, usize);

fn sizes(x: &Layout, weight: &Layout) -> Result<Sizes> {
    match (x.dims(), weight.dims()) {
        (&[rows, i], &[o, wi]) if i == wi => Ok((rows, i, o)),
        (x, w) => bail!("linear: x {x:?} does not fit weight {w:?} ([out, in])"),
    }
}

/// y = x·Wᵀ + b.
///
/// # Shapes
/// x `[rows, I]`, weight `[O, I]`, bias `[O]`, out `[rows, O]`.
pub fn forward(x: &[f32], weight: &[f32], bias: Option<&[f32]>, (rows, i, o): Sizes, out: &mut [f32]) {
    if let Some(bias) = bias {
        for_each_chunk(out, 64 * o, |_, chunk| chunk.chunks_exact_mut(o).for_each(|row| row.copy_from_slice(bias)));
    }
    matmul(Matrix::new(x, rows, i), Matrix::new(weight, o, i).t(), out, bias.is_some());
}

/// dx = dy·W.
///
/// # Shapes
/// grad `[rows, O]`, weight `[O, I]`, dx `[rows, I]`.
pub fn inputs_backward(weight: &[f32], grad: &[f32], (rows, i, o): Sizes, dx: &mut [f32]) {
    matmul(Matrix::new(grad, rows, o), Matrix::new(weight, o, i), dx, false);
}

/// dW = dyᵀ·x.
///
/// # Shapes
/// x `[rows, I]`, grad `[rows, O]`, dw `[O, I]`.
pub fn weight_backward(x: &[f32], grad: &[f32], (rows, i, o): Sizes, dw: &mut [f32]) {
    matmul(Matrix::new(grad, rows, o).t(), Matrix::new(x, rows, i), dw, false);
}

/// db = Σ dy over rows.
pub fn bias_backward(grad: &[f32], db: &mut [f32]) {
    db.fill(0.0);
    for row in grad.chunks_exact(db.len()) {
        db.iter_mut().zip(row).for_each(|(a, b)| *a += b);
    }
}

/// dx = dy·W, dW = dyᵀ·x.
fn backward(x: &Tensor, weight: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let (rows, i, o) = sizes(x.layout(), weight.layout())?;
    let (mut dx, mut dw) = (vec![0.0; rows * i], vec![0.0; o * i]);
    with_gradient_floats(x, |x| {
        with_gradient_floats(weight, |weight| {
            with_gradient_floats(grad, |grad| {
                inputs_backward(weight, grad, (rows, i, o), &mut dx);
                weight_backward(x, grad, (rows, i, o), &mut dw);
                Ok(())
            })
        })
    })?;
    Ok((Tensor::from_vec(dx, (rows, i), x.device())?, Tensor::from_vec(dw, (o, i), x.device())?))
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, i, o) = sizes(x_layout, weight_layout)?;
        let bias = floats(bias, bias_layout)?;
        if bias.len() != o {
            bail!("linear: bias [{}] for {o} outputs", bias.len());
        }
        let mut out = vec![0.0; rows * o];
        forward(floats(x, x_layout)?, floats(weight, weight_layout)?, Some(bias), (rows, i, o), &mut out);
        Ok((CpuStorage::F32(out), (rows, o).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw) = backward(x, weight, grad)?;
        let o = bias.elem_count();
        let mut db = vec![0.0; o];
        with_gradient_floats(grad, |grad| {
            bias_backward(grad, &mut db);
            Ok(())
        })?;
        Ok((Some(dx), Some(dw), Some(Tensor::from_vec(db, o, x.device())?)))
    }
}

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "project"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, i, o) = sizes(x_layout, weight_layout)?;
        let mut out = vec![0.0; rows * o];
        forward(floats(x, x_layout)?, floats(weight, weight_layout)?, None, (rows, i, o), &mut out);
        Ok((CpuStorage::F32(out), (rows, o).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dx, dw) = backward(x, weight, grad)?;
        Ok((Some(dx), Some(dw)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{gradients, values, variable};
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_product_by_hand_transposed_and_added() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, -1.0, 0.0, 2.0, 10.0, 0.5]);
        // [2, 3] · [3, 2].
        let mut out = [0.0; 4];
        matmul(Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), &mut out, false);
        assert_eq!(out, [31.0, 4.5, 64.0, 9.0]);
        // The same matrices read as [3, 2]ᵀ · [2, 3]ᵀ.
        matmul(Matrix::new(&a, 3, 2).t(), Matrix::new(&b, 2, 3).t(), &mut out, false);
        assert_eq!(out, [-2.0, 34.5, -2.0, 47.0]);
        matmul(Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), &mut out, true);
        assert_eq!(out, [29.0, 39.0, 62.0, 56.0]);
    }

    /// Rows `[3, 2]` and weights `[4, 2]`.
    const X: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    const W: [f32; 8] = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, -1.0];

    #[test]
    fn a_linear_map_and_its_gradients_by_hand() -> Result<()> {
        let (x, w) = (variable(&X, 2)?, variable(&W, 2)?);
        let b = candle_core::Var::from_slice(&[10.0f32, 20.0, 30.0, 40.0], 4, &Device::Cpu)?;
        let out = linear(&x, &w, &b)?;
        assert_eq!(values(&out)?, [11.0, 22.0, 33.0, 40.0, 13.0, 24.0, 37.0, 42.0, 15.0, 26.0, 41.0, 44.0]);
        // Weight (r + 1)(o + 1) on output o of row r.
        let g: Vec<f32> = (1..=3).flat_map(|r| (1..=4).map(move |o| (r * o) as f32)).collect();
        let found = gradients(&out, &g, &[&x, &w, &b])?;
        assert_eq!(found[0], [12.0, 1.0, 24.0, 2.0, 36.0, 3.0]);
        assert_eq!(found[1], [22.0, 28.0, 44.0, 56.0, 66.0, 84.0, 88.0, 112.0]);
        assert_eq!(found[2], [6.0, 12.0, 18.0, 24.0]);
        let out = project(&x, &w)?;
        assert_eq!(values(&out)?, [1.0, 2.0, 3.0, 0.0, 3.0, 4.0, 7.0, 2.0, 5.0, 6.0, 11.0, 4.0]);
        assert_eq!(gradients(&out, &g, &[&x, &w])?, found[..2]);
        Ok(())
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() -> Result<()> {
        let (x, w, b) = (variable(&X, 2)?, variable(&W, 4)?, variable(&W, 8)?);
        assert!(project(&x, &w).is_err());
        assert!(linear(&x, variable(&W, 2)?.as_tensor(), &b).is_err());
        Ok(())
    }
}
