//! Colours of a drawing, light and dark.

use super::palette::STYLES;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// The colour `share` of the way from here to `other`; `share` from 0 to 1.
    pub fn towards(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// Colours of one appearance of the page. Every text and line colour has a contrast of at least 4.5 to `paper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Background that the colours are chosen for.
    pub paper: Colour,
    /// Titles and marks.
    pub ink: Colour,
    /// Tick labels.
    pub muted: Colour,
    /// Grid lines; quiet on purpose, since every gridded value also has a label.
    pub grid: Colour,
    /// Colour of each palette index.
    pub palette: [Colour; STYLES.len()],
    /// Colour scale of the bias, from 0 to the largest magnitude.
    pub ramp: [Colour; 5],
    /// Cells that the causal mask forbids: base colour and the stripes over it.
    pub mask: [Colour; 2],
}

impl Theme {
    /// Dark on light.
    pub const LIGHT: Self = Self {
        paper: Colour(255, 255, 255),
        ink: Colour(28, 30, 34),
        muted: Colour(84, 88, 96),
        grid: Colour(222, 224, 228),
        palette: [
            Colour(179, 38, 30),
            Colour(138, 83, 0),
            Colour(27, 110, 60),
            Colour(31, 79, 216),
            Colour(95, 99, 104),
            Colour(123, 46, 168),
            Colour(0, 112, 127),
            Colour(168, 51, 111),
            Colour(0, 122, 138),
            Colour(0, 96, 113),
            Colour(0, 69, 86),
            Colour(0, 40, 54),
        ],
        ramp: [
            Colour(253, 231, 176),
            Colour(244, 166, 118),
            Colour(203, 88, 107),
            Colour(119, 42, 114),
            Colour(33, 14, 66),
        ],
        mask: [Colour(236, 238, 241), Colour(196, 200, 207)],
    };

    /// Light on dark.
    pub const DARK: Self = Self {
        paper: Colour(20, 23, 28),
        ink: Colour(235, 237, 240),
        muted: Colour(172, 178, 188),
        grid: Colour(52, 57, 66),
        palette: [
            Colour(255, 138, 128),
            Colour(255, 180, 84),
            Colour(123, 216, 143),
            Colour(130, 170, 255),
            Colour(176, 180, 186),
            Colour(214, 163, 255),
            Colour(95, 215, 224),
            Colour(255, 156, 207),
            Colour(52, 145, 160),
            Colour(80, 178, 192),
            Colour(126, 210, 220),
            Colour(196, 243, 247),
        ],
        ramp: [
            Colour(253, 231, 176),
            Colour(244, 166, 118),
            Colour(203, 88, 107),
            Colour(119, 42, 114),
            Colour(58, 24, 104),
        ],
        mask: [Colour(30, 34, 41), Colour(64, 70, 81)],
    };

    /// Colour of a palette index; indices wrap.
    pub fn style_colour(&self, style: usize) -> Colour {
        self.palette[style % self.palette.len()]
    }

    /// The colour scale as the stops of a CSS gradient, each after a comma.
    pub fn css_ramp(&self) -> String {
        self.ramp.iter().map(|c| format!(",rgb({},{},{})", c.0, c.1, c.2)).collect()
    }

    /// Colour of a share (0 to 1) of the largest bias magnitude.
    pub fn ramp_colour(&self, share: f64) -> Colour {
        let at = share.clamp(0.0, 1.0) * (self.ramp.len() - 1) as f64;
        let i = (at as usize).min(self.ramp.len() - 2);
        self.ramp[i].towards(self.ramp[i + 1], at - i as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::palette::STEPS;
    use super::*;

    /// Contrast ratio of WCAG 2.
    fn contrast(a: Colour, b: Colour) -> f64 {
        let luminance = |c: Colour| {
            let part = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(c.0) + 0.7152 * part(c.1) + 0.0722 * part(c.2)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_lines_stand_out_from_the_paper() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for colour in theme.palette.iter().chain([&theme.ink, &theme.muted]) {
                let ratio = contrast(*colour, theme.paper);
                assert!(ratio >= 4.5, "{colour:?} on {:?}: {ratio:.2}", theme.paper);
            }
        }
    }

    #[test]
    fn steps_of_an_ordered_set_go_away_from_the_paper() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            let away = STEPS.map(|style| contrast(theme.style_colour(style), theme.paper));
            assert!(away.windows(2).all(|w| w[1] > 1.25 * w[0]), "{away:?}");
        }
    }

    #[test]
    fn masked_cells_cannot_be_taken_for_a_bias() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for step in 0..=100 {
                let cell = theme.ramp_colour(f64::from(step) / 100.0);
                for mask in theme.mask {
                    let far = [cell.0.abs_diff(mask.0), cell.1.abs_diff(mask.1), cell.2.abs_diff(mask.2)];
                    assert!(far.into_iter().max() >= Some(20), "{cell:?} {mask:?}");
                }
            }
        }
    }
}
