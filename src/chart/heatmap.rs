//! What a bias heatmap shows: one map, or one per head.
//!
//! A map never holds a value per cell. Its row of `length` values, by distance or by key, gives every cell, and
//! [`super::raster`] samples that row once per pixel.

/// What a cell's bias depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyedBy {
    /// The distance between query and key (the paper's form).
    Distance,
    /// The key's position (the released code's form).
    Key,
}

/// The bias of one head over a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasMap {
    /// Text above the map.
    pub title: String,
    /// Bias, `[length]`, indexed as [`Heatmap::keyed_by`] says.
    pub row: Vec<f32>,
}

/// One or several maps of the same length, form and colour scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    /// Maps in reading order, at least one.
    pub maps: Vec<BiasMap>,
    /// Sequence length, tokens.
    pub length: usize,
    /// What a cell's bias depends on.
    pub keyed_by: KeyedBy,
    /// Bias at the end of the colour scale; anything beyond is drawn like it.
    pub limit: f32,
    /// Whether the maps are drawn small, without axes of their own.
    pub small: bool,
}

impl Heatmap {
    /// The bias of a cell; nothing where the causal mask forbids the key.
    pub fn value(&self, map: usize, query: usize, key: usize) -> Option<f32> {
        let index = match self.keyed_by {
            KeyedBy::Distance => query.checked_sub(key)?,
            KeyedBy::Key => (key <= query).then_some(key)?,
        };
        self.maps.get(map)?.row.get(index).copied()
    }

    /// Share (0 to 1) of the colour scale of a bias.
    pub fn share(&self, bias: f32) -> f64 {
        if self.limit == 0.0 { 0.0 } else { f64::from((bias / self.limit).clamp(0.0, 1.0)) }
    }
}

/// A cell of one of the maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the map.
    pub map: usize,
    /// Position of the query, from 0.
    pub query: usize,
    /// Position of the key, from 0.
    pub key: usize,
}
