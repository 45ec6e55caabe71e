//! What tells one series from another: colour, and without colour its dash and its marker.

/// Shape drawn at each point of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Filled disc.
    Disc,
    /// Filled square.
    Square,
    /// Filled triangle, point up.
    Triangle,
    /// Filled diamond.
    Diamond,
    /// Two crossed diagonal strokes.
    Cross,
    /// Circle, empty.
    Ring,
    /// Upright cross.
    Plus,
    /// Filled triangle, point down.
    Wedge,
}

/// How a series is drawn apart from its colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Lengths of strokes and gaps in turn, CSS pixels; empty for a solid line.
    pub dash: &'static [f64],
    /// Shape at each point.
    pub marker: Marker,
}

/// Palette indices that series of a kind have to themselves, as methods do.
pub const KINDS: usize = 8;

/// Palette indices of an ordered set, as of lengths: one hue, further from the paper at each step.
pub const STEPS: [usize; 4] = [KINDS, KINDS + 1, KINDS + 2, KINDS + 3];

/// The style of each palette index; the colour is in the theme under the same index.
pub const STYLES: [Style; KINDS + STEPS.len()] = [
    Style { dash: &[7.0, 3.0], marker: Marker::Square },
    Style { dash: &[2.0, 3.0], marker: Marker::Triangle },
    Style { dash: &[10.0, 3.0, 2.0, 3.0], marker: Marker::Diamond },
    Style { dash: &[], marker: Marker::Disc },
    Style { dash: &[4.0, 4.0], marker: Marker::Cross },
    Style { dash: &[14.0, 4.0], marker: Marker::Ring },
    Style { dash: &[2.0, 2.0, 6.0, 2.0], marker: Marker::Plus },
    Style { dash: &[1.0, 4.0], marker: Marker::Wedge },
    Style { dash: &[2.0, 3.0], marker: Marker::Triangle },
    Style { dash: &[4.0, 4.0], marker: Marker::Square },
    Style { dash: &[10.0, 3.0], marker: Marker::Diamond },
    Style { dash: &[], marker: Marker::Ring },
];

/// Palette index of a position method; methods not known here share the last.
pub fn style_of(method_id: &str) -> usize {
    crate::position::METHODS.iter().position(|m| m.id() == method_id).map_or(KINDS - 1, |i| i % KINDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_differ_without_colour() {
        for set in [&STYLES[..KINDS], &STYLES[KINDS..]] {
            for (i, a) in set.iter().enumerate() {
                for b in &set[..i] {
                    assert_ne!(a.dash, b.dash);
                    assert_ne!(a.marker, b.marker);
                }
            }
        }
    }

    #[test]
    fn every_method_has_its_own_style_and_alibi_the_solid_line() {
        let styles: std::collections::BTreeSet<_> = crate::position::METHODS.iter().map(|m| style_of(m.id())).collect();
        assert_eq!(styles.len(), crate::position::METHODS.len());
        assert!(STYLES[style_of("alibi")].dash.is_empty());
        assert_eq!(style_of("no such method"), KINDS - 1);
    }
}
