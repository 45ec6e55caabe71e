//! Continues a text token by token. Keys and values are kept, and the tables are made once, for prompt and new tokens
//! together: every step equals the forward pass of everything so far.

use std::sync::Arc;

use candle_core::Tensor;

use super::checkpoint::{Checkpoint, Part};
use super::cpu::CpuBackend;
use super::error::EngineError;
use crate::kernels::{attention_row, with_floats};
use crate::model::{InferenceTables, Segments};

/// How a token is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Draws from this many of the likeliest tokens; 0 from all.
    pub top_k: usize,
    /// Seed of the draws.
    pub seed: u32,
}

/// What was generated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// New tokens.
    pub tokens: Vec<u32>,
    /// The probability of each at temperature 1, all tokens being candidates.
    pub probabilities: Vec<f32>,
}

/// Keys and values of one layer so far, `[n, C]` each; keys are rotated.
#[derive(Default)]
struct Cache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Cache {
    /// Appends those of rows `[n, 3C]`.
    fn extend(&mut self, qkv: &[f32], c: usize) {
        for row in qkv.chunks_exact(3 * c) {
            self.keys.extend_from_slice(&row[c..2 * c]);
            self.values.extend_from_slice(&row[2 * c..]);
        }
    }
}

impl CpuBackend {
    /// Continues `prompt` by `n` tokens; after each, `part` sees all so far and `checkpoint` how many there are. The change
    /// that is set should be for `prompt` and new tokens together.
    ///
    /// # Errors
    /// If cancelled, if the prompt is empty, or a token is not in the vocabulary.
    pub async fn generate(
        &mut self,
        prompt: &[u32],
        n: usize,
        sampling: Sampling,
        part: &mut dyn FnMut(&Generated),
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Generated, EngineError> {
        let (c, n_layer) = (self.model.config().d_model, self.model.n_layer());
        let tables = self.take_tables(prompt.len() + n);
        let segments = Segments { tokens: Arc::new(prompt.to_vec()), n_segment: 1, length: prompt.len() };
        let mut caches: Vec<Cache> = (0..n_layer).map(|_| Cache::default()).collect();
        let mut x = self.model.embed(&segments, &tables)?;
        // The prompt is one step to `checkpoint`.
        let mut reading = Part { whole: &mut *checkpoint, base: 0.0, size: 1.0 };
        for (layer, cache) in caches.iter_mut().enumerate() {
            let qkv = self.qkv(layer, &x, &tables, &mut reading).await?;
            with_floats(&qkv, |qkv| {
                cache.extend(qkv, c);
                Ok(())
            })?;
            x = self.after_qkv(layer, x, qkv, &segments, &tables, &mut reading).await?;
        }
        x = x.narrow(0, prompt.len() - 1, 1)?.contiguous()?;
        let mut random = Random(sampling.seed.into());
        let mut out = Generated::default();
        while out.tokens.len() < n {
            let logits = self.model.logits(&x)?;
            let (token, probability) = draw(&logits, sampling, &mut random);
            out.tokens.push(token);
            out.probabilities.push(probability);
            part(&out);
            checkpoint.reach(out.tokens.len() as f64).await?;
            if out.tokens.len() < n {
                x = self.step(token, prompt.len() + out.tokens.len() - 1, &mut caches, &tables)?;
            }
        }
        Ok(out)
    }

    /// Output of the last block for one more token, `[1, C]`.
    fn step(
        &self,
        token: u32,
        position: usize,
        caches: &mut [Cache],
        tables: &InferenceTables,
    ) -> candle_core::Result<Tensor> {
        let (c, d) = (self.model.config().d_model, self.model.config().head_dim());
        let mut x = self.model.embed_one(token, position, tables)?;
        for (layer, cache) in caches.iter_mut().enumerate() {
            let qkv = self.model.qkv(layer, &x, tables, position)?;
            let mut attended = vec![0.0; c];
            with_floats(&qkv, |qkv| {
                cache.extend(qkv, c);
                for (head, out) in attended.chunks_exact_mut(d).enumerate() {
                    let (query, from) = (&qkv[head * d..][..d], head * d);
                    let (keys, values) = (&cache.keys[from..], &cache.values[from..]);
                    attention_row::attend(query, keys, values, c, tables.bias(head), out);
                }
                Ok(())
            })?;
            let attended = Tensor::from_vec(attended, x.shape(), x.device())?;
            x = self.model.finish(layer, &x, &attended)?;
        }
        Ok(x)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same draws on every machine.
struct Random(u64);

impl Random {
    /// At least 0 and below 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A token and its probability at temperature 1. Logits that are no numbers are never drawn where there are others.
fn draw(logits: &[f32], sampling: Sampling, random: &mut Random) -> (u32, f32) {
    let n_kept = match (sampling.temperature > 0.0, sampling.top_k) {
        (false, _) => 1,
        (true, 0) => logits.len(),
        (true, k) => k.min(logits.len()),
    };
    // Likeliest first, the lower id first among equals.
    let mut kept: Vec<usize> = Vec::with_capacity(n_kept);
    let mut taken: Vec<bool> = logits.iter().map(|l| l.is_nan()).collect();
    while kept.len() < n_kept {
        let left = (0..logits.len()).filter(|&i| !taken[i]);
        let Some(best) = left.reduce(|a, b| if logits[b] > logits[a] { b } else { a }) else { break };
        taken[best] = true;
        kept.push(best);
    }
    let mut chosen = kept.first().copied().unwrap_or(0);
    let top = f64::from(logits[chosen]);
    if n_kept > 1 {
        let weight = |i: usize| ((f64::from(logits[i]) - top) / sampling.temperature).exp();
        let mut left = random.unit() * kept.iter().map(|&i| weight(i)).sum::<f64>();
        for &i in &kept {
            // What rounding leaves over goes to a token that could be drawn.
            if weight(i) > 0.0 {
                chosen = i;
            }
            left -= weight(i);
            if left < 0.0 {
                break;
            }
        }
    }
    let total: f64 = logits.iter().map(|&l| (f64::from(l) - top).exp()).sum();
    (chosen as u32, ((f64::from(logits[chosen]) - top).exp() / total) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities 1/8, 5/8, 1/4.
    const LOGITS: [f32; 3] = [0.0, 1.609_438, std::f32::consts::LN_2];

    fn shares(temperature: f64, top_k: usize) -> [f64; 3] {
        let (mut random, mut counts) = (Random(3), [0.0; 3]);
        for _ in 0..40_000 {
            let (token, p) = draw(&LOGITS, Sampling { temperature, top_k, seed: 0 }, &mut random);
            assert!((p - [0.125, 0.625, 0.25][token as usize]).abs() < 1e-6);
            counts[token as usize] += 1.0 / 40_000.0;
        }
        counts
    }

    fn near(shares: [f64; 3], expected: [f64; 3]) {
        // Five standard deviations of 40,000 draws.
        assert!(shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.0125), "{shares:?} for {expected:?}");
    }

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        near(shares(1.0, 0), [0.125, 0.625, 0.25]);
        near(shares(1.0, 9), [0.125, 0.625, 0.25]);
        near(shares(1.0, 2), [0.0, 5.0 / 7.0, 2.0 / 7.0]);
        // Half the temperature squares the odds.
        near(shares(0.5, 0), [1.0 / 30.0, 25.0 / 30.0, 4.0 / 30.0]);
        for (temperature, top_k) in [(0.0, 0), (0.0, 2), (1.0, 1), (1e-12, 0)] {
            assert_eq!(shares(temperature, top_k), shares(0.0, 1));
        }
        assert!(shares(0.0, 0)[1] > 0.999);
    }

    #[test]
    fn numbers_that_are_none_are_never_drawn_where_there_are_others() {
        let mut random = Random(4);
        for temperature in [0.0, 1.0] {
            let sampling = Sampling { temperature, top_k: 0, seed: 0 };
            for _ in 0..100 {
                assert_eq!(draw(&[f32::NAN, f32::NEG_INFINITY, 1.0, f32::NAN], sampling, &mut random).0, 2);
            }
            let (token, p) = draw(&[f32::NAN; 3], sampling, &mut random);
            assert!(token < 3 && p.is_nan());
            assert!(draw(&[0.0, f32::INFINITY], sampling, &mut random).0 < 2);
        }
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of SplitMix64 from state 1234567, as listed by Rosetta Code, in units of 2^-53.
        let mut random = Random(1_234_567);
        for expected in [6_457_827_717_110_365_317u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(random.unit(), (expected >> 11) as f64 / (1u64 << 53) as f64);
        }
    }
}
