//! Everything that a reader of the figure `opening` can read, but for the prose around it and what every figure of curves
//! says.

use crate::config::{LINE_TEMPERATURE, LINE_TOKENS, LINE_TOP_K};
use crate::ui::format::numbers::{show_perplexity, thousands};

/// Title.
pub const TITLE: &str = "Four models, trained at 256 tokens";
/// Question.
pub const QUESTION: &str = "What happens when inputs outgrow the training?";

/// Setting: the length looked at.
pub const LENGTH: &str = "Input length";
/// Setting: whether the reader guesses.
pub const GUESS: &str = "Guess first";
/// What its button says while the reader guesses: it ends the guess.
pub const SHOW: &str = "Show results";
/// Where something is out of sight.
pub const HIDDEN: &str = "?";
/// The same, for those who listen.
pub const HIDDEN_TOLD: &str = "hidden until you show results";

/// Above the perplexities.
pub const PERPLEXITY: &str = "perplexity";
/// Above the models, until it is known what they had read.
pub const MODEL: &str = "model";
/// What the rows are called.
pub const ROWS: &str = "What each model scores at this length, and what it writes";
/// What is folded away.
pub const NUMBERS: &str = "Numbers and downloads";
/// Caption of the table.
pub const CAPTION: &str = "Perplexity of the four models by input length";

/// What a reader who guesses has to do.
pub fn question(trained: usize) -> String {
    format!(
        "Everything past {trained} tokens is hidden. Where do you expect each model to go as its input grows? Decide, then show the results."
    )
}

/// A length, beside the slider.
pub fn tokens(length: usize) -> String {
    format!("{} tokens", thousands(length as u64))
}

/// How a length stands to that of the training.
pub fn against_training(length: usize, trained: usize) -> String {
    let part = match (length / trained.max(1), trained / length.max(1)) {
        (1, 1) => return "as in training".into(),
        (2, _) => "twice".into(),
        (0, 2) => "half".into(),
        (0, 4) => "a quarter of".into(),
        (0, 8) => "an eighth of".into(),
        (0, n) => format!("1/{n} of"),
        (n, _) => format!("{n} times"),
    };
    format!("{part} the training length")
}

/// What stands above the models: the end of what all of them had read.
pub fn after(before: &str) -> String {
    format!("writes after “… {before}”")
}

/// A line that a model wrote.
pub fn line(text: &str) -> String {
    format!("“… {}”", text.trim())
}

/// The finding up to the training length: the lowest and the highest perplexity there, each with its model.
pub fn within(length: usize, low: (&str, f64), high: (&str, f64)) -> String {
    format!(
        "At {} tokens, no more than in training, the four lie between {} ({}) and {} ({}).",
        thousands(length as u64),
        show_perplexity(low.1),
        low.0,
        show_perplexity(high.1),
        high.0
    )
}

/// The chart for those who do not see it.
pub fn chart(finding: &str) -> String {
    format!("Perplexity against input length, both on logarithmic scales. {finding}")
}

/// Where the numbers and the lines come from.
pub fn source(targets: u64) -> String {
    format!(
        "Recorded with the very weights that this page ships. Perplexity: {} target tokens at every length; bands: one standard error. \
         Lines: every model read the last tokens of the same text, presidents’ addresses like those it learned from, as many as the input is long, and wrote {LINE_TOKENS} more, {}.",
        thousands(targets),
        match LINE_TEMPERATURE {
            t if t > 0.0 => format!("each drawn from the {LINE_TOP_K} likeliest at temperature {t} with the same seed"),
            _ => "each the likeliest".into(),
        }
    )
}

/// Why there are no results.
pub fn not_loaded(reason: &str) -> String {
    format!("The recorded results could not be loaded. {reason}")
}

/// Why there are no lines.
pub fn no_lines(reason: &str) -> String {
    format!("What the models wrote could not be loaded. {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_held_against_the_training() {
        let said = [32, 128, 256, 512, 16_384].map(|l| against_training(l, 256));
        assert_eq!(
            said,
            [
                "an eighth of the training length",
                "half the training length",
                "as in training",
                "twice the training length",
                "64 times the training length"
            ]
        );
    }
}
