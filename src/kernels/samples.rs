//! What the kernels' tests have in common: numbers, cases, and comparisons that say where they fail.

use candle_core::{Device, Result, Tensor, Var};
use proptest::test_runner::{Config, RngSeed};

/// Numbers between −size and size that look random and are the same for the same seed (Knuth's MMIX generator).
pub(super) fn noise(seed: u64, n: usize, size: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * size
    };
    (0..n).map(|_| next()).collect()
}

/// So many cases of a property, the same in every run: what fails once fails again.
pub(super) fn cases(n: u32) -> Config {
    Config { cases: n, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

/// Fails at the first value that is further than `tolerance` from the one wanted.
#[track_caller]
pub(super) fn assert_close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of values");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let away = (f64::from(*g) - w).abs();
        assert!(away <= tolerance, "{what}, value {i}: {g} in place of {w}");
    }
}

/// In double precision.
pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// The slope of `f` along each of its arguments, by central differences.
pub(super) fn slopes(at: &[f32], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut x = wide(at);
    (0..x.len())
        .map(|i| {
            let (kept, step) = (x[i], 1e-4);
            let [above, below] = [kept + step, kept - step].map(|moved| {
                x[i] = moved;
                f(&x)
            });
            x[i] = kept;
            (above - below) / (2.0 * step)
        })
        .collect()
}

/// A variable of the graph with `columns` values a row.
pub(super) fn variable(values: &[f32], columns: usize) -> Result<Var> {
    Var::from_slice(values, (values.len() / columns, columns), &Device::Cpu)
}

/// The values of a tensor of any shape.
pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// Gradients of Σ out · weight with respect to `of`; empty where there is none.
pub(super) fn gradients(out: &Tensor, weight: &[f32], of: &[&Tensor]) -> Result<Vec<Vec<f32>>> {
    let weight = Tensor::from_slice(weight, out.shape(), &Device::Cpu)?;
    let found = (out * weight)?.sum_all()?.backward()?;
    of.iter().map(|of| found.get(of).map_or(Ok(Vec::new()), values)).collect()
}
