//! What is said of slopes: the finding, the drawing's names, the table, a head.

use crate::chart::{SlopeChart, Stem, format_number, format_short};
use crate::position::SlopeOrigin;
use crate::ui::figures::slopes::data::{HeadSlope, base_count, rows};
use crate::ui::figures::slopes::settings::Order;
use crate::ui::format::table::Table;

/// How the drawing is read out.
pub const HINT: &str = "Point at a head, tap it, or move with the arrow keys.";

/// The drawing for those who do not see it.
pub fn drawing(heads: usize) -> String {
    format!("Slopes of {heads} heads on a logarithmic axis")
}

/// A slope in a sentence: as a fraction if it is one over a power of two, else with four digits.
pub fn slope_text(slope: f64) -> String {
    let exponent = -slope.log2();
    if (exponent - exponent.round()).abs() < 1e-9 && (0.0..=62.0).contains(&exponent) {
        let below = 1u64 << exponent.round() as u32;
        return if below == 1 { "1".into() } else { format!("1/{below}") };
    }
    format_short(slope)
}

fn series_text(row: &HeadSlope, base: usize) -> String {
    match row.origin {
        SlopeOrigin::Base { index } => format!("{} of the series for {base}", index + 1),
        SlopeOrigin::Interleaved { index } => format!("{} of the series for {}", index + 1, 2 * base),
    }
}

fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// What the slope set shows, in one sentence.
pub fn finding(heads: usize, order: Order) -> String {
    let base = base_count(heads);
    let rows = rows(heads, order);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return String::new() };
    let (first, last) = (slope_text(first.slope), slope_text(last.slope));
    match heads {
        1 => return format!("1 head: its only slope is {first}, so flat that the head can barely tell near from far."),
        2 => {
            return format!(
                "2 heads: both slopes, {first} and {last}, are flat, so neither head focuses on what is near."
            );
        }
        _ => {}
    }
    if base == heads {
        let ratio = slope_text(rows[1].slope / rows[0].slope);
        return format!("{heads} heads: the slopes fall from {first} to {last}, each {ratio} of the one before.");
    }
    let extra = heads - base;
    if order == Order::Sorted {
        let (own, gap) = ((8.0 / base as f64).exp2(), (4.0 / base as f64).exp2());
        return format!(
            "{heads} heads sorted run from {first} to {last}: the {} taken from the series for {} fill gaps from the steep end, \
             where neighbours differ by a factor of {}, and the rest still differ by {}.",
            plural(extra, "slope"),
            2 * base,
            format_short(gap),
            format_short(own),
        );
    }
    let jump = slope_text(rows[base].slope);
    let taken = match extra {
        1 => format!("the head left over takes the first slope of the series for {}", 2 * base),
        _ => format!("the {extra} heads left over take every second slope of the series for {}", 2 * base),
    };
    format!(
        "{heads} heads: the first {base} slopes fall from {first} to {}, then head {} jumps back to {jump}, because {taken}.",
        slope_text(rows[base - 1].slope),
        base + 1,
    )
}

/// The drawing's values; `chosen` is an index in the order shown.
pub fn chart(heads: usize, order: Order, chosen: Option<usize>) -> SlopeChart {
    let base = base_count(heads);
    let interleaved = |row: &HeadSlope| matches!(row.origin, SlopeOrigin::Interleaved { .. });
    let stems = rows(heads, order)
        .iter()
        .map(|r| Stem { head: r.head, exponent: r.exponent, interleaved: interleaved(r) })
        .collect();
    let second = (base < heads).then(|| format!("from the series for {} heads", 2 * base));
    SlopeChart { stems, names: (format!("from the series for {}", plural(base, "head")), second), chosen }
}

/// The table: one row per head, in the order shown.
pub fn table(heads: usize, order: Order) -> Table {
    let base = base_count(heads);
    Table {
        caption: format!("Slopes of {}", plural(heads, "head")),
        columns: ["Head", "Slope m", "As a power of two", "Taken from"].map(String::from).to_vec(),
        rows: rows(heads, order)
            .iter()
            .map(|r| {
                let power = format!("2^(−{})", format_number(r.exponent));
                vec![r.head.to_string(), format_number(r.slope), power, format!("no. {}", series_text(r, base))]
            })
            .collect(),
    }
}

/// What the figure tells about one head.
pub fn describe(heads: usize, order: Order, chosen: usize) -> Option<String> {
    let rows = rows(heads, order);
    let row = rows.get(chosen)?;
    let (slope, power) = (format_number(row.slope), format_number(row.exponent));
    Some(format!("Head {}: slope {slope} = 2^(−{power}), no. {}", row.head, series_text(row, base_count(heads))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Theme, slopes_to_svg};

    /// Second column of the table.
    fn slopes_shown(heads: usize, order: Order) -> Vec<String> {
        table(heads, order).rows.into_iter().map(|r| r[1].clone()).collect()
    }

    #[test]
    fn the_table_holds_the_golden_slopes() {
        let golden: [(usize, &str); 7] = [
            (1, "0.00390625"),
            (2, "0.0625 0.00390625"),
            (3, "0.0625 0.00390625 0.25"),
            (6, "0.25 0.0625 0.015625 0.00390625 0.5 0.125"),
            (8, "0.5 0.25 0.125 0.0625 0.03125 0.015625 0.0078125 0.00390625"),
            (12, "0.5 0.25 0.125 0.0625 0.03125 0.015625 0.0078125 0.00390625 0.707107 0.353553 0.176777 0.0883883"),
            (
                20,
                "0.707107 0.5 0.353553 0.25 0.176777 0.125 0.0883883 0.0625 0.0441942 0.03125 0.0220971 0.015625 0.0110485 \
                 0.0078125 0.00552427 0.00390625 0.840896 0.594604 0.420448 0.297302",
            ),
        ];
        for (heads, slopes) in golden {
            assert_eq!(
                slopes_shown(heads, Order::Authors),
                slopes.split_whitespace().collect::<Vec<_>>(),
                "{heads} heads"
            );
        }
    }

    #[test]
    fn sorting_keeps_heads_with_their_slopes() {
        let sorted = table(12, Order::Sorted).rows;
        assert_eq!(sorted[0][..3], ["9", "0.707107", "2^(−0.5)"]);
        assert_eq!(sorted[1][..3], ["1", "0.5", "2^(−1)"]);
        assert_eq!(sorted[11][..2], ["8", "0.00390625"]);
    }

    #[test]
    fn findings_follow_the_head_count() {
        let of = |heads| finding(heads, Order::Authors);
        assert_eq!(of(8), "8 heads: the slopes fall from 1/2 to 1/256, each 1/2 of the one before.");
        assert_eq!(of(16), "16 heads: the slopes fall from 0.7071 to 1/256, each 0.7071 of the one before.");
        assert_eq!(
            of(12),
            "12 heads: the first 8 slopes fall from 1/2 to 1/256, then head 9 jumps back to 0.7071, because the 4 heads left \
             over take every second slope of the series for 16."
        );
        assert!(of(3).contains(
            "head 3 jumps back to 1/4, because the head left over takes the first slope of the series for 4"
        ));
        assert!(of(1).contains("its only slope is 1/256"));
        assert!(of(2).contains("1/16 and 1/256"));
    }

    #[test]
    fn the_sorted_finding_gives_the_factors_between_neighbours() {
        let text = finding(12, Order::Sorted);
        assert!(
            text.contains("from 0.7071 to 1/256") && text.contains("factor of 1.414") && text.contains("differ by 2."),
            "{text}"
        );
        let slopes: Vec<f64> = rows(12, Order::Sorted).iter().map(|r| r.slope).collect();
        assert!((slopes[0] / slopes[1] - 1.414).abs() < 1e-3 && (slopes[10] / slopes[11] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_head_is_described_by_what_the_table_holds() {
        let wanted = "Head 9: slope 0.707107 = 2^(−0.5), no. 1 of the series for 16";
        assert_eq!(describe(12, Order::Authors, 8).as_deref(), Some(wanted));
        assert_eq!(describe(12, Order::Sorted, 0).as_deref(), Some(wanted));
        assert_eq!(describe(12, Order::Sorted, 12), None);
    }

    #[test]
    fn drawings() {
        let twelve = slopes_to_svg(&chart(12, Order::Authors, Some(8)), &Theme::LIGHT, (720, 400)).unwrap();
        crate::chart::tests::golden("slopes-12-light.svg", &twelve);
        let many = slopes_to_svg(&chart(64, Order::Sorted, None), &Theme::DARK, (340, 400)).unwrap();
        crate::chart::tests::golden("slopes-64-narrow-dark.svg", &many);
    }
}
