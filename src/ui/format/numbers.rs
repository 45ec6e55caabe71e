//! Numbers and times as the reader sees them.

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
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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
    fn perplexities_are_shown_to_four_figures() {
        let shown = [20.9449, 97.349, 112.36, 1_234.5, 30_046.4].map(show_perplexity);
        assert_eq!(shown, ["20.94", "97.35", "112.4", "1,235", "30,046"]);
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(16_384_000), "16,384,000");
    }
}
