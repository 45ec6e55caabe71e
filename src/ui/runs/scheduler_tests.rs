//! The queue, driven without a browser.

use super::*;
use crate::protocol::{EngineKind, Reason};

fn task(run: u32, index: usize) -> Assignment {
    Assignment::new(run, index, Job { model: format!("m{index}"), stream: "held-out".into(), ..Default::default() })
}

fn scored() -> Scored {
    Scored { blocks: vec![], n_bytes: 0, engine: EngineKind::Cpu, adapter: None, seconds: 1.0, ..Default::default() }
}

fn posted(actions: &[Action]) -> Vec<(usize, u32)> {
    let id = |a: &Action| match a {
        Action::Post { slot, request } => Some((*slot, request.id)),
        _ => None,
    };
    actions.iter().filter_map(id).collect()
}

fn told(actions: &[Action]) -> Vec<(usize, JobEvent)> {
    let news = |a: &Action| match a {
        Action::Notify { index, news, .. } => Some((*index, news.clone())),
        _ => None,
    };
    actions.iter().filter_map(news).collect()
}

fn respond(queue: &mut Scheduler, slot: usize, id: u32, body: ResponseBody) -> Vec<Action> {
    queue.answer(slot, Response { id, body })
}

/// A queue with one worker, configured, at work on task 0 of run 1 by request 2; `n` tasks in all.
fn at_work(n: usize) -> Scheduler {
    let mut queue = Scheduler::new("http://x/".into());
    let actions = queue.submit((0..n).map(|i| task(1, i)).collect(), 1);
    assert_eq!(actions[0], Action::Spawn { slot: 0, in_page: false });
    assert_eq!(posted(&actions), [(0, 1)]);
    let actions = respond(&mut queue, 0, 1, ResponseBody::Ready);
    assert_eq!(posted(&actions), [(0, 2)]);
    assert_eq!(told(&actions), [(0, JobEvent::Started)]);
    queue
}

#[test]
fn one_worker_takes_task_after_task() {
    let mut queue = at_work(2);
    let actions = respond(&mut queue, 0, 2, ResponseBody::Progress { scored: 10, of: 20 });
    assert_eq!(told(&actions), [(0, JobEvent::Progress { scored: 10, of: 20 })]);
    let actions = respond(&mut queue, 0, 2, ResponseBody::Scored(scored()));
    assert_eq!(told(&actions), [(0, JobEvent::Done(scored())), (1, JobEvent::Started)]);
    assert_eq!(posted(&actions), [(0, 3)]);
    let actions = respond(&mut queue, 0, 3, ResponseBody::Scored(scored()));
    assert_eq!(told(&actions), [(1, JobEvent::Done(scored()))]);
}

#[test]
fn late_answers_are_dropped() {
    let mut queue = at_work(2);
    assert!(respond(&mut queue, 0, 7, ResponseBody::Scored(scored())).is_empty());
    respond(&mut queue, 0, 2, ResponseBody::Scored(scored()));
    assert!(respond(&mut queue, 0, 2, ResponseBody::Progress { scored: 1, of: 2 }).is_empty());
    assert!(respond(&mut queue, 5, 2, ResponseBody::Ready).is_empty());
}

#[test]
fn two_workers_share_the_queue_and_no_more_start_than_there_is_work() {
    let mut queue = Scheduler::new(String::new());
    let spawned = queue.submit(vec![task(1, 0)], 2).iter().filter(|a| matches!(a, Action::Spawn { .. })).count();
    assert_eq!(spawned, 1);
    let spawned = queue.submit(vec![task(1, 1), task(1, 2)], 2);
    assert!(spawned.contains(&Action::Spawn { slot: 1, in_page: false }));
    let first = respond(&mut queue, 0, 1, ResponseBody::Ready);
    let second = respond(&mut queue, 1, 2, ResponseBody::Ready);
    assert_eq!((told(&first), told(&second)), (vec![(0, JobEvent::Started)], vec![(1, JobEvent::Started)]));
}

#[test]
fn stop_drops_what_waits_and_asks_the_worker() {
    let mut queue = at_work(3);
    let actions = queue.stop(1);
    assert_eq!(told(&actions), [(1, JobEvent::Stopped), (2, JobEvent::Stopped)]);
    assert!(actions.contains(&Action::StopTimer { slot: 0, request: 2 }));
    assert!(
        actions.iter().any(|a| matches!(
            a,
            Action::Post { request: Request { body: RequestBody::Cancel { request: 2 }, .. }, .. }
        ))
    );
    assert_eq!(told(&respond(&mut queue, 0, 2, ResponseBody::Cancelled)), [(0, JobEvent::Stopped)]);
    // The timer then finds nothing to do, and the worker is used again.
    assert!(queue.overdue(0, 2).is_empty());
    assert_eq!(told(&queue.submit(vec![task(2, 0)], 1)), [(0, JobEvent::Started)]);
}

#[test]
fn a_worker_that_does_not_stop_is_ended_and_replaced() {
    let mut queue = at_work(1);
    queue.stop(1);
    let actions = queue.overdue(0, 2);
    assert_eq!(actions, [Action::Terminate { slot: 0 }, Action::Notify { run: 1, index: 0, news: JobEvent::Stopped }]);
    assert_eq!(queue.submit(vec![task(2, 0)], 1)[0], Action::Spawn { slot: 0, in_page: false });
}

#[test]
fn a_point_finished_while_stopping_is_kept() {
    let mut queue = at_work(1);
    queue.stop(1);
    assert_eq!(told(&respond(&mut queue, 0, 2, ResponseBody::Scored(scored()))), [(0, JobEvent::Done(scored()))]);
}

#[test]
fn stopping_one_run_leaves_the_other() {
    let mut queue = at_work(1);
    queue.submit(vec![task(2, 0)], 1);
    assert!(told(&queue.stop(1)).is_empty());
    let actions = respond(&mut queue, 0, 2, ResponseBody::Cancelled);
    assert!(actions.contains(&Action::Notify { run: 2, index: 0, news: JobEvent::Started }));
}

#[test]
fn a_worker_that_cannot_start_fails_what_waits() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(vec![task(1, 0), task(1, 1)], 1);
    let failure = Failure::Fetch {
        file: "worker_loader.js".into(),
        reason: Reason::Server { status: 404, text: String::new() }.into(),
    };
    let actions = queue.broken(0, failure.clone());
    assert_eq!(actions[0], Action::Terminate { slot: 0 });
    assert_eq!(told(&actions), [(0, JobEvent::Failed(failure.clone())), (1, JobEvent::Failed(failure))]);
    // A retry starts afresh.
    assert_eq!(queue.submit(vec![task(1, 0)], 1)[0], Action::Spawn { slot: 0, in_page: false });
}

#[test]
fn a_worker_that_breaks_at_work_loses_its_task_only() {
    let mut queue = at_work(2);
    respond(&mut queue, 0, 2, ResponseBody::Engine(EngineKind::Cpu));
    let actions = queue.broken(0, Failure::Engine { reason: Reason::NoText.into() });
    assert_eq!(told(&actions), [(0, JobEvent::Failed(Failure::Engine { reason: Reason::NoText.into() }))]);
    assert!(actions.contains(&Action::Spawn { slot: 0, in_page: false }));
}

#[test]
fn one_model_may_fail_and_the_others_go_on() {
    let mut queue = at_work(2);
    let failure = Failure::Corrupt { file: "m0.safetensors".into(), reason: Reason::OtherConfiguration.into() };
    let actions = respond(&mut queue, 0, 2, ResponseBody::Failed(failure.clone()));
    assert_eq!(told(&actions), [(0, JobEvent::Failed(failure)), (1, JobEvent::Started)]);
}

#[test]
fn the_engine_that_runs_is_told() {
    let mut queue = at_work(1);
    let actions = respond(&mut queue, 0, 2, ResponseBody::Engine(EngineKind::Gpu));
    assert_eq!(told(&actions), [(0, JobEvent::Engine(EngineKind::Gpu))]);
}

#[test]
fn a_second_worker_joins_a_run_and_leaves_it() {
    let mut queue = at_work(5);
    let actions = queue.widen(2);
    assert_eq!(actions[0], Action::Spawn { slot: 1, in_page: false });
    let actions = respond(&mut queue, 1, 3, ResponseBody::Ready);
    assert_eq!(told(&actions), [(1, JobEvent::Started)]);
    assert!(queue.widen(2).is_empty(), "both are at work");
    // From now on the first one works alone; the second ends what it has begun.
    assert!(queue.widen(1).is_empty());
    assert_eq!(told(&respond(&mut queue, 1, 4, ResponseBody::Scored(scored()))), [(1, JobEvent::Done(scored()))]);
    let actions = respond(&mut queue, 0, 2, ResponseBody::Scored(scored()));
    assert_eq!(told(&actions), [(0, JobEvent::Done(scored())), (2, JobEvent::Started)]);
    assert_eq!(posted(&queue.widen(2)).len(), 1, "and comes back");
}

/// Requests to be configured, and whether the GPU is to be left alone.
fn configured(actions: &[Action]) -> Vec<bool> {
    let without = |a: &Action| match a {
        Action::Post { request: Request { body: RequestBody::Configure { without_gpu, .. }, .. }, .. } => {
            Some(*without_gpu)
        }
        _ => None,
    };
    actions.iter().filter_map(without).collect()
}

/// A queue whose only worker is at work on the CPU, on task 0 of run 1, by request 2.
fn on_cpu(n: usize) -> Scheduler {
    let mut queue = at_work(n);
    respond(&mut queue, 0, 2, ResponseBody::Engine(EngineKind::Cpu));
    queue
}

#[test]
fn a_silent_workers_task_goes_to_another_then_to_the_page_then_fails() {
    let mut queue = on_cpu(2);
    for (ready, in_page) in [(3, false), (5, true)] {
        let actions = queue.silent(0);
        assert_eq!(actions[..2], [Action::Terminate { slot: 0 }, Action::Spawn { slot: 0, in_page }]);
        assert!(told(&actions).is_empty(), "nothing is lost yet");
        // The same task, before those that wait.
        assert_eq!(told(&respond(&mut queue, 0, ready, ResponseBody::Ready)), [(0, JobEvent::Started)]);
        respond(&mut queue, 0, ready + 1, ResponseBody::Engine(EngineKind::Cpu));
    }
    let actions = queue.silent(0);
    let failure = Failure::Engine { reason: Facts::said(Kind::Silent, String::new()) };
    assert_eq!(told(&actions), [(0, JobEvent::Failed(failure))]);
    // The rest of the run goes on, in a worker again.
    assert!(actions.contains(&Action::Spawn { slot: 0, in_page: false }));
    assert_eq!(told(&respond(&mut queue, 0, 7, ResponseBody::Ready)), [(1, JobEvent::Started)]);
}

#[test]
fn a_worker_that_falls_silent_while_it_stops_has_stopped() {
    let mut queue = on_cpu(1);
    queue.stop(1);
    let actions = queue.silent(0);
    assert_eq!(actions[0], Action::Terminate { slot: 0 });
    assert!(matches!(told(&actions)[..], [(0, JobEvent::Failed(_))]), "{actions:?}");
    assert!(!queue.owes(0));
}

#[test]
fn a_task_that_broke_over_the_gpu_is_done_again_without_it() {
    let reason = Facts::said(Kind::BackgroundFailed, "TypeError".into());
    let failure = Failure::Engine { reason: reason.clone() };
    // The GPU runs, or what runs is not known yet.
    for told_first in [Some(EngineKind::Gpu), None] {
        let mut queue = at_work(2);
        if let Some(engine) = told_first {
            respond(&mut queue, 0, 2, ResponseBody::Engine(engine));
        }
        let actions = queue.broken(0, failure.clone());
        let notice = Notice::GpuUnavailable { reason: reason.clone() };
        assert_eq!(told(&actions), [(0, JobEvent::Notice(notice))]);
        assert_eq!(configured(&actions), [true], "the next worker leaves the GPU alone");
        assert_eq!(told(&respond(&mut queue, 0, 3, ResponseBody::Ready)), [(0, JobEvent::Started)]);
        // Once: what breaks again is at fault itself.
        assert_eq!(told(&queue.broken(0, failure.clone())), [(0, JobEvent::Failed(failure.clone()))]);
    }
    // The CPU was chosen: nothing to do with it.
    let mut queue = Scheduler::new(String::new());
    let mut chosen = task(1, 0);
    chosen.job.engine = EngineChoice::Cpu;
    assert_eq!(configured(&queue.submit(vec![chosen], 1)), [false]);
    respond(&mut queue, 0, 1, ResponseBody::Ready);
    assert_eq!(told(&queue.broken(0, failure.clone())), [(0, JobEvent::Failed(failure))]);
}

#[test]
fn a_worker_beyond_the_width_does_not_keep_tasks_from_failing() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(vec![task(1, 0), task(1, 1)], 2);
    respond(&mut queue, 1, 2, ResponseBody::Ready);
    respond(&mut queue, 1, 3, ResponseBody::Scored(scored()));
    respond(&mut queue, 1, 4, ResponseBody::Scored(scored()));
    // Slot 1 is idle and out of the game; slot 0 never got ready.
    queue.stop(1);
    assert!(queue.submit(vec![task(2, 0)], 1).is_empty());
    let failure = Failure::Engine { reason: Facts::said(Kind::NotStarted, "30".into()) };
    assert_eq!(told(&queue.broken(0, failure.clone())), [(0, JobEvent::Failed(failure))]);
}

#[test]
fn a_slot_owes_an_answer_from_its_start_until_it_is_idle() {
    let mut queue = Scheduler::new(String::new());
    assert!(!queue.owes(0));
    queue.submit(vec![task(1, 0)], 1);
    assert!(queue.owes(0), "starting");
    respond(&mut queue, 0, 1, ResponseBody::Ready);
    assert!(queue.owes(0), "at work");
    respond(&mut queue, 0, 2, ResponseBody::Scored(scored()));
    assert!(!queue.owes(0));
}

const YOURS: [&str; 7] =
    ["a-1-yours0", "a-1-yours1", "a-1-yours2", "a-1-yours3", "a-1-yours4", "a-1-yours5", "a-1-yours6"];

/// What is sent: the models whose weights are given, with `=` before them, and those that are asked about.
fn sent(actions: &[Action]) -> Vec<String> {
    let of = |a: &Action| match a {
        Action::Give { model, .. } => Some(format!("={model}")),
        Action::Post { request, .. } => match &request.body {
            RequestBody::Run(job) => Some(job.model.clone()),
            _ => None,
        },
        _ => None,
    };
    actions.iter().filter_map(of).collect()
}

fn asks(models: &[&str]) -> Vec<Assignment> {
    let job = |model: &&str| Job { model: (*model).into(), ..Default::default() };
    models.iter().enumerate().map(|(i, model)| Assignment::new(1, i, job(model))).collect()
}

/// Answers whatever the slot is at, until nothing is sent any more.
fn all_sent(queue: &mut Scheduler, slot: usize) -> Vec<String> {
    let mut all = Vec::new();
    while let Slot::Busy { request, .. } = queue.slots[slot] {
        all.extend(sent(&respond(queue, slot, request, ResponseBody::Scored(scored()))));
    }
    all
}

#[test]
fn a_worker_is_given_the_readers_model_before_its_first_question_and_its_successor_again() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(asks(&["alibi-256", YOURS[0], YOURS[0], YOURS[1]]), 1);
    assert_eq!(sent(&respond(&mut queue, 0, 1, ResponseBody::Ready)), ["alibi-256"]);
    let given = |n: usize| format!("={}", YOURS[n]);
    assert_eq!(all_sent(&mut queue, 0), [given(0).as_str(), YOURS[0], YOURS[0], &given(1), YOURS[1]]);
    let actions = queue.submit(asks(&[YOURS[0]]), 1);
    assert_eq!(sent(&actions), [YOURS[0]]);
    // It is gone over that: the next one has nothing.
    let actions = queue.silent(0);
    let (_, configure) = posted(&actions)[0];
    assert!(sent(&actions).is_empty());
    let actions = respond(&mut queue, 0, configure, ResponseBody::Ready);
    assert_eq!(sent(&actions), [given(0).as_str(), YOURS[0]]);
}

#[test]
fn a_model_that_was_gone_when_it_was_to_be_given_is_given_once_it_is_back() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(asks(&[YOURS[0]]), 1);
    let wanted = ["=a-1-yours0", YOURS[0]];
    assert_eq!(sent(&respond(&mut queue, 0, 1, ResponseBody::Ready)), wanted);
    queue.not_given(0, YOURS[0]);
    assert!(all_sent(&mut queue, 0).is_empty());
    assert_eq!(sent(&queue.submit(asks(&[YOURS[0]]), 1)), wanted);
}

#[test]
fn two_workers_are_given_the_readers_model_each() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(asks(&[YOURS[0], YOURS[0]]), 2);
    let wanted = ["=a-1-yours0", YOURS[0]];
    assert_eq!(sent(&respond(&mut queue, 0, 1, ResponseBody::Ready)), wanted);
    assert_eq!(sent(&respond(&mut queue, 1, 2, ResponseBody::Ready)), wanted);
}

#[test]
fn the_oldest_model_of_the_readers_that_gave_way_in_the_worker_is_given_again() {
    let mut queue = Scheduler::new(String::new());
    queue.submit(asks(&[&YOURS[..], &YOURS[1..2], &YOURS[..1]].concat()), 1);
    let mut all = sent(&respond(&mut queue, 0, 1, ResponseBody::Ready));
    all.extend(all_sent(&mut queue, 0));
    let given: Vec<&String> = all.iter().filter(|sent| sent.starts_with('=')).collect();
    // Seven, then the first once more: the worker holds six.
    assert_eq!(given.len(), 8, "{all:?}");
    assert_eq!(all[all.len() - 3..], [YOURS[1], "=a-1-yours0", YOURS[0]]);
}
