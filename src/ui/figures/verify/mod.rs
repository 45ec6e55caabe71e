//! Does the engine in this very browser compute what it should? Figure `verify`.

mod data;
mod words;

use self::data::Check;
use self::words::{finding, table};
use crate::config::is_yours;
use crate::protocol::task::Verified;
use crate::protocol::{EngineChoice, Job, Task};
use crate::ui::figure::spec::{Drawing, ENGINE, EVERY, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::{ENGINES, Setting};

/// Models that are checked.
pub static MODELS: Setting<Vec<String>> =
    Setting::new("verify-models", "Models, by training length in tokens", Kind::Models(|m| !is_yours(&m.id)), EVERY);
/// The engine that is checked; the page's where this leaves it open.
pub static CHECKED: Setting<EngineChoice> = Setting::new("verify-engine", "Engine", Kind::Pick(ENGINES), "auto");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "verify",
    title: "Check this browser’s engine",
    question: "Can you trust what your browser computes?",
    height: 650,
    controls: &[&MODELS.control, &CHECKED.control],
    shared: &[&ENGINE.control],
    run: Some("Run the check"),
    plots: &[],
    series: &["verify"],
    precomputed: None,
};

/// Its questions and what it makes of the answers.
static FIGURE: Figure = Figure { spec: &SPEC, evaluations, shown, render };
/// How it is drawn.
pub static DRAWING: Drawing = Drawing::Data(&FIGURE);

fn ask(context: &FigureContext, model: &str, engine: EngineChoice) -> Job {
    Job { engine, ..context.ask(model, Task::Verify) }
}

fn evaluations(context: &FigureContext) -> Vec<Job> {
    let engine = match context.get(&CHECKED) {
        // As the page's address has it.
        EngineChoice::Auto => context.engine,
        chosen => chosen,
    };
    context.models(&MODELS).iter().map(|m| ask(context, &m.id, engine)).collect()
}

/// Every engine that has been checked, whichever is chosen now.
fn shown(context: &FigureContext) -> Vec<Job> {
    let engines = [EngineChoice::Cpu, EngineChoice::Gpu, EngineChoice::Auto];
    let models = context.models(&MODELS);
    models.iter().flat_map(|m| engines.map(|engine| ask(context, &m.id, engine))).collect()
}

fn render(context: &FigureContext) -> FigureOutput {
    let mut checks: Vec<Check> = Vec::new();
    for job in shown(context) {
        let Some(answer) = context.find(&job) else { continue };
        let Some(Verified { loss, activation, n_losses }) = Verified::read(&answer.values) else { continue };
        let engine = crate::ui::runs::run_state::engine_name(answer.scored.engine);
        // Auto is one of the two.
        if checks.iter().all(|c| (&c.model, c.engine) != (&job.model, engine)) {
            checks.push(Check { model: job.model, loss, activation, n_losses, engine });
        }
    }
    FigureOutput { finding: finding(&checks), tables: vec![table(&checks)], ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(loss: f32, activation: f32, engine: &'static str) -> Check {
        Check { model: "alibi-256".into(), loss, activation, n_losses: 1_128, engine }
    }

    #[test]
    fn disagreement_is_said() {
        let row = |loss| check(loss, 0.0, "CPU");
        let gpu = || check(0.0, f32::NAN, "GPU");
        assert_eq!(
            finding(&[row(1e-5)]),
            "This browser’s engine agrees (CPU): across 1,128 losses, the largest difference from the recorded ones is \
             1.0\u{a0}×\u{a0}10⁻⁵ nats, and 0 for an activation."
        );
        assert!(finding(&[gpu(), row(1e-5), gpu()]).contains("agrees (CPU and GPU): across 3,384 losses"));
        assert!(finding(&[gpu()]).ends_with("is 0 nats."), "{}", finding(&[gpu()]));
        assert!(finding(&[row(0.0), check(0.0, 0.5, "CPU")]).contains("an activation differs by 5.0\u{a0}×"));
        assert!(finding(&[check(0.0, f32::NAN, "CPU")]).contains("does not agree"));
        assert!(finding(&[row(1e-5), row(0.2)]).contains("does not agree"));
        assert!(finding(&[row(f32::NAN)]).contains("does not agree"));
        assert!(finding(&[]).starts_with("Not checked"));
        assert_eq!(table(&[gpu()]).rows, [["alibi-256", "0.0e0", "–", "1,128", "GPU"]]);
    }
}
