//! What if a trained model's positions are changed without training it anew? Figure `what-if`.

use crate::chart::{STEPS, Series, style_of};
use crate::config::Change;
use crate::position::by_id;
use crate::protocol::{Job, Task};
use crate::ui::figure::curves;
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, METHOD};
use crate::ui::settings::control::{Control, Kind};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::runs::results::{Summary, show_half};
use crate::ui::format::table::Table;

/// Input lengths, tokens.
const LENGTHS: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];
/// Targets of every point.
const TARGETS: usize = 8_192;
/// Length at which all these models were trained.
const TRAINED: usize = 256;

/// The changes: name in addresses, the change, and what is claimed about it, with its source.
const CHANGES: &[(&str, Change, &str)] = &[
    (
        "interpolate",
        Change::Interpolate,
        "Al-Khateeb et al. (arXiv 2310.13017) report that over-trained ALiBi models go only some 12 % past their training length, and that scaling the slopes down reaches twice the training length without fine-tuning. For rotary, Chen et al. (arXiv 2306.15595) interpolate positions, with some fine-tuning.",
    ),
    (
        "ntk",
        Change::Ntk,
        "The authors of NTK-ALiBi (github.com/keezen/ntk_alibi) keep the steepest slope and flatten the others more and more; on retrieval of topics from about 3,000 tokens with BLOOM-1b7, trained at 2,048, they report 2 % as it is, 74 % interpolated, 96 % this way.",
    ),
    (
        "half",
        Change::BiasTimes(0.5),
        "The paper found the choice of slopes robust when training with them; here a trained model meets slopes half as steep.",
    ),
    (
        "double",
        Change::BiasTimes(2.0),
        "The paper found the choice of slopes robust when training with them; here a trained model meets slopes twice as steep.",
    ),
    (
        "one-slope",
        Change::OneSlope(1.0 / 16.0),
        "The authors tried about ten sets of slopes by hand and found the best ones between 0 and 1, denser towards 0, each head with its own. Here every head gets 1/16, whatever it was trained with.",
    ),
    (
        "slopes-16",
        Change::SlopesOf(16),
        "The paper’s authors found the choice of slopes robust when training with them. Here a trained model meets the first eight of the set for 16 heads: all of them steep, none below 1/16.",
    ),
    (
        "exponential",
        Change::Exponential,
        "The authors’ FAQ: growing the bias exponentially was worse than linearly. They trained with it, of a form unknown; here −m·64·(e^(d/64) − 1) is put into a model trained with −m·d. The two part from some 64 tokens on: with another constant the result would be another.",
    ),
    (
        "logarithmic",
        Change::Logarithmic,
        "KERPLE (arXiv 2205.09921) learns a bias that grows logarithmically, and reports 21.4 at 16,384 tokens for models trained at 512, where ALiBi has 22.5. It trained with it, and learned its constants; here −m·64·ln(1 + d/64) is put into a finished model. It parts from −m·d at some 64 tokens: with another constant the result would be another.",
    ),
    (
        "no-bias",
        Change::NoBias,
        "Without its bias an ALiBi model has no positions at all; it never learned to do without. The authors, asked about decoding without bias: it must be applied at test time too.",
    ),
    (
        "window",
        Change::Window(TRAINED),
        "Each query sees the last 256 keys only. The authors’ FAQ: such a mask does not rescue a sinusoidal model. Su (2023, spaces.ac.cn/archives/9431): relative positions with a window of the training length are the baseline to beat, and ALiBi is a smooth form of it.",
    ),
    (
        "log-n",
        Change::LogN,
        "Su (2021, spaces.ac.cn/archives/8823) scales scores by the logarithm of the length, against attention that thins out as inputs grow: a masked language model trained at 64 went from 23.0 to 34.0 % accuracy at 256.",
    ),
];

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "what-if",
    title: "Changing a trained model’s positions",
    question: "What if you change the positions of a finished model?",
    height: 910,
    controls: &[
        &Control {
            key: "what-if-change",
            label: "Change",
            kind: Kind::List(&[
                ("interpolate", "Interpolated positions (slopes × 256 ÷ length)"),
                ("ntk", "NTK-ALiBi: flat heads flattened more"),
                ("half", "Biases halved"),
                ("double", "Biases doubled"),
                ("one-slope", "Every head with slope 1/16"),
                ("slopes-16", "The steep half of 16 heads’ slopes"),
                ("exponential", "Bias grows exponentially"),
                ("logarithmic", "Bias grows logarithmically"),
                ("no-bias", "No bias"),
                ("window", "Window of 256 keys"),
                ("log-n", "Scores × log length"),
            ]),
            default: "interpolate",
        },
        &Control { key: "what-if-method", label: "Model, trained at 256 tokens", kind: METHOD, default: "alibi" },
    ],
    shared: &[&ENGINE.control],
    run: Some("Try it here"),
    plots: &["what-if-plot"],
    series: &["what-if"],
    kept: Some(&["what-if-change", "what-if-method"]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn model(context: &FigureContext) -> String {
    format!("{}-{TRAINED}", context.value("what-if-method"))
}

fn change(context: &FigureContext) -> (Change, &'static str) {
    let name = context.value("what-if-change");
    CHANGES.iter().find(|c| c.0 == name).map_or((Change::None, ""), |c| (c.1, c.2))
}

/// The change in the words of the list.
fn label(name: &str) -> &'static str {
    let Kind::List(choices) = SPEC.controls[0].kind else { return "" };
    choices.iter().find(|c| c.0 == name).map_or("", |c| c.1)
}

fn point(context: &FigureContext, length: usize, change: Change) -> Job {
    Job { change, ..context.ask(&model(context), Task::Score(context.stretch(length, TARGETS))) }
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    if context.model(&model(context)).is_none() {
        return Vec::new();
    }
    let changed = change(context).0;
    LENGTHS.iter().flat_map(|&l| [point(context, l, Change::None), point(context, l, changed)]).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let (changed, claim) = change(context);
    let curve = |change| -> Vec<(usize, Summary)> {
        LENGTHS.iter().filter_map(|&l| Some((l, context.summary(&point(context, l, change))?))).collect()
    };
    let (before, after) = (curve(Change::None), curve(changed));
    let method = context.value("what-if-method");
    let what = format!("{}, {}", by_id(method).map_or("", |m| m.name()), label(context.value("what-if-change")));
    let line = |id: &str, name: &str, style, of: &[(usize, Summary)]| Series {
        id: id.into(),
        name: name.into(),
        style,
        points: of.iter().map(|(l, s)| s.point(*l)).collect(),
        faint: false,
    };
    let series =
        vec![line("as-trained", "as trained", style_of(method), &before), line("changed", "changed", STEPS[2], &after)];
    FigureOutput {
        finding: match applies(changed, method) {
            true => finding(by_id(method).map_or("", |m| m.name()), &before, &after),
            false => "This change does not apply: the model has nothing that it could change.".into(),
        },
        charts: vec![curves::chart(series, &[TRAINED])],
        panel: format!("<p class=\"claim\">{claim}{}</p>", added(changed, method)),
        tables: vec![table(&what, &before, &after)],
        ..Default::default()
    }
}

/// Whether the method has what the change would change.
fn applies(change: Change, method: &str) -> bool {
    match change {
        Change::BiasTimes(_) | Change::NoBias => matches!(method, "alibi" | "t5"),
        Change::Interpolate => method != "none",
        _ => true,
    }
}

/// What a change of slopes means for a model that has none.
fn added(change: Change, method: &str) -> &'static str {
    match change {
        Change::Ntk | Change::OneSlope(_) | Change::SlopesOf(_) | Change::Exponential | Change::Logarithmic => {
            match method {
                "alibi" => "",
                "t5" => " Here such a bias takes the place of the learned one.",
                _ => " This model was trained without a bias: here one is put on top.",
            }
        }
        _ => "",
    }
}

fn at(curve: &[(usize, Summary)], length: usize) -> Option<f64> {
    curve.iter().find(|p| p.0 == length).map(|p| p.1.perplexity)
}

fn finding(name: &str, before: &[(usize, Summary)], after: &[(usize, Summary)]) -> String {
    let both = |length| Some((at(before, length)?, at(after, length)?));
    let Some(long) = LENGTHS.iter().rev().copied().find(|&l| l > TRAINED && both(l).is_some()) else {
        return "Nothing has been measured for this change yet.".into();
    };
    let Some((was, is)) = both(long) else { return String::new() };
    // Claims are of twice the training length as well; and a change may matter most in between.
    let strength = |l: &usize| both(*l).map_or(0.0, |(a, b)| (b / a).ln().abs());
    let strongest = LENGTHS.into_iter().max_by(|a, b| strength(a).total_cmp(&strength(b)));
    let unmoved = |l: usize| both(l).is_none_or(|(a, b)| (0.98..=1.02).contains(&(b / a)));
    let verdict = match is / was {
        r if !r.is_finite() => "cannot be compared",
        r if r < 0.98 => "is better with the change",
        _ if LENGTHS.into_iter().all(unmoved) => "does not notice the change",
        r if r <= 1.02 => "is the same with the change, though not at every shorter length",
        r if r < 2.0 => "is worse with the change",
        _ => "breaks down with the change",
    };
    let told = |l: &usize| *l < long && ([TRAINED, 2 * TRAINED].contains(l) || strongest == Some(*l));
    let shorter = LENGTHS.into_iter().filter(told).filter_map(|l| {
        let (a, b) = both(l)?;
        Some(format!("at {} {} against {}", thousands(l as u64), show_perplexity(b), show_perplexity(a)))
    });
    let shorter: Vec<String> = shorter.collect();
    let short = if shorter.is_empty() { String::new() } else { format!(" ({})", shorter.join(", ")) };
    format!(
        "At {} tokens {name} {verdict}: perplexity {} against {} as trained{short}.",
        thousands(long as u64),
        show_perplexity(is),
        show_perplexity(was),
    )
}

fn table(what: &str, before: &[(usize, Summary)], after: &[(usize, Summary)]) -> Table {
    let cell = |curve, l| at(curve, l).map_or("–".into(), show_perplexity);
    let half =
        |curve: &[(usize, Summary)], l| curve.iter().find(|p| p.0 == l).map_or("–".into(), |p| show_half(&p.1));
    let ratio = |l| Some(at(after, l)? / at(before, l)?);
    let row = |&l: &usize| {
        vec![
            thousands(l as u64),
            cell(before, l),
            cell(after, l),
            ratio(l).map_or("–".into(), |r| if r.is_finite() { format!("{r:.3}") } else { "diverged".into() }),
            half(before, l),
            half(after, l),
        ]
    };
    Table {
        caption: format!(
            "{what}: perplexity of the same {} targets, as trained and changed",
            thousands(TARGETS as u64)
        ),
        columns: ["input length", "as trained", "changed", "ratio", "as trained ± (1 s.e.)", "changed ± (1 s.e.)"]
            .map(String::from)
            .to_vec(),
        rows: LENGTHS.iter().map(row).collect(),
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
    fn every_change_of_the_list_is_known_and_has_its_claim() {
        let Kind::List(choices) = SPEC.controls[0].kind else { panic!("not a list") };
        assert_eq!(choices.len(), CHANGES.len());
        for ((name, _), (known, _, claim)) in choices.iter().zip(CHANGES) {
            assert_eq!(name, known);
            assert!(claim.len() > 20);
        }
        let constant = crate::position::GROWTH_SCALE;
        for name in ["exponential", "logarithmic"] {
            let claim = CHANGES.iter().find(|c| c.0 == name).map_or("", |c| c.2);
            assert!(claim.contains(&format!("−m·{constant}·")) && claim.contains(&format!("d/{constant})")), "{claim}");
        }
    }

    #[test]
    fn the_finding_follows_the_longest_length_with_both() {
        let before = curve(&[(256, 14.0), (512, 14.0), (1_024, 20.0)]);
        let said = finding("ALiBi", &before, &curve(&[(256, 14.0), (512, 28.0)]));
        assert_eq!(
            said,
            "At 512 tokens ALiBi breaks down with the change: perplexity 28.00 against 14.00 as trained (at 256 14.00 against 14.00)."
        );
        let both = finding("ALiBi", &before, &curve(&[(256, 14.0), (512, 15.0), (1_024, 19.9)]));
        assert!(both.contains("is the same with the change, though not at every shorter length: "), "{both}");
        let level = finding("ALiBi", &before, &curve(&[(256, 14.1), (512, 13.9), (1_024, 19.9)]));
        assert!(level.contains("ALiBi does not notice the change: "), "{level}");
        assert!(both.ends_with("(at 256 14.00 against 14.00, at 512 15.00 against 14.00)."), "{both}");
        assert!(finding("ALiBi", &before, &curve(&[(256, 14.0)])).starts_with("Nothing has been measured"));
        assert!(finding("ALiBi", &before, &curve(&[(1_024, f64::INFINITY)])).contains("diverged"));
    }

    #[test]
    fn a_change_without_anything_to_change_is_no_result() {
        assert!(!applies(Change::NoBias, "rotary") && !applies(Change::BiasTimes(2.0), "sinusoidal"));
        assert!(!applies(Change::Interpolate, "none"));
        assert!(applies(Change::NoBias, "t5") && applies(Change::Window(256), "none"));
        assert_eq!(added(Change::Ntk, "alibi"), "");
        assert!(added(Change::Ntk, "rotary").contains("on top"));
    }

    #[test]
    fn ratios_stand_beside_both() {
        let table = table("x", &curve(&[(256, 10.0)]), &curve(&[(256, 15.0)]));
        assert_eq!(table.rows[0], ["256", "10.00", "15.00", "1.500", "–", "–"]);
        assert_eq!(table.rows[1], ["512", "–", "–", "–", "–", "–"]);
    }
}
