//! What is said of attention over a sentence: the finding, the panel, the table.

use super::data::{Head, SHARES, head, largest, roots};
use super::settings::{BIAS, HEAD, QUERY};
use crate::chart::{Theme, square};
use crate::config::ModelConfig;
use crate::position::{BiasForm, Shape, by_id};
use crate::ui::figure::spec::{Answer, FigureContext};
use crate::ui::format::numbers::show_3;
use crate::ui::format::table::{Table, escaped};

/// The finding where there is no text.
pub(super) const NOTHING: &str = "There is nothing to look at yet.";
/// The finding where the text has not been computed.
pub(super) const UNASKED: &str = "Press Show attention to see what each token of this text attends to.";

/// A token in a sentence. A letter of several bytes may be as many tokens: the last of them has the letter, the others are
/// said to be parts of it.
pub(super) fn quoted(words: &[String], k: usize) -> String {
    match words[k].as_str() {
        "" => {
            let letter = words[k..].iter().find_map(|w| w.chars().next());
            letter.map_or("part of a letter".into(), |letter| format!("part of “{letter}”"))
        }
        word if word.trim().is_empty() => {
            if word.contains('\n') {
                "the end of a line".into()
            } else {
                "a space".into()
            }
        }
        word => format!("“{}”", word.trim()),
    }
}

/// `bare`: the weights without the bias, where there is one.
pub(super) fn finding(words: &[String], query: usize, row: &[f32], bare: Option<&[f32]>) -> String {
    let a = largest(&row[..=query]);
    let say = |k: usize, w: f32| format!("{}, {} back ({:.0} %)", quoted(words, k), query - k, 100.0 * w);
    let without = bare.map_or("this model adds no bias here".into(), |bare| {
        let b = largest(&bare[..=query]);
        // Copies of a token may have the same score.
        let other = (b + 1..=query).find(|&k| (bare[k] - bare[b]).abs() < 1e-4);
        match other {
            Some(k) => format!(
                "without the bias, {}, {} back, would tie with {}",
                quoted(words, k),
                query - k,
                say(b, bare[b])
            ),
            None => format!("without the bias, the same scores would pick {}", say(b, bare[b])),
        }
    });
    format!("Token {} {} attends most to {}; {without}.", query + 1, quoted(words, query), say(a, row[a]))
}

pub(super) fn panel(context: &FigureContext, config: &ModelConfig, answer: &Answer, of: &Head, query: usize, with: &[f32], without: &[f32]) -> String {
    let n = of.n;
    let theme = if context.dark { Theme::DARK } else { Theme::LIGHT };
    let mut html =
        String::from("<div class=\"sentence\" role=\"group\" aria-label=\"Tokens: press one to make it the query\">");
    for (k, word) in answer.scored.words.iter().enumerate() {
        let weight = with[query * n + k];
        let text = match word.as_str() {
            // Something to press, and a name for those who hear it.
            "" => format!(
                "<span aria-hidden=\"true\">·</span><span class=\"visually-hidden\">{}</span>",
                escaped(&quoted(&answer.scored.words, k))
            ),
            word => escaped(&word.replace('\n', "⏎")),
        };
        html += &format!(
            "<button type=\"button\" data-set=\"{}={k}\" tabindex=\"{}\" aria-pressed=\"{}\" style=\"--w:{:.0}%\" title=\"weight {:.3}\">{text}</button>",
            QUERY.control.key,
            // One stop of the Tab key; within it the arrows move.
            if k == query { 0 } else { -1 },
            k == query,
            // Small weights must still be seen: a square root spreads them.
            100.0 * weight.sqrt(),
            weight
        );
    }
    html += "</div><div class=\"maps\">";
    let causal = |m: &[f32]| {
        let seen = (0..n * n).filter(|i| i % n <= i / n).map(|i| m[i]);
        seen.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
    };
    let biases: Vec<f32> = (0..n * n).map(|i| if i % n <= i / n { of.bias[i / n - i % n] } else { 0.0 }).collect();
    let ((a, b), (c, d)) = (causal(of.scores), causal(&biases));
    // One scale for what is added up, one for shares.
    let scale = (b.max(d), a.min(c));
    for (title, values, range) in [
        ("Scores q·k/√D", of.scores, scale),
        ("Bias", biases.as_slice(), scale),
        ("Weights", &roots(with), SHARES),
        ("Weights, no bias", &roots(without), SHARES),
    ] {
        map(&mut html, title, "", &square(values, n, range, &theme), None, false);
    }
    html += "</div><p class=\"source\">Scores and bias: ";
    key(&mut html, scale, &theme);
    html += "; square root of weights: ";
    key(&mut html, SHARES, &theme);
    html += "; grey: masked. Queries downwards, keys to the right.</p><p class=\"source\">Weights of every head in this layer. Press one, or use the arrow keys, to look closer:</p><div class=\"maps small\">";
    let method = by_id(&config.method).filter(|_| context.get(&BIAS));
    // A line that is not learned: its slope is its bias at distance 1.
    let line = method.filter(|m| m.bias_form() == BiasForm::Falls && m.learned().is_none());
    let slope = |head| line.map(|m| -m.bias(head, 1, Shape { d_model: config.d_model, n_head: config.n_head }, &[]));
    for h in 0..config.n_head {
        let Some(of) = head(answer, config.n_head, h) else { continue };
        let legend = slope(h).map_or(String::new(), |m| format!("slope 1/{:.0}", 1.0 / m));
        map(
            &mut html,
            &format!("Head {}", h + 1),
            &legend,
            &square(&roots(&of.weights(1.0)), n, SHARES, &theme),
            Some(h),
            h + 1 == context.get(&HEAD),
        );
    }
    html + "</div>"
}

pub(super) fn map(html: &mut String, title: &str, legend: &str, url: &str, head: Option<usize>, pressed: bool) {
    let picture = format!("<img src=\"{url}\" alt=\"{title}: queries downwards, keys to the right\">");
    let below = format!("<span><b>{title}</b> {legend}</span>");
    *html += &match head {
        Some(h) => format!(
            "<button type=\"button\" data-set=\"{}={}\" tabindex=\"{}\" aria-pressed=\"{pressed}\">{picture}{below}</button>",
            HEAD.control.key,
            h + 1,
            if pressed { 0 } else { -1 }
        ),
        None => format!("<div>{picture}{below}</div>"),
    };
}

/// A colour scale with its ends.
pub(super) fn key(html: &mut String, (light, dark): (f32, f32), theme: &Theme) {
    let end = |value: f32| format!("{value:.1}").replace('-', "−").replace(".0", "");
    *html += &format!(
        "<span class=\"whole\">{} <i class=\"ramp\" style=\"background:linear-gradient(90deg{})\"></i> {}</span>",
        end(light),
        theme.css_ramp(),
        end(dark)
    );
}

pub(super) fn table(words: &[String], query: usize, of: &Head, row: &[f32], bare: &[f32]) -> Table {
    let cells = (0..=query).rev().map(|k| {
        vec![
            (k + 1).to_string(),
            words[k].replace('\n', "⏎"),
            (query - k).to_string(),
            show_3(of.scores[query * of.n + k].into()),
            show_3(of.bias[query - k].into()),
            show_3(row[k].into()),
            show_3(bare[k].into()),
        ]
    });
    Table {
        caption: format!("Every key that token {} “{}” sees", query + 1, words[query].trim()),
        columns: ["key", "token", "distance", "score", "bias", "weight", "weight without bias"]
            .map(String::from)
            .to_vec(),
        rows: cells.collect(),
    }
}
