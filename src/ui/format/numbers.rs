//! Numbers and times as the reader sees them.

pub use crate::chart::grouped;

/// A perplexity as the reader sees it: about four figures, "diverged" where it is not finite.
pub fn show_perplexity(value: f64) -> String {
    match value {
        v if !v.is_finite() => "diverged".into(),
        v if v < 100.0 => format!("{v:.2}"),
        v if v < 1_000.0 => format!("{v:.1}"),
        v if v < 1e9 => thousands(v.round() as u64),
        v => format!("{v:.2e}"),
    }
}

/// A number with three decimals, "diverged" where it is not finite.
pub fn show_3(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { "diverged".into() }
}

/// A share in per cent with one decimal, "diverged" where it is not finite.
pub fn show_percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", 100.0 * share) } else { "diverged".into() }
}

/// A whole number with commas between thousands.
pub fn thousands(value: u64) -> String {
    grouped(&value.to_string())
}

/// A time in words: "under a second", "12 s", "3 min", "1.5 h".
pub fn show_seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "under a second".into(),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// A small number in powers of ten.
pub fn show_tiny(value: f32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let text = format!("{value:.1e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let raised: String = exponent.chars().map(raise).collect();
    // One word: the line must not break in it.
    format!("{mantissa}\u{a0}×\u{a0}10{raised}")
}

fn raise(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32('⁰' as u32 + c as u32 - '0' as u32).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_what_matters() {
        assert_eq!(show_seconds(14.2), "14 s");
        assert_eq!(show_seconds(0.4), "under a second");
        assert_eq!(show_seconds(600.0), "10 min");
        assert_eq!(show_seconds(7_200.0), "2.0 h");
    }

    #[test]
    fn small_numbers_are_written_in_powers_of_ten_without_a_place_to_break() {
        let shown = [5.96e-8, 1.2e-10, 0.0, f32::NAN].map(show_tiny);
        assert_eq!(shown, ["6.0\u{a0}×\u{a0}10⁻⁸", "1.2\u{a0}×\u{a0}10⁻¹⁰", "0", "NaN"]);
    }

    #[test]
    fn perplexities_are_shown_to_four_figures() {
        let shown = [20.9449, 97.349, 112.36, 1_234.5, 30_046.4].map(show_perplexity);
        assert_eq!(shown, ["20.94", "97.35", "112.4", "1,235", "30,046"]);
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(16_384_000), "16,384,000");
        let written = ["4096", "−12345.6789", "999.1234", "0.00001", "1000", "−100", "not finite", "-0.5"].map(grouped);
        assert_eq!(written, ["4,096", "−12,345.6789", "999.1234", "0.00001", "1,000", "−100", "not finite", "-0.5"]);
    }
}
