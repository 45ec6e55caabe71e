//! What is said of the four keys: the finding, the names of rows and sliders, the table.

use super::data::{KEYS, Key};
use super::settings::Slope;
use crate::chart::{Bar, BarChart, format_number};
use crate::ui::format::numbers::show_percent;
use crate::ui::format::table::Table;

/// Title.
pub const TITLE: &str = "Four keys and a slope";
/// Question.
pub const QUESTION: &str = "What does ALiBi change?";
/// Row of the keys.
pub const KEY: &str = "Key";
/// Row of the scores.
pub const SCORE: &str = "Score";
/// Row of the bias.
pub const BIAS: &str = "− slope × distance";
/// Row of the sums.
pub const SUM: &str = "Sum";
/// Row of the weights.
pub const WEIGHT: &str = "Share of the attention";
/// The weights without the bias, in the legend.
pub const BARE: &str = "without a bias";
/// The weights with it, in the legend.
pub const BIASED: &str = "with it";
/// Sets everything as it was at first.
pub const RESET: &str = "Start again";

/// How far back a key stands.
pub fn back(distance: usize) -> String {
    if distance == 0 { "the query itself".into() } else { format!("{distance} back") }
}

/// A key's number, from 1.
pub fn name(place: usize) -> String {
    format!("{KEY} {}", place + 1)
}

/// A share in whole per cent; what rounds to nothing is not called nothing.
pub fn share(weight: f64) -> String {
    if weight < 0.005 { "<1 %".into() } else { format!("{:.0} %", 100.0 * weight) }
}

/// The share without the bias.
pub fn was(weight: f64) -> String {
    format!("was {}", share(weight))
}

/// A term in the calculation: three decimals at most.
pub fn term(value: f64) -> String {
    format_number((1_000.0 * value).round() / 1_000.0)
}

/// What became of a share.
fn moved(before: f64, after: f64, verb: &str) -> String {
    let (was, is) = (share(before), share(after));
    if was == is { format!("stays at {is}") } else { format!("{verb} from {was} to {is}") }
}

/// What the slope does, in one sentence.
pub fn finding(slope: Slope, keys: &[Key; KEYS]) -> String {
    let (far, own) = (&keys[0], &keys[KEYS - 1]);
    if slope.number() == 0.0 {
        return format!(
            "With a slope of 0 nothing is taken off: the key {} back keeps its {}, the query’s own its {}.",
            far.distance,
            share(far.bare),
            share(own.bare)
        );
    }
    format!(
        "With a slope of {}, the key {} back {} of the attention, and the query’s own {}.",
        slope.label(),
        far.distance,
        moved(far.bare, far.weight, "falls"),
        moved(own.bare, own.weight, "rises"),
    )
}

/// The numbers.
pub fn table(slope: Slope, keys: &[Key; KEYS]) -> Table {
    let row = |(place, key): (usize, &Key)| {
        vec![
            (place + 1).to_string(),
            key.distance.to_string(),
            format_number(key.score),
            format_number(key.bias),
            format_number(key.sum()),
            show_percent(key.bare),
            show_percent(key.weight),
        ]
    };
    Table {
        caption: format!("One query and its keys under a slope of {}", slope.label()),
        columns: ["key", "distance", "score", "− slope × distance", "sum", "share without a bias", "share"]
            .map(String::from)
            .to_vec(),
        rows: keys.iter().enumerate().map(row).collect(),
    }
}

/// The drawing that can be taken away.
pub fn chart(slope: Slope, keys: &[Key; KEYS]) -> BarChart {
    let bars = |(place, key): (usize, &Key)| {
        let bar = |name: String, value: f64, style| Bar { name, value, shown: share(value), style };
        let named = format!("{}, {}", name(place), back(key.distance));
        [bar(format!("{named}, {BARE}"), key.bare, 4), bar(format!("{named}, {BIASED}"), key.weight, 3)]
    };
    BarChart {
        label: format!("{WEIGHT}, slope {}", slope.label()),
        bars: keys.iter().enumerate().flat_map(bars).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::keys;
    use super::super::settings::SLOPES;
    use super::*;

    fn slope(label: &str) -> Slope {
        Slope(SLOPES.iter().position(|s| s.1 == label).unwrap())
    }

    fn said(label: &str, scores: [f64; KEYS]) -> String {
        finding(slope(label), &keys(scores, slope(label).number()))
    }

    #[test]
    fn the_finding_follows_slope_and_scores() {
        let first = [2.0, 0.0, 1.0, 1.0];
        assert_eq!(
            said("1/2", first),
            "With a slope of 1/2, the key 3 back falls from 53 % to 26 % of the attention, and the query’s own rises from \
             20 % to 43 %."
        );
        assert_eq!(
            said("1/256", first),
            "With a slope of 1/256, the key 3 back stays at 53 % of the attention, and the query’s own stays at 20 %."
        );
        assert!(said("0", first).starts_with("With a slope of 0 nothing is taken off: the key 3 back keeps its 53 %"));
        assert!(said("1", [-2.0, 4.0, 4.0, 4.0]).contains("the key 3 back stays at <1 % of"));
    }

    #[test]
    fn the_table_holds_every_step() {
        let table = table(slope("1/2"), &keys([2.0, 0.0, 1.0, 1.0], 0.5));
        assert_eq!(table.rows[0], ["1", "3", "2", "−1.5", "0.5", "53.4 %", "25.8 %"]);
        assert_eq!(table.rows[3], ["4", "0", "1", "0", "1", "19.7 %", "42.6 %"]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }

    #[test]
    fn terms_are_short() {
        assert_eq!([-3.0 / 256.0, 2.0 - 3.0 / 256.0, 0.0, -1.5].map(term), ["−0.012", "1.988", "0", "−1.5"]);
    }
}
