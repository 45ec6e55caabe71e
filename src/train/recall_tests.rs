//! The task has one right answer, and what is shipped of it is what its weights give.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use super::optimiser::Recipe;
use super::order::Windows;
use super::recall::*;
use super::recalled::point;
use super::record::load;
use super::training::{Setting, Training};
use crate::config::{Manifest, ModelConfig, RECALL_DISTANCES, RECALL_TOKENS, Recalled};
use crate::engine::checkpoint::NoPause;
use crate::engine::cpu::CpuBackend;
use crate::kernels::cross_entropy::NOT_SCORED;

/// What each key of a window is followed by where it first comes, worked out from the tokens alone.
fn answers(tokens: &[u32]) -> Vec<(usize, usize, u32)> {
    let is_key = |t: u32| (16..48).contains(&t);
    let mut found = Vec::new();
    for (at, &token) in tokens.iter().enumerate().filter(|(_, t)| is_key(**t)) {
        let before = tokens[..at].iter().position(|&t| t == token);
        if let Some(first) = before {
            found.push((at, at - first, tokens[first + 1]));
        }
    }
    found
}

#[test]
fn every_question_has_exactly_one_right_answer_at_the_distance_it_says() {
    for (length, distance) in
        [(8, None), (64, None), (64, Some(2)), (64, Some(48)), (160, Some(128)), (1_056, Some(1_024))]
    {
        for step in 0..40 {
            let window = sample(step, length, distance);
            assert_eq!(window.tokens.len(), length);
            assert!(window.tokens.iter().all(|&t| (t as usize) < N_VOCAB) && window.tokens[0] == 0);
            let mut told: Vec<_> = window.questions.iter().map(|q| (q.at, q.distance, q.value)).collect();
            told.sort_unstable();
            // A key comes twice, no value does, and nothing but the questions could be asked.
            assert_eq!(answers(&window.tokens), told, "{window:?}");
            let values: Vec<u32> = window.tokens.iter().copied().filter(|t| VALUES.contains(t)).collect();
            assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len());
            assert!(told.iter().all(|(_, _, value)| VALUES.contains(value)));
            if let (Some(distance), true) = (distance, length > 64) {
                assert_eq!(told.len(), PAIRS);
                assert!(told.iter().all(|t| t.1 == distance));
            }
        }
    }
}

#[test]
fn only_answers_are_targets_and_a_batch_depends_on_seed_and_step_alone() {
    let (segments, targets) = Recall.batch(1, 3, 4, 64);
    assert_eq!((segments.tokens.len(), targets.len(), segments.n_segment), (256, 256, 4));
    for (tokens, targets) in segments.tokens.chunks(64).zip(targets.chunks(64)) {
        let asked = answers(tokens);
        for (at, &target) in targets.iter().enumerate() {
            let right = asked.iter().find(|a| a.0 == at).map_or(NOT_SCORED, |a| a.2);
            assert_eq!(target, right);
        }
    }
    let tokens = |seed, step| Recall.batch(seed, step, 4, 64).0.tokens;
    assert_eq!(tokens(1, 3), segments.tokens);
    assert!(tokens(1, 4) != segments.tokens && tokens(2, 3) != segments.tokens);
}

#[test]
fn distances_come_evenly() {
    let mut counts = [0usize; 4];
    for step in 0..2_000 {
        for question in sample(step, 64, None).questions {
            counts[(question.distance - NEAREST) * 4 / (63 - NEAREST)] += 1;
        }
    }
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*most < 2 * least, "{counts:?}");
}

#[test]
fn windows_to_be_asked_have_room_for_their_distance() {
    assert_eq!(window_length(62, 64), 64);
    assert!([63, 64, 1_024].iter().all(|&d| window_length(d, 64) == d + 32));
    let config = ModelConfig { n_layer: 1, d_model: 16, n_head: 2, d_ff: 16, ..shape("alibi") };
    let setting = Setting { config, seed: 1, recipe: Recipe { warm_up: 1, ..recipe(4) } };
    let mut model = CpuBackend::new(&Training::new(setting).unwrap().weights()).unwrap();
    for distance in [2, 31, 61, 62, 63, 64, 200] {
        let counts = pollster::block_on(ask(&mut model, 64, distance, 30, &mut NoPause)).unwrap();
        // Nothing was learned: no more than a guess.
        assert!(counts.asked == 30 && counts.right < 15, "{distance}: {counts:?}");
    }
}

#[test]
fn a_model_learns_from_it_as_from_a_text_and_the_same_way_twice() {
    let config = ModelConfig { n_layer: 1, d_model: 32, n_head: 4, d_ff: 32, ..shape("alibi") };
    let recipe = Recipe { tokens_per_step: 512, warm_up: 10, ..recipe(60) };
    let run = || {
        let setting = Setting { config: config.clone(), seed: 5, recipe: recipe.clone() };
        let mut training = Training::new(setting).unwrap();
        (0..60).map(|_| pollster::block_on(training.step(&Recall, &mut NoPause)).unwrap().loss).collect::<Vec<_>>()
    };
    let losses = run();
    // It comes to know which tokens are values: ln 32 is 3.47, ln 80 is 4.38.
    assert!(losses[0] > 5.0 && losses[59] < 4.0, "{losses:?}");
    assert_eq!(losses, run());
}

#[test]
fn shipped_models_of_it_are_the_manifests_and_answer_as_recorded() -> Result<(), Box<dyn Error>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read("assets/models/manifest.json")?)?;
    let recalled = Recalled::read(&fs::read_to_string("assets/models/recall.csv")?);
    let of = |all: Vec<&str>| all.join(" ");
    assert_eq!(
        of(manifest.recall.iter().map(|m| m.config.method.as_str()).collect()),
        of(recalled.iter().map(|m| m.method.as_str()).collect())
    );
    for (entry, counted) in manifest.recall.iter().zip(&recalled) {
        let weights = load(Path::new("."), entry)?;
        assert_eq!(weights.config, shape(&counted.method));
        assert_eq!((entry.tokens_seen, weights.n_parameters()), (RECALL_TOKENS, entry.n_parameters));
        assert!(manifest.model(&entry.id).is_none(), "no list of the page has it");
        assert!(fs::metadata(&entry.file)?.len() < 130_000);
        let log = fs::read_to_string(&entry.log)?;
        assert!(log.lines().last().is_some_and(|l| l.starts_with(&format!("{},{},", entry.steps, entry.tokens_seen))));
        assert_eq!(counted.points.iter().map(|p| p.distance).collect::<Vec<_>>(), RECALL_DISTANCES);
        // One within the training length, one beyond.
        for recorded in [counted.points[3], counted.points[8]] {
            let found = point(&weights, recorded.distance)?;
            assert!(found.right.abs_diff(recorded.right) <= recorded.close, "{}: {found:?}, {recorded:?}", entry.id);
        }
    }
    Ok(())
}
