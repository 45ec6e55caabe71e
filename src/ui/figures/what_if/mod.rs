//! What if a trained model's positions are changed without training it anew? Figure `what-if`.

mod changes;
mod data;
mod words;

use self::data::{LENGTHS, TARGETS, TRAINED};
use self::words::{UNFIT, added, finding, table};
use self::changes::{CHANGES, NamedChange};
use crate::chart::{STEPS, Series, style_of};
use crate::config::Change;
use crate::position::{Places, Shape, by_id};
use crate::protocol::{Job, Task};
use crate::ui::figure::curves;
use crate::ui::figure::spec::{ANY_METHOD, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;
use crate::ui::runs::results::Summary;

/// Shape of the models of this page.
const SHAPE: Shape = Shape { d_model: 128, n_head: 8 };

/// What is changed, by its name.
pub static CHANGE: Setting<String> = Setting::new(
    "what-if-change",
    "Change",
    Kind::ListOf(|| CHANGES.iter().map(|row| (row.name, row.label)).collect()),
    "window",
);
/// The method whose model is changed.
pub static METHOD: Setting<String> = Setting::new("what-if-method", "Model, trained at 256 tokens", ANY_METHOD, "rotary");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "what-if",
    title: "Changing a trained model’s positions",
    question: "What can you change after training?",
    height: 910,
    controls: &[&CHANGE.control, &METHOD.control],
    shared: &[&ENGINE.control],
    run: Some("Measure the change here"),
    plots: &["what-if-plot"],
    series: &["what-if"],
    precomputed: Some(&[&CHANGE.control, &METHOD.control]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn model(context: &FigureContext) -> String {
    format!("{}-{TRAINED}", context.get(&METHOD))
}

/// The change that is chosen.
fn chosen(context: &FigureContext) -> &'static NamedChange {
    let name = context.get(&CHANGE);
    CHANGES.iter().find(|row| row.name == name).unwrap_or(&CHANGES[0])
}

fn point(context: &FigureContext, length: usize, change: Change) -> Job {
    Job { change, ..context.ask(&model(context), Task::Score(context.stretch(length, TARGETS))) }
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    if context.model(&model(context)).is_none() {
        return Vec::new();
    }
    let changed = chosen(context).change;
    LENGTHS.iter().flat_map(|&l| [point(context, l, Change::None), point(context, l, changed)]).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let chosen = chosen(context);
    let curve = |change| -> Vec<(usize, Summary)> {
        LENGTHS.iter().filter_map(|&l| Some((l, context.summary(&point(context, l, change))?))).collect()
    };
    let (before, after) = (curve(Change::None), curve(chosen.change));
    let Some(method) = by_id(&context.get(&METHOD)) else { return FigureOutput::default() };
    let what = format!("{}, {}", method.name(), chosen.label);
    let line = |id: &str, name: &str, style, of: &[(usize, Summary)]| Series {
        id: id.into(),
        name: name.into(),
        style,
        points: of.iter().map(|(l, s)| s.point(*l)).collect(),
        faint: false,
    };
    let series =
        vec![line("as-trained", "as trained", style_of(method.id()), &before), line("changed", "changed", STEPS[2], &after)];
    FigureOutput {
        finding: match (chosen.fits)(Places::of(method, SHAPE)) {
            true => finding(method.name(), &before, &after),
            false => UNFIT.into(),
        },
        charts: vec![curves::chart(series, &[TRAINED])],
        panel: format!("<p class=\"claim\">{}{}</p>", chosen.claim, added(chosen, method)),
        tables: vec![table(&what, &before, &after)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::runs::results::summarise;

    fn curve(points: &[(usize, f64)]) -> Vec<(usize, Summary)> {
        let block = |nll| [crate::protocol::BlockSum { nll, n_targets: 1 }];
        points.iter().filter_map(|&(l, p)| Some((l, summarise(&block(f64::ln(p)), 1)?))).collect()
    }

    #[test]
    fn every_change_has_its_claim_and_a_name_of_its_own() {
        for (i, row) in CHANGES.iter().enumerate() {
            assert!(row.claim.len() > 20 && CHANGES[..i].iter().all(|r| r.name != row.name), "{}", row.name);
        }
        let constant = crate::position::GROWTH_SCALE;
        for name in ["exponential", "logarithmic"] {
            let claim = named(name).claim;
            assert!(claim.contains(&format!("−m·{constant}·")) && claim.contains(&format!("d/{constant})")), "{claim}");
        }
    }

    #[test]
    fn the_finding_follows_the_longest_length_with_both() {
        let before = curve(&[(256, 14.0), (512, 14.0), (1_024, 20.0)]);
        let said = finding("ALiBi", &before, &curve(&[(256, 14.0), (512, 28.0)]));
        assert_eq!(
            said,
            "At 512 tokens, ALiBi breaks down with the change: perplexity 28.00 instead of 14.00 (14.00 instead of 14.00 at 256)."
        );
        let both = finding("ALiBi", &before, &curve(&[(256, 14.0), (512, 15.0), (1_024, 19.9)]));
        assert!(both.contains("ends up the same with the change, though not at every shorter length: "), "{both}");
        let level = finding("ALiBi", &before, &curve(&[(256, 14.1), (512, 13.9), (1_024, 19.9)]));
        assert!(level.contains("ALiBi does not notice the change: "), "{level}");
        assert!(both.ends_with("(14.00 instead of 14.00 at 256, 15.00 instead of 14.00 at 512)."), "{both}");
        assert!(finding("ALiBi", &before, &curve(&[(256, 14.0)])).starts_with("Nothing has been measured"));
        assert!(finding("ALiBi", &before, &curve(&[(1_024, f64::INFINITY)])).contains("diverged"));
    }

    fn named(name: &str) -> &'static NamedChange {
        CHANGES.iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn a_change_without_anything_to_change_is_no_result() {
        let fits = |change, method| (named(change).fits)(Places::of(by_id(method).unwrap(), SHAPE));
        assert!(!fits("no-bias", "rotary") && !fits("double", "sinusoidal") && !fits("interpolate", "none"));
        assert!(fits("no-bias", "t5") && fits("window", "none") && fits("half", "kerple"));
        let added = |change, method| added(named(change), by_id(method).unwrap());
        assert_eq!((added("ntk", "alibi"), added("window", "rotary")), ("", ""));
        assert!(added("ntk", "rotary").contains("on top"));
        assert!(["t5", "trainable", "kerple"].iter().all(|m| added("ntk", m).contains("the learned one")));
    }

    #[test]
    fn ratios_stand_beside_both() {
        let table = table("x", &curve(&[(256, 10.0)]), &curve(&[(256, 15.0)]));
        assert_eq!(table.rows[0], ["256", "10.00", "15.00", "1.500", "–", "–"]);
        assert_eq!(table.rows[1], ["512", "–", "–", "–", "–", "–"]);
    }
}
