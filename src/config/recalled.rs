//! What is recorded of the models that look values up, and what they are asked.

/// Distances from a key to its question, tokens: to 16 times the training length.
pub const RECALL_DISTANCES: [usize; 15] = [2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024];
/// Questions at each of them.
pub const RECALL_ASKED: usize = 1_200;

/// Length of these models' training inputs, tokens.
pub const RECALL_TRAINED: usize = 64;
/// Training tokens of each.
pub const RECALL_TOKENS: u64 = 5_120_000;

/// One model's right answers, counted natively: `assets/models/recall.csv`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// Id of the position method.
    pub method: String,
    /// One for each of [`RECALL_DISTANCES`].
    pub points: Vec<RecalledPoint>,
}

/// Right answers at one distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecalledPoint {
    /// Tokens from the key to its question.
    pub distance: usize,
    /// Right answers of [`RECALL_ASKED`].
    pub right: usize,
    /// Questions that another machine's rounding may decide otherwise.
    pub close: usize,
}

impl Recalled {
    /// From the file, a row for each model and distance; a row that is none is left out.
    pub fn read(text: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for line in text.lines() {
            let mut cells = line.split(',');
            let method = cells.next().unwrap_or_default();
            let mut number = || cells.next()?.parse().ok();
            let (Some(distance), Some(right), Some(close)) = (number(), number(), number()) else { continue };
            if all.last().is_none_or(|model| model.method != method) {
                all.push(Self { method: method.into(), points: Vec::new() });
            }
            if let Some(model) = all.last_mut() {
                model.points.push(RecalledPoint { distance, right, close });
            }
        }
        all
    }
}
