//! Does the engine in this very browser compute what it should? Figure `verify`.

mod data;
mod words;

use self::data::Row;
use self::words::{finding, table};
use crate::protocol::task::Verified;
use crate::protocol::{EngineChoice, Job, Task};
use crate::ui::figure::spec::{Drawing, ENGINE, EVERY, Figure, FigureContext, FigureOutput, FigureSpec};
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::{ENGINES, Setting};

/// Models that are checked.
pub static MODELS: Setting<Vec<String>> =
    Setting::new("verify-models", "Models, by training length in tokens", Kind::Models(|_| true), EVERY);
/// The engine that is checked; the page's where this leaves it open.
pub static CHECKED: Setting<EngineChoice> = Setting::new("verify-engine", "Engine", Kind::Pick(ENGINES), "auto");

/// The figure.
pub static SPEC: FigureSpec = FigureSpec {
    id: "verify",
    title: "Check this browser’s engine",
    question: "Can you trust what your browser computes?",
    height: 610,
    controls: &[&MODELS.control, &CHECKED.control],
    shared: &[&ENGINE.control],
    run: Some("Check"),
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
    let mut rows: Vec<Row> = Vec::new();
    for job in shown(context) {
        let Some(answer) = context.find(&job) else { continue };
        let Some(Verified { loss, activation, n_losses }) = Verified::read(&answer.values) else { continue };
        let engine = crate::ui::runs::run_state::engine_name(answer.scored.engine);
        // Auto is one of the two.
        if rows.iter().all(|r| (r.0.as_str(), r.4) != (&job.model, engine)) {
            rows.push((job.model, loss, activation, n_losses as f32, engine));
        }
    }
    FigureOutput { finding: finding(&rows), tables: vec![table(&rows)], ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disagreement_is_said() {
        let row = |loss| ("alibi-256".to_string(), loss, 0.0, 128.0, "CPU");
        let gpu = ("alibi-256".to_string(), 0.0, f32::NAN, 128.0, "GPU");
        assert!(finding(&[row(1e-5)]).contains("agrees (CPU): over 128 losses"));
        assert!(finding(&[gpu.clone(), row(1e-5), gpu.clone()]).contains("agrees (CPU and GPU): over 384 losses"));
        let alone = finding(std::slice::from_ref(&gpu));
        assert!(alone.ends_with("is 0.0e0 nats."), "{alone}");
        assert!(
            finding(&[row(0.0), (gpu.0.clone(), 0.0, 0.5, 128.0, "CPU")]).contains("an activation differs by 5.0e-1")
        );
        assert!(finding(&[(gpu.0, 0.0, f32::NAN, 128.0, "CPU")]).contains("does not agree"));
        assert!(finding(&[row(1e-5), row(0.2)]).contains("does not agree"));
        assert!(finding(&[row(f32::NAN)]).contains("does not agree"));
        assert!(finding(&[]).starts_with("Not checked"));
    }
}
