//! What is measured of early tokens, and losses by groups of positions.

use crate::protocol::Stretch;
use crate::ui::figure::spec::Answer;

/// Input lengths of the curves, tokens.
pub(super) const LENGTHS: [usize; 6] = [64, 128, 256, 512, 1_024, 2_048];
/// Targets of every point of the curves.
pub(super) const TARGETS: usize = 4_096;
/// Context that counts as little, tokens: the first author's example.
pub(super) const LITTLE: usize = 100;

/// Tokens of context with which the loss of this page's models is almost flat.
pub(super) const HARDLY_ANY: usize = 10;

/// Share of predictions of a nonoverlapping evaluation that have at most so many tokens of context.
pub(super) fn share_with(context: usize, length: usize) -> f64 {
    context.min(length) as f64 / length as f64
}

/// That with at most [`LITTLE`].
pub(super) fn share(length: usize) -> f64 {
    share_with(LITTLE, length)
}

/// A group of positions, from 0.
pub(super) struct Group {
    /// First.
    pub(super) low: usize,
    /// One past the last.
    pub(super) high: usize,
    /// Mean loss, nats.
    pub(super) loss: f64,
    /// Its standard error, nats.
    pub(super) error: Option<f64>,
}

/// Positions grouped by powers of two: 0, 1, 2–3, 4–7, …
pub(super) fn groups(length: usize) -> Vec<(usize, usize)> {
    let mut out = vec![(0, 1)];
    let mut low = 1;
    while low < length {
        out.push((low, (2 * low).min(length)));
        low *= 2;
    }
    out
}

/// Mean loss over positions `low..high` of the answer to a [`crate::protocol::Task::ScoreByPosition`] for inputs of `length`.
pub(super) fn mean(answer: &Answer, length: usize, low: usize, high: usize) -> Option<f64> {
    let (means, counts) = Stretch { length, ..Default::default() }.positions(&answer.values)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for i in low..high.min(length) {
        let n = f64::from(*counts.get(i)?);
        if n > 0.0 {
            sum += f64::from(means[i]) * n;
            count += n;
        }
    }
    (count > 0.0).then_some(sum / count)
}

/// Standard error of [`mean`], from how much the means of the positions differ within the group: each has targets of its
/// own. Absent below four positions.
pub(super) fn error(answer: &Answer, length: usize, low: usize, high: usize) -> Option<f64> {
    let (means, counts) = Stretch { length, ..Default::default() }.positions(&answer.values)?;
    let counted = || (low..high.min(length)).filter(|&i| counts.get(i).is_some_and(|n| *n > 0.0));
    let (n, centre) = (counted().count() as f64, mean(answer, length, low, high)?);
    let squares: f64 = counted().map(|i| (f64::from(means[i]) - centre).powi(2)).sum();
    (n >= 4.0).then(|| (squares / (n - 1.0) / n).sqrt())
}
