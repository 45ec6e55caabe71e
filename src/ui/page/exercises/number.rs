//! A number as readers write one: with a point or a comma, in per cent, as a fraction, as a power.

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// The number before any sign of per cent.
    pub value: f64,
    /// Whether a sign of per cent stood behind it.
    pub percent: bool,
}

/// Reads a number; none where there is none, or none that is finite.
pub fn read(text: &str) -> Option<Written> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '−' { '-' } else { c }).collect();
    let text = text.trim_start_matches(['=', '≈', '~']);
    let (text, percent) = match text.strip_suffix('%') {
        Some(text) => (text, true),
        None => (text.trim_end_matches("tokens").trim_end_matches("token"), false),
    };
    let value = match text.split_once(['/', '÷']) {
        Some((above, below)) => power(above)? / power(below)?,
        None => power(text)?,
    };
    value.is_finite().then_some(Written { value, percent })
}

/// `2^-3`, `2^(-3)`, or a number.
fn power(text: &str) -> Option<f64> {
    let Some((base, exponent)) = text.split_once('^') else { return decimal(text) };
    let bare = exponent.strip_prefix('(').and_then(|e| e.strip_suffix(')')).unwrap_or(exponent);
    Some(decimal(base)?.powf(decimal(bare)?))
}

/// Digits with at most one point or comma, a sign before them and a power of ten behind. By hand: the standard library's
/// reader is exact to the last digit, and costs the page as much as a figure.
fn decimal(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i16>().ok()?),
        None => (digits, 0),
    };
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let all = || whole.bytes().chain(part.bytes());
    if all().next().is_none() || !all().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mantissa = all().fold(0.0, |n, b| 10.0 * n + f64::from(b - b'0'));
    let places = i32::try_from(part.len()).ok()?;
    Some(sign * mantissa / 10_f64.powi(places) * 10_f64.powi(exponent.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let plain = ["0.125", "0,125", ".125", ",125", "1/8", " 1 / 8 ", "2^-3", "2^(−3)", "12.5e-2", "+0.125", "=1/8"];
        for text in plain {
            assert_eq!(read(text), Some(Written { value: 0.125, percent: false }), "{text}");
        }
        for text in ["19,5 %", "19.5%", "19.5\u{a0}%"] {
            assert_eq!(read(text), Some(Written { value: 19.5, percent: true }), "{text}");
        }
        assert_eq!(read("74 tokens").map(|w| w.value), Some(74.0));
        assert_eq!(read("−1.5").map(|w| w.value), Some(-1.5));
    }

    #[test]
    fn what_is_no_number_is_none() {
        let odd = [
            "", " ", "x", "1e999", "-1e999", "1e99999", "NaN", "inf", "1,234.5", "1.2.3", "1/0", "0/0", "/", "^", "2^",
            "%", "-", "e5", "٣", "0x10",
        ];
        for text in odd {
            assert_eq!(read(text), None, "{text}");
        }
    }

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}") {
            if let Some(written) = read(&text) {
                prop_assert!(written.value.is_finite());
            }
        }

        #[test]
        fn any_number_comes_back_as_it_was_written(number in -1e6..1e6_f64) {
            let written = format!("{number:.4}").replace('.', ",");
            let back = read(&written).unwrap().value;
            prop_assert!((back - number).abs() < 1e-4, "{written}: {back}");
        }
    }
}
