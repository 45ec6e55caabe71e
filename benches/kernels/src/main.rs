//! The kernels natively beside candle's own operations, on all cores. Outputs are compared before anything is timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bench_kernels::cases::{Attention, Case, Norm, Product};

mod rows;
use rows::{ROUNDS, Row};

/// How far outputs may differ, absolute; inputs lie in −1..1.
const TOLERANCE: f32 = 1e-4;
/// Time that each party gets per round.
const SPAN: Duration = Duration::from_millis(300);

/// Milliseconds per call.
fn time(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    call()?;
    let (start, mut n) = (Instant::now(), 0);
    while start.elapsed() < SPAN {
        call()?;
        n += 1;
    }
    Ok(start.elapsed().as_secs_f64() * 1e3 / n as f64)
}

fn measure(name: String, length: usize, mut case: impl Case) -> Result<Row> {
    let error = case.error()?;
    ensure!(error <= TOLERANCE, "{name}: outputs differ by {error}: find out which one is wrong before timing either");
    let [mut ours, mut candle] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            case.ours();
            Ok(())
        })?);
        candle.push(time(|| {
            black_box(case.candle()?);
            Ok(())
        })?);
    }
    Ok(Row::new(format!("kernel native {name}"), length, "ms", [ours, candle], None))
}

fn main() -> Result<()> {
    let mut all = Vec::new();
    let mut done = |row: Row| {
        println!("{}", row.line());
        all.push(row);
    };
    println!("{}", rows::heading());
    for (n_head, length, head_dim) in [(4, 1024, 32), (8, 4096, 16)] {
        let case = Attention::new(n_head, length, head_dim);
        done(measure(format!("attention {n_head}x{head_dim}"), length, case)?);
    }
    for (rows, inputs, outputs) in
        [(1024, 128, 384), (1024, 128, 128), (1024, 128, 512), (1024, 512, 128), (1024, 128, 1024)]
    {
        let case = Product::new(rows, inputs, outputs)?;
        done(measure(format!("product {rows}x{inputs}x{outputs}"), rows, case)?);
    }
    done(measure("norm 1024x128".to_string(), 1024, Norm::new(1024, 128)?)?);
    rows::write("kernel-native.json", &all)
}
