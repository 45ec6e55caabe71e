//! A run as a figure shows it.

use super::*;
use crate::protocol::{EngineChoice, GpuError, NoAdapter, Protocol, Reason};

fn jobs(statuses: &[Status]) -> Vec<Job> {
    let evaluate = Evaluate {
        model: "m".into(),
        stream: "s".into(),
        length: 32,
        protocol: Protocol::Nonoverlapping,
        first_target: 1,
        n_targets: 32,
        engine: EngineChoice::Auto,
        ..Default::default()
    };
    statuses.iter().map(|s| Job { evaluate: evaluate.clone(), status: s.clone() }).collect()
}

#[test]
fn state_follows_the_evaluations() {
    let failed = Status::Failed(Failure::Invalid { reason: Reason::NoText });
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
        assert_eq!(state_of(&jobs(&statuses)), state, "{statuses:?}");
    }
    assert_eq!(share_of(&jobs(&[Status::Done, running, Status::Waiting, Status::Stopped])), 0.625);
}

#[test]
fn a_run_lacks_what_is_asked_beside_it() {
    let jobs = jobs(&[Status::Running { scored: 1, of: 2 }]);
    let asked = jobs[0].evaluate.clone();
    let longer = Evaluate { length: 64, ..asked.clone() };
    let more = Evaluate { n_targets: 64, ..asked.clone() };
    let none = |_: &Evaluate| false;
    assert!(!lacks(&jobs, std::slice::from_ref(&asked), false, none), "what it computes");
    assert!(lacks(&jobs, &[asked.clone(), longer.clone()], true, none), "another length");
    assert!(!lacks(&jobs, &[asked, longer], false, |e| e.length == 64), "answered before");
    assert!(lacks(&jobs, std::slice::from_ref(&more), false, none), "the reader's number of targets");
    assert!(!lacks(&jobs, &[more], true, none), "the page's own number of targets");
}

#[test]
fn every_failure_says_what_to_do() {
    let fetch = Failure::Fetch {
        file: "a.safetensors".into(),
        reason: Reason::Server { status: 404, text: "Not Found".into() },
    };
    assert!(explain(&fetch).contains("a.safetensors") && explain(&fetch).contains("retry"));
    let reason = Reason::Gpu(GpuError::NoAdapter(NoAdapter::NoWebGpu));
    let notice = Notice::EngineChosen { engine: EngineKind::Cpu, reason: reason.clone() };
    assert_eq!(say(&notice), "Running on the CPU: no GPU: this browser has no WebGPU.");
    let notice = Notice::GpuUnavailable { reason };
    assert_eq!(say(&notice), "The GPU is not available (no GPU: this browser has no WebGPU); the CPU goes on.");
    let cut = Notice::Shortened { used: 1_024, of: 5_007, last: true, at: "the end".into() };
    assert_eq!(
        say(&cut),
        "As it stands there, the prompt has 5,007 tokens; its last 1,024 are continued, from “the end…” on."
    );
}
