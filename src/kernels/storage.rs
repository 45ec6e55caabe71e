//! Slices of candle's tensors, and loops over chunks of an output that use all cores natively and one in WASM.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The contiguous f32 values behind a custom operation's argument.
pub(super) fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("expected a contiguous tensor, got strides {:?}", layout.stride()),
    }
}

/// Calls `f` with a tensor's contiguous f32 values.
///
/// # Errors
/// If the tensor is no contiguous f32 tensor on the CPU.
pub fn with_floats<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(floats(storage, layout)?),
        _ => bail!("expected a tensor on the CPU"),
    }
}

/// [`with_floats`] for backward passes; a view with gaps is copied first. Every backward pass reads its arguments
/// through this, and only they do: refused in the worker, they leave its file altogether.
pub(super) fn with_gradient_floats<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    if cfg!(target_family = "wasm") {
        bail!("gradients are computed natively only");
    }
    with_floats(&tensor.contiguous()?, f)
}

/// Calls `f(index, chunk)` for each chunk of `len` values of `out`, in any order.
pub(super) fn for_each_chunk(out: &mut [f32], len: usize, f: impl Fn(usize, &mut [f32]) + Sync + Send) {
    #[cfg(not(target_family = "wasm"))]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
    #[cfg(target_family = "wasm")]
    out.chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
}

/// Collects `f(0), f(1), …, f(n - 1)`, computed in any order.
pub(super) fn map_indices<R: Send>(n: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(not(target_family = "wasm"))]
    {
        use rayon::prelude::*;
        (0..n).into_par_iter().map(f).collect()
    }
    #[cfg(target_family = "wasm")]
    (0..n).map(f).collect()
}

/// Rows per chunk for cheap row-wise operations: large enough to hide the cost of handing a chunk out.
pub(super) const ROWS_PER_CHUNK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_values_of_a_view_are_its_own_and_a_view_with_gaps_is_refused_or_copied() -> Result<()> {
        let x = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], (3, 2), &Device::Cpu)?;
        let read = |x: &Tensor| with_floats(x, |v| Ok(v.to_vec()));
        assert_eq!(read(&x.narrow(0, 1, 2)?)?, [3.0, 4.0, 5.0, 6.0]);
        let gaps = x.narrow(1, 1, 1)?;
        assert!(read(&gaps).is_err());
        assert_eq!(with_gradient_floats(&gaps, |v| Ok(v.to_vec()))?, [2.0, 4.0, 6.0]);
        assert!(read(&x.to_dtype(candle_core::DType::F64)?).is_err());
        Ok(())
    }

    #[test]
    fn every_chunk_and_every_index_comes_once() {
        let mut out = vec![0.0; 1_003];
        for_each_chunk(&mut out, 10, |i, chunk| {
            let n = chunk.len();
            chunk.iter_mut().for_each(|v| *v += (i * 10 + n) as f32);
        });
        let wanted = |i: usize| (i / 10 * 10 + if i < 1_000 { 10 } else { 3 }) as f32;
        assert!(out.iter().enumerate().all(|(i, &v)| v == wanted(i)), "{out:?}");
        assert_eq!(map_indices(5, |i| i * i), [0, 1, 4, 9, 16]);
    }
}
