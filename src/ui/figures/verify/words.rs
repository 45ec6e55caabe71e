//! What is said of a check: the finding and the table.

use super::data::{ACTIVATION_LIMIT, Check, LIMIT};
use crate::ui::format::numbers::{show_tiny, thousands};
use crate::ui::format::table::Table;

pub(super) fn finding(checks: &[Check]) -> String {
    let largest = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
    let loss = checks.iter().map(|c| c.loss).fold(0.0, largest);
    let activations = || checks.iter().filter(|c| c.engine == "CPU").map(|c| c.activation);
    let activation = activations().fold(0.0, largest);
    let also = if activations().count() > 0 { format!(", and {} for an activation", show_tiny(activation)) } else { String::new() };
    let n: usize = checks.iter().map(|c| c.n_losses).sum();
    let mut engines: Vec<&str> = checks.iter().map(|c| c.engine).collect();
    crate::chart::sort_by_key(&mut engines, |e| *e);
    engines.dedup();
    let report = "Please report this with the name of your browser.";
    match (loss <= LIMIT, activation <= ACTIVATION_LIMIT) {
        _ if checks.is_empty() => "Not checked in this browser yet. Press Run the check.".into(),
        (true, true) => format!(
            "This browser’s engine agrees ({}): across {} losses, the largest difference from the recorded ones is {} nats{also}.",
            engines.join(" and "),
            thousands(n as u64),
            show_tiny(loss)
        ),
        (false, _) => format!(
            "This browser’s engine does not agree: a loss differs by {} nats, more than {LIMIT}. {report}",
            show_tiny(loss)
        ),
        (_, false) => format!(
            "This browser’s engine does not agree: an activation differs by {}, more than {ACTIVATION_LIMIT}. {report}",
            show_tiny(activation)
        ),
    }
}

pub(super) fn table(checks: &[Check]) -> Table {
    let show = |v: f32| if v.is_finite() { format!("{v:.1e}") } else { "–".into() };
    let row = |c: &Check| {
        vec![c.model.clone(), show(c.loss), show(c.activation), thousands(c.n_losses as u64), c.engine.into()]
    };
    Table {
        caption: "Largest differences from what was recorded natively".into(),
        columns: ["model", "of a loss (nats)", "of an activation", "losses compared", "engine"]
            .map(String::from)
            .to_vec(),
        rows: checks.iter().map(row).collect(),
    }
}
