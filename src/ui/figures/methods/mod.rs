//! Where does each method bring in position? Figure `methods`, drawn from the hooks of [`crate::position::METHODS`]; and the
//! bias for attention that looks both ways.

mod data;
mod words;

use self::data::entry;
use self::words::{diagram, finding, map_table, maps, method_table};

use crate::chart::Theme;
use crate::position::by_id;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, methods};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;

/// The method that is drawn.
pub static METHOD: Setting<String> = Setting::new("methods-method", "Method", Kind::PickOf(methods), "alibi");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "methods",
    title: "Where position enters",
    question: "How does a model know where its tokens are?",
    height: 530,
    controls: &[&METHOD.control],
    shared: &[&ENGINE.control],
    run: None,
    plots: &[],
    series: &["methods", "bidirectional"],
    precomputed: None,
};

/// What it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations: |_| Vec::new(), shown: |_| Vec::new(), render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn render(context: &FigureContext) -> FigureOutput {
    let Some(method) = by_id(&context.get(&METHOD)) else { return FigureOutput::default() };
    let theme = if context.dark { &Theme::DARK } else { &Theme::LIGHT };
    FigureOutput {
        finding: finding(method.name(), &entry(method)),
        panel: diagram(&entry(method)) + &maps(theme),
        tables: vec![method_table(), map_table()],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::Entry;
    use super::*;
    use crate::position::{BiasForm, METHODS, Places};

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
        assert!(said("alibi").starts_with("ALiBi changes the scores, in every layer: a fixed bias"));
        assert!(said("t5").contains("a learned bias"));
        assert!(said("rotary").contains("queries and keys, in every layer"));
        assert!(said("sinusoidal").contains("the token embeddings, once"));
        assert!(said("none").contains("adds nothing anywhere"));
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
