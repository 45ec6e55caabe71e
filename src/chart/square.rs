//! A causal matrix as a picture: one pixel per query and key.

use super::png;
use super::raster::Raster;
use super::theme::Theme;

/// Levels of the colour scale; the last palette entry is the mask's.
const LEVELS: usize = 255;

/// The picture of `values`, `[side, side]` row by row (rows are queries), as a `data:` URL: `low` and `high` are the ends of
/// the colour scale, what lies beyond is drawn like them, what is no number or after the query like the mask.
pub fn square(values: &[f32], side: usize, (low, high): (f32, f32), theme: &Theme) -> String {
    let level = |v: f32| (((v - low) / (high - low)).clamp(0.0, 1.0) * (LEVELS - 1) as f32).round() as u8;
    let pixel = |(i, v): (usize, &f32)| if i % side > i / side || v.is_nan() { LEVELS as u8 } else { level(*v) };
    let ramp = (0..LEVELS).map(|i| theme.ramp_colour(i as f64 / (LEVELS - 1) as f64));
    png::data_url(&Raster {
        side,
        pixels: values.iter().take(side * side).enumerate().map(pixel).collect(),
        palette: ramp.chain([theme.mask[0]]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::png::encode;

    #[test]
    fn cells_have_the_colours_of_their_values_and_the_future_the_masks() {
        let values = [0.0, 9.0, 0.5, 1.0];
        let ramp = (0..LEVELS).map(|i| Theme::LIGHT.ramp_colour(i as f64 / 254.0));
        let palette = ramp.chain([Theme::LIGHT.mask[0]]).collect();
        let wanted = Raster { side: 2, pixels: vec![0, 255, 127, 254], palette };
        assert_eq!(square(&values, 2, (0.0, 1.0), &Theme::LIGHT), png::data_url(&wanted));
        assert!(encode(&wanted).len() > 100);
        // A scale may run downwards, as that of a bias does.
        let down = square(&[0.0, 0.0, -4.0, 0.0], 2, (0.0, -4.0), &Theme::LIGHT);
        let wanted = Raster { pixels: vec![0, 255, 254, 0], ..wanted };
        assert_eq!(down, png::data_url(&wanted));
    }
}
