//! What is said of what models write: the finding, the passages, the table.

use super::data::{Stretch, Written, halves, inside, probabilities};
use crate::ui::figure::curves::{model_name, parts};
use crate::ui::format::numbers::{show_percent, thousands};
use crate::ui::format::table::{Table, escaped};

pub(super) fn finding(written: &[Written]) -> String {
    let share = |s: Option<Stretch>| s.map_or("–".into(), |s| show_percent(s.probability));
    let said = written.iter().map(|w| {
        let (a, b) = halves(w);
        format!("{} {} and {}", model_name(&w.0), share(a), share(b))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return "Nothing has been written for these settings yet: press Write.".into();
    }
    format!(
        "Geometric mean of the probabilities that each model gave its own tokens, up to the training length and past it: {}.",
        said.join("; ")
    )
}

/// What the colours mean: every other step, with the probability at its middle.
pub(super) fn key() -> String {
    let step = |s: u32| {
        let share = f64::from(s * s) / 64.0;
        format!(" <span data-p=\"{s}\">\u{a0}{:.0} %\u{a0}</span>", 100.0 * share)
    };
    format!(
        "<p class=\"source\">Colour: how probable the model held a token,{}</p>",
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

pub(super) fn table(written: &[Written]) -> Table {
    let mut rows = Vec::new();
    for w in written {
        let (a, b) = halves(w);
        for (place, stretch) in [("up to the training length", a), ("past it", b)] {
            let Some(s) = stretch else { continue };
            rows.push(vec![
                w.0.clone(),
                place.into(),
                thousands(s.n as u64),
                show_percent(s.probability),
                show_percent(s.fresh),
            ]);
        }
    }
    Table {
        caption: "What each model wrote".into(),
        columns: ["model", "stretch", "tokens", "probability (geometric mean)", "new runs of three tokens"]
            .map(String::from)
            .to_vec(),
        rows,
    }
}
