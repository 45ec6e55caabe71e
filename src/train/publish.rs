//! What the page gets: the vocabulary, token streams and trained weights under `assets/`, with a manifest that says
//! where each came from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::corpus::{Document, MOBY_DICK, SOTU, Split, hex, split};
use super::order::Data;
use super::run::{LogRow, Plan, Run};
use super::vocabulary;
use super::word_list::word_list;
use crate::config::{CorpusEntry, Manifest, ModelConfig, ModelEntry, RUN_IN, StreamEntry};
use crate::tokenizer::{Tokenizer, Vocabulary};

/// Tokens kept of each stream for the page: the run-in and 49,152 targets beyond it.
const STREAM_TOKENS: usize = RUN_IN + 3 * 16_384 + 1;

/// Of so many training documents one is for readers who train a model themselves, and tokens of these at most.
const TRAINING_PART: usize = 4;
const MOST_TRAINING: usize = 1_000_000;

/// Everything that training needs, made once.
pub struct Prepared {
    /// Training and validation tokens.
    pub data: Data,
    /// The manifest as it is now, with corpus and streams filled in.
    pub manifest: Manifest,
}

/// Fetches the corpus, trains the tokenizer if `assets/data` has none, writes the page's word list and token streams.
///
/// # Errors
/// If the corpus cannot be had or files cannot be written. Nothing already trained is touched.
pub fn prepare(assets: &Path, cache: &Path) -> Result<Prepared> {
    let split = split(SOTU.documents(cache)?);
    let data_folder = assets.join("data");
    fs::create_dir_all(&data_folder)?;
    fs::create_dir_all(assets.join("models"))?;
    let n_vocab = ModelConfig::default_preset("none", 256).n_vocab;
    let vocabulary_file = data_folder.join("tokenizer.json");
    if !vocabulary_file.is_file() {
        eprintln!("training a vocabulary of {n_vocab} tokens");
        let (vocabulary, _) = vocabulary::train(split.train.iter().map(|d| d.text.as_str()), n_vocab)?;
        write(&vocabulary_file, serde_json::to_string(&vocabulary)?.as_bytes())?;
    }
    let vocabulary: Vocabulary = serde_json::from_slice(&fs::read(&vocabulary_file)?)
        .with_context(|| format!("{} is damaged; delete it to train it again", vocabulary_file.display()))?;
    let tokenizer = Tokenizer::new(&vocabulary)?;
    ensure!(
        tokenizer.n_vocab() == n_vocab,
        "{} has {} tokens, expected {n_vocab}",
        vocabulary_file.display(),
        tokenizer.n_vocab()
    );
    write(&data_folder.join("words.txt"), word_list(split.train.iter().map(|d| d.text.as_str())).as_bytes())?;
    let of = |documents: &[Document]| stream(&tokenizer, &documents.iter().collect::<Vec<_>>());
    let (train, validation, held_out) = (of(&split.train), of(&split.validation), of(&split.held_out));
    let moby_dick = of(&chapters(MOBY_DICK.documents(cache)?));
    let streams = vec![
        publish_stream(assets, "held-out", "Held-out State of the Union addresses", &held_out, STREAM_TOKENS)?,
        publish_stream(assets, "moby-dick", "Moby-Dick", &moby_dick, STREAM_TOKENS)?,
    ];
    // Of every age alike.
    let part: Vec<&Document> = split.train.iter().step_by(TRAINING_PART).collect();
    let part = stream(&tokenizer, &part);
    let training = Some(publish_stream(assets, "training", "State of the Union addresses", &part, MOST_TRAINING)?);
    let (models, recall) = models(assets)?;
    let manifest =
        Manifest { version: 1, corpus: corpus_entry(&split, train.len()), streams, training, models, recall };
    write_manifest(assets, &manifest)?;
    let data = Data { train, validation, separator: tokenizer.separator() };
    Ok(Prepared { data, manifest })
}

fn corpus_entry(split: &Split, train_tokens: usize) -> CorpusEntry {
    CorpusEntry {
        name: "State of the Union addresses, 1790–2021".into(),
        source: format!("npm package {} {}", SOTU.name, SOTU.version),
        licence: SOTU.licence.into(),
        train_documents: split.train.len(),
        train_tokens,
        held_out: split.held_out.iter().map(|d| d.name.clone()).collect(),
    }
}

/// Moby-Dick's chapters in reading order.
fn chapters(documents: Vec<Document>) -> Vec<Document> {
    let number = |d: &Document| d.name.strip_prefix("chapter_").and_then(|n| n.parse::<u32>().ok());
    let mut numbered: Vec<(u32, Document)> = documents.into_iter().filter_map(|d| Some((number(&d)?, d))).collect();
    numbered.sort_by_key(|(n, _)| *n);
    numbered.into_iter().map(|(_, d)| d).collect()
}

/// Documents as one stream, a separator before each and after the last.
fn stream(tokenizer: &Tokenizer, documents: &[&Document]) -> Vec<u32> {
    let mut out = vec![tokenizer.separator()];
    for document in documents {
        out.extend(tokenizer.encode(&document.text));
        out.push(tokenizer.separator());
    }
    out
}

fn publish_stream(assets: &Path, id: &str, name: &str, tokens: &[u32], most: usize) -> Result<StreamEntry> {
    let kept = &tokens[..tokens.len().min(most)];
    let bytes: Vec<u8> = kept.iter().flat_map(|&t| (t as u16).to_le_bytes()).collect();
    write(&assets.join(format!("data/{id}.bin")), &bytes)?;
    Ok(StreamEntry {
        id: id.into(),
        name: name.into(),
        file: format!("assets/data/{id}.bin"),
        n_tokens: kept.len(),
        sha256: hex(&Sha256::digest(&bytes)),
    })
}

/// Writes weights and log of a finished run, and its line of the manifest.
///
/// # Errors
/// If files cannot be written.
pub fn publish(assets: &Path, plan: &Plan, run: &Run, corpus: &CorpusEntry) -> Result<()> {
    let weights = run.weights();
    let last = run.log().last().context("the run has no log")?;
    let tail: Vec<&LogRow> = run.log().iter().filter(|r| r.step + 100 > last.step).collect();
    let entry = ModelEntry {
        id: plan.id.clone(),
        config: plan.config.clone(),
        file: format!("assets/models/{}.safetensors", plan.id),
        sha256: String::new(),
        log: format!("assets/models/{}.csv", plan.id),
        seed: plan.seed,
        steps: last.step,
        tokens_seen: last.tokens,
        n_parameters: weights.n_parameters(),
        train_loss: tail.iter().map(|r| r.train_loss).sum::<f64>() / tail.len() as f64,
        validation_loss: last.validation_loss.context("the run's last row has no validation loss")?,
        recipe: plan.recipe.describe(),
    };
    let bytes = run.training().file(&format!("{}; {}; {}", corpus.name, corpus.source, corpus.licence))?;
    write(&assets.join(format!("models/{}.safetensors", plan.id)), &bytes)?;
    let mut log = csv::Writer::from_writer(Vec::new());
    for row in run.log() {
        log.serialize(row)?;
    }
    write(&assets.join(format!("models/{}.csv", plan.id)), &log.into_inner()?)?;
    let entry = ModelEntry { sha256: hex(&Sha256::digest(&bytes)), ..entry };
    let file = assets.join("models/manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&file)?)?;
    manifest.models.retain(|m| m.id != entry.id);
    manifest.models.push(entry);
    let rank = |m: &ModelEntry| crate::position::METHODS.iter().position(|x| x.id() == m.config.method);
    manifest.models.sort_by_key(|m| (m.config.train_length, rank(m), m.seed));
    write_manifest(assets, &manifest)
}

/// Models that the manifest lists now, and those that look values up.
fn models(assets: &Path) -> Result<(Vec<ModelEntry>, Vec<ModelEntry>)> {
    let file = assets.join("models/manifest.json");
    match fs::read(&file) {
        Err(_) => Ok(Default::default()),
        Ok(bytes) => {
            let manifest: Manifest =
                serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", file.display()))?;
            Ok((manifest.models, manifest.recall))
        }
    }
}

fn write_manifest(assets: &Path, manifest: &Manifest) -> Result<()> {
    write(&assets.join("models/manifest.json"), &serde_json::to_vec_pretty(manifest)?)
}

/// Writes beside the file and moves into place.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    // Two runs may publish at once; each writes its own partial file.
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))
}
