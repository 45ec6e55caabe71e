//! What is said of what models write: the finding, the passages, the table.

use super::data::{RealWords, Written, halves, inside, probabilities};
use crate::ui::figure::curves::{model_name, parts};
use crate::ui::format::numbers::{show_percent, thousands};
use crate::ui::format::table::{Table, escaped};

/// The finding where no model has written anything.
const NOTHING: &str = "Press Generate to see what the models write.";
/// The finding where no text is longer than its model was trained for.
const TOO_SHORT: &str = "No text here goes past the training length. Choose more new tokens.";
/// In place of real words until their list is there.
const COUNTING: &str = "The list of real words is on its way.";

/// Why real words are not counted.
pub(super) fn no_words(reason: &str) -> String {
    format!("The list of real words could not be loaded. {reason}")
}

/// "a, b and c".
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Whole per cent.
fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * share)
}

/// How much of what each model writes past its training length is real words, and how much of it repeats.
/// Without the list of real words, whether that is on its way.
pub(super) fn finding(written: &[Written], known: Option<&RealWords>, coming: bool) -> String {
    if written.is_empty() {
        return NOTHING.into();
    }
    let (mut real, mut repeats) = (Vec::new(), Vec::new());
    // A file of the reader's may hold any numbers.
    let diverged = |w: &&Written| probabilities(&w.2).iter().any(|p| !p.is_finite());
    let means_nothing: Vec<String> = written.iter().filter(diverged).map(|w| model_name(&w.0)).collect();
    let means_nothing = match means_nothing.as_slice() {
        [] => String::new(),
        names => format!(" Ignore what {} wrote: the scores are no numbers.", listed(names)),
    };
    for w in written.iter().filter(|w| !diverged(w)) {
        let [before, Some(past)] = halves(w, known) else { continue };
        let name = model_name(&w.0);
        // The first of each sentence says what is counted.
        let (share, of) = (percent(past.repeated), if repeats.is_empty() { " of the time" } else { "" });
        repeats.push(format!("{share}{of} with {name}"));
        let Some(share) = past.real.map(percent) else { continue };
        let before = before.and_then(|b| b.real).map(percent);
        let before = before.map_or(String::new(), |b| format!(" ({b} before)"));
        real.push(match real.len() {
            0 => format!("{share} of the words that {name} writes are real{before}"),
            1 => format!("for {name} it is {share}{before}"),
            _ => format!("for {name} {share}{before}"),
        });
    }
    if repeats.is_empty() {
        return if means_nothing.is_empty() { TOO_SHORT.into() } else { means_nothing.trim_start().into() };
    }
    let repeats = format!("Three tokens in a row repeat earlier ones {}.", listed(&repeats));
    let real = match (real.as_slice(), coming) {
        ([], true) => COUNTING.into(),
        ([], false) => return format!("Past the training length, t{}{means_nothing}", &repeats[1..]),
        ([first, others @ ..], _) => {
            let then = if others.is_empty() { "" } else { "; " };
            format!("Past the training length, {first}{then}{}.", listed(others))
        }
    };
    format!("{real} {repeats}{means_nothing}")
}

/// What the colours mean: every other step, with the probability at its middle.
pub(super) fn key() -> String {
    let step = |s: u32| {
        let share = f64::from(s * s) / 64.0;
        format!(" <span data-p=\"{s}\">\u{a0}{:.0} %\u{a0}</span>", 100.0 * share)
    };
    format!(
        "<p class=\"source\">Colour: how likely the model thought each token,{}</p>",
        (0..=8).step_by(2).map(step).collect::<String>()
    )
}

pub(super) fn passage(written: &Written) -> String {
    let (id, prompt, answer) = written;
    let (words, probabilities) = (&answer.scored.words, probabilities(answer));
    let edge = inside(id, *prompt);
    let mut html = format!(
        "<section class=\"passage\"><h5>{0}, trained at {1}</h5><p tabindex=\"0\" role=\"region\" aria-label=\"Written by {0}, trained at {1}\">",
        model_name(id),
        parts(id).1.unwrap_or_default()
    );
    for (i, (word, p)) in words.iter().zip(probabilities).enumerate() {
        if i == edge {
            html += match edge {
                0 => "<strong class=\"edge\">the prompt alone reaches the training length</strong>",
                _ => "<strong class=\"edge\">training length</strong>",
            };
        }
        let text = escaped(word).replace('\n', "<br>");
        // Nine steps of colour: as many classes, and no style of its own on every token.
        let step = if p.is_finite() { (p.sqrt() * 8.0).round() } else { 0.0 };
        html += &format!("<span data-p=\"{step}\" title=\"{}\">{text}</span>", show_percent((*p).into()));
    }
    html + "</p></section>"
}

pub(super) fn table(written: &[Written], known: Option<&RealWords>) -> Table {
    let mut rows = Vec::new();
    for w in written {
        for (place, counts) in ["up to the training length", "past it"].into_iter().zip(halves(w, known)) {
            let Some(s) = counts else { continue };
            rows.push(vec![
                w.0.clone(),
                place.into(),
                thousands(s.n as u64),
                s.real.map_or("–".into(), show_percent),
                show_percent(s.repeated),
                show_percent(s.probability),
            ]);
        }
    }
    Table {
        caption: "What each model wrote. A real word is in the training text at least twice.".into(),
        columns: [
            "model",
            "stretch",
            "tokens",
            "real words",
            "three tokens in a row that repeat",
            "probability (geometric mean)",
        ]
        .map(String::from)
        .to_vec(),
        rows,
    }
}
