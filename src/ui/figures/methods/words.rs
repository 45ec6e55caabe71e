//! What is said of the methods: the finding, the diagram, the maps, the tables.

use std::fmt::Write;

use super::data::{Entry, LEVELS, SIDE, bias, entry, sigmoid};
use crate::chart::{Raster, Theme, data_url, format_short};
use crate::position::{BiasForm, METHODS, PositionMethod, slopes};
use crate::ui::format::table::Table;

impl Entry {
    /// What happens to embeddings, to queries and keys, and to scores; empty where nothing does.
    pub(super) fn words(&self) -> [&'static str; 3] {
        [
            if self.places.embedding { "a vector per position is added" } else { "" },
            if self.places.rotation { "turned by an angle that grows with position" } else { "" },
            match (self.places.bias, self.learned > 0) {
                (BiasForm::None, _) => "",
                (_, false) => "a fixed bias by distance is added",
                (_, true) => "a learned bias by distance is added",
            },
        ]
    }
}

pub(super) fn finding(name: &str, entry: &Entry) -> String {
    let place = match entry.words() {
        ["", "", ""] => return format!("{name} adds nothing anywhere: only the causal mask tells positions apart."),
        ["", "", bias] => {
            format!("scores, in every layer: {bias}. Embeddings, queries, keys and values stay as they are")
        }
        ["", turned, _] => {
            format!("queries and keys, in every layer: they are {turned}. Embeddings and values stay as they are")
        }
        [added, ..] => format!(
            "token embeddings, once, before the first layer: {added}. From there it reaches queries, keys and values alike"
        ),
    };
    format!("{name} changes the {place}.")
}

/// The way from tokens to outputs, with what the method does at each step.
pub(super) fn diagram(entry: &Entry) -> String {
    let [embedding, turned, bias] = entry.words();
    // What is added to embeddings goes on from there.
    let (further, values) = match embedding.is_empty() {
        true => ("as they are", "never touched"),
        false => ("carry it along, from the embeddings", "carry it along, from the embeddings"),
    };
    let steps = [
        ("Token embeddings", embedding, "as they are"),
        ("Queries and keys", turned, further),
        ("Scores q·k/√D", bias, "as they are"),
        ("Causal mask, softmax: weights", "", "the same for all"),
        ("Values, times weights", "", values),
    ];
    let mut html = String::from("<ol class=\"flow\">");
    for (i, (step, what, otherwise)) in steps.into_iter().enumerate() {
        let (class, what) = if what.is_empty() { ("", otherwise) } else { (" class=\"here\"", what) };
        let layer = if i == 0 { "once" } else { "in every layer" };
        let _ = write!(html, "<li{class}><small>{layer}</small><b>{step}</b><span>{what}</span></li>");
    }
    html + "</ol>"
}

pub(super) fn method_table() -> Table {
    let row = |m: &&'static (dyn PositionMethod + Sync)| {
        let entry = entry(*m);
        let mut cells = vec![m.name().to_string()];
        let [embedding, turned, bias] = entry.words();
        // What is added to embeddings goes on into queries, keys and values.
        let carried = if embedding.is_empty() { "–" } else { "through the embeddings" };
        let or = |word: &str, otherwise: &str| if word.is_empty() { otherwise.into() } else { word.to_string() };
        cells.extend([
            or(embedding, "–"),
            or(turned, carried),
            or(bias, "–"),
            carried.into(),
            entry.learned.to_string(),
        ]);
        cells
    };
    Table {
        caption: "Where each method brings in position".into(),
        columns: ["method", "embeddings", "queries and keys", "scores", "values", "numbers learned (8 heads)"]
            .map(String::from)
            .to_vec(),
        rows: METHODS.iter().map(row).collect(),
    }
}

/// A bias for attention both ways: title, alternative text, slopes to the left and to the right (none where masked).
pub(super) type Variant = (&'static str, &'static str, [Option<f64>; 2]);

/// The three ideas of the authors' issue 5; the second has two kinds of heads.
pub(super) fn variants() -> [Variant; 4] {
    let (all, half) = (Some(slopes(8)[3]), Some(slopes(4)[1]));
    let drawn = [-2.0, -3.0].map(|parameter| Some(sigmoid(parameter)));
    [
        ("symmetric, head 4 of 8", "the bias falls alike on both sides of the diagonal", [all, all]),
        ("looks left, head 2 of 4", "the bias falls to the left of the diagonal, the right is masked", [half, None]),
        ("looks right, head 2 of 4", "the bias falls to the right of the diagonal, the left is masked", [None, half]),
        ("learned, drawn at −2 and −3", "the bias falls faster to the left of the diagonal than to the right", drawn),
    ]
}

/// Every variant as a picture, queries downwards, keys to the right.
pub(super) fn maps(theme: &Theme) -> String {
    let side = SIDE as i64;
    let all = variants();
    let steepest = all.iter().flat_map(|v| v.2).flatten().fold(0.0, f64::max);
    let limit = steepest * (side - 1) as f64;
    let shade = |i: usize| theme.ramp_colour(i as f64 / (LEVELS - 1) as f64);
    let mut html = String::from("<details><summary>And without the causal mask?</summary><div class=\"maps\">");
    for (title, alt, slopes) in &all {
        let mut pixels = Vec::with_capacity(SIDE * SIDE);
        for (query, key) in (0..side).flat_map(|q| (0..side).map(move |k| (q, k))) {
            let share = bias(slopes, key - query).map(|b| -b / limit);
            pixels.push(share.map_or(LEVELS as u8, |s| (s * (LEVELS - 1) as f64) as u8));
        }
        let palette = (0..LEVELS).map(shade).chain([theme.mask[0]]).collect();
        let picture = data_url(&Raster { side: SIDE, pixels, palette });
        let _ = write!(html, "<div><img alt=\"Heatmap of {SIDE} tokens: {alt}\" src=\"{picture}\">{title}</div>");
    }
    let _ = write!(
        html,
        "</div><p class=\"source\">bias 0 <i class=\"ramp\" style=\"background:linear-gradient(90deg{})\"></i> −{limit:.1}; grey: masked. {SIDE} tokens, queries downwards, keys to the right.</p></details>",
        theme.css_ramp()
    );
    html
}

pub(super) fn map_table() -> Table {
    let all = variants();
    let cell = |v: &Variant, offset| match bias(&v.2, offset) {
        Some(0.0) => "0".into(),
        Some(bias) => format_short(bias),
        None => "masked".into(),
    };
    let row = |&offset: &i64| {
        let mut cells = vec![format!("{offset:+}").replace('-', "−").replace("+0", "0")];
        cells.extend(all.iter().map(|v| cell(v, offset)));
        cells
    };
    let mut columns = vec!["key after query".to_string()];
    columns.extend(all.iter().map(|v| v.0.to_string()));
    Table {
        caption: "Bias of attention both ways, by how far the key comes after the query".into(),
        columns,
        rows: [-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16].iter().map(row).collect(),
    }
}
