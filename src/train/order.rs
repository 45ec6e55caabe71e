//! The tokens that are trained on and the order in which they come: it depends on seed and step alone, so that every
//! method sees the same windows and a run that goes on sees those that an unbroken one would.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::Segments;

/// Tokens to train and validate on.
pub struct Data {
    /// Training stream.
    pub train: Vec<u32>,
    /// Validation stream.
    pub validation: Vec<u32>,
    /// Token between documents: an input, never a target.
    pub separator: u32,
}

/// Where the windows of a step come from: of seed and number of the step alone.
pub trait Windows {
    /// Inputs of step `step` and their targets.
    ///
    /// # Shapes
    /// tokens and targets `[n_segment · length]`.
    fn batch(&self, seed: u64, step: usize, n_segment: usize, length: usize) -> (Segments, Arc<Vec<u32>>);
}

impl Windows for Data {
    fn batch(&self, seed: u64, step: usize, n_segment: usize, length: usize) -> (Segments, Arc<Vec<u32>>) {
        batch(self, seed, step, n_segment, length)
    }
}

/// The windows of one step: starts drawn evenly from the stream by a generator that depends on seed and step alone.
pub fn batch(data: &Data, seed: u64, step: usize, n_segment: usize, length: usize) -> (Segments, Arc<Vec<u32>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(step as u64);
    let room = (data.train.len() - length) as u64;
    let starts: Vec<usize> = (0..n_segment).map(|_| (u64::from(rng.next_u32()) % room) as usize).collect();
    windows(&data.train, &starts, length, data.separator)
}

/// Inputs x[s..s + L] and targets x[s + 1..s + L + 1] of the windows that start at `starts`.
pub fn windows(stream: &[u32], starts: &[usize], length: usize, separator: u32) -> (Segments, Arc<Vec<u32>>) {
    let tokens = starts.iter().flat_map(|&s| stream[s..s + length].iter().copied()).collect();
    let target = |&t: &u32| if t == separator { NOT_SCORED } else { t };
    let targets = starts.iter().flat_map(|&s| stream[s + 1..s + length + 1].iter().map(target)).collect();
    (Segments { tokens: Arc::new(tokens), n_segment: starts.len(), length }, Arc::new(targets))
}
