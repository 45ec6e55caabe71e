//! What do the numbers do to a sentence? Figure `attention`.

mod data;
mod settings;
mod words;

use self::data::{HEADS, head};
use self::settings::{BIAS, HEAD, LAYER, METHOD, QUERY, TEXT};
use self::words::{NOTHING, UNASKED, finding, panel, table};
use crate::config::Change;
use crate::protocol::task::Attend;
use crate::protocol::{Job, Task};
use crate::ui::figure::spec::{Drawing, ENGINE, Figure, FigureContext, FigureOutput, FigureSpec, own_text};
use crate::ui::settings::text::text_problem;
use crate::ui::format::table::Table;

/// Tokens of the text that are looked at, at most.
const MOST: usize = 256;

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "attention",
    title: "Attention over your sentence",
    question: "What does the bias do to a sentence?",
    height: 1630,
    controls: &[&TEXT.control, &METHOD.control, &BIAS.control, &LAYER.control, &HEAD.control, &QUERY.control],
    shared: &[&ENGINE.control],
    run: Some("Show attention"),
    plots: &[],
    series: &["attention"],
    precomputed: Some(&[&BIAS.control]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn evaluations(context: &FigureContext) -> Vec<Job> {
    let text = context.get(&TEXT);
    let Some(model) = context.trained(&METHOD).filter(|_| text_problem(&text).is_none()) else { return Vec::new() };
    let (stream, text) = own_text(&text);
    let change = if context.get(&BIAS) { Change::None } else { Change::NoBias };
    let layer = context.get(&LAYER).clamp(1, model.config.n_layer) - 1;
    let ask = context.ask(&model.id, Task::Attend(Attend { length: MOST, layer }));
    vec![Job { stream, text, change, ..ask }]
}

fn render(context: &FigureContext) -> FigureOutput {
    let answer = evaluations(context).first().and_then(|ask| context.find(ask));
    let config = context.trained(&METHOD).map(|m| &m.config);
    let n_head = config.map_or(HEADS, |c| c.n_head);
    let chosen = context.get(&HEAD).clamp(1, n_head) - 1;
    let Some((config, (answer, of))) = config.zip(answer.as_ref().and_then(|a| Some((a, head(a, n_head, chosen)?)))) else {
        let nothing = text_problem(&context.get(&TEXT)).is_some();
        let finding = if nothing { NOTHING } else { UNASKED };
        return FigureOutput { finding: finding.into(), tables: vec![Table::default()], ..Default::default() };
    };
    let n = of.n;
    let words = &answer.scored.words;
    let query = context.get(&QUERY).parse::<usize>().ok().filter(|q| *q < n).unwrap_or(n - 1);
    let (with, without) = (of.weights(1.0), of.weights(0.0));
    let (row, bare) = (&with[query * n..][..n], &without[query * n..][..n]);
    FigureOutput {
        finding: finding(words, query, row, of.bias.iter().any(|b| *b != 0.0).then_some(bare)),
        panel: panel(context, config, answer, &of, query, &with, &without),
        tables: vec![table(words, query, &of, row, bare)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::Head;
    use super::words::quoted;
    use super::*;
    use crate::ui::figure::spec::Answer;

    #[test]
    fn weights_are_the_softmax_of_scores_and_bias() {
        let of = Head { scores: &[0.0, 0.0, 1.0, 0.0], bias: &[0.0, -1.0], n: 2 };
        // Scores 1 and 0, bias −1 and 0: equal weights; without the bias e/(e + 1).
        assert_eq!(of.weights(1.0), [1.0, 0.0, 0.5, 0.5]);
        assert!((of.weights(0.0)[2] - 0.731_058_6).abs() < 1e-6);
    }

    #[test]
    fn heads_are_taken_apart_as_the_message_lays_them_out() {
        let scored = crate::protocol::Scored { words: vec!["a".into(), "b".into()], ..Default::default() };
        let values: Vec<f32> = (0..HEADS * 4 + HEADS * 2).map(|v| v as f32).collect();
        let answer = Answer { scored: &scored, values, live: true };
        let second = head(&answer, HEADS, 1).unwrap();
        assert_eq!((second.scores, second.bias), (&[4.0, 5.0, 6.0, 7.0][..], &[34.0, 35.0][..]));
        assert!(head(&answer, HEADS, HEADS).is_none());
    }

    #[test]
    fn the_finding_names_the_keys_chosen() {
        let words: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let said = finding(&words, 2, &[0.2, 0.7, 0.1], Some(&[0.6, 0.3, 0.1]));
        assert!(finding(&words, 2, &[0.2, 0.7, 0.1], None).ends_with("; this model adds no bias here."));
        assert_eq!(
            said,
            "Token 3 “c” attends most to “b”, 1 back (70 %); without the bias, the same scores would pick “a”, 2 back (60 %)."
        );
        let tied = finding(&words, 2, &[0.2, 0.7, 0.1], Some(&[0.4, 0.4, 0.2]));
        assert!(tied.ends_with("; without the bias, “b”, 1 back, would tie with “a”, 2 back (40 %)."), "{tied}");
    }

    #[test]
    fn tokens_that_are_parts_of_a_letter_are_said_to_be() {
        let words: Vec<String> = ["", "", "é", " ", "\n", ""].map(String::from).to_vec();
        let said: Vec<String> = (0..words.len()).map(|k| quoted(&words, k)).collect();
        assert_eq!(said, ["part of “é”", "part of “é”", "“é”", "a space", "the end of a line", "part of a letter"]);
    }
}
