//! Training speed: forward and backward pass of the default preset through this crate's kernels and through candle's
//! own operations put together, on the same tokens. The optimiser's step is not part of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alibi::config::ModelConfig;
use alibi::model::{Decoder, Ops, Segments};
use alibi::train::run::{decoder, initial};
use anyhow::{Context, Result, ensure};
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use criterion::{Criterion, SamplingMode, Throughput};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// As in training: windows per step, tokens per window.
const N_SEGMENT: usize = 8;
const LENGTH: usize = 256;
/// Seed of initial weights and tokens.
const SEED: u64 = 1;
const SAMPLES: usize = 10;

/// What every training step computes before the optimiser: tables, losses, gradients.
struct Bench {
    variables: BTreeMap<String, Var>,
    segments: Segments,
    targets: Arc<Vec<u32>>,
}

impl Bench {
    fn new(config: &ModelConfig) -> Result<Self> {
        let variables = initial(config, SEED)
            .into_iter()
            .map(|p| {
                let tensor = Tensor::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu)?;
                Ok((p.name, Var::from_tensor(&tensor)?))
            })
            .collect::<Result<_>>()?;
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut tokens = || (0..N_SEGMENT * LENGTH).map(|_| rng.next_u32() % config.n_vocab as u32).collect::<Vec<_>>();
        let segments = Segments { tokens: Arc::new(tokens()), n_segment: N_SEGMENT, length: LENGTH };
        Ok(Self { variables, segments, targets: Arc::new(tokens()) })
    }

    /// Mean loss, nats per token, and its gradients.
    fn step(&self, model: &Decoder) -> Result<(f32, GradStore)> {
        let loss = model.losses(&self.segments, &self.targets, &model.tables(LENGTH)?)?.mean_all()?;
        Ok((loss.to_scalar()?, loss.backward()?))
    }

    /// A wrong kernel may be as fast as it likes: loss and every gradient must agree before anything is timed.
    fn compare(&self, fused: &Decoder, composed: &Decoder) -> Result<()> {
        let ((a, a_grads), (b, b_grads)) = (self.step(fused)?, self.step(composed)?);
        ensure!((a - b).abs() < 1e-4 * b.abs(), "losses differ: fused {a}, composed {b}");
        for (name, var) in &self.variables {
            let grad = |grads: &GradStore| grads.get(var.as_tensor()).cloned().context(format!("{name}: no gradient"));
            let (x, y) = (grad(&a_grads)?, grad(&b_grads)?);
            let norm = |t: &Tensor| -> Result<f32> { Ok(t.sqr()?.sum_all()?.sqrt()?.to_scalar()?) };
            let (difference, size) = (norm(&(x - &y)?)?, norm(&y)?);
            ensure!(difference <= 1e-3 * size + 1e-6, "{name}: gradients differ by {difference} of {size}");
        }
        Ok(())
    }
}

/// Middle of the last samples, seconds; warm-up comes before them.
fn median(seconds: &[f64]) -> Option<f64> {
    let mut last = seconds[seconds.len().saturating_sub(SAMPLES)..].to_vec();
    last.sort_by(f64::total_cmp);
    let n = last.len();
    (n > 0).then(|| (last[(n - 1) / 2] + last[n / 2]) / 2.0)
}

fn main() -> Result<()> {
    let config = ModelConfig::default_preset("alibi", LENGTH);
    let bench = Bench::new(&config)?;
    let fused = decoder(&config, Ops::Fused, &bench.variables)?;
    let composed = decoder(&config, Ops::Composed, &bench.variables)?;
    bench.compare(&fused, &composed)?;

    let n_token = N_SEGMENT * LENGTH;
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let mut group = criterion.benchmark_group("training step");
    group
        .sample_size(SAMPLES)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(15))
        .throughput(Throughput::Elements(n_token as u64));
    let mut medians = Vec::new();
    for (name, model) in [("fused", &fused), ("composed", &composed)] {
        let mut samples = Vec::new();
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                let start = Instant::now();
                for _ in 0..n {
                    // Criterion's closures return no errors; the same step has just succeeded in `compare`.
                    bench.step(model).unwrap_or_else(|e| panic!("{name}: {e}"));
                }
                let elapsed = start.elapsed();
                samples.push(elapsed.as_secs_f64() / n as f64);
                elapsed
            });
        });
        medians.extend(median(&samples));
    }
    group.finish();
    criterion.final_summary();

    // One is missing where the command line asked for the other alone.
    if let [fused, composed] = medians[..] {
        let speed = |seconds: f64| n_token as f64 / seconds;
        println!(
            "Median training speed, {N_SEGMENT} segments of {LENGTH} tokens, forward and backward:\n  \
             fused    {:7.0} tokens/s\n  composed {:7.0} tokens/s\n  fused / composed {:.2}",
            speed(fused),
            speed(composed),
            composed / fused
        );
    }
    Ok(())
}
