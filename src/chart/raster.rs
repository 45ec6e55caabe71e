//! The cells of a heatmap as pixels: one palette index per pixel, the palette beside them.

use std::rc::Rc;

use super::heatmap::{Heatmap, KeyedBy};
use super::theme::{Colour, Theme};

/// Palette entries of the colour scale; the last two of 256 are the mask's.
const LEVELS: usize = 254;
/// Palette indices of a masked cell and of its stripes.
const MASK: [u8; 2] = [254, 255];

/// A square picture in 256 colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// Pixels along a side.
    pub side: usize,
    /// Palette index of each pixel, `[side, side]`, rows from the top.
    pub pixels: Vec<u8>,
    /// Colours.
    pub palette: Rc<[Colour]>,
}

/// The colours of every raster in a theme.
pub fn heat_colours(theme: &Theme) -> Rc<[Colour]> {
    let ramp = (0..LEVELS).map(|i| theme.ramp_colour(i as f64 / (LEVELS - 1) as f64));
    ramp.chain(theme.mask).collect()
}

impl Raster {
    /// Red, green, blue and alpha of each pixel, `[side, side, 4]`.
    pub fn rgba(&self) -> Vec<u8> {
        let palette: Vec<[u8; 4]> = self.palette.iter().map(|c| [c.0, c.1, c.2, 255]).collect();
        let mut out = vec![0; self.pixels.len() * 4];
        for (bytes, pixel) in out.chunks_exact_mut(4).zip(&self.pixels) {
            bytes.copy_from_slice(&palette[usize::from(*pixel)]);
        }
        out
    }
}

/// Draws the cells of one map on `side` × `side` pixels in the colours of [`heat_colours`]: each pixel shows the very cell under
/// its centre, never a mean. `stripe` is the width of the mask's stripes, pixels.
pub fn raster(heatmap: &Heatmap, map: usize, palette: &Rc<[Colour]>, side: usize, stripe: usize) -> Raster {
    let row = heatmap.maps.get(map).map_or(&[][..], |m| &m.row);
    let cells: Vec<usize> = (0..side).map(|p| (2 * p + 1) * row.len() / (2 * side)).collect();
    // A long sequence has far more biases than are drawn: each gets its level when it first is.
    let mut levels: Vec<Option<u8>> = vec![None; row.len()];
    let mut level = |index: usize| {
        *levels[index].get_or_insert_with(|| (heatmap.share(row[index]) * (LEVELS - 1) as f64).round() as u8)
    };
    // A stripe runs along a diagonal: pixel x of row y has the colour at x + y.
    let mask: Vec<u8> = (0..2 * side).map(|d| MASK[usize::from((d / stripe.max(1)).is_multiple_of(4))]).collect();
    let mut pixels = Vec::with_capacity(side * side);
    for (y, &query) in cells.iter().enumerate() {
        // Keys up to the query come first; a binary search would save nothing over the copy itself.
        let seen = cells.partition_point(|key| *key <= query);
        match heatmap.keyed_by {
            KeyedBy::Distance => pixels.extend(cells[..seen].iter().map(|key| level(query - key))),
            KeyedBy::Key => pixels.extend(cells[..seen].iter().map(|key| level(*key))),
        }
        pixels.extend_from_slice(&mask[seen + y..side + y]);
    }
    Raster { side, pixels, palette: palette.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::heatmap::BiasMap;
    use super::*;

    fn heatmap(length: usize, keyed_by: KeyedBy) -> Heatmap {
        let slope = if keyed_by == KeyedBy::Distance { -0.5 } else { 0.5 };
        let row = (0..length).map(|i| slope * i as f32).collect();
        let limit = slope * (length - 1) as f32;
        Heatmap { maps: vec![BiasMap { title: String::new(), row }], length, keyed_by, limit, small: false }
    }

    #[test]
    fn every_cell_has_the_colour_of_its_bias() {
        for keyed_by in [KeyedBy::Distance, KeyedBy::Key] {
            let map = heatmap(7, keyed_by);
            let drawn = raster(&map, 0, &heat_colours(&Theme::LIGHT), 7 * 3, 1);
            for (query, key) in (0..7).flat_map(|q| (0..7).map(move |k| (q, k))) {
                let pixel = drawn.pixels[(query * 3 + 1) * 21 + key * 3 + 1];
                match map.value(0, query, key) {
                    Some(bias) => {
                        assert_eq!(pixel, (map.share(bias) * 253.0).round() as u8, "{keyed_by:?} {query} {key}")
                    }
                    None => assert!(MASK.contains(&pixel), "{keyed_by:?} {query} {key}"),
                }
            }
        }
    }

    #[test]
    fn a_long_sequence_is_sampled_at_pixel_centres() {
        let map = heatmap(4096, KeyedBy::Distance);
        let drawn = raster(&map, 0, &heat_colours(&Theme::LIGHT), 256, 3);
        // Pixel (row 200, column 100) has its centre in query 3208, key 1608.
        let wanted = map.value(0, 200 * 16 + 8, 100 * 16 + 8).unwrap();
        assert_eq!(drawn.pixels[200 * 256 + 100], (map.share(wanted) * 253.0).round() as u8);
        assert!(MASK.contains(&drawn.pixels[100 * 256 + 200]));
    }

    #[test]
    fn pixels_become_bytes_through_the_palette() {
        let drawn = raster(&heatmap(2, KeyedBy::Distance), 0, &heat_colours(&Theme::LIGHT), 2, 1);
        assert_eq!(drawn.rgba()[..4], [253, 231, 176, 255]);
        assert_eq!(drawn.rgba().len(), 16);
    }
}
