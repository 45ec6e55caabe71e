//! What readers read of where a training starts and of what it reads.

use crate::ui::format::numbers::thousands;
use crate::ui::settings::control::Choice;

/// Where it starts, and what it reads.
pub(in crate::ui::figures::train) const FROM: &str = "Start from";
pub(in crate::ui::figures::train) const STARTS: &[Choice] = &[
    ("nothing", "Nothing: values drawn at random"),
    ("sinusoidal-256", "This page’s sinusoidal model"),
    ("rotary-256", "This page’s rotary model"),
    ("alibi-256", "This page’s ALiBi model"),
    ("none-256", "This page’s model without positions"),
    ("t5-256", "This page’s T5 bias model"),
    ("kerple-256", "This page’s KERPLE model"),
    ("file", "A file of weights"),
];
pub(super) const FOLLOWS: &str = "The methods that you tick take the place of this model’s own. Length and size are the model’s: 256 tokens, 0.92 million parameters.";
pub(super) const TASK: &str = "No text, one task, from nothing: a key comes again, and the model must give its value. Length, size and recipe are those of the figure “Finding a far word”: windows of 64 tokens, two layers, eight heads.";
pub(in crate::ui::figures::train) const TEXT: &str = "Text";
pub(in crate::ui::figures::train) const TEXTS: &[Choice] = &[("addresses", "Presidents’ addresses"), ("own", "Your own"), ("recall", "Keys and values")];
/// The file of weights.
pub(super) const FILE: &str = "File of weights (safetensors, saved here or by the native trainer)";
pub(super) const NO_FILE: &str =
    "Choose a file first. Its size is kept; the methods that you tick take the place of its own.";
/// The reader's own text.
pub(super) const BOX: &str = "Your text: paste it, or open or drop a file";
pub(super) const TEXT_FILE: &str = "A file with your text";

/// What to choose in place of a file that is no weights.
pub(in crate::ui::figures::train) const INSTEAD: &str =
    "Choose a file that you saved under “Weights” here, or one from the native trainer.";

/// Said of a file that is something else.
pub(super) fn other_file(name: &str) -> String {
    format!("{name} is not a file of weights. {INSTEAD}")
}

/// Said of a file that ends too early.
pub(super) fn cut_file(name: &str) -> String {
    format!("{name} is cut short. Save or copy it again.")
}

/// Said of a file that the browser does not give.
pub(super) fn unreadable(name: &str) -> String {
    format!("{name} could not be read. Choose it again.")
}

/// Said of a file that is taken.
pub(super) fn file_taken(name: &str) -> String {
    format!("Training starts from {name}. Its size is kept; the methods that you tick take the place of its own.")
}

/// Said where there is no text.
pub(super) fn no_text(least: usize) -> String {
    format!(
        "Paste a text of at least {} characters, or open a file. It stays in your browser.",
        thousands(least as u64)
    )
}

/// Said of a text that is too short.
pub(super) fn short_text(n: usize, least: usize) -> String {
    let [n, least] = [n, least].map(|n| thousands(n as u64));
    format!("This text has {n} characters; training needs at least {least}. Add more, or open a longer file.")
}

/// Said of a text that is too long.
pub(super) fn long_text(n_bytes: usize, most: usize) -> String {
    let [n, most] = [n_bytes, most].map(|n| thousands(n as u64));
    format!("This text has {n} bytes; this page reads at most {most}. Shorten it.")
}

/// The same of a file.
pub(super) fn in_file(name: &str, reason: &str) -> String {
    format!("{name}: {reason}")
}

/// Said of a file that is no text.
pub(super) fn not_text(name: &str) -> String {
    format!("{name} is not plain text in UTF-8. Save it as plain text and open it again.")
}

/// Said of a text that can be trained on.
pub(super) fn text_taken(n: usize) -> String {
    format!(
        "{} characters. The first nine tenths are trained on, the last tenth measures. It stays in your browser.",
        thousands(n as u64)
    )
}
