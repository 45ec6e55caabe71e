//! What the figure `idea` shows, as plain values: one query, the keys that it sees, and what a slope does to their weights.

/// Keys that the query sees; the last is its own.
pub(super) const KEYS: usize = 4;

/// One key.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Key {
    /// Steps back from the query.
    pub(super) distance: usize,
    /// Score before the bias.
    pub(super) score: f64,
    /// What is added to it: −slope × distance.
    pub(super) bias: f64,
    /// Share of the attention by the score alone.
    pub(super) bare: f64,
    /// Share of the attention with the bias.
    pub(super) weight: f64,
}

impl Key {
    /// Score and bias.
    pub(super) fn sum(&self) -> f64 {
        self.score + self.bias
    }
}

/// The keys under a slope, the furthest first.
pub(super) fn keys(scores: [f64; KEYS], slope: f64) -> [Key; KEYS] {
    // From 0, so that a distance or a slope of nothing gives no negative zero.
    let bias: [f64; KEYS] = std::array::from_fn(|k| 0.0 - slope * (KEYS - 1 - k) as f64);
    let (bare, weights) = (softmax(scores), softmax(std::array::from_fn(|k| scores[k] + bias[k])));
    std::array::from_fn(|k| Key {
        distance: KEYS - 1 - k,
        score: scores[k],
        bias: bias[k],
        bare: bare[k],
        weight: weights[k],
    })
}

/// Shares that add up to 1. The largest is taken off first, so that nothing overflows.
fn softmax(scores: [f64; KEYS]) -> [f64; KEYS] {
    let most = scores.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let raised = scores.map(|s| (s - most).exp());
    let total: f64 = raised.iter().sum();
    raised.map(|r| r / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::figures::idea::settings::{SCORES, SLOPES};

    fn percent(keys: [Key; KEYS], of: impl Fn(&Key) -> f64) -> [f64; KEYS] {
        keys.map(|key| (100.0 * of(&key)).round())
    }

    #[test]
    fn the_numbers_of_the_text() {
        let keys = |slope| keys([2.0, 0.0, 1.0, 1.0], slope);
        assert_eq!(percent(keys(0.5), |k| k.bare), [53.0, 7.0, 20.0, 20.0]);
        assert_eq!(keys(0.5).map(|k| k.bias), [-1.5, -1.0, -0.5, 0.0]);
        assert_eq!(keys(0.5).map(|k| k.sum()), [0.5, -1.0, 0.5, 1.0]);
        assert_eq!(percent(keys(0.5), |k| k.weight), [26.0, 6.0, 26.0, 43.0]);
        // The flattest slope of eight heads changes no weight by more than a quarter of a per cent.
        assert_eq!(percent(keys(1.0 / 256.0), |k| k.weight), [53.0, 7.0, 20.0, 20.0]);
        assert!(keys(1.0 / 256.0).iter().all(|k| (k.weight - k.bare).abs() < 0.0025));
        assert_eq!(keys(0.0).map(|k| k.weight), keys(0.0).map(|k| k.bare));
    }

    /// The shares worked out by hand, over their sums: with slope 1/2 the scores become 1/2, −1, 1/2 and 1.
    #[test]
    fn the_weights_are_the_softmax_of_the_sums() {
        let e = std::f64::consts::E;
        let (bare, with) = (e * e + 1.0 + 2.0 * e, 2.0 * e.sqrt() + 1.0 / e + e);
        let keys = keys([2.0, 0.0, 1.0, 1.0], 0.5);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a}, {b}");
        near(keys[0].bare, e * e / bare);
        near(keys[0].weight, e.sqrt() / with);
        near(keys[1].weight, 1.0 / e / with);
        near(keys[3].weight, e / with);
    }

    /// What the finding says holds for whatever can be set: shares add up, the furthest never gains, the query's own never
    /// loses.
    #[test]
    fn a_slope_takes_from_the_furthest_and_gives_to_the_nearest() {
        let scores: Vec<f64> = SCORES.iter().map(|s| s.0.parse().unwrap()).collect();
        for (slope, _) in SLOPES {
            for &a in &scores {
                for &b in &scores {
                    let keys = keys([a, b, 0.0, -a], slope.parse().unwrap());
                    let total: f64 = keys.iter().map(|k| k.weight).sum();
                    let bare: f64 = keys.iter().map(|k| k.bare).sum();
                    assert!((total - 1.0).abs() < 1e-12 && (bare - 1.0).abs() < 1e-12, "{keys:?}");
                    assert!(keys[0].weight <= keys[0].bare + 1e-12, "{keys:?}");
                    assert!(keys[KEYS - 1].weight >= keys[KEYS - 1].bare - 1e-12, "{keys:?}");
                }
            }
        }
    }
}
