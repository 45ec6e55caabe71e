//! A task with one right answer: pairs of a key and a value stand among filler, later a key comes again, and its value is
//! what comes next. After multi-query associative recall (Arora et al. 2023, "Zoology", arXiv 2312.04927). A window
//! depends on seed and number alone, natively and in WASM.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::optimiser::Recipe;
use super::order::Windows;
use crate::config::{ModelConfig, RECALL_TRAINED};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::cpu::CpuBackend;
use crate::engine::error::EngineError;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::Segments;

/// Tokens: the start of every window, then fillers, keys and values.
const FILLERS: std::ops::Range<u32> = 1..16;
const KEYS: std::ops::Range<u32> = 16..48;
/// Ids of values: what an answer is one of.
pub const VALUES: std::ops::Range<u32> = 48..80;
/// Size of the vocabulary.
pub const N_VOCAB: usize = 80;
/// Pairs of a window, each of its own key, at most.
pub const PAIRS: usize = 8;
/// Least distance from a key to its question: the value stands between.
pub const NEAREST: usize = 2;
/// Tokens that a window is longer than the distance that is asked about, beyond the training length.
const ROOM: usize = 4 * PAIRS;
/// Windows that are asked at once, tokens.
const TOKENS_PER_CALL: usize = 2_048;
/// Logits that differ by less may come out in the other order where sums are rounded otherwise.
pub const CLOSE: f32 = 1e-3;
/// Seed of the windows that are asked, none that a model is trained with.
const ASKED_SEED: u64 = 1 << 40;

/// Shape of the site's models of this task.
pub fn shape(method: &str) -> ModelConfig {
    ModelConfig {
        n_layer: 2,
        d_model: 64,
        n_head: 8,
        d_ff: 64,
        n_vocab: N_VOCAB,
        method: method.into(),
        train_length: RECALL_TRAINED,
    }
}

/// How they are trained, every method alike.
pub fn recipe(steps: usize) -> Recipe {
    Recipe { tokens_per_step: 2_048, peak_rate: 3e-3, warm_up: 200, weight_decay: 0.05, ..Recipe::published(steps) }
}

/// What a file of weights says of what was trained on.
pub const CORPUS: &str = "keys and values that the program draws: src/train/recall.rs";

/// Shortest windows that there are, tokens.
pub const SHORTEST: usize = 8;

/// The source of windows to train on, each of at least [`SHORTEST`] tokens.
pub struct Recall;

/// A window with its questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Tokens.
    pub tokens: Vec<u32>,
    /// Where a key comes again, how far its first coming stands before, and its value.
    pub questions: Vec<Question>,
}

/// A question of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where the key comes again.
    pub at: usize,
    /// Tokens from its first coming to there.
    pub distance: usize,
    /// The right answer.
    pub value: u32,
}

/// How questions were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Right answers.
    pub right: usize,
    /// Questions.
    pub asked: usize,
    /// Questions whose two highest logits differ by less than [`CLOSE`]: another machine's rounding may decide them otherwise.
    pub close: usize,
}

fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u64::from(rng.next_u32()) * n as u64) >> 32) as usize
}

/// `n` different ones of `of`, in a drawn order.
fn drawn(rng: &mut ChaCha8Rng, of: std::ops::Range<u32>, n: usize) -> Vec<u32> {
    let mut all: Vec<u32> = of.collect();
    for i in 0..n {
        let j = i + below(rng, all.len() - i);
        all.swap(i, j);
    }
    all.truncate(n);
    all
}

/// A window of `length` tokens, at least [`SHORTEST`]. The distances of its questions are `distance` wherever that fits, and where it is absent or
/// fits no more, drawn evenly from all that the window has room for.
pub fn window(rng: &mut ChaCha8Rng, length: usize, distance: Option<usize>) -> Window {
    let mut tokens: Vec<u32> = (0..length).map(|_| FILLERS.start + below(rng, FILLERS.len()) as u32).collect();
    tokens[0] = 0;
    let (keys, values) = (drawn(rng, KEYS, PAIRS), drawn(rng, VALUES, PAIRS));
    let mut wanted: Vec<usize> =
        (0..PAIRS).map(|_| distance.unwrap_or(NEAREST + below(rng, length - 1 - NEAREST))).collect();
    // The longest first: they have the fewest places.
    wanted.sort_unstable_by(|a, b| b.cmp(a));
    let mut free = vec![true; length];
    free[0] = false;
    let mut questions = Vec::with_capacity(PAIRS);
    for ((key, value), wanted) in keys.into_iter().zip(values).zip(wanted) {
        let places = |free: &[bool], d: usize| -> Vec<usize> {
            (1..length.saturating_sub(d)).filter(|&p| free[p] && free[p + 1] && free[p + d]).collect()
        };
        let (mut d, mut fits) = (wanted, places(&free, wanted));
        if fits.is_empty() {
            d = NEAREST + below(rng, length - 1 - NEAREST);
            fits = places(&free, d);
        }
        // A window too full for it has a pair fewer.
        if fits.is_empty() {
            continue;
        }
        let p = fits[below(rng, fits.len())];
        (tokens[p], tokens[p + 1], tokens[p + d]) = (key, value, key);
        for at in [p, p + 1, p + d] {
            free[at] = false;
        }
        questions.push(Question { at: p + d, distance: d, value });
    }
    Window { tokens, questions }
}

/// One window, drawn by its number, for tests.
#[cfg(test)]
pub fn sample(number: u64, length: usize, distance: Option<usize>) -> Window {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    rng.set_stream(number);
    window(&mut rng, length, distance)
}

/// Windows as a batch of equal length; only answers are targets.
fn together(windows: &[Window], length: usize) -> (Segments, Arc<Vec<u32>>) {
    let mut targets = vec![NOT_SCORED; windows.len() * length];
    for (i, window) in windows.iter().enumerate() {
        for question in &window.questions {
            targets[i * length + question.at] = question.value;
        }
    }
    let tokens = windows.iter().flat_map(|w| w.tokens.iter().copied()).collect();
    (Segments { tokens: Arc::new(tokens), n_segment: windows.len(), length }, Arc::new(targets))
}

impl Windows for Recall {
    fn batch(&self, seed: u64, step: usize, n_segment: usize, length: usize) -> (Segments, Arc<Vec<u32>>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step as u64);
        let windows: Vec<Window> = (0..n_segment).map(|_| window(&mut rng, length, None)).collect();
        together(&windows, length)
    }
}

/// How long the windows are that ask about a distance: as in training up to that length, and no longer than needed beyond.
pub fn window_length(distance: usize, train_length: usize) -> usize {
    // The start and the key stand before the distance.
    if distance + 2 <= train_length { train_length } else { distance + ROOM }
}

/// Asks `n` questions at exactly `distance` tokens: an answer is right if the value has the highest of all logits. The
/// questions are the same for every model. The distance is at least [`NEAREST`].
///
/// # Errors
/// If cancelled, or a token is not in the model's vocabulary.
pub async fn ask(
    model: &mut CpuBackend,
    train_length: usize,
    distance: usize,
    n: usize,
    checkpoint: &mut impl Checkpoint,
) -> Result<Counts, EngineError> {
    let length = window_length(distance, train_length);
    let mut rng = ChaCha8Rng::seed_from_u64(ASKED_SEED);
    rng.set_stream(distance as u64);
    let mut counts = Counts::default();
    while counts.asked < n {
        let windows: Vec<Window> =
            (0..(TOKENS_PER_CALL / length).max(1)).map(|_| window(&mut rng, length, Some(distance))).collect();
        let (segments, targets) = together(&windows, length);
        let of_window = |(i, w): (usize, &Window)| {
            let asked = w.questions.iter().filter(|q| q.distance == distance);
            asked.map(|q| i * length + q.at).collect::<Vec<_>>()
        };
        let mut rows: Vec<usize> = windows.iter().enumerate().flat_map(of_window).collect();
        rows.truncate(n - counts.asked);
        for (row, (token, margin)) in rows.iter().zip(model.likeliest(&segments, &rows, checkpoint).await?) {
            counts.right += usize::from(token == targets[*row]);
            counts.close += usize::from(margin < CLOSE);
        }
        counts.asked += rows.len();
    }
    Ok(counts)
}
