//! Arithmetic on lanes: natively 16 (one AVX-512 register, two AVX, four SSE or NEON ones), in WASM 8 (two registers:
//! four rows of them are a register tile, and more would not fit the sixteen registers of x86-64). The compiler does
//! not vectorise register tiles by itself, so the inner loops say it.

use wide::f32x4;
#[cfg(target_family = "wasm")]
use wide::{f32x8 as Floats, i32x8 as Integers};
#[cfg(not(target_family = "wasm"))]
use wide::{f32x16 as Floats, i32x16 as Integers};

/// Lanes handled together in the kernels' inner loops.
pub const LANES: usize = if cfg!(target_family = "wasm") { 8 } else { 16 };

/// The lanes.
pub type Lanes = Floats;

/// The first [`LANES`] values of a slice.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub fn load(values: &[f32]) -> Lanes {
    match values.first_chunk::<LANES>() {
        Some(chunk) => Lanes::from(*chunk),
        None => panic!("{} values for {LANES} lanes", values.len()),
    }
}

/// Writes [`LANES`] values to the front of a slice.
#[inline(always)]
pub fn store(lanes: Lanes, out: &mut [f32]) {
    out[..LANES].copy_from_slice(&lanes.to_array());
}

/// a·b + c on lanes, fused where the machine does so in one instruction. In WASM only relaxed SIMD can say so: the
/// worker is built with and without it (.ci/dist.mjs).
#[inline(always)]
pub fn mul_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    #[cfg(target_feature = "relaxed-simd")]
    {
        use std::arch::wasm32::{f32x4_relaxed_madd, v128};
        let [a, b, c] = [a, b, c].map(bytemuck::cast::<Lanes, [v128; LANES / 4]>);
        bytemuck::cast::<[v128; LANES / 4], _>(std::array::from_fn(|i| f32x4_relaxed_madd(a[i], b[i], c[i])))
    }
    #[cfg(not(target_feature = "relaxed-simd"))]
    a.mul_add(b, c)
}

/// a·b + c, fused where the machine does so in one instruction. (Rust never fuses by itself, and `mul_add` is a slow
/// library call elsewhere, WASM included.)
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { a * b + c }
}

/// e^x to within 3·10^−7 relative for x ≤ 88; 0 below −87 (where f32 leaves its normal range), NaN kept.
///
/// # Source
/// Reduction and polynomial: `expf` of Cephes (Moshier).
#[inline(always)]
pub fn exp(x: Lanes) -> Lanes {
    // 1.5·2^23 + 127: adding it rounds to an integer and leaves that integer, biased like an exponent, in the low bits.
    const MAGIC: f32 = 12_582_912.0 + 127.0;
    const LN2_HI: f32 = 0.693_359_4;
    const LN2_LO: f32 = -2.121_944_4e-4;
    let shifted = mul_add(x, Lanes::splat(std::f32::consts::LOG2_E), Lanes::splat(MAGIC));
    let n = shifted - Lanes::splat(MAGIC);
    let r = mul_add(n, Lanes::splat(-LN2_LO), mul_add(n, Lanes::splat(-LN2_HI), x));
    // Minimax polynomial of e^r on ±ln2/2.
    let mut p = Lanes::splat(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = mul_add(p, r, Lanes::splat(c));
    }
    let value = mul_add(p * r, r, r) + Lanes::splat(1.0);
    let scale: Lanes = bytemuck::cast(bytemuck::cast::<_, Integers>(shifted) << 23u32);
    x.simd_lt(Lanes::splat(-87.0)).bitselect(Lanes::ZERO, value * scale)
}

/// 2^x to within 3·10^−7 relative for x ≤ 127; 0 below −126 (where f32 leaves its normal range), NaN kept. A third
/// cheaper than [`exp`]: the attention kernel keeps its scores in units of log 2.
#[inline(always)]
pub fn exp2(x: Lanes) -> Lanes {
    const MAGIC: f32 = 12_582_912.0 + 127.0;
    let shifted = x + Lanes::splat(MAGIC);
    let r = x - (shifted - Lanes::splat(MAGIC));
    // Minimax polynomial of 2^r on ±1/2.
    let mut p = Lanes::splat(EXP2[0]);
    for c in &EXP2[1..] {
        p = mul_add(p, r, Lanes::splat(*c));
    }
    let scale: Lanes = bytemuck::cast(bytemuck::cast::<_, Integers>(shifted) << 23u32);
    x.simd_lt(Lanes::splat(-126.0)).bitselect(Lanes::ZERO, p * scale)
}

/// Coefficients of [`exp2`], highest power first.
const EXP2: [f32; 6] = [1.327_647_2e-3, 9.675_541e-3, 5.550_713_3e-2, 0.240_221_2, 0.693_146_97, 1.0];

/// The lanes of each of four vectors joined by `join`, the four results side by side: no branch, few shuffles.
#[inline(always)]
pub fn across(rows: [Lanes; 4], join: impl Fn(f32x4, f32x4) -> f32x4) -> f32x4 {
    let [a, b, c, d] = f32x4::transpose(rows.map(|row| {
        let [first, rest @ ..] = bytemuck::cast::<Lanes, [f32x4; LANES / 4]>(row);
        rest.into_iter().fold(first, &join)
    }));
    join(join(a, b), join(c, d))
}

/// Calls `f` on [`LANES`] values at a time of `input`, writing to `out`; a ragged end is padded with zeros.
#[inline(always)]
pub fn map(input: &[f32], out: &mut [f32], f: impl Fn(Lanes) -> Lanes) {
    let (chunks, rest) = input.as_chunks::<LANES>();
    let (out_chunks, out_rest) = out[..input.len()].as_chunks_mut::<LANES>();
    for (x, y) in chunks.iter().zip(out_chunks) {
        *y = f(Lanes::from(*x)).to_array();
    }
    if !rest.is_empty() {
        let mut last = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        out_rest.copy_from_slice(&f(Lanes::from(last)).to_array()[..rest.len()]);
    }
}

/// Sum of a slice, in lanes.
#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let total = chunks.iter().fold(Lanes::ZERO, |a, &b| a + Lanes::from(b));
    total.reduce_add() + rest.iter().sum::<f32>()
}

/// Largest value of a slice; NaN is passed over.
#[inline(always)]
pub fn max(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let top = chunks.iter().fold(Lanes::splat(f32::NEG_INFINITY), |a, &b| Lanes::from(b).fast_max(a));
    top.to_array().iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// Inner product of two slices of the same length, in lanes.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let total = a.iter().zip(b).fold(Lanes::ZERO, |t, (&x, &y)| mul_add(Lanes::from(x), Lanes::from(y), t));
    total.reduce_add() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(x: f32) -> f32 {
        exp(Lanes::splat(x)).to_array()[LANES - 1]
    }

    #[test]
    fn exp_agrees_with_the_library_over_its_whole_range() {
        let mut worst = 0.0f64;
        for i in -870_000..880_000 {
            let x = i as f32 * 1e-4;
            let exact = (x as f64).exp();
            worst = worst.max((one(x) as f64 / exact - 1.0).abs());
        }
        assert!(worst < 3e-7, "worst relative error {worst:e}");
    }

    #[test]
    fn exp_ends_in_zero_and_keeps_nan() {
        assert_eq!(one(-88.0), 0.0);
        assert_eq!(one(-1e30), 0.0);
        assert_eq!(one(f32::NEG_INFINITY), 0.0);
        assert_eq!(one(0.0), 1.0);
        assert!(one(f32::NAN).is_nan());
    }

    #[test]
    fn exp2_agrees_with_the_library_and_ends_in_zero() {
        let one = |x: f32| exp2(Lanes::splat(x)).to_array()[LANES - 1];
        let mut worst = 0.0f64;
        for i in -1_260_000..1_270_000 {
            let x = i as f32 * 1e-4;
            worst = worst.max((one(x) as f64 / (x as f64).exp2() - 1.0).abs());
        }
        assert!(worst < 3e-7, "worst relative error {worst:e}");
        assert_eq!((one(-126.5), one(-1e30), one(f32::NEG_INFINITY)), (0.0, 0.0, 0.0));
        assert!(one(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_cover_the_ragged_end() {
        let values: Vec<f32> = (0..37).map(|i| i as f32).collect();
        assert_eq!(sum(&values), 666.0);
        assert_eq!(max(&values), 36.0);
        assert_eq!(dot(&values, &values), (0..37).map(|i| (i * i) as f32).sum::<f32>());
    }
    #[test]
    fn lanes_of_four_rows_are_joined_row_by_row() {
        let row = |t: usize| Lanes::from(std::array::from_fn::<f32, LANES, _>(|l| (100 * t + (l * 7) % LANES) as f32));
        let rows = [0, 1, 2, 3].map(row);
        let highest = across(rows, |a, b| a.fast_max(b)).to_array();
        assert_eq!(highest, [0, 1, 2, 3].map(|t| (100 * t + LANES - 1) as f32));
        let sums = across(rows, |a, b| a + b).to_array();
        assert_eq!(sums, [0, 1, 2, 3].map(|t| (100 * t * LANES + LANES * (LANES - 1) / 2) as f32));
    }

    #[test]
    fn a_map_reaches_every_value_and_none_beyond() {
        for n in [0, 1, LANES - 1, LANES, 2 * LANES + 3] {
            let input: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let mut out = vec![-1.0; n + 2];
            map(&input, &mut out, |x| x * Lanes::splat(2.0));
            let wanted: Vec<f32> = (0..n).map(|i| 2.0 * i as f32).chain([-1.0; 2]).collect();
            assert_eq!(out, wanted, "{n} values");
        }
    }
}
