//! What is said of a change: the finding and the table.

use super::changes::NamedChange;
use super::data::{TARGETS, at};
use crate::position::{BiasForm, PositionMethod};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::format::table::Table;
use crate::ui::runs::results::{Summary, show_half};

/// The finding where a model has nothing to change.
pub(super) const UNFIT: &str = "This change does not apply: the model has nothing for it to change.";

/// What a change of slopes means for a model that has none, or has learned others.
pub(super) fn added(change: &NamedChange, method: &dyn PositionMethod) -> &'static str {
    match (method.bias_form(), method.learned()) {
        _ if !change.sets_slopes => "",
        (BiasForm::Falls, None) => "",
        (BiasForm::None, _) => " This model was trained without a bias; here one is added on top.",
        _ => " Here such a bias replaces the learned one.",
    }
}

pub(super) fn finding(name: &str, lengths: &[usize], before: &[(usize, Summary)], after: &[(usize, Summary)]) -> String {
    let both = |length| Some((at(before, length)?, at(after, length)?));
    let trained = lengths.first().copied().unwrap_or_default();
    let Some(long) = lengths.iter().rev().copied().find(|&l| l > trained && both(l).is_some()) else {
        return "Nothing has been measured for this change yet. Run it here.".into();
    };
    let Some((was, is)) = both(long) else { return String::new() };
    // Claims are of twice the training length as well; and a change may matter most in between.
    let strength = |l: &usize| both(*l).map_or(0.0, |(a, b)| (b / a).ln().abs());
    let strongest = lengths.iter().copied().max_by(|a, b| strength(a).total_cmp(&strength(b)));
    let unmoved = |l: usize| both(l).is_none_or(|(a, b)| (0.98..=1.02).contains(&(b / a)));
    let verdict = match is / was {
        r if !r.is_finite() => "cannot be compared",
        r if r < 0.98 => "gets better with the change",
        _ if lengths.iter().copied().all(unmoved) => "does not notice the change",
        r if r <= 1.02 => "ends up the same with the change, though not at every shorter length",
        r if r < 2.0 => "gets worse with the change",
        _ => "breaks down with the change",
    };
    let told = |l: &usize| *l < long && ([trained, 2 * trained].contains(l) || strongest == Some(*l));
    let shorter = lengths.iter().copied().filter(told).filter_map(|l| {
        let (a, b) = both(l)?;
        let (b, a, l) = (show_perplexity(b), show_perplexity(a), thousands(l as u64));
        Some(if a == b { format!("unchanged at {l}") } else { format!("{b} instead of {a} at {l}") })
    });
    let shorter: Vec<String> = shorter.collect();
    let short = if shorter.is_empty() { String::new() } else { format!(" ({})", shorter.join(", ")) };
    format!(
        "At {} tokens, {name} {verdict}: perplexity {} instead of {}{short}.",
        thousands(long as u64),
        show_perplexity(is),
        show_perplexity(was),
    )
}

pub(super) fn table(what: &str, lengths: &[usize], before: &[(usize, Summary)], after: &[(usize, Summary)]) -> Table {
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
            "{what}: perplexity on the same {} tokens, as trained and changed",
            thousands(TARGETS as u64)
        ),
        columns: ["input length", "as trained", "changed", "ratio", "as trained ± (1 s.e.)", "changed ± (1 s.e.)"]
            .map(String::from)
            .to_vec(),
        rows: lengths.iter().map(row).collect(),
    }
}
