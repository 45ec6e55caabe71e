//! Scores a stretch of a token stream: windows in batches of equal shape, losses summed in f64 by block of targets.

use std::sync::Arc;

use super::backend::Backend;
use super::checkpoint::{Checkpoint, Part};
use super::error::EvaluateError;
use super::windows::{Window, windows};
use crate::config::BLOCK;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::Segments;
use crate::protocol::{BlockSum, Reason, Stretch};

/// A stream that can be scored.
pub struct Stream<'a> {
    /// Token ids.
    pub tokens: &'a [u32],
    /// Token between documents: an input, never a target.
    pub separator: u32,
    /// UTF-8 bytes that each token stands for, by id.
    pub token_bytes: &'a [u32],
}

/// Sums of losses.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// By block of [`BLOCK`] targets, counted from the first target.
    pub blocks: Vec<BlockSum>,
    /// UTF-8 bytes of the counted targets.
    pub n_bytes: u64,
    /// By position in the input, `[length]`: position i predicts from i + 1 tokens of context.
    pub by_position: Vec<BlockSum>,
}

impl Sums {
    /// Mean loss at each position, NaN where none was counted, then the counts: read by [`Stretch::positions`].
    pub fn position_values(&self) -> Vec<f32> {
        let means = self.by_position.iter().map(|sum| (sum.nll / f64::from(sum.n_targets)) as f32);
        means.chain(self.by_position.iter().map(|sum| sum.n_targets as f32)).collect()
    }
}

/// Scores a stretch; `checkpoint` hears how many targets are done.
///
/// # Errors
/// If the stretch does not fit the stream, if cancelled, or if the engine breaks down.
pub async fn evaluate(
    backend: &mut Backend,
    stream: &Stream<'_>,
    stretch: Stretch,
    checkpoint: &mut impl Checkpoint,
) -> Result<Sums, EvaluateError> {
    let Stretch { protocol, length, first, n_targets } = stretch;
    if length == 0 || n_targets == 0 {
        return Err(Reason::NothingToScore.into());
    }
    if first + n_targets + 1 > stream.tokens.len() {
        let (n_token, needed) = (stream.tokens.len(), first + n_targets + 1);
        return Err(Reason::TooFewForTargets { n_token, needed }.into());
    }
    let mut sums = Sums {
        blocks: vec![BlockSum::default(); n_targets.div_ceil(BLOCK)],
        n_bytes: 0,
        by_position: vec![BlockSum::default(); length],
    };
    let windows = windows(protocol, length, first, n_targets);
    let mut done = 0;
    for run in windows.chunk_by(|a, b| a.length == b.length) {
        for batch in run.chunks((backend.rows_per_call() / run[0].length).max(1)) {
            let (segments, targets) = inputs(stream, batch);
            let n_scored: usize = batch.iter().map(|w| w.n_scored).sum();
            let mut part = Part { whole: &mut *checkpoint, base: done as f64, size: n_scored as f64 };
            let losses = backend.losses(&segments, &targets, &mut part).await?;
            add(&mut sums, stream, batch, &targets, &losses, first);
            done += n_scored;
        }
    }
    Ok(sums)
}

/// Tokens and targets of windows of equal length; targets that do not count are marked so.
fn inputs(stream: &Stream, windows: &[Window]) -> (Segments, Vec<u32>) {
    let length = windows[0].length;
    let tokens = windows.iter().flat_map(|w| &stream.tokens[w.start..w.start + length]).copied().collect();
    let target = |w: &Window, i: usize| match stream.tokens[w.start + i + 1] {
        _ if i < length - w.n_scored => NOT_SCORED,
        token if token == stream.separator => NOT_SCORED,
        token => token,
    };
    let targets = windows.iter().flat_map(|w| (0..length).map(|i| target(w, i))).collect();
    (Segments { tokens: Arc::new(tokens), n_segment: windows.len(), length }, targets)
}

fn add(sums: &mut Sums, stream: &Stream, windows: &[Window], targets: &[u32], losses: &[f32], first: usize) {
    let length = windows[0].length;
    for (k, window) in windows.iter().enumerate() {
        for i in length - window.n_scored..length {
            let target = targets[k * length + i];
            if target == NOT_SCORED {
                continue;
            }
            for sum in [&mut sums.blocks[(window.start + i - first) / BLOCK], &mut sums.by_position[i]] {
                sum.nll += losses[k * length + i] as f64;
                sum.n_targets += 1;
            }
            sums.n_bytes += stream.token_bytes[target as usize] as u64;
        }
    }
}
