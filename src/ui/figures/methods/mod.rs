//! Where does each method let position in? Figure `methods`, drawn from the hooks of [`crate::position::METHODS`]; and the
//! bias for attention that looks both ways.

use std::fmt::Write;

use crate::chart::{Raster, Theme, data_url, format_short};
use crate::position::{BiasForm, METHODS, Places, PositionMethod, Shape, by_id, slopes};
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, methods};
use crate::ui::settings::control::{Control, Kind};
use crate::ui::format::table::Table;

/// Shape of the models of this page.
const SHAPE: Shape = Shape { d_model: 128, n_head: 8 };
/// Tokens along a side of the maps.
const SIDE: usize = 32;
/// Shades of the maps; one more stands for cells that are masked.
const LEVELS: usize = 200;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "methods",
    title: "Where position enters",
    question: "How does a transformer learn where its tokens stand?",
    height: 1130,
    controls: &[&Control {
        key: "methods-method",
        label: "Method",
        kind: Kind::PickOf(methods),
        default: "alibi",
    }],
    shared: &[&ENGINE.control],
    run: None,
    plots: &[],
    series: &["methods", "bidirectional"],
    kept: None,
};

/// What it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations: |_| Vec::new(), render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

/// What a method's hooks answer, and how many numbers it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    places: Places,
    learned: usize,
}

fn entry(method: &dyn PositionMethod) -> Entry {
    let learned = method.learned().map_or(0, |l| l.n_row * SHAPE.n_head);
    Entry { places: Places::of(method, SHAPE), learned }
}

impl Entry {
    /// What happens to embeddings, to queries and keys, and to scores; empty where nothing does.
    fn words(&self) -> [&'static str; 3] {
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

fn render(context: &FigureContext) -> FigureOutput {
    let Some(method) = by_id(context.value("methods-method")) else { return FigureOutput::default() };
    let theme = if context.dark { &Theme::DARK } else { &Theme::LIGHT };
    FigureOutput {
        finding: finding(method.name(), &entry(method)),
        panel: diagram(&entry(method)) + &maps(theme),
        tables: vec![method_table(), map_table()],
        ..Default::default()
    }
}

fn finding(name: &str, entry: &Entry) -> String {
    let place = match entry.words() {
        ["", "", ""] => return format!("{name}: nothing is added anywhere; only the causal mask sets tokens apart."),
        ["", "", bias] => {
            format!("the scores, in every layer: {bias}. Embeddings, queries, keys and values stay as they are")
        }
        ["", turned, _] => {
            format!("queries and keys, in every layer: they are {turned}. Embeddings and values stay as they are")
        }
        [added, ..] => format!(
            "the token embeddings, once, before the first layer: {added}. From there it reaches queries, keys and values alike"
        ),
    };
    format!("{name} lets position in at {place}.")
}

/// The way from tokens to outputs, with what the method does at each step.
fn diagram(entry: &Entry) -> String {
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

fn method_table() -> Table {
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
        caption: "Where each method lets position in".into(),
        columns: ["method", "embeddings", "queries and keys", "scores", "values", "numbers learned (8 heads)"]
            .map(String::from)
            .to_vec(),
        rows: METHODS.iter().map(row).collect(),
    }
}

/// The logistic function.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A bias for attention both ways: title, alternative text, slopes to the left and to the right (none where masked).
type Variant = (&'static str, &'static str, [Option<f64>; 2]);

/// The three ideas of the authors' issue 5; the second has two kinds of heads.
fn variants() -> [Variant; 4] {
    let (all, half) = (Some(slopes(8)[3]), Some(slopes(4)[1]));
    let drawn = [-2.0, -3.0].map(|parameter| Some(sigmoid(parameter)));
    [
        ("symmetric, head 4 of 8", "the bias falls alike on both sides of the diagonal", [all, all]),
        ("looks left, head 2 of 4", "the bias falls to the left of the diagonal, the right is masked", [half, None]),
        ("looks right, head 2 of 4", "the bias falls to the right of the diagonal, the left is masked", [None, half]),
        ("learned, drawn at −2 and −3", "the bias falls faster to the left of the diagonal than to the right", drawn),
    ]
}

/// Bias of a key `offset` positions after the query (before it where negative); nothing where it is masked.
fn bias(slopes: &[Option<f64>; 2], offset: i64) -> Option<f64> {
    let slope = if offset == 0 { Some(0.0) } else { slopes[usize::from(offset > 0)] };
    slope.map(|m| -m * offset.abs() as f64)
}

/// Every variant as a picture, queries downwards, keys to the right.
fn maps(theme: &Theme) -> String {
    let side = SIDE as i64;
    let all = variants();
    let steepest = all.iter().flat_map(|v| v.2).flatten().fold(0.0, f64::max);
    let limit = steepest * (side - 1) as f64;
    let shade = |i: usize| theme.ramp_colour(i as f64 / (LEVELS - 1) as f64);
    let mut html = String::from("<h4>And without the causal mask?</h4><div class=\"maps\">");
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
        "</div><p class=\"source\">bias 0 <i class=\"ramp\" style=\"background:linear-gradient(90deg{})\"></i> −{limit:.1}; grey: masked. {SIDE} tokens, queries downwards, keys to the right.</p>",
        theme.css_ramp()
    );
    html
}

fn map_table() -> Table {
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
        caption: "Bias of attention both ways, by how far the key stands after the query".into(),
        columns,
        rows: [-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16].iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_enters_where_the_paper_says() {
        let scores = |bias, learned| Entry { places: Places { embedding: false, rotation: false, bias }, learned };
        let nothing = scores(BiasForm::None, 0);
        for (id, wanted) in [
            ("sinusoidal", Entry { places: Places { embedding: true, ..nothing.places }, ..nothing }),
            ("rotary", Entry { places: Places { rotation: true, ..nothing.places }, ..nothing }),
            // 32 buckets for each of eight heads.
            ("t5", scores(BiasForm::Table, 256)),
            ("alibi", scores(BiasForm::Falls, 0)),
            ("none", nothing),
            // One number for each of eight heads, or two.
            ("trainable", scores(BiasForm::Falls, 8)),
            ("kerple", scores(BiasForm::Falls, 16)),
        ] {
            assert_eq!(by_id(id).map(|m| entry(m)), Some(wanted), "{id}");
        }
        assert_eq!(method_table().rows.len(), METHODS.len());
    }

    #[test]
    fn the_finding_names_the_one_place() {
        let said = |id| by_id(id).map(|m| finding(m.name(), &entry(m))).unwrap();
        assert!(said("alibi").starts_with("ALiBi lets position in at the scores, in every layer: a fixed bias"));
        assert!(said("t5").contains("a learned bias"));
        assert!(said("rotary").contains("queries and keys, in every layer"));
        assert!(said("sinusoidal").contains("the token embeddings, once"));
        assert!(said("none").contains("nothing is added anywhere"));
    }

    #[test]
    fn the_diagram_marks_one_step_and_never_the_values() {
        for method in METHODS {
            let html = diagram(&entry(method));
            assert_eq!(html.matches("class=\"here\"").count(), usize::from(entry(method).places.any()), "{}", method.id());
            let values =
                if entry(method).places.embedding { "carry it along, from the embeddings" } else { "never touched" };
            assert!(html.contains(&format!("<b>Values, times weights</b><span>{values}</span>")));
        }
    }

    #[test]
    fn both_ways_by_golden_values() {
        let rows = map_table().rows;
        // Slopes 1/16, and σ(−2) = 0.1192029, σ(−3) = 0.04742587.
        assert_eq!(rows[0], ["−16", "−1", "−1", "masked", "−1.907"]);
        assert_eq!(rows[4], ["−1", "−0.0625", "−0.0625", "masked", "−0.1192"]);
        assert_eq!(rows[5], ["0", "0", "0", "0", "0"]);
        assert_eq!(rows[6], ["+1", "−0.0625", "masked", "−0.0625", "−0.04743"]);
        assert_eq!(rows[10], ["+16", "−1", "masked", "−1", "−0.7588"]);
    }

    #[test]
    fn every_variant_is_drawn_with_words_for_it() {
        for theme in [&Theme::LIGHT, &Theme::DARK] {
            let html = maps(theme);
            assert_eq!(html.matches("<img alt=\"Heatmap of 32 tokens: the bias falls").count(), 4);
            // σ(−2) at 31 tokens.
            assert!(html.contains("−3.7;"), "{html}");
        }
    }
}
