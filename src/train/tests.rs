//! A run that is stopped and resumed ends where an unbroken one ends; a damaged or foreign file is refused.

use std::path::PathBuf;

use anyhow::Result;

use super::corpus::{Document, split, verify};
use super::optimiser::Recipe;
use super::order::{Data, batch};
use super::run::{Plan, Run};
use super::start::initial;
use crate::config::ModelConfig;
use crate::position::METHODS;

/// A stream with structure to learn: each token mostly follows from the one before.
fn data() -> Data {
    let mut state = 7u32;
    let stream = |n: usize, state: &mut u32| {
        let mut token = 1;
        (0..n)
            .map(|_| {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                token = if *state >> 29 == 0 { *state % 13 } else { (token * 5 + 1) % 13 };
                token
            })
            .collect::<Vec<_>>()
    };
    Data { train: stream(4_000, &mut state), validation: stream(600, &mut state), separator: 12 }
}

fn plan(method: &str) -> Plan {
    let config = ModelConfig {
        n_layer: 1,
        d_model: 16,
        n_head: 2,
        d_ff: 32,
        n_vocab: 13,
        method: method.into(),
        train_length: 16,
    };
    Plan {
        id: format!("{method}-16"),
        config,
        seed: 1,
        recipe: Recipe { tokens_per_step: 64, warm_up: 5, ..Recipe::published(40) },
        log_every: 5,
        checkpoint_every: 10,
        validate_every: 20,
    }
}

fn folder(name: &str) -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("alibi-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

#[test]
fn a_resumed_run_equals_an_unbroken_one() -> Result<()> {
    let data = data();
    for method in METHODS.map(|m| m.id()) {
        let plan = plan(method);
        let unbroken = folder(&format!("unbroken-{method}"))?;
        let mut run = Run::open(&plan, &data, &unbroken)?;
        run.train(40, |_, _| ())?;
        let broken = folder(&format!("broken-{method}"))?;
        Run::open(&plan, &data, &broken)?.train(10, |_, _| ())?;
        // Killed between two checkpoints: steps 11–17 are lost and done again.
        Run::open(&plan, &data, &broken)?.train(17, |_, _| ())?;
        let mut resumed = Run::open(&plan, &data, &broken)?;
        assert_eq!(resumed.step(), 10);
        resumed.train(40, |_, _| ())?;
        assert_eq!(resumed.weights(), run.weights(), "{method}");
        let losses =
            |run: &Run| run.log().iter().map(|r| (r.step, r.train_loss, r.validation_loss)).collect::<Vec<_>>();
        assert_eq!(losses(&resumed), losses(&run), "{method}");
        assert!(run.log()[7].train_loss < run.log()[0].train_loss, "{method} does not learn: {:?}", run.log());
    }
    Ok(())
}

#[test]
fn a_checkpoint_of_another_plan_or_cut_short_is_refused_and_left_alone() -> Result<()> {
    let data = data();
    let folder = folder("foreign")?;
    Run::open(&plan("alibi"), &data, &folder)?.train(10, |_, _| ())?;
    let file = folder.join("alibi-16.checkpoint");
    let before = std::fs::read(&file)?;
    let other = Plan { seed: 2, ..plan("alibi") };
    assert!(Run::open(&other, &data, &folder).is_err_and(|e| format!("{e:#}").contains("delete it to start over")));
    assert_eq!(std::fs::read(&file)?, before);
    std::fs::write(&file, &before[..before.len() / 2])?;
    assert!(Run::open(&plan("alibi"), &data, &folder).is_err());
    Ok(())
}

#[test]
fn every_method_sees_the_same_windows() {
    let data = data();
    let (a, targets) = batch(&data, 1, 3, 4, 16);
    let (b, _) = batch(&data, 1, 3, 4, 16);
    assert_eq!(a.tokens, b.tokens);
    assert_ne!(a.tokens, batch(&data, 1, 4, 4, 16).0.tokens);
    assert_ne!(a.tokens, batch(&data, 2, 3, 4, 16).0.tokens);
    // Targets are the inputs one further on; separators are no targets.
    for i in 0..15 {
        let expected = if a.tokens[i + 1] == 12 { u32::MAX } else { a.tokens[i + 1] };
        assert_eq!(targets[i], expected);
    }
}

#[test]
fn matrices_decay_and_what_a_method_learns_if_it_says_so() {
    for method in METHODS {
        let learned = method.learned();
        for p in initial(&plan(method.id()).config, 1) {
            let own = learned.filter(|l| l.name == p.name);
            assert_eq!(p.decays, own.map_or(p.shape.len() > 1, |l| l.decays), "{} {}", method.id(), p.name);
            if let Some(own) = own {
                assert_eq!((p.shape, p.values), (vec![own.n_row, 2], own.start(2)), "{}", method.id());
            }
        }
    }
    // What has been trained and published with it.
    for id in ["t5", "trainable"] {
        assert!(METHODS.iter().any(|m| m.id() == id && m.learned().is_some_and(|l| l.decays)), "{id}");
    }
}

#[test]
fn splits_share_no_document() {
    let documents = (0..233).map(|i| Document { name: format!("{i:03}"), text: String::new() }).collect();
    let split = split(documents);
    assert_eq!((split.train.len(), split.validation.len(), split.held_out.len()), (217, 6, 10));
    let held: Vec<&str> = split.held_out.iter().map(|d| d.name.as_str()).collect();
    assert!(split.train.iter().chain(&split.validation).all(|d| !held.contains(&d.name.as_str())));
}

#[test]
fn a_file_with_another_checksum_is_refused() {
    // SHA-512 of "abc", FIPS 180-2, appendix C.1.
    let abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    assert!(verify(b"abc", abc).is_ok());
    assert!(verify(b"abd", abc).is_err_and(|e| e.to_string().contains("expected")));
}
