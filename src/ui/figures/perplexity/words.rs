//! What is said in the laboratory: the finding, and what would run.

use super::plan::Plan;
use crate::config::{LAST_BLOCK, LAST_TARGETS};
use crate::protocol::Protocol;
use crate::ui::figure::curves;
use crate::ui::figure::curves::CurvePoint;
use crate::ui::format::numbers::{show_seconds, thousands};

/// The finding, or what is known before anything has run.
pub(super) fn finding(points: &[CurvePoint], recorded: &[CurvePoint]) -> String {
    match (points.is_empty(), curves::finding(points), curves::finding(recorded)) {
        (true, _, known) if !known.is_empty() => format!("Not measured here yet; as recorded (pale lines): {known}"),
        (true, ..) => "Nothing has been measured for these choices yet.".into(),
        (false, said, _) if said.is_empty() => {
            "A comparison needs each model at its training length and at a longer one.".into()
        }
        (false, said, _) => said,
    }
}

/// Why the number of targets is not the chosen one.
pub(super) fn instead(protocol: Protocol, counted: usize, chosen: usize) -> String {
    let why = match protocol {
        _ if chosen == 0 || counted == chosen => return String::new(),
        Protocol::LastTokens => "this evaluation has its own number",
        Protocol::Sliding { .. } if counted > chosen => "a stride scores as many at once",
        _ if counted > chosen => "the longest input holds as many",
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
            Some(0) => "Paste, type or drop a text above and take it; it never leaves this machine.".into(),
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
        "{points}, the same {} targets{} at every length, {how}. Roughly {}.{left_out}",
        thousands(counted as u64),
        instead(plan.protocol, counted, chosen),
        show_seconds(plan.seconds),
    )
}
