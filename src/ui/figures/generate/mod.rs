//! What do the models write past their training length? Figure `generate`.

mod data;
mod words;

use self::data::Written;
use self::words::{finding, key, passage, table};
use crate::protocol::task::{Continued, Generate};
use crate::protocol::{Job, Task};
use crate::ui::figure::spec::{Drawing, ENGINE, FIRST_MODELS, Figure, FigureContext, FigureOutput, FigureSpec, own_text};
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::text::{Truncate, text_problem};

/// Tokens of the prompt that are used, at most.
const PROMPT_TOKENS: usize = 1_024;

/// What is continued.
pub static PROMPT: Setting<String> = Setting::new(
    "generate-prompt",
    "Prompt (its last 1,024 tokens are used)",
    Kind::Text { limit: 8_000, keep: Truncate::End },
    "Fellow citizens of the Senate and of the House of Representatives:",
);
/// Models that write.
pub static MODELS: Setting<Vec<String>> = Setting::new(
    "generate-models",
    "Models, by training length in tokens",
    Kind::Models(|m| m.seed == 1),
    FIRST_MODELS,
);
/// Tokens that each of them writes.
pub static TOKENS: Setting<usize> = Setting::new(
    "generate-tokens",
    "New tokens",
    Kind::List(&[("128", "128"), ("256", "256"), ("512", "512"), ("768", "768"), ("1536", "1,536")]),
    "768",
);
/// Temperature; kept as text, as it is one of five.
pub static TEMPERATURE: Setting<String> = Setting::new(
    "generate-temperature",
    "Temperature",
    Kind::List(&[("0", "0: the likeliest"), ("0.5", "0.5"), ("0.8", "0.8"), ("1", "1"), ("1.3", "1.3")]),
    "0.8",
);
/// From how many of the likeliest tokens one is drawn; 0 stands for all.
pub static TOP_K: Setting<usize> = Setting::new(
    "generate-top-k",
    "Drawn from the likeliest",
    Kind::List(&[("0", "all"), ("5", "5"), ("20", "20"), ("50", "50"), ("200", "200")]),
    "50",
);
/// Seed of the draws.
pub static SEED: Setting<usize> =
    Setting::new("generate-seed", "Seed", Kind::Number { spread: Spread::Even, min: 1, max: 999 }, "1");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "generate",
    title: "The same prompt, continued by each method",
    question: "What does collapse look like?",
    height: 1900,
    controls: &[&PROMPT.control, &MODELS.control, &TOKENS.control, &TEMPERATURE.control, &TOP_K.control, &SEED.control],
    shared: &[&ENGINE.control],
    run: Some("Write"),
    plots: &[],
    series: &["generate"],
    precomputed: Some(&[]),
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown: evaluations, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn ask(context: &FigureContext, model: &str) -> Job {
    let temperature = match context.get(&TEMPERATURE).as_str() {
        "0" => 0.0,
        "0.5" => 0.5,
        "1" => 1.0,
        "1.3" => 1.3,
        _ => 0.8,
    };
    let generate = Generate {
        n_prompt: PROMPT_TOKENS,
        n_new: context.get(&TOKENS),
        temperature,
        top_k: context.get(&TOP_K),
        seed: context.get(&SEED) as u32,
    };
    let (stream, text) = own_text(&context.get(&PROMPT));
    Job { stream, text, ..context.ask(model, Task::Generate(generate)) }
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    if text_problem(&context.get(&PROMPT)).is_some() {
        return Vec::new();
    }
    context.models(&MODELS).iter().map(|m| ask(context, &m.id)).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let of = |id: &str| {
        let answer = context.find(&ask(context, id))?;
        let prompt = Continued::read(&answer.values)?.n_prompt;
        Some((id.to_string(), prompt, answer))
    };
    let written: Vec<Written> = context.models(&MODELS).iter().filter_map(|m| of(&m.id)).collect();
    FigureOutput {
        finding: finding(&written),
        panel: match written.is_empty() {
            true => String::new(),
            false => key() + &written.iter().map(passage).collect::<String>(),
        },
        tables: vec![table(&written)],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::{inside, stretch};
    use super::*;
    use crate::ui::figure::spec::Answer;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    #[test]
    fn repetition_is_counted() {
        let text = words("a b c a b c a b c");
        let p = vec![0.5f32; 9];
        let whole = stretch(&text, &p, 0, 9).unwrap();
        // abc, bca and cab are new, the four after them are not.
        assert!((whole.fresh - 3.0 / 7.0).abs() < 1e-12);
        assert!((whole.probability - 0.5).abs() < 1e-9);
        assert_eq!(stretch(&text, &p, 6, 9).unwrap().fresh, 0.0);
        assert_eq!(stretch(&text, &p, 9, 12), None);
    }

    #[test]
    fn a_prompt_longer_than_the_training_length_leaves_one_stretch() {
        let scored = crate::protocol::Scored { words: words("a b"), ..Default::default() };
        let answer = Answer { scored: &scored, values: vec![300.0, 0.5, 0.5], live: true };
        let said = finding(&[("alibi-256".to_string(), 300, answer)]);
        assert!(said.ends_with("ALiBi – and 50.0 %."), "{said}");
        assert!(finding(&[]).starts_with("Nothing has been written"));
    }

    #[test]
    fn a_probability_that_is_no_number_is_named() {
        let scored = crate::protocol::Scored { words: words("a b"), ..Default::default() };
        let answer = || Answer { scored: &scored, values: vec![1.0, 0.5, f32::NAN], live: true };
        let written = [("alibi-256".to_string(), 1, answer())];
        assert_eq!(table(&written).rows[0][3..], ["diverged", "100.0 %"]);
        assert!(passage(&written[0]).contains("<span data-p=\"0\" title=\"diverged\">b</span>"));
    }

    #[test]
    fn the_training_length_counts_the_prompt() {
        assert_eq!(inside("alibi-256", 20), 236);
        assert_eq!(inside("alibi-64", 100), 0);
    }
}
