//! The GPU against the candle decoder that the trainer trains.

use std::sync::Arc;

use super::{distance, draw, forms, losses, tables, text};
use crate::config::ModelConfig;
use crate::gpu::GpuDecoder;
use crate::model::{Decoder, Segments};
use crate::position::METHODS;

#[test]
fn every_method_gives_the_losses_of_candle() {
    for gpu in forms() {
        for (i, method) in METHODS.iter().enumerate() {
            let seed = 200 + i as u64;
            let weights = draw(ModelConfig::default_preset(method.id(), 256), seed);
            let mut on_gpu = GpuDecoder::new(&gpu, &weights).expect("a decoder");
            let on_cpu = Decoder::from_weights(&weights).expect("a decoder");
            for (n_segment, length) in [(3, 100), (1, 513)] {
                let (tokens, targets) = text(n_segment * length, weights.config.n_vocab, seed);
                let got = losses(&mut on_gpu, &tokens, &targets, n_segment, &tables(&weights, length)).expect("losses");
                let segments = Segments { tokens: Arc::new(tokens), n_segment, length };
                let want = on_cpu
                    .tables(length)
                    .and_then(|tables| on_cpu.losses(&segments, &Arc::new(targets), &tables))
                    .and_then(|losses| losses.to_vec1::<f32>())
                    .expect("losses");
                let want: Vec<f64> = want.into_iter().map(f64::from).collect();
                let name = format!("{:?}, {}, {n_segment} segments of {length}, seed {seed}", gpu.form, method.id());
                let worst = distance(&got, &want);
                assert!(worst < 1e-3, "{name}: off by {worst} nats");
                // Perplexity over the scored targets, to 1e-3 relative.
                let [got, want] = [got.iter().map(|&l| f64::from(l)).sum::<f64>(), want.iter().sum::<f64>()];
                let scored = (n_segment * length) as f64 * 6.0 / 7.0;
                assert!(((got - want) / scored).exp_m1().abs() < 1e-3, "{name}: perplexity");
            }
        }
    }
}
