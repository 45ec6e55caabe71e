//! What if a trained model's positions are changed without training it anew? Figure `what-if`.

mod changes;
mod data;
mod words;

use self::data::{TARGETS, lengths};
use self::words::{UNFIT, added, finding, table};
use self::changes::{CHANGES, NamedChange};
use crate::chart::{STEPS, Series, style_of};
use crate::config::Change;
use crate::position::{Places, Shape, by_id};
use crate::protocol::{Job, Task};
use crate::ui::figure::curves;
use crate::ui::figure::spec::{ANY_MODEL, Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::Setting;
use crate::ui::runs::results::Summary;

/// What is changed, by its name.
pub static CHANGE: Setting<String> = Setting::new(
    "what-if-change",
    "Change",
    Kind::ListOf(|| CHANGES.iter().map(|row| (row.name, row.label)).collect()),
    "window",
);
/// The method whose model is changed.
pub static METHOD: Setting<String> = Setting::new("what-if-method", "Model", ANY_MODEL, "rotary");

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

/// The change that is chosen.
fn chosen(context: &FigureContext) -> &'static NamedChange {
    let name = context.get(&CHANGE);
    CHANGES.iter().find(|row| row.name == name).unwrap_or(&CHANGES[0])
}

fn point(context: &FigureContext, model: &str, length: usize, change: Change) -> Job {
    Job { change, ..context.ask(model, Task::Score(context.stretch(length, TARGETS))) }
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    let Some(model) = context.trained(&METHOD) else { return Vec::new() };
    let (point, changed) = (|l, change| point(context, &model.id, l, change), chosen(context).change);
    let both = |l| [point(l, Change::None), point(l, changed)];
    lengths(model.config.train_length).into_iter().flat_map(both).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let chosen = chosen(context);
    let Some(model) = context.trained(&METHOD) else { return FigureOutput::default() };
    let Some(method) = by_id(&model.config.method) else { return FigureOutput::default() };
    let lengths = lengths(model.config.train_length);
    let curve = |change| -> Vec<(usize, Summary)> {
        let at = |&l: &usize| Some((l, context.summary(&point(context, &model.id, l, change))?));
        lengths.iter().filter_map(at).collect()
    };
    let (before, after) = (curve(Change::None), curve(chosen.change));
    let name = curves::model_name(&model.id);
    let what = format!("{name}, {}", chosen.label);
    let line = |id: &str, name: &str, style, of: &[(usize, Summary)]| Series {
        id: id.into(),
        name: name.into(),
        style,
        points: of.iter().map(|(l, s)| s.point(*l)).collect(),
        faint: false,
    };
    let series =
        vec![line("as-trained", "as trained", style_of(method.id()), &before), line("changed", "changed", STEPS[2], &after)];
    let shape = Shape { d_model: model.config.d_model, n_head: model.config.n_head };
    FigureOutput {
        finding: match (chosen.fits)(Places::of(method, shape)) {
            true => finding(&name, &lengths, &before, &after),
            false => UNFIT.into(),
        },
        charts: vec![curves::chart(series, &[model.config.train_length])],
        panel: format!("<p class=\"claim\">{}{}</p>", chosen.claim, added(chosen, method)),
        tables: vec![table(&what, &lengths, &before, &after)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::runs::results::summarise;

    const LENGTHS: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];
    const SHAPE: Shape = Shape { d_model: 128, n_head: 8 };

    #[test]
    fn lengths_follow_the_training_length_and_end_with_the_targets() {
        assert_eq!(lengths(256), LENGTHS);
        assert_eq!(lengths(32), [32, 64, 128, 256, 512]);
        assert_eq!(lengths(2_048), [2_048, 4_096, 8_192]);
        assert_eq!(lengths(8_192), [8_192]);
    }

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
        let said = finding("ALiBi", &LENGTHS, &before, &curve(&[(256, 14.0), (512, 28.0)]));
        assert_eq!(
            said,
            "At 512 tokens, ALiBi breaks down with the change: perplexity 28.00 instead of 14.00 (unchanged at 256)."
        );
        let both = finding("ALiBi", &LENGTHS, &before, &curve(&[(256, 14.0), (512, 15.0), (1_024, 19.9)]));
        assert!(both.contains("ends up the same with the change, though not at every shorter length: "), "{both}");
        let level = finding("ALiBi", &LENGTHS, &before, &curve(&[(256, 14.1), (512, 13.9), (1_024, 19.9)]));
        assert!(level.contains("ALiBi does not notice the change: "), "{level}");
        assert!(both.ends_with("(unchanged at 256, 15.00 instead of 14.00 at 512)."), "{both}");
        assert!(finding("ALiBi", &LENGTHS, &before, &curve(&[(256, 14.0)])).starts_with("Nothing has been measured"));
        assert!(finding("ALiBi", &LENGTHS, &before, &curve(&[(1_024, f64::INFINITY)])).contains("diverged"));
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
        let table = table("x", &LENGTHS, &curve(&[(256, 10.0)]), &curve(&[(256, 15.0)]));
        assert_eq!(table.rows[0], ["256", "10.00", "15.00", "1.500", "–", "–"]);
        assert_eq!(table.rows[1], ["512", "–", "–", "–", "–", "–"]);
    }
}
