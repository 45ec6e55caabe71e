//! Arithmetic on lanes, written so that the compiler vectorises it: no branches, no calls.

/// Lanes handled together in the kernels' inner loops.
pub const LANES: usize = 16;

/// a·b + c, fused where the machine does so in one instruction. (Rust never fuses by itself, and `mul_add` is a slow
/// library call elsewhere, WASM included.)
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { a * b + c }
}

/// e^x to within 2 units in the last place or so; 0 below −87 (where f32 leaves its normal range), NaN kept.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // 1.5·2^23 + 127: adding it rounds to an integer and leaves that integer, biased like an exponent, in the low bits.
    const MAGIC: f32 = 12_582_912.0 + 127.0;
    const LN2_HI: f32 = 0.693_359_4;
    const LN2_LO: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.0, 88.0);
    let shifted = clamped * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = fma(n, -LN2_LO, fma(n, -LN2_HI, clamped));
    // Minimax polynomial of e^r on ±ln2/2 (Cephes expf).
    let mut p = 1.987_569_1e-4;
    p = fma(p, r, 1.398_199_9e-3);
    p = fma(p, r, 8.333_452e-3);
    p = fma(p, r, 4.166_579_6e-2);
    p = fma(p, r, 1.666_666_5e-1);
    p = fma(p, r, 0.5);
    let value = fma(p * r, r, r) + 1.0;
    let scale = f32::from_bits(shifted.to_bits() << 23);
    if x < -87.0 { 0.0 } else { value * scale }
}

/// Sum of a slice, in lanes.
#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    reduce(values, 0.0, |a, b| a + b)
}

/// Largest value of a slice; NaN is passed over.
#[inline(always)]
pub fn max(values: &[f32]) -> f32 {
    reduce(values, f32::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

/// Inner product of two slices of the same length, in lanes.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    let mut total = [0.0f32; LANES];
    for (x, y) in a_lanes.iter().zip(b_lanes) {
        for l in 0..LANES {
            total[l] = fma(x[l], y[l], total[l]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    total.iter().sum::<f32>() + rest
}

#[inline(always)]
fn reduce(values: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let (lanes, rest) = values.as_chunks::<LANES>();
    let mut total = [start; LANES];
    for chunk in lanes {
        for l in 0..LANES {
            total[l] = f(total[l], chunk[l]);
        }
    }
    let whole = total.iter().fold(start, |a, &b| f(a, b));
    rest.iter().fold(whole, |a, &b| f(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library_over_its_whole_range() {
        let mut worst = 0.0f64;
        for i in -870_000..880_000 {
            let x = i as f32 * 1e-4;
            let exact = (x as f64).exp();
            worst = worst.max((exp(x) as f64 / exact - 1.0).abs());
        }
        assert!(worst < 3e-7, "worst relative error {worst:e}");
    }

    #[test]
    fn exp_ends_in_zero_and_keeps_nan() {
        assert_eq!(exp(-88.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_cover_the_ragged_end() {
        let values: Vec<f32> = (0..37).map(|i| i as f32).collect();
        assert_eq!(sum(&values), 666.0);
        assert_eq!(max(&values), 36.0);
        assert_eq!(dot(&values, &values), (0..37).map(|i| (i * i) as f32).sum::<f32>());
    }
}
