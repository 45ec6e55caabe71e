//! Models by lengths: what is known, what is being computed, what failed, cell by cell.

use leptos::prelude::*;

use crate::chart::sort_by_key;
use crate::protocol::Job;
use crate::ui::figures::perplexity::words;
use crate::ui::figure::curves::{CurvePoint, model_name, order, parts};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::runs::run_state::{Point, RunState, Status};

/// One cell: its text, and its state for style and tests.
type Cell = (String, &'static str);

/// The matrix of what is planned and what is known.
#[component]
pub fn Matrix(
    /// The run.
    run: RunState,
    /// Points known for the present choices.
    #[prop(into)]
    points: Signal<Vec<CurvePoint>>,
    /// What would run now.
    planned: Signal<Vec<Job>>,
    /// Lengths that the text is too short for.
    left_out: Signal<Vec<usize>>,
) -> impl IntoView {
    move || {
        let (points, planned, run, left_out) = (points.get(), planned.get(), run.points.get(), left_out.get());
        let (models, lengths) = axes(&points, &planned, &left_out);
        let several = models.iter().any(|m| parts(m).1 != parts(&models[0]).1);
        let name = |m: &str| match parts(m).1 {
            Some(trained) if several => format!("{} {trained}", model_name(m)),
            _ => model_name(m),
        };
        let rows = models.iter().map(|model| {
            let cells = lengths.iter().map(|&length| {
                let (text, state) = match left_out.contains(&length) {
                    true => (words::TOO_SHORT.into(), "short"),
                    false => cell(model, length, &points, &planned, &run),
                };
                view! { <td data-cell=state>{text}</td> }
            });
            view! { <tr data-model=model.clone()><th scope="row">{name(model)}</th>{cells.collect_view()}</tr> }
        });
        let heads = lengths.iter().map(|&l| view! { <th scope="col">{thousands(l as u64)}</th> });
        (!models.is_empty()).then(|| {
            view! {
                <div class="matrix" tabindex="0" role="region" aria-label=words::MATRIX>
                    <table data-series="matrix">
                        <caption>{words::MATRIX_CAPTION}</caption>
                        <thead><tr><th scope="col">{words::MODEL}</th>{heads.collect_view()}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
        })
    }
}

/// Models and lengths that are planned or known, and lengths that cannot be scored, in the page's order.
fn axes(points: &[CurvePoint], planned: &[Job], left_out: &[usize]) -> (Vec<String>, Vec<usize>) {
    let mut models: Vec<String> =
        points.iter().map(|p| &p.model).chain(planned.iter().map(|e| &e.model)).cloned().collect();
    sort_by_key(&mut models, |m| order(m));
    models.dedup();
    let mut lengths: Vec<usize> = points
        .iter()
        .map(|p| p.length)
        .chain(planned.iter().filter_map(|e| e.task.length()))
        .chain(left_out.iter().copied())
        .collect();
    sort_by_key(&mut lengths, |l| *l);
    lengths.dedup();
    (models, lengths)
}

/// A cell: the present run comes first, then what is known.
fn cell(model: &str, length: usize, points: &[CurvePoint], planned: &[Job], run: &[Point]) -> Cell {
    // A run goes on while the reader changes what is shown: another protocol's progress does not belong here.
    let here = |p: &&Point| {
        p.job.model == model && p.job.task.length() == Some(length) && planned.contains(&p.job)
    };
    match run.iter().find(here).map(|p| &p.status) {
        Some(Status::Running { scored, of }) => {
            return (format!("{:.0} %", 100.0 * *scored as f64 / (*of).max(1) as f64), "running");
        }
        Some(Status::Waiting) => return ("…".into(), "waiting"),
        Some(Status::Failed(_)) => return (words::FAILED.into(), "failed"),
        _ => {}
    }
    match points.iter().find(|p| p.model == model && p.length == length) {
        Some(p) => (show_perplexity(p.summary.perplexity), p.source),
        None => ("–".into(), "empty"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BlockSum, Failure, Protocol, Reason, Stretch, Task};
    use crate::ui::runs::results::summarise;

    fn ask(model: &str, length: usize) -> Job {
        let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: 1, n_targets: 64 };
        Job { model: model.into(), stream: "s".into(), task: Task::Score(stretch), ..Default::default() }
    }

    #[test]
    fn cells_show_the_run_before_what_is_known() {
        let known = CurvePoint {
            model: "alibi-256".into(),
            length: 64,
            protocol: Protocol::Nonoverlapping,
            summary: summarise(&[BlockSum { nll: 30.0, n_targets: 10 }], 1).unwrap(),
            source: "cpu",
            adapter: None,
            effort: None,
            text: String::new(),
        };
        let planned = [ask("alibi-256", 64), ask("rotary-256", 32)];
        let (models, lengths) = axes(std::slice::from_ref(&known), &planned, &[4_096]);
        assert_eq!((models, lengths), (vec!["rotary-256".into(), "alibi-256".into()], vec![32, 64, 4_096]));
        let show = |status: Option<Status>| {
            let run: Vec<Point> =
                status.map(|status| Point { job: ask("alibi-256", 64), status }).into_iter().collect();
            cell("alibi-256", 64, std::slice::from_ref(&known), &planned, &run)
        };
        assert_eq!(show(None), ("20.09".into(), "cpu"));
        assert_eq!(show(Some(Status::Done)), ("20.09".into(), "cpu"));
        assert_eq!(show(Some(Status::Running { scored: 16, of: 64 })), ("25 %".into(), "running"));
        assert_eq!(
            show(Some(Status::Failed(Failure::Invalid { reason: Reason::NoText.into() }))),
            ("failed".into(), "failed")
        );
        assert_eq!(cell("alibi-256", 32, &[], &planned, &[]), ("–".into(), "empty"));
    }
}
