//! Lines, rows and sentences from points whose values were computed by hand.

use super::*;
use crate::config::RecordedPoint;
use crate::protocol::{BlockSum, EngineChoice, EngineKind, Job, Scored, Stretch, Task};

/// A recorded point of 20 targets with that mean loss.
fn point(model: &str, length: usize, mean: f64) -> RecordedPoint {
    RecordedPoint {
        model: model.into(),
        length,
        block_nll: vec![10.0 * mean, 10.0 * mean],
        block_targets: vec![10, 10],
        n_bytes: 40,
    }
}

fn recorded(points: Vec<RecordedPoint>) -> Vec<CurvePoint> {
    recorded_points(&Recorded { note: String::new(), stream: "held-out".into(), n_targets: 20, points })
}

#[test]
fn lines_follow_the_order_of_the_methods() {
    let points =
        recorded(vec![point("alibi-256", 512, 3.0), point("alibi-256", 256, 3.0), point("sinusoidal-256", 256, 3.0)]);
    let lines = series(&points, "", false);
    assert_eq!(lines.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["Sinusoidal", "ALiBi"]);
    assert_eq!(lines[1].points.iter().map(|p| p.x).collect::<Vec<_>>(), [256.0, 512.0]);
    assert!((lines[1].points[0].y - 20.085536923187668).abs() < 1e-9);
    assert_eq!(training_lengths(&points), [256]);
}

#[test]
fn the_sentence_follows_the_numbers() {
    let ln = f64::ln;
    let points = recorded(vec![
        point("sinusoidal-256", 256, ln(30.0)),
        point("sinusoidal-256", 4_096, ln(90.0)),
        point("rotary-256", 256, ln(22.0)),
        point("rotary-256", 4_096, ln(33.0)),
        point("alibi-256", 256, ln(21.0)),
        point("alibi-256", 4_096, ln(20.9)),
    ]);
    assert_eq!(
        finding(&points),
        "At 4,096 tokens, 16 times the training length: Sinusoidal explodes to 90.00 from 30.00, 3.0 times as much; \
         Rotary climbs to 33.00 from 22.00; ALiBi stays level at 20.90 (from 21.00)."
    );
    // Were ALiBi to fail, the sentence would say so.
    let worse = recorded(vec![point("alibi-256", 256, ln(21.0)), point("alibi-256", 512, ln(63.0))]);
    assert_eq!(
        finding(&worse),
        "At 512 tokens, 2 times the training length: ALiBi explodes to 63.00 from 21.00, 3.0 times as much."
    );
    let lost = recorded(vec![point("alibi-256", 256, ln(21.0)), point("alibi-256", 512, f64::NAN)]);
    assert!(finding(&lost).contains("ALiBi diverged (from 21.00)"));
    // Nothing beyond the training length, nothing to say.
    assert_eq!(finding(&recorded(vec![point("alibi-256", 256, 3.0), point("alibi-256", 64, 3.0)])), "");
    assert_eq!(finding(&[]), "");
}

#[test]
fn rows_and_csv_show_what_was_computed() {
    let entry = Entry {
        asked: Job {
            model: "alibi-256".into(),
            stream: "held-out".into(),
            engine: EngineChoice::Auto,
            task: Task::Score(Stretch {
                protocol: Protocol::Sliding { stride: 512 },
                length: 1_024,
                first: 16_384,
                n_targets: 1_024,
            }),
            ..Default::default()
        },
        scored: Scored {
            blocks: vec![BlockSum { nll: 20.0, n_targets: 10 }, BlockSum { nll: 40.0, n_targets: 10 }],
            n_bytes: 40,
            engine: EngineKind::Gpu,
            adapter: Some("A \"fine\" one".into()),
            seconds: 0.5,
            ..Default::default()
        },
    };
    let points = live_points(&[&entry]);
    let rows = table(&points, "t".into()).rows;
    // exp(3) = 20.09; half of e⁴ − e² = 23.60; two windows of 1,024 in half a second.
    let expected =
        ["alibi-256", "1,024", "20.09", "23.60", "3.000", "2.164", "20", "gpu (A \"fine\" one)", "0.50", "4,096"];
    assert_eq!(rows, [expected.map(String::from).to_vec()]);
    let csv = csv(&points);
    let row = csv.lines().nth(1).unwrap();
    assert!(row.starts_with("alibi-256,1024,held-out,sliding,512,20,20.0855"), "{row}");
    assert!(row.ends_with(",gpu,\"A \"\"fine\"\" one\",0.5,2048"), "{row}");
    assert_eq!(csv.lines().next().unwrap().split(',').count(), 16);
}

#[test]
fn what_diverged_is_shown_and_kept() {
    let points = recorded(vec![point("none-256", 64, f64::NAN)]);
    assert_eq!(table(&points, String::new()).rows[0][2], "diverged");
    let csv = csv(&points);
    let row: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(row[6..11], ["diverged"; 5], "{csv}");
    assert!(!csv.contains("NaN") && !csv.contains("inf"));
    assert_eq!(series(&points, "", false)[0].points.len(), 1);
}

#[test]
fn a_band_spans_the_trainings_that_differ_in_their_seed() {
    let ln = f64::ln;
    let points = recorded(vec![
        point("alibi-256", 512, ln(14.0)),
        point("alibi-256-s2", 512, ln(13.5)),
        point("alibi-256-s3", 512, ln(15.0)),
        point("alibi-64-s2", 512, ln(99.0)),
        point("alibi-256", 1_024, ln(14.0)),
        point("rotary-256", 512, ln(23.0)),
    ]);
    let (shown, n_seed) = across_seeds(&points);
    assert_eq!(n_seed, Some((3, 3)));
    let at = |model: &str, length| shown.iter().find(|p| p.model == model && p.length == length).unwrap().summary;
    let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9;
    assert!(near(at("alibi-256", 512).band, (13.5, 15.0)), "{:?}", at("alibi-256", 512).band);
    assert!((at("alibi-256", 512).perplexity - 14.0).abs() < 1e-9, "the line stays that of the first seed");
    // Trained once: both blocks alike, so no error.
    assert!(near(at("alibi-256", 1_024).band, (14.0, 14.0)) && near(at("rotary-256", 512).band, (23.0, 23.0)));
    assert_eq!(models(&shown), ["rotary-256", "alibi-256"]);

    let lost = recorded(vec![point("alibi-256", 512, 2.0), point("alibi-256-s2", 512, f64::NAN)]);
    assert_eq!(across_seeds(&lost).0[0].summary.band.1, f64::INFINITY);
    assert_eq!(across_seeds(&points[..1]).1, None);
}

#[test]
fn what_is_called_level_is_what_another_seed_changes() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/recorded.json");
    let recorded: Recorded = serde_json::from_slice(&std::fs::read(recorded).unwrap()).unwrap();
    let points = recorded_points(&recorded);
    let mut widest: f64 = 0.0;
    for method in ["alibi", "rotary", "sinusoidal"] {
        let trained =
            |p: &&CurvePoint| p.length == 256 && parts(&p.model).0 == method && parts(&p.model).1 == Some(256);
        let of = || points.iter().filter(trained).map(|p| p.summary.perplexity);
        assert_eq!(of().count(), 3, "{method}");
        widest = widest.max(of().fold(0.0, f64::max) / of().fold(f64::INFINITY, f64::min) - 1.0);
    }
    assert!((words::SEEDS - widest).abs() < 5e-4, "{widest}");
    let said = |was: f64, is: f64| words::verdict(was, is);
    assert_eq!(said(14.0, 14.2), "stays level at 14.20 (from 14.00)");
    assert_eq!(said(14.0, 14.4), "climbs to 14.40 from 14.00");
    assert_eq!(said(14.09, 13.73), "improves to 13.73 from 14.09");
}
