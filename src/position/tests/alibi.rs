//! Slopes and bias of ALiBi: the authors' values, the general rule against other implementations' formulas, and the
//! mistakes that implementations of ALiBi are known to make.

use super::{SHAPE, noise};
use crate::position::{Alibi, PositionMethod, Shape, SlopeOrigin, Tables, slopes, slopes_with_origin};

/// The authors' `get_slopes`, to six significant digits, in head order.
#[allow(clippy::approx_constant, reason = "copied, not computed")]
const GOLDEN: [(usize, &[f64]); 14] = [
    (1, &[0.00390625]),
    (2, &[0.0625, 0.00390625]),
    (3, &[0.0625, 0.00390625, 0.25]),
    (4, &[0.25, 0.0625, 0.015625, 0.00390625]),
    (5, &[0.25, 0.0625, 0.015625, 0.00390625, 0.5]),
    (6, &[0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125]),
    (7, &[0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125, 0.03125]),
    (8, &[0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625]),
    (
        12,
        &[0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625, 0.707107, 0.353553, 0.176777, 0.0883883],
    ),
    (
        16,
        &[
            0.707107, 0.5, 0.353553, 0.25, 0.176777, 0.125, 0.0883883, 0.0625, 0.0441942, 0.03125, 0.0220971, 0.015625,
            0.0110485, 0.0078125, 0.00552427, 0.00390625,
        ],
    ),
    (
        20,
        &[
            0.707107, 0.5, 0.353553, 0.25, 0.176777, 0.125, 0.0883883, 0.0625, 0.0441942, 0.03125, 0.0220971, 0.015625,
            0.0110485, 0.0078125, 0.00552427, 0.00390625, 0.840896, 0.594604, 0.420448, 0.297302,
        ],
    ),
    (
        24,
        &[
            0.707107, 0.5, 0.353553, 0.25, 0.176777, 0.125, 0.0883883, 0.0625, 0.0441942, 0.03125, 0.0220971, 0.015625,
            0.0110485, 0.0078125, 0.00552427, 0.00390625, 0.840896, 0.594604, 0.420448, 0.297302, 0.210224, 0.148651,
            0.105112, 0.0743254,
        ],
    ),
    (
        32,
        &[
            0.840896, 0.707107, 0.594604, 0.5, 0.420448, 0.353553, 0.297302, 0.25, 0.210224, 0.176777, 0.148651, 0.125,
            0.105112, 0.0883883, 0.0743254, 0.0625, 0.052556, 0.0441942, 0.0371627, 0.03125, 0.026278, 0.0220971,
            0.0185814, 0.015625, 0.013139, 0.0110485, 0.00929068, 0.0078125, 0.0065695, 0.00552427, 0.00464534,
            0.00390625,
        ],
    ),
    (
        40,
        &[
            0.840896, 0.707107, 0.594604, 0.5, 0.420448, 0.353553, 0.297302, 0.25, 0.210224, 0.176777, 0.148651, 0.125,
            0.105112, 0.0883883, 0.0743254, 0.0625, 0.052556, 0.0441942, 0.0371627, 0.03125, 0.026278, 0.0220971,
            0.0185814, 0.015625, 0.013139, 0.0110485, 0.00929068, 0.0078125, 0.0065695, 0.00552427, 0.00464534,
            0.00390625, 0.917004, 0.771105, 0.64842, 0.545254, 0.458502, 0.385553, 0.32421, 0.272627,
        ],
    ),
];

fn six_digits(x: f64) -> String {
    format!("{x:.5e}")
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::MIN, f64::max);
    let exp: Vec<f64> = scores.iter().map(|s| (s - top).exp()).collect();
    let sum: f64 = exp.iter().sum();
    exp.iter().map(|e| e / sum).collect()
}

/// Largest difference of two rows.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn slopes_are_the_authors() {
    for (n, golden) in GOLDEN {
        let digits = |slopes: &[f64]| slopes.iter().map(|&m| six_digits(m)).collect::<Vec<_>>();
        assert_eq!(digits(&slopes(n)), digits(golden), "{n} heads");
    }
    assert!(slopes(0).is_empty());
}

#[test]
fn slopes_of_other_counts_are_not_the_plain_formula() {
    // What 2^(−8h/n) would give and the authors' code does not.
    for (n, wrong) in [(3, &[0.15749, 0.0248031][..]), (6, &[0.39685, 0.15749, 0.0248031, 0.00984313])] {
        for &w in wrong {
            assert!(slopes(n).iter().all(|&m| six_digits(m) != six_digits(w)), "{n} heads: {w}");
        }
    }
}

#[test]
fn slopes_agree_with_mpt_and_ggml_for_every_head_count() {
    for n in 1..=64usize {
        // MPT: the series for the next power of two, its odd positions before its even ones.
        let full = n.next_power_of_two();
        let series: Vec<f64> = (1..=full).map(|k| 1.0 / 2f64.powf(8.0 * k as f64 / full as f64)).collect();
        let every_second = |from: usize| series.iter().copied().skip(from).step_by(2);
        let mpt: Vec<f64> =
            if full == n { series.clone() } else { every_second(1).chain(every_second(0)).take(n).collect() };
        // ggml: powers of two bases.
        let floor = if full == n { n } else { full / 2 };
        let (m0, m1) = (2f64.powf(-8.0 / floor as f64), 2f64.powf(-4.0 / floor as f64));
        let ggml = |h: usize| if h < floor { m0.powi(h as i32 + 1) } else { m1.powi(2 * (h - floor) as i32 + 1) };
        let ours = slopes(n);
        assert_eq!(ours.len(), n);
        for h in 0..n {
            for theirs in [mpt[h], ggml(h)] {
                assert!((ours[h] / theirs - 1.0).abs() < 1e-12, "{n} heads, head {h}: {} against {theirs}", ours[h]);
            }
        }
    }
}

#[test]
fn slopes_name_the_series_they_come_from() {
    use SlopeOrigin::{Base, Interleaved};
    let origins = |n| slopes_with_origin(n).into_iter().map(|(_, origin)| origin).collect::<Vec<_>>();
    assert_eq!(origins(1), [Base { index: 0 }]);
    assert_eq!(origins(3), [Base { index: 0 }, Base { index: 1 }, Interleaved { index: 0 }]);
    assert_eq!(origins(6)[4..], [Interleaved { index: 0 }, Interleaved { index: 2 }]);
    assert_eq!(origins(8), (0..8).map(|index| Base { index }).collect::<Vec<_>>());
    for n in 1..=64 {
        let base = (0..=6).map(|k| 1 << k).filter(|&c| c <= n).max().unwrap();
        let (base_series, double_series) = (slopes(base), slopes(2 * base));
        for (head, (slope, origin)) in slopes_with_origin(n).into_iter().enumerate() {
            let (expected, there) = if head < base {
                (Base { index: head }, base_series[head])
            } else {
                (Interleaved { index: 2 * (head - base) }, double_series[2 * (head - base)])
            };
            assert_eq!((origin, slope), (expected, there), "{n} heads, head {head}");
            assert!(head < base || !base_series.contains(&slope), "{n} heads, head {head}: fills no gap");
        }
    }
}

#[test]
fn alibi_bias_is_minus_slope_times_distance_at_any_length() {
    for (n_head, golden) in GOLDEN {
        let shape = Shape { d_model: 16 * n_head, n_head };
        for (h, m) in slopes(n_head).into_iter().enumerate() {
            assert_eq!(six_digits(m), six_digits(golden[h]));
            assert_eq!(Alibi.bias(h, 0, shape, &[]), 0.0, "{n_head} heads, head {h}");
            // Neither cut off, nor saturated, nor wrapped, nor rounded beyond f32's last digit.
            for d in (1..300).chain([511, 512, 1023, 4_095, 16_383, 100_000]) {
                let exact = -m * d as f64;
                let bias = Alibi.bias(h, d, shape, &[]) as f64;
                assert!((bias - exact).abs() <= exact.abs() * 6e-8, "{n_head} heads, head {h}, {d}: {bias}");
            }
        }
    }
}

#[test]
fn alibi_bias_varies_along_the_key_axis_and_equals_m_times_j_after_softmax() {
    let n = 40;
    let tables = Tables::new(&Alibi, SHAPE, n, &[]);
    let seed = 17;
    let mut next = noise(seed);
    for (h, m) in slopes(SHAPE.n_head).into_iter().enumerate() {
        for i in 0..n {
            let scores: Vec<f64> = (0..=i).map(|_| next() as f64).collect();
            let row: Vec<f64> = (0..=i).map(|j| tables.bias[h * n + i - j] as f64).collect();
            assert!(row.is_sorted_by(|a, b| a < b), "seed {seed}, head {h}, query {i}: nearer keys must be favoured");
            let added = |bias: &dyn Fn(usize) -> f64| {
                softmax(&scores.iter().enumerate().map(|(j, s)| s + bias(j)).collect::<Vec<_>>())
            };
            let ours = added(&|j| row[j]);
            assert!(difference(&ours, &added(&|j| m * j as f64)) < 1e-6, "seed {seed}, head {h}, query {i}");
            // A bias along the query axis is constant in a row, and softmax cancels it: no position at all.
            let along_queries = added(&|_| -m * i as f64);
            assert!(difference(&along_queries, &softmax(&scores)) < 1e-12);
            assert!(i == 0 || difference(&ours, &along_queries) > 1e-5, "seed {seed}, head {h}, query {i}");
        }
    }
}

#[test]
fn alibi_bias_of_near_keys_survives_half_precision_at_long_positions() {
    // Ten stored bits of significand, to nearest.
    let half = |x: f32| f32::from_bits((x.to_bits() + (1 << 12)) & !((1 << 13) - 1));
    let (n, h) = (16_384, 4);
    let tables = Tables::new(&Alibi, SHAPE, n, &[]);
    let m = slopes(SHAPE.n_head)[h] as f32;
    let step_from_j = half(m * (n - 1) as f32) - half(m * (n - 2) as f32);
    assert!((step_from_j - m).abs() >= 0.5, "+m·j should have lost the step of {m}: {step_from_j}");
    let row = &tables.bias[h * n..][..n];
    for d in 0..256 {
        assert_eq!(half(row[d]) - half(row[d + 1]), m, "distance {d}");
    }
}
