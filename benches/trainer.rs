//! Training speed: forward and backward pass of the default preset through this crate's kernels and through candle's
//! own operations put together, and with slopes that are trained beside fixed ones, on the same tokens. The optimiser's step is not part of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alibi::config::ModelConfig;
use alibi::model::{Decoder, Ops, Segments};
use alibi::train::start::initial;
use anyhow::{Context, Result, ensure};
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

#[path = "kernels/src/rows.rs"]
mod rows;
use rows::{ROUNDS, Row, median};

/// As in training: windows per step, tokens per window.
const N_SEGMENT: usize = 8;
const LENGTH: usize = 256;
/// Seed of initial weights and tokens.
const SEED: u64 = 1;
const SAMPLES: usize = 10;
/// Least lead over composed operations.
const TARGET: f64 = 4.0;

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

/// Tokens per second at the median of the last samples, the seconds of one step; warm-up comes before them. None where
/// the command line did not ask for any.
fn speed(seconds: &[f64]) -> Option<f64> {
    let last = &seconds[seconds.len().saturating_sub(SAMPLES)..];
    (!last.is_empty()).then(|| (N_SEGMENT * LENGTH) as f64 / median(last))
}

/// A decoder that reads variables.
fn decoder(config: &ModelConfig, ops: Ops, variables: &BTreeMap<String, Var>) -> Result<Decoder> {
    Ok(Decoder::new(config, ops, |name| match variables.get(name) {
        Some(var) => Ok(var.as_tensor().clone()),
        None => candle_core::bail!("no parameter {name}"),
    })?)
}

fn main() -> Result<()> {
    let config = ModelConfig::default_preset("alibi", LENGTH);
    let bench = Bench::new(&config)?;
    let fused = decoder(&config, Ops::Fused, &bench.variables)?;
    let composed = decoder(&config, Ops::Composed, &bench.variables)?;
    bench.compare(&fused, &composed)?;
    let with_slopes = ModelConfig::default_preset("trainable", LENGTH);
    let slopes_bench = Bench::new(&with_slopes)?;
    let slopes = decoder(&with_slopes, Ops::Fused, &slopes_bench.variables)?;
    slopes_bench.step(&slopes)?;

    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let mut group = criterion.benchmark_group("training step");
    group
        .sample_size(SAMPLES)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .throughput(Throughput::Elements((N_SEGMENT * LENGTH) as u64));
    let contenders =
        [("fused", &bench, &fused), ("composed", &bench, &composed), ("trained slopes", &slopes_bench, &slopes)];
    // In turn, so that other work on the machine meets all.
    let mut runs = [Vec::new(), Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        for ((name, bench, model), runs) in contenders.into_iter().zip(&mut runs) {
            let mut samples = Vec::new();
            group.bench_function(BenchmarkId::new(name, round), |b| {
                b.iter_custom(|n| {
                    let start = Instant::now();
                    for _ in 0..n {
                        // Criterion's closures return no errors; the same step has just succeeded.
                        bench.step(model).unwrap_or_else(|e| panic!("{name}: {e}"));
                    }
                    let elapsed = start.elapsed();
                    samples.push(elapsed.as_secs_f64() / n as f64);
                    elapsed
                });
            });
            runs.extend(speed(&samples));
        }
    }
    group.finish();
    criterion.final_summary();

    // Some are missing where the command line asked for others alone.
    if runs.iter().all(|runs| !runs.is_empty()) {
        let [fused, composed, slopes] = runs;
        let row = |name: &str, runs, least| Row::new(name.to_string(), LENGTH, "tokens/s", runs, least);
        let rows = [
            row("trainer forward and backward", [fused.clone(), composed], Some(TARGET)),
            row("trained slopes beside fixed ones", [slopes, fused], None),
        ];
        println!("{}", rows::heading());
        rows.iter().for_each(|row| println!("{}", row.line()));
        rows::write("trainer.json", &rows)?;
    }
    Ok(())
}
