//! What is said of a check: the finding and the table.

use super::data::{ACTIVATION_LIMIT, LIMIT, Row};
use crate::ui::format::numbers::thousands;
use crate::ui::format::table::Table;

pub(super) fn finding(rows: &[Row]) -> String {
    let largest = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
    let loss = rows.iter().map(|r| r.1).fold(0.0, largest);
    let activations = || rows.iter().filter(|r| r.4 == "CPU").map(|r| r.2);
    let activation = activations().fold(0.0, largest);
    let also = if activations().count() > 0 { format!(", of an activation {activation:.1e}") } else { String::new() };
    let n: f32 = rows.iter().map(|r| r.3).sum();
    let mut engines: Vec<&str> = rows.iter().map(|r| r.4).collect();
    crate::chart::sort_by_key(&mut engines, |e| *e);
    engines.dedup();
    let report = "Please report it with the name of your browser.";
    match (loss <= LIMIT, activation <= ACTIVATION_LIMIT) {
        _ if rows.is_empty() => "Not checked in this browser yet.".into(),
        (true, true) => format!(
            "This browser’s engine agrees ({}): over {} losses the largest difference from the recorded ones is {loss:.1e} nats{also}.",
            engines.join(" and "),
            thousands(n as u64)
        ),
        (false, _) => format!(
            "This browser’s engine does not agree: a loss differs by {loss:.1e} nats, more than {LIMIT:.0e}. {report}"
        ),
        (_, false) => format!(
            "This browser’s engine does not agree: an activation differs by {activation:.1e}, more than {ACTIVATION_LIMIT:.0e}. {report}"
        ),
    }
}

pub(super) fn table(rows: &[Row]) -> Table {
    let show = |v: f32| if v.is_finite() { format!("{v:.1e}") } else { "–".into() };
    let row = |(id, loss, activation, n, engine): &Row| {
        vec![id.clone(), show(*loss), show(*activation), thousands(*n as u64), (*engine).into()]
    };
    Table {
        caption: "Largest differences from what was recorded natively".into(),
        columns: ["model", "of a loss (nats)", "of an activation", "losses compared", "engine"]
            .map(String::from)
            .to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}
