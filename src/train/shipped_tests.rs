//! What is shipped under assets/ is what the manifest says, and what the page shows at first is what the engine computes.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::config::{BLOCK, Change, Lines, Manifest, OPENING, RUN_IN, Recorded, Reference};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::{NoPause, Part};
use crate::engine::cpu::CpuBackend;
use crate::engine::evaluate::{Stream, evaluate};
use crate::engine::files;
use crate::engine::generate::Sampling;
use crate::engine::verify::verify;
use crate::model::{Decoder, Segments};
use crate::protocol::task::Verified;
use crate::protocol::{Protocol, Stretch};
use crate::tokenizer::Tokenizer;
use crate::train::lines::Read;
use crate::train::record::load;

type Outcome = Result<(), Box<dyn Error>>;

fn manifest() -> Result<Manifest, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read("assets/models/manifest.json")?)?)
}

fn recorded() -> Result<Recorded, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read("assets/models/recorded.json")?)?)
}

/// exp of the mean loss over all recorded blocks.
fn perplexity(recorded: &Recorded, model: &str, length: usize) -> Option<f64> {
    let point = recorded.points.iter().find(|p| p.model == model && p.length == length)?;
    Some((point.block_nll.iter().sum::<f64>() / point.block_targets.iter().sum::<u32>() as f64).exp())
}

#[test]
fn every_file_is_the_manifests() -> Outcome {
    let manifest = manifest()?;
    for model in &manifest.models {
        let weights = load(Path::new("."), model)?;
        assert_eq!(weights.config, model.config, "{}", model.id);
        assert_eq!(weights.n_parameters(), model.n_parameters, "{}", model.id);
        assert!(fs::metadata(&model.file)?.len() <= 2 << 20, "{} is over 2 MB", model.file);
        assert!(model.tokens_seen >= 10_000_000, "{} has seen {} tokens", model.id, model.tokens_seen);
        let log = fs::read_to_string(&model.log)?;
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("{},{},", model.steps, model.tokens_seen)), "{}: {last}", model.log);
    }
    for stream in &manifest.streams {
        let bytes = fs::read(&stream.file)?;
        assert_eq!(files::check(&stream.file, &bytes, &stream.sha256), Ok(()));
        assert_eq!(bytes.len(), 2 * stream.n_tokens, "{}", stream.file);
    }
    Ok(())
}

#[test]
fn all_models_were_trained_alike() -> Outcome {
    let manifest = manifest()?;
    for pair in manifest.models.windows(2) {
        if pair[0].config.train_length == pair[1].config.train_length {
            assert_eq!(pair[0].recipe, pair[1].recipe);
            assert_eq!(pair[0].tokens_seen, pair[1].tokens_seen);
        }
    }
    Ok(())
}

#[test]
fn recorded_losses_are_those_of_the_shipped_weights() -> Outcome {
    let (manifest, recorded) = (manifest()?, recorded()?);
    let tokenizer = Tokenizer::from_json(&fs::read_to_string("assets/data/tokenizer.json")?)?;
    let entry = manifest.streams.iter().find(|s| s.id == recorded.stream).ok_or("no such stream")?;
    let tokens =
        files::tokens(&entry.file, &fs::read(&entry.file)?, tokenizer.n_vocab()).map_err(|e| format!("{e:?}"))?;
    let token_bytes: Vec<u32> =
        (0..tokenizer.n_vocab() as u32).map(|t| tokenizer.token_bytes(t).len() as u32).collect();
    let stream = Stream { tokens: &tokens, separator: tokenizer.separator(), token_bytes: &token_bytes };
    for model in &manifest.models {
        let mut backend = Backend::cpu(&load(Path::new("."), model)?)?;
        for length in [64, 256, 1_024, 4_096] {
            let point = recorded.points.iter().find(|p| p.model == model.id && p.length == length);
            let point = point.ok_or(format!("{} at {length} is not recorded", model.id))?;
            let n_targets = length.max(2 * BLOCK);
            let stretch = Stretch { protocol: Protocol::Nonoverlapping, length, first: RUN_IN, n_targets };
            let sums = pollster::block_on(evaluate(&mut backend, &stream, stretch, &mut NoPause))?;
            for (i, block) in sums.blocks.iter().enumerate() {
                assert_eq!(block.n_targets, point.block_targets[i], "{} at {length}, block {i}", model.id);
                let difference = (block.nll - point.block_nll[i]).abs() / point.block_nll[i];
                assert!(difference < 1e-4, "{} at {length}, block {i}: relative difference {difference:e}", model.id);
            }
        }
    }
    Ok(())
}

#[test]
fn every_model_has_a_reference_and_the_engine_agrees_with_it() -> Outcome {
    let manifest = manifest()?;
    let bytes = fs::read("assets/models/reference.json")?;
    assert!(bytes.len() < 100_000, "the reference has {} bytes", bytes.len());
    let reference: Reference = serde_json::from_slice(&bytes)?;
    let entry = manifest.streams.iter().find(|s| s.id == reference.stream).ok_or("no such stream")?;
    for model in &manifest.models {
        let of = reference.models.iter().find(|m| m.model == model.id);
        let of = of.ok_or(format!("{} has no reference: run `train reference`", model.id))?;
        let tokens = files::tokens(&entry.file, &fs::read(&entry.file)?, model.config.n_vocab);
        let tokens = tokens.map_err(|e| format!("{e:?}"))?;
        let mut backend = Backend::cpu(&load(Path::new("."), model)?)?;
        let mut all = Part { whole: &mut NoPause, base: 0.0, size: 1.0 };
        let Verified { loss, activation, n_losses: n } =
            pollster::block_on(verify(&mut backend, &tokens, of, &mut all))?;
        assert!(loss < 1e-4 && activation < 1e-3 && n >= 128, "{}: {loss}, {activation}, {n}", model.id);
        // A loss that is off is seen.
        let mut other = of.clone();
        other.windows[0].losses[5] += 0.01;
        let loss = pollster::block_on(verify(&mut backend, &tokens, &other, &mut all))?.loss;
        assert!(loss > 0.009, "{}", model.id);
    }
    assert_eq!(reference.models.len(), manifest.models.len());
    Ok(())
}

/// The longer ones take as long as reading them does.
#[test]
fn the_lines_of_the_first_figure_are_what_the_shipped_weights_write() -> Outcome {
    let manifest = manifest()?;
    let lines: Lines = serde_json::from_slice(&fs::read("assets/models/lines.json")?)?;
    let read = Read::open(Path::new("assets"), &manifest)?;
    for id in OPENING {
        let model = manifest.model(id).ok_or("no such model")?;
        let mut backend = CpuBackend::new(&load(Path::new("."), model)?)?;
        for length in [32, 512] {
            let kept = lines.lines.iter().find(|l| l.model == id && l.length == length);
            let kept = kept.ok_or(format!("{id} wrote nothing at {length}: run `train lines`"))?;
            assert_eq!(read.line(&mut backend, length)?, kept.text, "{id} at {length}");
        }
    }
    Ok(())
}

#[test]
fn decoding_with_a_cache_past_the_training_length_is_the_forward_pass_of_all_before_it() -> Outcome {
    let (manifest, n_prompt, n) = (manifest()?, 246, 24);
    let entry = manifest.streams.iter().find(|s| s.id == "held-out").ok_or("no such stream")?;
    let tokens = files::tokens(&entry.file, &fs::read(&entry.file)?, 1_024).map_err(|e| format!("{e:?}"))?;
    let prompt = &tokens[RUN_IN..RUN_IN + n_prompt];
    for model in manifest.models.iter().filter(|m| m.config.train_length == 256 && m.seed == 1) {
        let weights = load(Path::new("."), model)?;
        let (decoder, mut cpu) = (Decoder::from_weights(&weights)?, CpuBackend::new(&weights)?);
        cpu.set_change(Change::None, n_prompt + n);
        let drawn = Sampling { temperature: 1.3, top_k: 0, seed: 5 };
        let generated = pollster::block_on(cpu.generate(prompt, n, drawn, &mut |_| (), &mut NoPause))?;
        let all: Vec<u32> = prompt.iter().chain(&generated.tokens).copied().collect();
        let length = all.len() - 1;
        let input = Segments { tokens: Arc::new(all[..length].to_vec()), n_segment: 1, length };
        let losses = decoder.losses(&input, &Arc::new(all[1..].to_vec()), &decoder.tables(length)?)?;
        for (k, (loss, p)) in losses.to_vec1::<f32>()?[n_prompt - 1..].iter().zip(&generated.probabilities).enumerate()
        {
            assert!((loss + p.ln()).abs() < 1e-4, "{}, {n_prompt} + {k} tokens: {loss} against {}", model.id, -p.ln());
        }
    }
    Ok(())
}

#[test]
fn every_model_is_recorded_over_the_same_targets_at_every_length() -> Outcome {
    let (manifest, recorded) = (manifest()?, recorded()?);
    for model in &manifest.models {
        for length in (5..=14).map(|k| 1 << k) {
            let point = recorded.points.iter().find(|p| p.model == model.id && p.length == length);
            let point = point.ok_or(format!("{} at {length} is not recorded", model.id))?;
            assert_eq!(point.block_nll.len(), recorded.n_targets / BLOCK);
            assert_eq!(
                (&point.block_targets, point.n_bytes),
                (&recorded.points[0].block_targets, recorded.points[0].n_bytes)
            );
        }
    }
    assert_eq!(recorded.points.len(), manifest.models.len() * 10);
    Ok(())
}

/// The claim of the page, as this project's own models show it.
#[test]
fn sinusoidal_explodes_rotary_climbs_and_alibi_stays_level() -> Outcome {
    let recorded = recorded()?;
    let at = |model: &str, length| perplexity(&recorded, model, length).ok_or(format!("{model} at {length}"));
    assert!(at("sinusoidal-256", 1_024)? >= 2.0 * at("sinusoidal-256", 256)?);
    assert!(at("rotary-256", 4_096)? > 1.2 * at("rotary-256", 256)?);
    assert!(at("alibi-256", 4_096)? <= at("alibi-256", 256)?);
    // Every method has learned to use what stands before: more context up to the training length helps.
    for model in manifest()?.models.iter().filter(|m| m.config.train_length == 256) {
        assert!(at(&model.id, 256)? < 0.97 * at(&model.id, 32)?, "{}", model.id);
    }
    Ok(())
}

/// What the page says of its text models: they hardly copy. A passage read a second time is compared with the same words where
/// another passage was read before them.
#[test]
fn a_passage_that_was_read_before_is_hardly_guessed_better() -> Outcome {
    let (manifest, n_passage, n_passages) = (manifest()?, 32, 24);
    let entry = manifest.streams.iter().find(|s| s.id == "held-out").ok_or("no such stream")?;
    let tokens = files::tokens(&entry.file, &fs::read(&entry.file)?, 1_024).map_err(|e| format!("{e:?}"))?;
    // Passages of places far from each other, and what is read between them.
    let passage = |k: usize| &tokens[RUN_IN + 997 * k..][..n_passage];
    for id in OPENING {
        let model = manifest.model(id).ok_or("no such model")?;
        let decoder = Decoder::from_weights(&load(Path::new("."), model)?)?;
        for gap in [0, 96, 960] {
            let length = n_passage + gap + n_passage - 1;
            let between = |k: usize| &tokens[RUN_IN + 997 * k + 400..][..gap];
            // Mean loss of the last passage when `before(k)` opened the text.
            let loss = |before: &dyn Fn(usize) -> usize| -> Result<f64, Box<dyn Error>> {
                let all = (0..n_passages).map(|k| [passage(before(k)), between(k), passage(k)].concat());
                let all = all.collect::<Vec<_>>();
                let read = all.iter().flat_map(|t| &t[..length]).copied().collect();
                let asked = all.iter().flat_map(|t| &t[1..]).copied().collect();
                let input = Segments { tokens: Arc::new(read), n_segment: n_passages, length };
                let losses = decoder.losses(&input, &Arc::new(asked), &decoder.tables(length)?)?.to_vec1::<f32>()?;
                let second = losses.chunks(length).flat_map(|l| &l[length - n_passage..]);
                Ok(second.map(|&l| f64::from(l)).sum::<f64>() / (n_passages * n_passage) as f64)
            };
            let gain = loss(&|k| (k + 1) % n_passages)? - loss(&|k| k)?;
            assert!(gain < 0.1, "{} after {gap} tokens: {gain} nats", id);
        }
    }
    Ok(())
}
