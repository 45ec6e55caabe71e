//! Each kernel alone against a plain loop in f64, sizes around the tiles' edges included.

use super::super::compiled::Gpu;
use super::super::device::Device;
use super::super::kernels::{Affine, Finish, Kernels, Rows, Segments};
use super::super::plan::PlanBuilder;
use super::reference;
use super::{Form, Random, distance, forms, gpu};
use crate::config::LAYER_NORM_EPS;

/// Runs what `calls` appends, then reads `n` values of `buffer`.
fn run<'a>(device: &'a Device, buffer: &wgpu::Buffer, n: usize, calls: impl FnOnce(&mut PlanBuilder<'a>)) -> Vec<f32> {
    pollster::block_on(async {
        let plan = device.checked(|| {
            let mut plan = PlanBuilder::new(device);
            calls(&mut plan);
            plan.finish()
        });
        plan.await?.run(device).await?;
        device.read(buffer, n).await
    })
    .expect("the GPU runs")
}

/// Whether rows of `n` values suit the device's kernels; those for software adapters read vectors of four.
fn in_quads(gpu: &Gpu, n: usize) -> bool {
    gpu.form == Form::Hardware || n.is_multiple_of(4)
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn matmul() {
    for gpu in forms() {
        let kernels = Kernels::new(&gpu.device, gpu.form, 16);
        for (seed, &(m, k, n)) in [
            (1, 1, 1),
            (3, 5, 7),
            (3, 4, 8),
            (64, 16, 64),
            (65, 17, 66),
            (66, 20, 68),
            (130, 33, 70),
            (37, 128, 384),
            (70, 512, 128),
        ]
        .iter()
        .enumerate()
        .filter(|(_, (_, k, n))| in_quads(&gpu, *k) && in_quads(&gpu, *n))
        {
            let mut random = Random(seed as u64);
            // Rows 2.. are read and rows 1.. written, so that the rows around them must stay as they are.
            let rows = Rows { n: m, read: 2, write: 1 };
            let x = random.floats((m + 3) * k, 1.0);
            let w = random.floats(n * k, 1.0);
            let b = random.floats(n, 1.0);
            let y = random.floats((m + 2) * n, 1.0);
            let map = Affine { weight: gpu.device.upload("w", &w), bias: gpu.device.upload("b", &b) };
            let xs = gpu.device.upload("x", &x);
            let (x, w, b) = (wide(&x), wide(&w), wide(&b));
            for finish in [Finish::Plain, Finish::Gelu, Finish::Add] {
                let ys = gpu.device.upload("y", &y);
                let got =
                    run(&gpu.device, &ys, y.len(), |plan| kernels.linear(plan, finish, rows, k, n, &xs, &map, &ys));
                let mut want = wide(&y);
                for i in 0..m {
                    for j in 0..n {
                        let v = dot(&x[(2 + i) * k..][..k], &w[j * k..][..k]) + b[j];
                        let y = &mut want[(1 + i) * n + j];
                        *y = match finish {
                            Finish::Plain => v,
                            Finish::Gelu => {
                                0.5 * v * (1.0 + (0.797_884_560_802_865_4 * (v + 0.044_715 * v.powi(3))).tanh())
                            }
                            Finish::Add => v + *y,
                        };
                    }
                }
                let worst = distance(&got, &want);
                assert!(worst < 1e-4, "{:?}, {finish:?}, {m}×{k}×{n}, seed {seed}: off by {worst}", gpu.form);
            }
        }
    }
}

#[test]
fn layer_norm() {
    for gpu in forms() {
        let kernels = Kernels::new(&gpu.device, gpu.form, 16);
        for (seed, &(m, c)) in [(1, 1), (1, 5), (1, 4), (3, 16), (4, 17), (9, 100), (130, 128)]
            .iter()
            .enumerate()
            .filter(|(_, (_, c))| in_quads(&gpu, *c))
        {
            let mut random = Random(seed as u64);
            // A mean far from 0: a variance from mean squares would lose its digits.
            let x: Vec<f32> = random.floats(m * c, 1.0).into_iter().map(|x| x + 30.0).collect();
            let [w, b] = [random.floats(c, 1.0), random.floats(c, 1.0)];
            let norm = Affine { weight: gpu.device.upload("w", &w), bias: gpu.device.upload("b", &b) };
            let xs = gpu.device.upload("x", &x);
            let ys = gpu.device.buffer("y", m * c);
            let got = run(&gpu.device, &ys, m * c, |plan| kernels.layer_norm(plan, m, c, &xs, &norm, &ys));
            let want: Vec<f64> = wide(&x)
                .chunks_exact(c)
                .flat_map(|row| {
                    let mean = row.iter().sum::<f64>() / c as f64;
                    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / c as f64;
                    let scale = (variance + f64::from(LAYER_NORM_EPS)).sqrt();
                    row.iter()
                        .enumerate()
                        .map(|(i, x)| (x - mean) / scale * f64::from(w[i]) + f64::from(b[i]))
                        .collect::<Vec<_>>()
                })
                .collect();
            let worst = distance(&got, &want);
            assert!(worst < 1e-4, "{:?}, {m}×{c}, seed {seed}: off by {worst}", gpu.form);
        }
    }
}

#[test]
fn embedding() {
    let gpu = gpu();
    let kernels = Kernels::new(&gpu.device, gpu.form, 16);
    let (n, length, c, v) = (13, 5, 70, 11);
    let mut random = Random(3);
    let tokens: Vec<u32> = (0..20).map(|_| random.below(v) as u32).collect();
    let [e, table] = [random.floats(v * c, 1.0), random.floats(length * c, 1.0)];
    let (ts, es, tables) =
        (gpu.device.upload("t", &tokens), gpu.device.upload("e", &e), gpu.device.upload("table", &table));
    let rows = Rows { n, read: 5, write: 0 };
    for adds in [false, true] {
        let ys = gpu.device.buffer("y", n * c);
        let added = adds.then_some(&*tables);
        let got = run(&gpu.device, &ys, n * c, |plan| kernels.embedding(plan, rows, c, length, &ts, &es, added, &ys));
        let want: Vec<f64> = (0..n * c)
            .map(|i| {
                let (row, col) = (i / c, i % c);
                let position = if adds { f64::from(table[row % length * c + col]) } else { 0.0 };
                (c as f64).sqrt() * f64::from(e[tokens[5 + row] as usize * c + col]) + position
            })
            .collect();
        let worst = distance(&got, &want);
        assert!(worst < 1e-5, "table {adds}, seed 3: off by {worst}");
    }
}

#[test]
fn rotary() {
    let gpu = gpu();
    for (head_dim, n_head) in [(4, 1), (8, 3), (16, 8), (32, 5)] {
        let (n, length, half, c) = (2, 7, head_dim / 2, head_dim * n_head);
        let kernels = Kernels::new(&gpu.device, gpu.form, head_dim);
        let mut random = Random(head_dim as u64);
        let [cos, sin] = [random.floats(length * half, 1.0), random.floats(length * half, 1.0)];
        let qkv = random.floats(n * length * 3 * c, 1.0);
        let (cs, ss, xs) = (gpu.device.upload("c", &cos), gpu.device.upload("s", &sin), gpu.device.upload("qkv", &qkv));
        let segments = Segments { n, length, n_head, head_dim };
        let got = run(&gpu.device, &xs, qkv.len(), |plan| kernels.rotary(plan, segments, &cs, &ss, &xs));
        let want: Vec<f64> = (0..qkv.len())
            .map(|at| {
                let (row, col) = (at / (3 * c), at % (3 * c));
                if col >= 2 * c {
                    return f64::from(qkv[at]);
                }
                let (i, t) = (col % head_dim, row % length * half);
                let [cos, sin] = [&cos, &sin].map(|table| f64::from(table[t + i % half]));
                if i < half {
                    f64::from(qkv[at]) * cos - f64::from(qkv[at + half]) * sin
                } else {
                    f64::from(qkv[at]) * cos + f64::from(qkv[at - half]) * sin
                }
            })
            .collect();
        let worst = distance(&got, &want);
        assert!(worst < 1e-6, "heads of {head_dim}, seed {head_dim}: off by {worst}");
    }
}

#[test]
fn attention() {
    for gpu in forms() {
        let shapes = [
            (16, 1, 1),
            (4, 7, 2),
            (16, 7, 2),
            (8, 64, 1),
            (16, 65, 3),
            (24, 90, 2),
            (16, 130, 1),
            (32, 130, 1),
            (40, 50, 1),
            (64, 100, 1),
        ];
        for (head_dim, length, n) in shapes {
            let (n_head, c) = (3, 3 * head_dim);
            let kernels = Kernels::new(&gpu.device, gpu.form, head_dim);
            let mut random = Random(length as u64);
            // Scores of some tens, so that a softmax without its maximum would overflow in places.
            let qkv = random.floats(n * length * 3 * c, 5.0);
            let bias = random.floats(n_head * length, 4.0);
            let (xs, bs, os) =
                (gpu.device.upload("x", &qkv), gpu.device.upload("b", &bias), gpu.device.buffer("o", n * length * c));
            let segments = Segments { n, length, n_head, head_dim };
            let got = run(&gpu.device, &os, n * length * c, |plan| kernels.attention(plan, segments, &xs, &bs, &os));
            let x = wide(&qkv);
            let mut want = Vec::new();
            for row in 0..n * length {
                for h in 0..n_head {
                    let part = |which: usize, row: usize| &x[(row * 3 + which) * c + h * head_dim..][..head_dim];
                    let first = row / length * length;
                    let keys: Vec<_> = (first..=row).map(|j| part(1, j)).collect();
                    let values: Vec<_> = (first..=row).map(|j| part(2, j)).collect();
                    want.extend(reference::attend(part(0, row), &keys, &values, &bias[h * length..][..length]));
                }
            }
            let worst = distance(&got, &want);
            assert!(
                worst < 2e-4,
                "{:?}, heads of {head_dim}, {n} segments of {length}, seed {length}: off by {worst}",
                gpu.form
            );
        }
    }
}

#[test]
fn cross_entropy() {
    for gpu in forms() {
        let kernels = Kernels::new(&gpu.device, gpu.form, 16);
        let shapes = [(1, 1, 1), (1, 4, 1), (5, 3, 63), (64, 16, 64), (65, 20, 65), (130, 128, 200)];
        for (seed, &(m, c, v)) in shapes.iter().enumerate().filter(|(_, (_, c, _))| in_quads(&gpu, *c)) {
            let mut random = Random(seed as u64);
            let rows = Rows { n: m, read: 2, write: 3 };
            // Logits up to some hundreds: their exponentials overflow.
            let [x, e] = [random.floats((m + 2) * c, 12.0), random.floats(v * c, 3.0)];
            let targets: Vec<u32> =
                (0..m + 4).map(|i| if i % 5 == 4 { u32::MAX } else { random.below(v) as u32 }).collect();
            let before = random.floats(m + 4, 1.0);
            let (xs, es, ts) =
                (gpu.device.upload("x", &x), gpu.device.upload("e", &e), gpu.device.upload("t", &targets));
            let ls = gpu.device.upload("l", &before);
            let got = run(&gpu.device, &ls, m + 4, |plan| kernels.cross_entropy(plan, rows, c, v, &xs, &es, &ts, &ls));
            let (x, e) = (wide(&x), wide(&e));
            let mut want = wide(&before);
            for i in 0..m {
                let logits: Vec<f64> = e.chunks_exact(c).map(|e| dot(&x[(2 + i) * c..][..c], e)).collect();
                want[3 + i] = reference::loss(&logits, targets[3 + i]);
            }
            let worst = distance(&got, &want);
            assert!(worst < 1e-3, "{:?}, {m} rows, {c} wide, vocabulary {v}, seed {seed}: off by {worst}", gpu.form);
        }
    }
}
