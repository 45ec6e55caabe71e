//! Every method against values written down independently and against the formulas of other implementations.

mod alibi;
mod change;

use super::*;

const SHAPE: Shape = Shape { d_model: 96, n_head: 6 };

/// Deterministic noise in −1..1.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Learned parameters of a method, away from zero; none if it learns nothing.
fn learned(method: &dyn PositionMethod, seed: u64) -> Vec<f32> {
    let mut next = noise(seed);
    (0..method.learned().map_or(0, |l| l.n_row * SHAPE.n_head)).map(|_| 2.0 + next()).collect()
}

/// Rotates a head's coordinates by a row of the table, half-split.
fn rotated(x: &[f32], table: &RotationTable, position: usize) -> Vec<f64> {
    let half = x.len() / 2;
    let (cos, sin) = (&table.cos[position * half..][..half], &table.sin[position * half..][..half]);
    let turn = |p: usize| {
        let (a, b, c, s) = (x[p] as f64, x[p + half] as f64, cos[p] as f64, sin[p] as f64);
        (a * c - b * s, a * s + b * c)
    };
    (0..half).map(|p| turn(p).0).chain((0..half).map(|p| turn(p).1)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn rotary_keeps_norms_and_lets_scores_depend_on_distance_only() {
    for seed in 1..=20 {
        let mut next = noise(seed);
        let mut head = || (0..SHAPE.head_dim()).map(|_| next()).collect::<Vec<_>>();
        let (q, k) = (head(), head());
        let table = Tables::new(&Rotary, SHAPE, 1_200, &[]).rotation.unwrap();
        let score = |i, j| dot(&rotated(&q, &table, i), &rotated(&k, &table, j));
        let norm = dot(&rotated(&q, &table, 0), &rotated(&q, &table, 0));
        let plain: Vec<f64> = q.iter().map(|&x| x as f64).collect();
        assert_eq!(rotated(&q, &table, 0), plain, "seed {seed}: position 0 does not turn");
        for i in [1, 2, 3, 50, 255, 256, 1_000] {
            let turned = rotated(&q, &table, i);
            assert!((dot(&turned, &turned) - norm).abs() < 1e-5, "seed {seed}, position {i}: norm changed");
            for shift in [1, 7, 199] {
                let (here, there) = (score(i, i / 2), score(i + shift, i / 2 + shift));
                assert!((here - there).abs() < 1e-4, "seed {seed}, {i}, shift {shift}: {here} against {there}");
            }
        }
        assert!((score(5, 5) - score(5, 4)).abs() > 1e-3, "seed {seed}: scores must depend on the distance");
        assert!((score(5, 4) - score(4, 5)).abs() > 1e-3, "seed {seed}: and on its sign");
    }
}

#[test]
fn rotary_angles_are_roformers() {
    // θ = 10000^(−2·pair/16): 1, 10^−0.5, 0.1, 10^−1.5, 0.01, …
    let theta = [1.0, 0.316227766, 0.1, 0.0316227766, 0.01, 0.00316227766, 0.001, 0.000316227766];
    let table = Tables::new(&Rotary, SHAPE, 301, &[]).rotation.unwrap();
    for (pair, theta) in theta.into_iter().enumerate() {
        for position in [0.0, 1.0, 2.5, 300.0] {
            let r = Rotary.rotation(position, pair, 16).unwrap();
            assert!((r.angle - position * theta).abs() < 1e-6 && r.scale == 1.0, "pair {pair} at {position}: {r:?}");
        }
    }
    // cos 3, sin 3; cos 0.3, sin 0.3 (pair 2).
    for (pair, cos, sin) in [(0, -0.9899925, 0.14112), (2, 0.9553365, 0.2955202)] {
        assert!((table.cos[3 * 8 + pair] - cos).abs() < 1e-6 && (table.sin[3 * 8 + pair] - sin).abs() < 1e-6);
    }
}

/// Turns the second pair alone, and scales it.
struct PartlyScaled;

impl PositionMethod for PartlyScaled {
    fn id(&self) -> &'static str {
        "partly-scaled"
    }

    fn name(&self) -> &'static str {
        "Partly scaled"
    }

    fn rotation(&self, position: f64, pair: usize, _head_dim: usize) -> Option<Rotation> {
        (pair == 1).then_some(Rotation { angle: 0.3 * position, scale: 2.0 })
    }
}

#[test]
fn rotation_tables_hold_the_scale_and_leave_other_pairs_alone() {
    let table = Tables::new(&PartlyScaled, Shape { d_model: 4, n_head: 1 }, 2, &[]).rotation.unwrap();
    // Twice cos 0.3 and sin 0.3 at position 1.
    for (got, want) in [(&table.cos, [1.0, 2.0, 1.0, 1.910673]), (&table.sin, [0.0, 0.0, 0.0, 0.59104043])] {
        assert!(got.len() == 4 && got.iter().zip(want).all(|(g, w): (&f32, f32)| (g - w).abs() < 1e-6), "{table:?}");
    }
}

#[test]
fn sinusoids_are_fairseqs_sines_first() {
    // Width 8: frequencies 1, 10000^(−1/3), 10000^(−2/3), 1/10000.
    let golden = [
        (0.0, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        (1.0, [0.841470985, 0.046399223, 0.002154433, 0.0001, 0.540302306, 0.998922976, 0.999997679, 0.999999995]),
        (3.0, [0.141120008, 0.138798101, 0.006463259, 0.0003, -0.989992497, 0.990320699, 0.999979113, 0.999999955]),
        (1e3, [0.826879541, 0.650316860, 0.834463208, 0.099833417, 0.562379076, -0.75966307, -0.55106366, 0.99500417]),
    ];
    for (position, golden) in golden {
        let mut out = [10.0f32; 8];
        assert!(Sinusoidal.embedding(position, &mut out));
        for (i, (got, want)) in out.iter().zip(golden).enumerate() {
            assert!(
                (*got as f64 - 10.0 - want).abs() < 2e-6,
                "position {position}, coordinate {i}: {got}, not 10 + {want}"
            );
        }
    }
    // fairseq's get_embedding at the table's width.
    let (n, c) = (600, SHAPE.d_model);
    let table = Tables::new(&Sinusoidal, SHAPE, n, &[]).embedding.unwrap();
    let step = 10_000f64.ln() / (c / 2 - 1) as f64;
    for (at, got) in table.iter().enumerate() {
        let (position, i) = (at / c, at % c);
        let angle = position as f64 * (-step * (i % (c / 2)) as f64).exp();
        let want = if i < c / 2 { angle.sin() } else { angle.cos() };
        assert!((*got as f64 - want).abs() < 1e-6, "position {position}, coordinate {i}: {got}, not {want}");
    }
    let mut narrow = [0.0; 2];
    assert!(Sinusoidal.embedding(2.0, &mut narrow) && narrow.iter().all(|x| x.is_finite()));
}

#[test]
fn t5_buckets_are_the_reference_implementations() {
    // First distance of each bucket from 16 on; before, every distance has its own.
    let first = [16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113];
    for d in 0..20_000usize {
        let golden = if d < 16 { d } else { 15 + first.iter().filter(|&&f| f <= d).count() };
        // `_relative_position_bucket`, not bidirectional, in f32 as there.
        let large = (16.0 + (d as f32 / 16.0).ln() / 8f32.ln() * 16.0) as usize;
        let reference = if d < 16 { d } else { large.min(31) };
        assert_eq!((t5_bucket(d), reference), (golden, golden), "distance {d}");
    }
}

#[test]
fn learned_bias_has_the_gradient_of_finite_differences() {
    for method in METHODS {
        let (seed, n) = (23, 200);
        let parameters = learned(method, seed);
        let mut next = noise(seed + 1);
        let grad: Vec<f32> = (0..SHAPE.n_head * n).map(|_| next()).collect();
        // A loss whose gradient by the bias is `grad`.
        let loss = |p: &[f32]| -> f64 {
            Tables::new(method, SHAPE, n, p).bias.iter().zip(&grad).map(|(b, g)| (b * g) as f64).sum()
        };
        // The hook adds to what it finds.
        let mut out = vec![100.0; parameters.len()];
        for (at, &g) in grad.iter().enumerate() {
            method.bias_backward(at / n, at % n, SHAPE, &parameters, g, &mut out);
        }
        for i in 0..parameters.len() {
            let at = |step: f32| {
                let mut moved = parameters.clone();
                moved[i] += step;
                loss(&moved)
            };
            // Trained slopes are no straight line in their parameter: a step short enough for its third derivative.
            let (numeric, exact) = ((at(0.03) - at(-0.03)) / 0.06, out[i] as f64 - 100.0);
            let allowed = 1e-3 * exact.abs().max(1.0);
            assert!(
                (numeric - exact).abs() < allowed,
                "{}, seed {seed}, parameter {i}: {numeric}, {exact}",
                method.id()
            );
        }
    }
}

#[test]
fn a_method_without_parameters_is_as_at_the_start_of_its_training() {
    for method in METHODS {
        for n_head in 1..=64 {
            let shape = Shape { d_model: 4 * n_head, n_head };
            let start = method.learned().map_or(Vec::new(), |l| l.start(n_head));
            assert_eq!(start.len(), method.learned().map_or(0, |l| l.n_row * n_head), "{}", method.id());
            assert!(start.iter().all(|x| x.is_finite()), "{}, {n_head} heads: {start:?}", method.id());
            let table = |learned: &[f32]| Tables::new(method, shape, 40, learned).bias;
            assert_eq!(table(&[]), table(&start), "{}, {n_head} heads", method.id());
        }
    }
}

#[test]
fn t5_bias_reads_one_parameter_per_bucket_and_head() {
    let spec = T5Bias.learned().unwrap();
    assert_eq!((spec.name, spec.n_row), ("t5_bias.weight", 32));
    assert_eq!(spec.start(6), [0.0; 192]);
    let parameters: Vec<f32> = (0..32 * 6).map(|i| (100 * (i / 6) + i % 6) as f32).collect();
    let table = Tables::new(&T5Bias, SHAPE, 500, &parameters).bias;
    for (h, d, bucket) in [(0, 0, 0), (5, 15, 15), (2, 16, 16), (3, 112, 30), (4, 113, 31), (1, 499, 31)] {
        assert_eq!(table[h * 500 + d], (100 * bucket + h) as f32, "head {h}, distance {d}");
    }
    assert!(Tables::new(&T5Bias, SHAPE, 500, &vec![0.0; 192]).bias.iter().all(|&b| b == 0.0));
}

#[test]
fn trained_slopes_start_as_those_of_alibi_and_move_by_ratio() {
    let shape = Shape { d_model: 64, n_head: 8 };
    let spec = TrainableSlopes.learned().unwrap();
    assert_eq!(spec.start(8), [0.0; 8]);
    let table = |method: &dyn PositionMethod, learned: &[f32]| Tables::new(method, shape, 40, learned).bias;
    assert_eq!(table(&TrainableSlopes, &[0.0; 8]), table(&Alibi, &[]));
    let mut learned = [0.0; 8];
    learned[2] = 3f32.ln();
    let moved = table(&TrainableSlopes, &learned);
    // Head 3 of 8 has slope 1/8; three times that at distance 16 is −6. The others are as they were.
    assert!((moved[2 * 40 + 16] + 6.0).abs() < 1e-5, "{}", moved[2 * 40 + 16]);
    assert_eq!(moved[3 * 40..], table(&Alibi, &[])[3 * 40..]);
}

#[test]
fn a_bias_runs_as_its_form_says_whatever_is_learned() {
    let n = 300;
    for method in METHODS {
        let mut fell = true;
        for seed in 1..=20 {
            let mut next = noise(seed);
            let parameters: Vec<f32> = learned(method, seed).iter().map(|_| 3.0 * next()).collect();
            let table = Tables::new(method, SHAPE, n, &parameters).bias;
            let falls = table.chunks_exact(n).all(|head| head[0] == 0.0 && head.is_sorted_by(|a, b| a > b));
            match method.bias_form() {
                BiasForm::None => assert!(table.iter().all(|&b| b == 0.0), "{}", method.id()),
                BiasForm::Falls => assert!(falls, "{}, seed {seed}", method.id()),
                BiasForm::Table => fell &= falls,
            }
        }
        assert!(!fell || method.bias_form() != BiasForm::Table, "{} only ever falls: it may say so", method.id());
    }
}

#[test]
fn each_method_enters_in_one_place_at_most_and_learns_its_bias_only() {
    let enters = |method: &dyn PositionMethod| {
        let t = Tables::new(method, SHAPE, 50, &learned(method, 3));
        assert_eq!(t.bias.len(), SHAPE.n_head * 50);
        let places = Places::of(method, SHAPE);
        let bias = t.bias.iter().any(|&b| b != 0.0);
        let found = (t.embedding.is_some(), t.rotation.is_some(), bias);
        assert_eq!(found, (places.embedding, places.rotation, places.bias != BiasForm::None), "{}", method.id());
        assert_eq!(places.any(), t.embedding.is_some() || t.rotation.is_some() || bias, "{}", method.id());
        (t.embedding.is_some(), t.rotation.is_some(), bias, method.learned().is_some())
    };
    for method in METHODS {
        let (embedding, rotation, bias, learns) = enters(method);
        assert!([embedding, rotation, bias].iter().filter(|&&e| e).count() <= 1, "{}", method.id());
        assert!(bias || !learns, "{}: no hook reads what it learns", method.id());
    }
    assert_eq!(enters(&Sinusoidal), (true, false, false, false));
    assert_eq!(enters(&Rotary), (false, true, false, false));
    assert_eq!(enters(&T5Bias), (false, false, true, true));
    assert_eq!(enters(&Alibi), (false, false, true, false));
    assert_eq!(enters(&NoPosition), (false, false, false, false));
    assert_eq!(enters(&TrainableSlopes), (false, false, true, true));
    let mut untouched = [1.5; 8];
    assert!(!NoPosition.embedding(3.0, &mut untouched) && untouched == [1.5; 8]);
    assert_eq!(NoPosition.rotation(3.0, 0, 8), None);
}

#[test]
fn tables_answer_for_the_length_at_hand() {
    // Longer after shorter and the reverse: nothing is kept from an earlier length, nothing cut to it.
    for method in METHODS {
        let parameters = learned(method, 5);
        for n in [256, 4_096, 1, 300, 0] {
            let t = Tables::new(method, SHAPE, n, &parameters);
            assert_eq!((t.length, t.bias.len()), (n, SHAPE.n_head * n));
            for (at, &bias) in t.bias.iter().enumerate() {
                assert_eq!(bias, method.bias(at / n, at % n, SHAPE, &parameters), "{} at {n}: {at}", method.id());
            }
            assert!(t.embedding.is_none_or(|e| e.len() == n * SHAPE.d_model), "{} at {n}", method.id());
            let pairs = n * SHAPE.head_dim() / 2;
            assert!(t.rotation.is_none_or(|r| r.cos.len() == pairs && r.sin.len() == pairs), "{} at {n}", method.id());
        }
    }
}

#[test]
fn methods_are_found_by_their_ids() {
    for (i, method) in METHODS.into_iter().enumerate() {
        let others = || METHODS[..i].iter().chain(&METHODS[i + 1..]);
        assert!(others().all(|m| m.id() != method.id() && m.name() != method.name()), "{}", method.id());
        // As parts of file names and addresses.
        assert!(method.id().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{}", method.id());
        assert_eq!(by_id(method.id()).map(|m| m.name()), Some(method.name()));
    }
    assert!(by_id("ALiBi").is_none() && by_id("").is_none());
}
