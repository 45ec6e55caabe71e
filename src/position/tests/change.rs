//! Changes of tables: what each of them does to each method, and where it does nothing.

use super::{SHAPE, learned};
use crate::config::Change;
use crate::position::{Alibi, ChangeAt, LOWEST_BIAS, METHODS, NoPosition, PositionMethod, Rotary, T5Bias, Tables};

const TRAIN: usize = 64;

fn changed(method: &dyn PositionMethod, change: Change, length: usize) -> Tables {
    let at = ChangeAt { change, length, train_length: TRAIN };
    assert!(at.is_possible());
    Tables::changed(method, at, SHAPE, length, &learned(method, 7))
}

fn plain(method: &dyn PositionMethod, length: usize) -> Tables {
    Tables::new(method, SHAPE, length, &learned(method, 7))
}

fn close(a: f32, b: f64) -> bool {
    (f64::from(a) - b).abs() <= 1e-6 * b.abs().max(1.0)
}

#[test]
fn a_change_that_changes_nothing_leaves_every_table_as_it_was() {
    for method in METHODS {
        for length in [1, TRAIN - 1, TRAIN] {
            let always = [
                Change::None,
                Change::BiasTimes(1.0),
                Change::Interpolate,
                Change::LogN,
                Change::Window(length),
                Change::Window(usize::MAX),
            ];
            for change in always {
                assert_eq!(changed(method, change, length), plain(method, length), "{} {change:?}", method.id());
            }
        }
        assert_eq!(changed(method, Change::Window(500), 500), plain(method, 500), "{}", method.id());
    }
    for length in [1, 50, 5 * TRAIN] {
        assert_eq!(changed(&Alibi, Change::SlopesOf(SHAPE.n_head), length), plain(&Alibi, length));
    }
    assert_eq!(changed(&Alibi, Change::Ntk, TRAIN), plain(&Alibi, TRAIN));
}

#[test]
fn interpolated_positions_are_those_of_a_shorter_input() {
    // Four times the training length: position 4p stands where p stood, distance 4d counts as d.
    for method in METHODS {
        let (long, short) = (changed(method, Change::Interpolate, 4 * TRAIN), plain(method, TRAIN));
        for p in 0..TRAIN {
            if let (Some(long), Some(short)) = (&long.embedding, &short.embedding) {
                assert_eq!(long[4 * p * SHAPE.d_model..][..SHAPE.d_model], short[p * SHAPE.d_model..][..SHAPE.d_model]);
            }
            if let (Some(long), Some(short)) = (&long.rotation, &short.rotation) {
                let half = SHAPE.head_dim() / 2;
                assert_eq!(long.cos[4 * p * half..][..half], short.cos[p * half..][..half]);
                assert_eq!(long.sin[4 * p * half..][..half], short.sin[p * half..][..half]);
            }
            for h in 0..SHAPE.n_head {
                assert_eq!(long.bias[h * 4 * TRAIN + 4 * p], short.bias[h * TRAIN + p], "{}", method.id());
            }
        }
        assert_eq!(long.rotation.is_some(), short.rotation.is_some());
    }
    // Between whole distances, on the line between them.
    let (long, short) = (changed(&T5Bias, Change::Interpolate, 4 * TRAIN), plain(&T5Bias, TRAIN));
    for d in 0..TRAIN - 1 {
        let between = 0.25 * f64::from(short.bias[d]) + 0.75 * f64::from(short.bias[d + 1]);
        assert!(close(long.bias[4 * d + 3], between), "distance {d} and three quarters");
    }
    // For ALiBi the same as flatter slopes.
    let (a, b) = (changed(&Alibi, Change::Interpolate, 200), changed(&Alibi, Change::BiasTimes(0.32), 200));
    assert!(a.bias.iter().zip(&b.bias).all(|(&a, &b)| close(a, b.into())));
}

#[test]
fn slopes_are_those_of_the_formulas() {
    let n = 4 * TRAIN;
    let slope = |h: usize| 2f64.powf(-8.0 * (h + 1) as f64 / 8.0);
    let shape = crate::position::Shape { d_model: 64, n_head: 8 };
    let bias = |change| {
        let at = ChangeAt { change, length: n, train_length: TRAIN };
        // The bias is set whatever the method has.
        let parameters = vec![1.5; 32 * 8];
        let tables = METHODS.map(|m| Tables::changed(m, at, shape, n, &parameters).bias);
        assert!(tables.iter().all(|t| *t == tables[0]), "{change:?}");
        let [table, ..] = tables;
        move |h: usize, d: usize| table[h * n + d]
    };
    let ntk = bias(Change::Ntk);
    let (one, of_two) = (bias(Change::OneSlope(0.3)), bias(Change::SlopesOf(2)));
    let (up, down) = (bias(Change::Exponential), bias(Change::Logarithmic));
    let none = bias(Change::NoBias);
    for h in 0..8 {
        for d in [0, 1, 5, 100, n - 1] {
            let x = d as f64;
            assert!(close(ntk(h, d), -slope(h) / 4f64.powf(h as f64 / 7.0) * x), "ntk, head {h}, distance {d}");
            assert!(close(one(h, d), -0.3 * x));
            assert!(close(of_two(h, d), -[0.0625, 0.003_906_25][h % 2] * x), "head {h}, distance {d}");
            assert!(close(up(h, d), -slope(h) * 64.0 * ((x / 64.0).exp() - 1.0)), "head {h}, distance {d}");
            assert!(close(down(h, d), -slope(h) * 64.0 * (1.0 + x / 64.0).ln()), "head {h}, distance {d}");
            assert_eq!(none(h, d), 0.0);
        }
    }
}

#[test]
fn every_bias_is_finite_and_a_window_ends_sight() {
    let n = 16_384;
    for change in [Change::Exponential, Change::BiasTimes(f64::MAX), Change::BiasTimes(-1e300), Change::Window(9)] {
        for method in METHODS {
            let table = changed(method, change, n).bias;
            assert!(table.iter().all(|b| b.abs() <= -LOWEST_BIAS), "{} {change:?}", method.id());
        }
    }
    let (window, own) = (changed(&T5Bias, Change::Window(9), n).bias, plain(&T5Bias, n).bias);
    for (at, &bias) in window.iter().enumerate() {
        assert_eq!(bias, if at % n < 9 { own[at] } else { LOWEST_BIAS });
    }
}

#[test]
fn log_n_scales_scores_and_leaves_angles_and_biases() {
    let n = 4_096;
    // ln 4096 = 2 · ln 64, so queries and keys grow by √2 each.
    let root = std::f64::consts::SQRT_2;
    for method in METHODS {
        let (table, own) = (changed(method, Change::LogN, n), plain(method, n));
        assert_eq!(table.bias, own.bias, "{}", method.id());
        assert_eq!(table.embedding, own.embedding, "{}", method.id());
        let rotation = table.rotation.unwrap_or_else(|| panic!("{} has no scale", method.id()));
        for i in [0, 1, 777, rotation.cos.len() - 1] {
            let (cos, sin) = own.rotation.as_ref().map_or((1.0, 0.0), |r| (r.cos[i], r.sin[i]));
            assert!(close(rotation.cos[i], root * f64::from(cos)), "{} at {i}", method.id());
            assert!(close(rotation.sin[i], root * f64::from(sin)), "{} at {i}", method.id());
        }
    }
    // A training length of one token has no logarithm to divide by.
    let at = ChangeAt { change: Change::LogN, length: 8, train_length: 1 };
    let scale = Tables::changed(&NoPosition, at, SHAPE, 8, &[]).rotation.map(|r| r.cos[0]);
    assert!(scale.is_some_and(|s| close(s, 3f64.sqrt())));
    assert!(changed(&Rotary, Change::NoBias, 8).rotation.is_some());
}

#[test]
fn what_cannot_be_made_is_said() {
    let wrong = [
        Change::BiasTimes(f64::NAN),
        Change::OneSlope(f64::INFINITY),
        Change::SlopesOf(0),
        Change::SlopesOf(65),
        Change::Window(0),
    ];
    for change in wrong {
        assert!(!ChangeAt { change, length: 8, train_length: 8 }.is_possible(), "{change:?}");
    }
}
