//! Does the engine in this very browser compute what it should? Figure `verify`.

use crate::protocol::{Evaluate, Task};
use crate::ui::components::data_table::Table;
use crate::ui::lab::{Bench, Control, Kind, Lab, Shown, Work};
use crate::ui::results::thousands;

/// Largest difference of a loss that counts as agreement, nats.
const LIMIT: f32 = 1e-3;

/// The figure.
pub static LAB: Lab = Lab {
    id: "verify",
    title: "Check this browser’s engine",
    controls: &[Control {
        key: "verify-models",
        label: "Models",
        kind: Kind::Models(|_| true),
        default: "sinusoidal-256,rotary-256,alibi-256",
    }],
    run: Some("Check"),
    plots: &[],
    series: &["verify"],
    kept: None,
};

/// Its questions and what it makes of the answers.
pub static WORK: Work = Work { lab: &LAB, asks, show };

fn ask(bench: &Bench, model: &str) -> Evaluate {
    bench.ask(model, 0, 0, Task::Verify)
}

fn asks(bench: &Bench) -> Vec<Evaluate> {
    bench.models("verify-models").iter().map(|m| ask(bench, &m.id)).collect()
}

/// One model checked: id, difference of losses, of activations, losses compared, where.
type Row = (String, f32, f32, f32, &'static str);

fn show(bench: &Bench) -> Shown {
    let row = |id: &str| {
        let answer = bench.find(&ask(bench, id))?;
        let &[loss, activation, n] = answer.values.as_slice() else { return None };
        Some((id.to_string(), loss, activation, n, crate::ui::run::engine_name(answer.scored.engine)))
    };
    let rows: Vec<Row> = bench.models("verify-models").iter().filter_map(|m| row(&m.id)).collect();
    Shown { finding: finding(&rows), tables: vec![table(&rows)], ..Default::default() }
}

fn finding(rows: &[Row]) -> String {
    let largest = rows.iter().map(|r| r.1).fold(0.0f32, |a, b| if b > a || b.is_nan() { b } else { a });
    let n: f32 = rows.iter().map(|r| r.3).sum();
    match rows.len() {
        0 => "Not checked in this browser yet.".into(),
        _ if largest <= LIMIT => format!(
            "This browser’s engine agrees: over {} losses the largest difference from the recorded ones is {largest:.1e} nats.",
            thousands(n as u64)
        ),
        _ => format!(
            "This browser’s engine does not agree: a loss differs by {largest:.1e} nats, more than {LIMIT:.0e}. Please report it with the name of your browser."
        ),
    }
}

fn table(rows: &[Row]) -> Table {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disagreement_is_said() {
        let row = |loss| ("alibi-256".to_string(), loss, 0.0, 128.0, "CPU");
        assert!(finding(&[row(1e-5)]).contains("agrees: over 128 losses"));
        assert!(finding(&[row(1e-5), row(0.2)]).contains("does not agree"));
        assert!(finding(&[row(f32::NAN)]).contains("does not agree"));
        assert!(finding(&[]).starts_with("Not checked"));
    }
}
