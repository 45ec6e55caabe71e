//! What is asked, and what follows from what was measured.

use super::*;
use crate::config::Manifest;
use crate::protocol::Scored;
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::Results;

fn measured(model: &str, length: usize, full: f64, skipping: f64) -> Measured {
    Measured { model: model.into(), shape: (4, 128), length, full: Some(full), skipping: Some(skipping), bytes: 3_250_000 }
}

#[test]
fn the_fastest_of_the_rounds_counts() {
    let manifest: Manifest = serde_json::from_str(include_str!("../../../../assets/models/manifest.json")).unwrap();
    let mut context = FigureContext {
        spec: &SPEC,
        values: &[],
        manifest: Some(&manifest),
        results: &Results::default(),
        precomputed: &[],
        engine: EngineChoice::Auto,
        dark: false,
        text: &|_| Loaded::Loading,
    };
    let asked = evaluations(&context);
    // Five models, three lengths, two tasks, three rounds, each a question of its own.
    assert_eq!(asked.len(), 90);
    assert!(asked.iter().enumerate().all(|(i, a)| asked[..i].iter().all(|b| a.key() != b.key())));
    assert!(asked.iter().all(|a| a.engine == EngineChoice::Cpu && a.task.stretch().is_some_and(|s| s.first >= FIRST)));
    let mut results = Results::default();
    let chosen = |a: &&Job| a.model == "alibi-256" && matches!(a.task, Task::ScoreInFull(s) if s.length == 1_024);
    for (asked, seconds) in asked.iter().filter(chosen).zip([2.0, 0.5, 1.0]) {
        let scored = Scored { seconds, peak_bytes: (seconds * 1e6) as u64, ..Default::default() };
        results.insert(asked.clone(), scored);
    }
    context.results = &results;
    let wanted =
        Measured { model: "alibi-256".into(), shape: (4, 128), length: 1_024, full: Some(8_192.0), skipping: None, bytes: 2_000_000 };
    assert_eq!(row(&context, context.model("alibi-256").unwrap(), 1_024), wanted);
    assert_eq!(render(&context).tables[0].rows, [["alibi-256", "1,024", "8,192", "–", "–", "2.0"]]);
}

#[test]
fn the_finding_compares_like_with_like() {
    assert!(finding(&[]).starts_with("Not measured on this machine yet."));
    let mut rows = vec![
        measured("sinusoidal-256", 1_024, 9_000.0, 9_100.0),
        measured("alibi-256", 1_024, 9_180.0, 11_016.0),
        measured("alibi-256", 4_096, 4_000.0, 8_000.0),
    ];
    assert_eq!(
        finding(&rows),
        "At 1,024 tokens, with nothing skipped, ALiBi reads 9,180 tokens/s and sinusoidal 9,000: 2 % apart. When it skips the keys that are out of a head’s reach, ALiBi is 1.2 times as fast, 11,016 tokens/s (sinusoidal, which skips nothing, 1.0 times). Memory beyond the weights: 3.2 MB with each."
    );
    let mut unequal = rows.clone();
    unequal[0].bytes = 3_900_000;
    let said = finding(&unequal);
    assert!(said.ends_with(" Memory beyond the weights: 3.2 MB (ALiBi) to 3.9 MB (Sinusoidal)."), "{said}");
    let mut noisy = rows.clone();
    noisy[0].skipping = Some(8_000.0);
    assert!(finding(&noisy).contains(": 2 % apart. That is noise: sinusoidal’s own two"), "{}", finding(&noisy));
    rows.push(measured("sinusoidal-256", 4_096, 5_000.0, 5_000.0));
    assert!(finding(&rows).starts_with("At 4,096 tokens") && finding(&rows).contains(": 20 % apart"));
}

#[test]
fn a_mask_per_head_by_golden_values() {
    let html = masks(8, 4_096);
    // 8 · 4096² · 2 = 268,435,456 bytes; 4096² · 2 = 33,554,432; 8 · 4096 · 4 = 131,072.
    assert!(html.contains("= 268.4 MB") && html.contains("takes 33.6 MB") && html.contains("= 131 KB"), "{html}");
    // The sizes that follow from the paper's eight heads at 512 tokens.
    assert!(masks(8, 512).contains("= 4.2 MB") && masks(8, 512).contains("takes 0.5 MB"));
}

#[test]
fn what_is_skipped_stands_apart() {
    let rows = [measured("alibi-256", 256, 100.0, 150.0), measured("alibi-256", 1_024, 50.0, 150.0)];
    let mut with_others = rows.to_vec();
    with_others.extend([measured("t5-256", 256, 100.0, 90.0), measured("t5-256", 1_024, 50.0, 60.0)]);
    assert_eq!(chart(&with_others).series.iter().filter(|s| s.faint).count(), 1, "the T5 bias has none to skip");
    let drawn = chart(&rows);
    assert_eq!(drawn.series.iter().map(|s| (s.faint, s.points.len())).collect::<Vec<_>>(), [(true, 2), (false, 2)]);
    assert_eq!(table(&rows).rows[1], ["alibi-256", "1,024", "50", "150", "3.00", "3.2"]);
    let memory = memory_chart(&rows);
    assert_eq!((memory.series.len(), memory.series[0].points[1].y), (1, 3.25));
    assert!(memory.y.range.is_some_and(|(low, high)| low == 0.0 && high > 3.25), "from zero");
}

#[test]
fn models_of_other_shapes_are_not_compared() {
    let own = |method: &str| Measured { shape: (2, 64), ..measured(&format!("{method}-32-yours01"), 4_096, 90.0, 90.0) };
    let site = |method: &str| measured(&format!("{method}-256"), 4_096, 20.0, 20.0);
    assert!(finding(&[site("sinusoidal"), own("alibi")]).starts_with("To compare, measure ALiBi and sinusoidal"));
    assert!(finding(&[site("sinusoidal"), own("sinusoidal"), own("alibi")]).contains("reads 90 tokens/s and sinusoidal 90"));
    assert!(finding(&[]).starts_with("Not measured on this machine yet"));
}
