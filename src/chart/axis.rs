//! Axes: from values to positions, and which values get a label.

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps.
    Linear,
    /// Equal ratios, labelled at powers of two.
    Log2,
    /// Equal ratios, labelled at 1, 2 and 5 times powers of ten.
    Log10,
}

/// One axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Title with the unit.
    pub label: String,
    /// Spread of values.
    pub scale: Scale,
    /// Smallest and largest value shown; taken from the data if absent.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// Smallest and largest value to show for these values: the range asked for, or that of the data, widened by
    /// `margin` of its span on both sides. Values that cannot stand on this axis are left out.
    pub fn extent(&self, values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
        if let Some((low, high)) = self.range.filter(|r| self.holds(r.0) && self.holds(r.1) && r.0 < r.1) {
            return (low, high);
        }
        let (low, high) = values
            .filter(|v| self.holds(*v))
            .map(|v| self.forward(v))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return (1.0, 10.0);
        }
        // A single value still needs a span to stand in.
        let margin = if high > low { (high - low) * margin } else { high.abs().max(1.0) * 0.1 };
        (self.backward(low - margin), self.backward(high + margin))
    }

    /// Share (0 to 1) of the axis at which a value stands; outside that beyond the ends. Not finite for values that
    /// cannot stand on this axis.
    pub fn share(&self, value: f64, (low, high): (f64, f64)) -> f64 {
        let (low, high) = (self.forward(low), self.forward(high));
        (self.forward(value) - low) / (high - low)
    }

    /// Values that get a label, ascending, about `count` or fewer.
    pub fn ticks(&self, (low, high): (f64, f64), count: usize) -> Vec<f64> {
        let count = count.max(2);
        let ticks = match self.scale {
            Scale::Linear => Vec::new(),
            Scale::Log2 => {
                // Ends come from arithmetic in logarithms: a power of two must not be missed by its last bit.
                let (first, last) = ((low.log2() - 1e-9).ceil() as i32, (high.log2() + 1e-9).floor() as i32);
                let step = ((last - first + 1) as f64 / count as f64).ceil().max(1.0) as i32;
                (first..=last).filter(|e| (e - first) % step == 0).map(|e| f64::from(e).exp2()).collect()
            }
            Scale::Log10 => {
                let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
                let within = |factors: &[f64]| -> Vec<f64> {
                    (first..=last)
                        .flat_map(|e| factors.iter().map(move |f| f * 10f64.powi(e)))
                        .filter(|v| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9))
                        .collect()
                };
                let found = [&[1.0, 2.0, 3.0, 5.0, 7.0][..], &[1.0, 2.0, 5.0], &[1.0]]
                    .into_iter()
                    .map(within)
                    .find(|t| t.len() <= count && t.len() >= 3);
                // Little room for a decade or two: every second or third, which still stand as far apart as they look.
                let thinned = || {
                    let all = within(&[1.0, 2.0, 5.0]);
                    let step = all.len().div_ceil(count).max(1);
                    let kept: Vec<f64> = all.iter().copied().step_by(step).collect();
                    (all.len() >= 3 && kept.len() >= 2).then_some(kept)
                };
                return found.or_else(thinned).unwrap_or_else(|| even_ticks(low, high, count));
            }
        };
        if ticks.len() >= 3 { ticks } else { even_ticks(low, high, count) }
    }

    /// The value at a share of the axis, 0 to 1; beyond the ends, that of the end.
    pub fn value(&self, share: f64, (low, high): (f64, f64)) -> f64 {
        let (from, to) = (self.forward(low), self.forward(high));
        match share {
            // The ends themselves, without the rounding of the way there and back.
            s if s <= 0.0 => low,
            s if s >= 1.0 => high,
            s => self.backward(from + s * (to - from)),
        }
    }

    /// Whether a value can stand on this axis.
    fn holds(&self, value: f64) -> bool {
        value.is_finite() && (self.scale == Scale::Linear || value > 0.0)
    }

    fn forward(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log2 => value.log2(),
            Scale::Log10 => value.log10(),
        }
    }

    fn backward(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log2 => value.exp2(),
            Scale::Log10 => 10f64.powf(value),
        }
    }
}

/// Multiples of 1, 2 or 5 times a power of ten between two values.
fn even_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let raw = (high - low) / count as f64;
    if !raw.is_finite() || raw <= 0.0 {
        return vec![low];
    }
    let power = 10f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|s| *s >= raw * (1.0 - 1e-9)).unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A number as a label: no exponent, no thousands separator, at most six significant digits, no trailing zeros.
pub fn format_number(value: f64) -> String {
    format_digits(value, 6)
}

/// A number in a sentence or a table: as [`format_number`], with four significant digits.
pub fn format_short(value: f64) -> String {
    format_digits(value, 4)
}

/// A number that is written already, with commas between the thousands before its point.
pub fn grouped(number: &str) -> String {
    let whole = number.bytes().position(|b| b == b'.').unwrap_or(number.len());
    let mut out = String::with_capacity(number.len() + whole / 3);
    for (i, c) in number.char_indices() {
        if i > 0 && i < whole && (whole - i).is_multiple_of(3) && out.ends_with(|c: char| c.is_ascii_digit()) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A number beside an axis: as [`format_number`], with commas between the thousands.
pub fn format_tick(value: f64) -> String {
    grouped(&format_number(value))
}

/// `significant` digits at most, but no digit before the point is ever dropped.
fn format_digits(value: f64, significant: i32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return "not finite".into();
    }
    let digits = (significant - 1 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale) -> Axis {
        Axis { label: String::new(), scale, range: None }
    }

    #[test]
    fn lengths_are_labelled_at_powers_of_two() {
        let ticks = axis(Scale::Log2).ticks((32.0, 16_384.0), 12);
        let labels: Vec<_> = ticks.into_iter().map(format_number).collect();
        assert_eq!(labels, ["32", "64", "128", "256", "512", "1024", "2048", "4096", "8192", "16384"]);
    }

    #[test]
    fn crowded_powers_of_two_are_thinned_evenly() {
        assert_eq!(axis(Scale::Log2).ticks((32.0, 16_384.0), 5), [32.0, 128.0, 512.0, 2048.0, 8192.0]);
    }

    #[test]
    fn decades_get_ones_twos_and_fives() {
        assert_eq!(axis(Scale::Log10).ticks((18.0, 460.0), 6), [20.0, 50.0, 100.0, 200.0]);
    }

    #[test]
    fn little_room_keeps_labels_over_the_whole_of_a_logarithmic_axis() {
        assert_eq!(axis(Scale::Log10).ticks((10.0, 200.0), 3), [10.0, 50.0, 200.0]);
        assert_eq!(axis(Scale::Log10).ticks((12.0, 150.0), 2), [20.0, 100.0]);
        assert_eq!(axis(Scale::Log10).ticks((1.0, 5_000.0), 3), [1.0, 20.0, 500.0]);
    }

    #[test]
    fn a_narrow_logarithmic_axis_falls_back_to_even_steps() {
        assert_eq!(axis(Scale::Log10).ticks((20.5, 24.2), 5), [21.0, 22.0, 23.0, 24.0]);
        assert_eq!(axis(Scale::Log2).ticks((10.0, 14.0), 5), [10.0, 11.0, 12.0, 13.0, 14.0]);
    }

    #[test]
    fn values_that_a_logarithm_cannot_hold_do_not_widen_the_axis() {
        let values = [0.0, -3.0, f64::NAN, f64::INFINITY, 8.0, 32.0];
        let (low, high) = axis(Scale::Log2).extent(values.into_iter(), 0.0);
        assert!((low - 8.0).abs() < 1e-9 && (high - 32.0).abs() < 1e-9);
        assert_eq!(axis(Scale::Log10).extent([f64::NAN].into_iter(), 0.1), (1.0, 10.0));
    }

    #[test]
    fn a_logarithmic_axis_puts_the_geometric_mean_in_the_middle() {
        assert!((axis(Scale::Log10).share(10.0, (1.0, 100.0)) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn numbers_are_plain() {
        for (value, text) in [
            (16_384.0, "16384"),
            (0.5, "0.5"),
            (-4.5, "−4.5"),
            (0.0, "0"),
            (0.5f64.sqrt(), "0.707107"),
            (1e7, "10000000"),
        ] {
            assert_eq!(format_number(value), text);
        }
        assert_eq!([16_384.0, -4_096.0, 512.0].map(format_tick), ["16,384", "−4,096", "512"]);
        assert_eq!(format_short(20.953_1), "20.95");
        assert_eq!(format_short(0.003_906_25), "0.003906");
        assert_eq!(format_short(16_384.4), "16384");
    }
}
