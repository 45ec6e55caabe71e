//! A run as a figure shows it.

use super::*;
use crate::protocol::{Protocol, Reason, Stretch};

fn job(length: usize) -> Job {
    let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: 1, n_targets: 32 };
    Job { model: "m".into(), stream: "s".into(), task: Task::Score(stretch), ..Default::default() }
}

fn points(statuses: &[Status]) -> Vec<Point> {
    statuses.iter().map(|s| Point { job: job(32), status: s.clone() }).collect()
}

#[test]
fn state_follows_the_evaluations() {
    let failed = Status::Failed(Failure::Invalid { reason: Reason::NoText.into() });
    let running = Status::Running { scored: 1, of: 2 };
    for (statuses, state) in [
        (vec![], "idle"),
        (vec![Status::Waiting, Status::Done], "running"),
        (vec![running.clone(), failed.clone()], "running"),
        (vec![Status::Done, failed.clone()], "done"),
        (vec![Status::Stopped, failed], "failed"),
        (vec![Status::Stopped, Status::Stopped], "idle"),
        (vec![Status::Done, Status::Stopped], "done"),
    ] {
        assert_eq!(state_of(&points(&statuses)), state, "{statuses:?}");
    }
    assert_eq!(share_of(&points(&[Status::Done, running, Status::Waiting, Status::Stopped])), 0.625);
}

#[test]
fn a_run_lacks_what_is_asked_beside_it() {
    let points = points(&[Status::Running { scored: 1, of: 2 }]);
    let (asked, longer, more) = (job(32), job(64), job(32).over(64));
    let none = |_: &Job| false;
    assert!(!lacks(&points, std::slice::from_ref(&asked), false, none), "what it computes");
    assert!(lacks(&points, &[asked.clone(), longer.clone()], true, none), "another length");
    assert!(!lacks(&points, &[asked, longer], false, |e| *e == job(64)), "answered before");
    assert!(lacks(&points, std::slice::from_ref(&more), false, none), "the reader's number of targets");
    assert!(!lacks(&points, &[more], true, none), "the page's own number of targets");
}

#[test]
fn a_gpu_that_is_gone_is_told_once_and_nothing_else_of_it() {
    let chosen = |engine| Notice::EngineChosen { engine, reason: Reason::Chosen(engine).into() };
    let gone = |detail: &str| Notice::GpuUnavailable { reason: Reason::Said { detail: detail.into() }.into() };
    let mut all = Vec::new();
    for notice in [chosen(EngineKind::Gpu), chosen(EngineKind::Gpu), gone("lost"), gone("it went away")] {
        note(&mut all, notice);
    }
    assert_eq!(all, [gone("lost")]);
    note(&mut all, chosen(EngineKind::Cpu));
    assert_eq!(all, [gone("lost"), chosen(EngineKind::Cpu)]);
}
