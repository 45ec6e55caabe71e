//! What is said in the laboratory: the finding, what would run, the matrix, the box for the reader's own text.

use super::plan::Plan;
use crate::config::{LAST_BLOCK, LAST_TARGETS, MAX_TEXT};
use crate::protocol::Protocol;
use crate::ui::figure::curves;
use crate::ui::figure::curves::CurvePoint;
use crate::ui::format::numbers::{show_seconds, thousands};

/// The button that runs it.
pub(super) const MEASURE: &str = "Measure";

/// Caption of the table of points that were measured here.
pub(super) const MEASURED: &str = "Every point measured here with these settings";
/// Caption of the table of points that were recorded.
pub(super) const RECORDED: &str = "Recorded natively with these settings; nothing is measured here yet";

/// The matrix for those who do not see it.
pub(super) const MATRIX: &str = "Perplexity by model and input length";
/// Caption of the matrix.
pub(super) const MATRIX_CAPTION: &str = "Perplexity by input length, tokens";
/// Heading of its rows.
pub(super) const MODEL: &str = "Model";
/// A cell whose length has more tokens than the text.
pub(super) const TOO_SHORT: &str = "text too short";
/// A cell that could not be computed.
pub(super) const FAILED: &str = "failed";

/// The box for the reader's own text.
pub(super) const BOX: &str = "Your text (up to 2 MB; a file can be dropped here)";
/// The button that takes what is in it.
pub(super) const TAKE: &str = "Use this text";
/// The choice of a file.
pub(super) const FILE: &str = "Text file";
/// Said of a text while its tokens are counted.
pub(super) const COUNTING: &str = "Counting tokens…";
/// Said where the box no longer has the text that was taken.
pub(super) const CHANGED: &str = "You changed the text. Press “Use this text” to use the new one.";
/// Said before any text is taken.
pub(super) const NOT_TAKEN: &str = "No text in use yet. Your text stays on this machine.";

/// Said of a text that is in use.
pub(super) fn taken(tokens: usize) -> String {
    format!("In use: {} tokens.", thousands(tokens as u64))
}

/// Why a text of so few tokens cannot be used.
pub(super) fn few_tokens(tokens: usize, shortest: usize) -> String {
    let tokens = if tokens == 1 { "1 token".into() } else { format!("{tokens} tokens") };
    format!("This text has {tokens}; the shortest input needs {shortest}. Use a longer text.")
}

/// The same where its bytes are too few already.
pub(super) fn few_bytes(bytes: usize, shortest: usize) -> String {
    let bytes = if bytes == 1 { "1 byte".into() } else { format!("{bytes} bytes") };
    format!(
        "This text is {bytes} long, not counting spaces around it; the shortest input needs {shortest} tokens. Use a longer text."
    )
}

/// Why a text of so many bytes cannot be used.
pub(super) fn large_text(bytes: usize) -> String {
    let (size, most) = (thousands(bytes as u64), thousands(MAX_TEXT as u64));
    format!("The text has {size} bytes; this page reads at most {most}. Shorten it.")
}

/// The same of a file.
pub(super) fn large_file(name: &str, bytes: u64) -> String {
    format!("{name} has {} bytes; this page reads at most {}.", thousands(bytes), thousands(MAX_TEXT as u64))
}

/// Why a file cannot be read as text.
pub(super) fn not_text(name: &str) -> String {
    format!("{name} is not UTF-8 text. Save it as UTF-8 and try again.")
}

/// Why there is nothing to choose from.
pub(super) fn no_models(reason: &str) -> String {
    format!("The list of trained models could not be loaded. {reason}")
}

/// The drawing for those who do not see it.
pub(super) fn drawing(finding: &str) -> String {
    format!("Perplexity against input length. {finding}")
}

/// The finding, or what is known before anything has run.
pub(super) fn finding(points: &[CurvePoint], recorded: &[CurvePoint]) -> String {
    match (points.is_empty(), curves::finding(points), curves::finding(recorded)) {
        (true, _, known) if !known.is_empty() => format!("Not measured here yet. Recorded (pale lines): {known}"),
        (true, ..) => "Nothing has been measured for these settings yet. Press Measure.".into(),
        (false, said, _) if said.is_empty() => {
            "To compare, measure each model at its training length and at a longer one.".into()
        }
        (false, said, _) => said,
    }
}

/// Why the number of targets is not the chosen one.
pub(super) fn instead(protocol: Protocol, counted: usize, chosen: usize) -> String {
    let why = match protocol {
        _ if chosen == 0 || counted == chosen => return String::new(),
        Protocol::LastTokens => "this evaluation sets the number itself",
        Protocol::Sliding { .. } if counted > chosen => "one stride scores that many",
        _ if counted > chosen => "the longest input holds that many",
        _ => "the text has no more for these lengths",
    };
    format!(" (not {}: {why})", thousands(chosen as u64))
}

/// What would run, and for about how long; `chosen` is the reader's number of targets, 0 if it is left to the page.
pub(super) fn describe(plan: &Plan, chosen: usize) -> String {
    let left_out: Vec<String> = plan.left_out.iter().map(|&l| thousands(l as u64)).collect();
    let left_out = match left_out.is_empty() {
        true => String::new(),
        false => format!(" The text is too short for inputs of {}.", left_out.join(", ")),
    };
    if plan.evaluations.is_empty() {
        return match plan.own {
            Some(0) => "Type, paste or drop a text above, then press “Use this text”. It never leaves this machine.".into(),
            Some(n) if !plan.left_out.is_empty() => format!("The text has {} tokens.{left_out}", thousands(n as u64)),
            _ => "Choose at least one model and one input length.".into(),
        }
    };
    let count = plan.evaluations.len();
    let counted = match plan.protocol {
        Protocol::LastTokens => {
            let blocks = (0..plan.n_targets).step_by(LAST_BLOCK).map(|from| LAST_TARGETS.min(plan.n_targets - from));
            blocks.sum()
        }
        _ => plan.n_targets,
    };
    let points = if count == 1 { "One point".into() } else { format!("{count} points") };
    let how = match plan.protocol {
        Protocol::Nonoverlapping => "each segment of the input length scored by itself".to_string(),
        Protocol::LastTokens if plan.n_targets < LAST_BLOCK => {
            "the last of the text scored, with context growing to the left".into()
        }
        Protocol::LastTokens => "the last 256 of every 16,384 scored, with context growing to the left".into(),
        Protocol::Sliding { stride } if plan.evaluations.iter().all(|e| e.task.length().is_some_and(|length| stride >= length)) => {
            "each segment of the input length scored by itself: a stride of that length or more is nonoverlapping"
                .into()
        }
        Protocol::Sliding { stride: 1 } => "one new token scored per window, every window computed in full".into(),
        Protocol::Sliding { stride } => {
            format!("the newest {} tokens scored per window, every window computed in full", thousands(stride as u64))
        }
    };
    format!(
        "{points}, scoring the same {} tokens{} at every length, {how}. Estimated time: {}.{left_out}",
        thousands(counted as u64),
        instead(plan.protocol, counted, chosen),
        show_seconds(plan.seconds),
    )
}
