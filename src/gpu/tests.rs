//! The GPU against plain loops in f64, on whatever adapter there is; Mesa's lavapipe where there is no other.

// clippy.toml allows expect in test functions, not in what they call.
#![allow(clippy::expect_used)]

mod kernels;
mod parity;
mod reference;

use super::kernels::Form;
use super::{Gpu, GpuDecoder, GpuError};
use crate::config::ModelConfig;
use crate::model::{Array, Weights};
use crate::position::{self, METHODS, Shape, Tables};

/// A device, or a failed test: a machine without one must not pass for a machine on which all is well.
fn gpu() -> Gpu {
    pollster::block_on(Gpu::request())
        .unwrap_or_else(|e| panic!("these tests need a GPU or a software one: install mesa-vulkan-drivers ({e})"))
}

/// That device with either form of kernels, whatever its own is.
fn forms() -> [Gpu; 2] {
    [Form::Hardware, Form::Software].map(|form| {
        let mut gpu = gpu();
        gpu.form = form;
        gpu
    })
}

/// Numbers that look random and are the same on every machine (splitmix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between −scale and scale.
    fn float(&mut self, scale: f32) -> f32 {
        ((self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale
    }

    fn floats(&mut self, n: usize, scale: f32) -> Vec<f32> {
        (0..n).map(|_| self.float(scale)).collect()
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

fn weights(method: &str, n_head: usize, d_model: usize, seed: u64) -> Weights {
    let (method, n_vocab) = (method.into(), 150);
    draw(ModelConfig { n_layer: 2, d_model, n_head, d_ff: 100, n_vocab, method, train_length: 32 }, seed)
}

fn draw(config: ModelConfig, seed: u64) -> Weights {
    let mut random = Random(seed);
    let learned = position::by_id(&config.method).and_then(|m| m.learned()).map_or("", |l| l.name);
    let arrays = Weights::shapes(&config)
        .into_iter()
        .map(|(name, shape)| {
            let n = shape.iter().product();
            let data = match shape.as_slice() {
                // Scales of layer norms around 1; biases and learned parameters large enough that losing one shows.
                [_] if name.contains("ln") && name.ends_with("weight") => {
                    random.floats(n, 0.3).into_iter().map(|x| 1.0 + x).collect()
                }
                [_] => random.floats(n, 0.3),
                _ if name == learned => random.floats(n, 2.0),
                _ => random.floats(n, 1.8 / (shape[1] as f32).sqrt()),
            };
            (name, Array { shape, data })
        })
        .collect();
    Weights { config, arrays }
}

fn tables(weights: &Weights, length: usize) -> Tables {
    let shape = Shape { d_model: weights.config.d_model, n_head: weights.config.n_head };
    let method = position::by_id(&weights.config.method).expect("a registered method");
    Tables::new(method, shape, length, weights.learned())
}

/// Tokens and targets; every seventh target is not scored.
fn text(n: usize, n_vocab: usize, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let mut random = Random(seed);
    let mut ids = || (0..n).map(|_| random.below(n_vocab) as u32).collect::<Vec<_>>();
    let tokens = ids();
    let targets = ids().into_iter().enumerate().map(|(i, t)| if i % 7 == 3 { u32::MAX } else { t }).collect();
    (tokens, targets)
}

/// Largest difference; a NaN on one side counts as infinite.
fn distance(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    got.iter()
        .zip(want)
        .map(|(&g, &w)| (f64::from(g) - w).abs())
        .fold(0.0, |a, d| if d > a || d.is_nan() { d } else { a })
}

fn losses(
    decoder: &mut GpuDecoder,
    tokens: &[u32],
    targets: &[u32],
    n: usize,
    tables: &Tables,
) -> Result<Vec<f32>, GpuError> {
    pollster::block_on(decoder.losses(tokens, targets, n, tables))
}

/// Runs the decoder and the reference, and compares.
fn agrees(decoder: &mut GpuDecoder, weights: &Weights, n: usize, tables: &Tables, seed: u64) {
    let (tokens, targets) = text(n * tables.length, weights.config.n_vocab, seed);
    let got = losses(decoder, &tokens, &targets, n, tables).expect("the GPU runs");
    let want = reference::losses(weights, &tokens, &targets, n, tables);
    assert!(want.iter().any(|&l| l > 1.0), "a reference that scores nothing proves nothing");
    let worst = distance(&got, &want);
    let ModelConfig { method, n_head, .. } = &weights.config;
    assert!(
        worst < 1e-3,
        "{method}, {n_head} heads, {n} segments of {}, seed {seed}: off by {worst} nats",
        tables.length
    );
}

#[test]
fn every_method_gives_the_losses_of_the_reference() {
    for gpu in forms() {
        for (i, method) in METHODS.iter().enumerate() {
            // Heads of 16 and of 32.
            for n_head in [4, 2] {
                let seed = 100 + 10 * i as u64 + n_head as u64;
                let weights = weights(method.id(), n_head, 64, seed);
                let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
                // The second shape replaces the first one's buffers, the third one's repeat the second's.
                agrees(&mut decoder, &weights, 3, &tables(&weights, 37), seed);
                agrees(&mut decoder, &weights, 1, &tables(&weights, 300), seed + 1);
                agrees(&mut decoder, &weights, 1, &tables(&weights, 300), seed + 2);
            }
        }
    }
}

#[test]
fn shapes_at_the_edges() {
    // Heads of 20 and of 16, which software adapters have an attention kernel of their own for.
    for (gpu, n_head, d_model) in forms().into_iter().flat_map(|gpu| [(gpu.clone(), 3, 60), (gpu, 4, 64)]) {
        let weights = weights("alibi", n_head, d_model, 7);
        let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
        for (n, length) in [(1, 1), (5, 1), (2, 2), (1, 63), (2, 64), (1, 65), (1, 129)] {
            agrees(&mut decoder, &weights, n, &tables(&weights, length), 8);
        }
        assert_eq!(losses(&mut decoder, &[], &[], 0, &tables(&weights, 4)), Ok(vec![]));
    }
}

#[test]
fn splitting_work_changes_nothing() {
    for (gpu, method) in forms().into_iter().flat_map(|gpu| METHODS.map(|m| (gpu.clone(), m))) {
        let mut gpu = gpu;
        gpu.device.budget = 2e5;
        let weights = weights(method.id(), 4, 64, 20);
        let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
        (decoder.pass_rows, decoder.hidden_rows) = (100, 33);
        // Passes of two segments and a last one of one; then segments longer than a pass.
        agrees(&mut decoder, &weights, 5, &tables(&weights, 40), 21);
        agrees(&mut decoder, &weights, 2, &tables(&weights, 200), 22);
        let n = decoder.n_submission().expect("a plan");
        assert!(n > 20, "{n} submissions: not split");
    }
}

#[test]
fn a_bias_of_minus_infinity_masks() {
    for gpu in forms() {
        let weights = weights("none", 2, 64, 30);
        let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
        let mut tables = tables(&weights, 150);
        for (i, bias) in tables.bias.iter_mut().enumerate() {
            if i % 150 >= 9 {
                *bias = f32::NEG_INFINITY;
            }
        }
        agrees(&mut decoder, &weights, 1, &tables, 31);
    }
}

#[test]
fn what_is_not_a_number_stays_one() {
    for gpu in forms() {
        let mut weights = weights("alibi", 2, 64, 40);
        let up = weights.arrays.get_mut("blocks.1.mlp.up.weight").expect("the array");
        up.data[5] = f32::NAN;
        let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
        let (tokens, targets) = text(20, 150, 41);
        let got = losses(&mut decoder, &tokens, &targets, 1, &tables(&weights, 20)).expect("the GPU runs");
        let scored = got.iter().zip(&targets).filter(|&(_, &t)| t != u32::MAX);
        assert!(scored.clone().all(|(l, _)| l.is_nan()), "{got:?}");
    }
}

#[test]
fn a_dropped_run_leaves_the_decoder_usable() {
    let mut gpu = gpu();
    gpu.device.budget = 2e5;
    let weights = weights("alibi", 4, 64, 50);
    let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
    let tables = tables(&weights, 100);
    let (tokens, targets) = text(100, 150, 51);
    {
        let mut run = Box::pin(decoder.losses(&tokens, &targets, 1, &tables));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = run.as_mut().poll(&mut context);
    }
    agrees(&mut decoder, &weights, 1, &tables, 52);
}

#[test]
fn a_lost_device_is_reported() {
    let gpu = gpu();
    let weights = weights("alibi", 4, 64, 60);
    let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
    agrees(&mut decoder, &weights, 1, &tables(&weights, 10), 61);
    gpu.device.handle.destroy();
    let (tokens, targets) = text(10, 150, 62);
    for _ in 0..2 {
        let got = losses(&mut decoder, &tokens, &targets, 1, &tables(&weights, 10));
        assert!(matches!(got, Err(GpuError::Lost(_))), "{got:?}");
    }
    assert!(matches!(GpuDecoder::new(&gpu, &weights), Err(GpuError::Lost(_))));
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let gpu = gpu();
    let good = weights("alibi", 4, 64, 70);
    let mut decoder = GpuDecoder::new(&gpu, &good).expect("a decoder");
    let t = tables(&good, 4);
    let unsupported = |got: Result<Vec<f32>, GpuError>| matches!(got, Err(GpuError::Unsupported(_)));
    assert!(unsupported(losses(&mut decoder, &[1; 4], &[1; 3], 1, &t)), "too few targets");
    assert!(unsupported(losses(&mut decoder, &[1; 4], &[1; 4], 2, &t)), "too few tokens");
    assert!(unsupported(losses(&mut decoder, &[150; 4], &[1; 4], 1, &t)), "a token outside the vocabulary");
    assert!(unsupported(losses(&mut decoder, &[1; 4], &[150; 4], 1, &t)), "a target outside the vocabulary");
    assert!(unsupported(losses(&mut decoder, &[1; 4], &[1; 4], 1, &tables(&weights("alibi", 2, 64, 1), 4))), "tables");
    let refused = |weights: &Weights| matches!(GpuDecoder::new(&gpu, weights), Err(GpuError::Unsupported(_)));
    assert!(refused(&weights("alibi", 10, 60, 71)), "heads of 6");
    assert!(refused(&weights("alibi", 1, 128, 72)), "heads of 128");
    let hidden = ModelConfig { d_ff: 98, ..good.config.clone() };
    assert!(refused(&draw(hidden, 73)), "a hidden layer of 98");
    let mut cut = good;
    cut.arrays.remove("ln_f.bias");
    assert!(refused(&cut), "a missing array");
}

#[test]
fn an_input_beyond_the_largest_buffer_is_too_long() {
    let gpu = gpu();
    let weights = weights("none", 4, 256, 80);
    let mut decoder = GpuDecoder::new(&gpu, &weights).expect("a decoder");
    let length = 200_000;
    let tables = Tables { length, embedding: None, rotation: None, bias: vec![0.0; 4 * length] };
    let got = losses(&mut decoder, &vec![1; length], &vec![1; length], 1, &tables);
    assert_eq!(got, Err(GpuError::TooLong { length, limit: (128 << 20) / (4 * 3 * 256) }));
}
