//! What do the models write past their training length? Figure `generate`.

mod data;
mod words;

use self::data::{RealWords, WORD_LIST, Written};
use self::words::{finding, key, no_words, passage, table};
use crate::config::is_yours;
use crate::protocol::task::{Continued, Generate};
use crate::protocol::{Job, Task};
use crate::ui::figure::spec::{Drawing, ENGINE, FIRST_MODELS, Figure, FigureContext, FigureOutput, FigureSpec, own_text};
use crate::ui::runs::assets::Loaded;
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::text::{Truncate, text_problem};

/// Tokens of the prompt that are used, at most.
const PROMPT_TOKENS: usize = 1_024;

/// What is continued.
pub static PROMPT: Setting<String> = Setting::new(
    "generate-prompt",
    "Prompt (the last 1,024 tokens count)",
    Kind::Text { limit: 8_000, keep: Truncate::End },
    "Fellow citizens of the Senate and of the House of Representatives:",
);
/// Models that write.
pub static MODELS: Setting<Vec<String>> = Setting::new(
    "generate-models",
    "Models, by training length in tokens",
    Kind::Models(|m| m.seed == 1 || is_yours(&m.id)),
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
    "Top-k: draw from the likeliest",
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
    height: 1960,
    controls: &[&PROMPT.control, &MODELS.control, &TOKENS.control, &TEMPERATURE.control, &TOP_K.control, &SEED.control],
    shared: &[&ENGINE.control],
    run: Some("Generate"),
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
    let list = (context.text)(WORD_LIST);
    let known = list.ready().map(|list| RealWords::read(list));
    FigureOutput {
        finding: finding(&written, known.as_ref(), matches!(list, Loaded::Unasked | Loaded::Loading)),
        panel: match written.is_empty() {
            true => String::new(),
            false => key() + &written.iter().map(passage).collect::<String>(),
        },
        tables: vec![table(&written, known.as_ref())],
        trouble: match &list {
            Loaded::Failed(reason) => no_words(reason),
            _ => String::new(),
        },
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::data::{counts, inside};
    use super::*;
    use crate::protocol::Scored;
    use crate::ui::figure::spec::Answer;

    const LIST: &str = "# Remark\nby\nof\npeople\nthe\nwe\n";
    /// With the list, while it is on its way, and without it.
    const HERE: (bool, bool) = (true, false);
    const COMING: (bool, bool) = (false, true);
    const MISSING: (bool, bool) = (false, false);

    fn tokens(text: &str) -> Vec<String> {
        text.split('|').map(String::from).collect()
    }

    /// What each model wrote, one token of the prompt before it, each token with a probability of a half.
    fn said(texts: &[(&str, &str)], prompt: usize, (here, coming): (bool, bool)) -> String {
        let scored: Vec<Scored> =
            texts.iter().map(|t| Scored { words: tokens(t.1), ..Default::default() }).collect();
        let written = texts.iter().zip(&scored).map(|((id, _), scored)| {
            let values = std::iter::once(prompt as f32).chain(scored.words.iter().map(|_| 0.5)).collect();
            (id.to_string(), prompt, Answer { scored, values, live: true })
        });
        let list = RealWords::read(LIST);
        finding(&written.collect::<Vec<_>>(), here.then_some(&list), coming).replace('\u{a0}', " ")
    }

    #[test]
    fn repetition_is_counted() {
        let text = tokens("a|b|c|a|b|c|a|b|c");
        let p = vec![0.5f32; 9];
        let whole = counts(&text, &p, (0, 9), None).unwrap();
        // abc, bca and cab are new, the four after them are not.
        assert!((whole.repeated - 4.0 / 7.0).abs() < 1e-12);
        assert!((whole.probability - 0.5).abs() < 1e-9);
        assert_eq!(counts(&text, &p, (6, 9), None).unwrap().repeated, 1.0);
        assert_eq!(counts(&text, &p, (9, 12), None), None);
    }

    #[test]
    fn real_words_are_counted_over_whole_words() {
        let list = RealWords::read(LIST);
        // "We", "the" and "people" are real, "peopling" is not; numbers, signs and what is cut at the ends do not count.
        let text = tokens("ress| of 1790:\n|We| the peo|ple's| peo|pling, b|y");
        let share = |from, to| counts(&text, &[0.5; 8], (from, to), Some(&list)).unwrap().real;
        assert_eq!(share(0, 8), Some(4.0 / 5.0));
        // Alone, the same tokens are pieces: "peo" and "ple" do not count, the "s" between signs is too short.
        assert_eq!(share(3, 4), Some(1.0));
        assert_eq!(share(4, 5), None);
        assert_eq!(share(4, 7), Some(0.0));
        assert_eq!(RealWords::read("# Remark\n").share(" of "), Some(0.0));
    }

    #[test]
    fn the_finding_says_how_much_is_real_and_how_much_repeats() {
        // Trained at 4 tokens, one of them the prompt's.
        let texts = [("alibi-4", " the| of| we| by| by| by| by| by|."), ("rotary-4", " the| of| we| yb| of| the| we| yb|.")];
        assert_eq!(
            said(&texts, 1, HERE),
            "Past the training length, 100 % of the words that ALiBi writes are real (100 % before); for Rotary it is 60 % \
             (100 % before). Three tokens in a row repeat earlier ones 33 % of the time with ALiBi and 0 % with Rotary."
        );
        assert!(said(&texts, 1, COMING).starts_with("The list of real words is on its way. Three tokens"));
        let missing = said(&texts[..1], 1, MISSING);
        assert_eq!(missing, "Past the training length, three tokens in a row repeat earlier ones 33 % of the time with ALiBi.");
    }

    #[test]
    fn a_prompt_longer_than_the_training_length_leaves_one_stretch() {
        let said = |texts: &[(&str, &str)], prompt| said(texts, prompt, HERE);
        assert!(said(&[("alibi-4", " the| of| the "), ("rotary-4", " the ")], 300).contains("ALiBi writes are real; for Rotary it is 100 %."));
        assert!(said(&[("alibi-256", " the| of ")], 1).starts_with("No text here goes past"));
        assert!(said(&[], 1).starts_with("Press Generate"));
    }

    #[test]
    fn a_probability_that_is_no_number_is_named() {
        let scored = Scored { words: tokens("a|b"), ..Default::default() };
        let answer = || Answer { scored: &scored, values: vec![1.0, 0.5, f32::NAN], live: true };
        let written = [("alibi-256".to_string(), 1, answer())];
        assert_eq!(table(&written, None).rows[0][3..], ["–", "0.0 %", "diverged"]);
        assert_eq!(finding(&written, None, false), "Ignore what ALiBi wrote: the scores are no numbers.");
        assert!(passage(&written[0]).contains("<span data-p=\"0\" title=\"diverged\">b</span>"));
    }

    #[test]
    fn the_training_length_counts_the_prompt() {
        assert_eq!(inside("alibi-256", 20), 236);
        assert_eq!(inside("alibi-64", 100), 0);
    }
}
