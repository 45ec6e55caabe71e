//! From sums to what is shown, and what is kept of answers.

use super::*;
use crate::config::RUN_IN;
use crate::protocol::EngineKind;
use crate::ui::format::numbers::{show_3, show_perplexity};

fn block(nll: f64, n_targets: u32) -> BlockSum {
    BlockSum { nll, n_targets }
}

#[test]
fn what_was_said_of_a_cut_text_comes_back_with_its_question() {
    let asked = |text: &str, engine| Job { text: Some(text.into()), engine, ..Default::default() };
    let cut = |used| Notice::Shortened { used, of: 2_000, last: true, at: "x".into() };
    let mut results = Results::default();
    for (text, used) in [("a", 1_024), ("b", 512), ("a", 256)] {
        results.note_cut(&asked(text, EngineChoice::Auto), cut(used));
    }
    // Of one question what was said last, whichever engine is asked.
    assert_eq!(results.cuts(&[asked("a", EngineChoice::Cpu)]), [cut(256)]);
    assert_eq!(results.cuts(&[asked("a", EngineChoice::Auto), asked("b", EngineChoice::Auto)]).len(), 2);
    assert_eq!(results.cuts(&[asked("c", EngineChoice::Auto)]), []);
    results.note_cut(&asked("c", EngineChoice::Auto), cut(256));
    assert_eq!(results.cuts(&[asked("a", EngineChoice::Auto), asked("c", EngineChoice::Auto)]).len(), 1, "said once");
}

#[test]
fn hand_computed_summary() {
    // Means 2 and 4 over 10 targets each: mean 3; deviations ±1, standard deviation √2, error √2/√2 = 1.
    let s = summarise(&[block(20.0, 10), block(40.0, 10)], 40).unwrap();
    assert_eq!(s.n_targets, 20);
    assert!((s.mean_nll - 3.0).abs() < 1e-12);
    assert!((s.perplexity - 20.085536923187668).abs() < 1e-9);
    assert!((s.standard_error.unwrap() - 1.0).abs() < 1e-12);
    assert!((s.band.0 - 7.38905609893065).abs() < 1e-9 && (s.band.1 - 54.598150033144236).abs() < 1e-9);
    // 60 nats are 86.5617 bits over 40 bytes.
    assert!((s.bits_per_byte - 2.1640425613334453).abs() < 1e-9);
}

#[test]
fn unequal_blocks_weigh_by_targets() {
    // 10/10 and 90/30: mean 2.5; residuals 10 − 25 = −15 and 90 − 75 = 15; √(2·450)/40 = 0.75.
    let s = summarise(&[block(10.0, 10), block(90.0, 30)], 0).unwrap();
    assert!((s.mean_nll - 2.5).abs() < 1e-12);
    assert!((s.standard_error.unwrap() - 0.75).abs() < 1e-12);
    assert!(s.bits_per_byte.is_nan());
}

#[test]
fn one_block_has_no_error_and_none_has_no_summary() {
    let s = summarise(&[block(5.0, 5), block(0.0, 0)], 5).unwrap();
    assert_eq!(s.standard_error, None);
    assert_eq!(s.band, (s.perplexity, s.perplexity));
    assert_eq!(summarise(&[], 5), None);
    assert_eq!(summarise(&[block(0.0, 0)], 5), None);
}

#[test]
fn what_is_not_finite_survives() {
    for bad in [f64::NAN, f64::INFINITY] {
        let s = summarise(&[block(20.0, 10), block(bad, 10)], 40).unwrap();
        assert!(!s.mean_nll.is_finite() && !s.perplexity.is_finite(), "{s:?}");
        assert_eq!(show_perplexity(s.perplexity), "diverged");
        assert_eq!(show_3(s.bits_per_byte), "diverged");
    }
    // A finite loss whose exponential overflows is shown the same way.
    assert_eq!(show_perplexity(summarise(&[block(8_000.0, 10)], 1).unwrap().perplexity), "diverged");
}

#[test]
fn a_later_answer_replaces_an_earlier_one_to_the_same_question() {
    let cut = |protocol, length, engine| {
        let task = Task::Score(Stretch { protocol, length, first: RUN_IN, n_targets: 1_024 });
        Job { model: "m".into(), stream: "s".into(), engine, task, ..Default::default() }
    };
    let ask = |length, engine| cut(Protocol::Nonoverlapping, length, engine);
    let length = |e: &Entry| e.asked.task.length().unwrap();
    let scored = |seconds| Scored {
        blocks: vec![block(1.0, 1)],
        n_bytes: 1,
        engine: EngineKind::Cpu,
        adapter: None,
        seconds,
        ..Default::default()
    };
    let mut results = Results::default();
    results.insert(ask(64, EngineChoice::Cpu), scored(1.0));
    results.insert(ask(32, EngineChoice::Cpu), scored(2.0));
    results.insert(ask(64, EngineChoice::Gpu), scored(3.0));
    let found: Vec<(usize, f64)> =
        results.of("s", Protocol::Nonoverlapping, 1_024).iter().map(|e| (length(e), e.scored.seconds)).collect();
    assert_eq!(found, [(32, 2.0), (64, 3.0)]);
    assert!(results.answered(&ask(64, EngineChoice::Gpu)) && !results.answered(&ask(64, EngineChoice::Cpu)));
    assert!(results.of("s", Protocol::Nonoverlapping, 2_048).is_empty());
    assert!(results.of("s", Protocol::Sliding { stride: 64 }, 1_024).is_empty());
    assert_eq!(length(results.last_with(EngineChoice::Cpu).unwrap()), 32);
    assert_eq!(results.latest_targets("s", Protocol::Nonoverlapping), Some(1_024));
    assert_eq!(results.latest_targets("s", Protocol::Sliding { stride: 64 }), None);
    results.insert(cut(Protocol::Sliding { stride: 32 }, 32, EngineChoice::Cpu), scored(4.0));
    assert_eq!(results.of("s", Protocol::Sliding { stride: 64 }, 1_024).len(), 1);
    // Neither another text nor a changed model belongs to these points.
    results.insert(Job { stream: "t".into(), ..ask(32, EngineChoice::Cpu) }, scored(5.0));
    results.insert(Job { change: Change::NoBias, ..ask(32, EngineChoice::Cpu) }, scored(6.0));
    assert_eq!(results.of("s", Protocol::Nonoverlapping, 1_024).len(), 2);
    assert_eq!((results.all().len(), results.points().len()), (5, 4));
}

fn written(text: &str, n: usize) -> (Job, Scored) {
    let asked = Job { text: Some(text.into()), stream: text.into(), ..Default::default() };
    (asked, Scored { numbers: vec![0; n], ..Default::default() })
}

#[test]
fn a_part_of_an_answer_is_shown_while_it_grows_and_never_counts_as_answered() {
    let mut results = Results::default();
    let (asked, whole) = written("a", 8);
    let part = |n| Scored { numbers: vec![1; n], ..Default::default() };
    results.insert_part(asked.clone(), part(1));
    results.insert_part(asked.clone(), part(2));
    assert_eq!(results.find(&asked).map(|e| e.scored.numbers.len()), Some(2));
    results.end_part(&asked);
    assert!(!results.answered(&asked) && results.find(&asked).is_none() && results.all().is_empty());
    assert_eq!(results.stump(&asked).map(|e| e.scored.numbers.len()), Some(2), "what was written is not lost");
    // The whole answer takes its place; a later stump does not take the whole one's.
    results.insert(asked.clone(), whole.clone());
    assert!(results.answered(&asked) && results.stump(&asked).is_none());
    results.insert_part(asked.clone(), part(3));
    assert_eq!(results.find(&asked).map(|e| e.scored.numbers.len()), Some(3));
    results.end_part(&asked);
    assert_eq!(results.find(&asked).map(|e| &e.scored), Some(&whole));
}

#[test]
fn what_was_computed_before_a_reload_comes_back_and_what_was_computed_since_stands() {
    let mut results = Results::default();
    let (a, earlier) = written("a", 1);
    let (b, since) = written("b", 2);
    let cut = |used| Notice::Shortened { used, of: 2_000, last: true, at: "x".into() };
    results.note_cut(&b, cut(256));
    results.insert(b.clone(), since.clone());
    let entry = |asked: &Job, scored: &Scored| Entry { asked: asked.clone(), scored: scored.clone() };
    let on_gpu = Job { engine: EngineChoice::Gpu, ..a.clone() };
    results.restore(vec![
        (entry(&b, &earlier), Some(cut(512))),
        (entry(&a, &since), None),
        // The same question, asked of another engine later.
        (entry(&on_gpu, &earlier), Some(cut(512))),
    ]);
    let found: Vec<(&Job, &Scored)> = results.all().iter().map(|e| (&e.asked, &e.scored)).collect();
    assert_eq!(found, [(&on_gpu, &earlier), (&b, &since)]);
    assert_eq!((results.cuts(&[a]), results.cuts(&[b])), (vec![cut(512)], vec![cut(256)]));
}

#[test]
fn the_oldest_answers_give_way_but_not_losses_nor_the_latest() {
    let mut results = Results::default();
    let losses = Job { model: "m".into(), ..Default::default() };
    results.insert(losses.clone(), Scored { blocks: vec![block(1.0, 1)], ..Default::default() });
    // Of 2 MB each, as maps of attention are.
    let texts: Vec<String> = (0..100).map(|i| format!("text {i}")).collect();
    for text in &texts {
        let (asked, scored) = written(text, 2 << 20);
        results.note_cut(&asked, Notice::Shortened { used: 256, of: 300, last: false, at: "x".into() });
        results.insert(asked, scored);
    }
    let bytes: usize = results.all().iter().map(|e| size(&e.scored)).sum();
    assert!(bytes <= ROOM && bytes > ROOM - (3 << 20), "{bytes}");
    assert!(results.answered(&losses), "what charts are drawn from stays");
    let newest = texts.iter().rev().take_while(|text| results.answered(&written(text, 0).0)).count();
    assert_eq!(newest, results.all().len() - 1);
    assert_eq!(results.cuts.len(), newest, "what was said of them goes with them");
    // However large, the latest are on show.
    let mut results = Results::default();
    for text in &texts[..SPARED] {
        let (asked, scored) = written(text, ROOM);
        results.insert(asked, scored);
    }
    assert_eq!(results.all().len(), SPARED);
}
