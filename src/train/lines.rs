//! What the models of the page's first figure write after inputs of every length, natively: the figure shows it as it
//! stands here, without running anything.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::record::{anew, checked, load, manifest, so_far};
use crate::config::{Change, LINE_TEMPERATURE, LINE_TOKENS, LINE_TOP_K, Line, Lines, MAX_LENGTH, Manifest, OPENING};
use crate::engine::checkpoint::NoPause;
use crate::engine::cpu::CpuBackend;
use crate::engine::files;
use crate::engine::generate::Sampling;
use crate::tokenizer::Tokenizer;

/// Text that is read.
const STREAM: &str = "held-out";
/// Every input ends before this token of it: within a sentence, so that a model has something to finish.
const END: usize = 48_035;
/// Tokens of the input's end that the figure shows.
const SHOWN: usize = 3;
/// Seed of the draws, for every model and length.
const SEED: u32 = 1;
/// Shortest input, tokens; the others are twice as long each.
const SHORTEST: usize = 32;

/// The text that is read, up to where every input ends.
pub struct Read {
    tokens: Vec<u32>,
    tokenizer: Tokenizer,
}

impl Read {
    /// Reads the text.
    ///
    /// # Errors
    /// If a file is missing or not what the manifest says.
    pub fn open(assets: &Path, manifest: &Manifest) -> Result<Self> {
        let site = assets.parent().unwrap_or(Path::new("."));
        let tokenizer = Tokenizer::from_json(&fs::read_to_string(assets.join("data/tokenizer.json"))?)?;
        let entry = manifest.streams.iter().find(|s| s.id == STREAM).context("the manifest has no held-out text")?;
        let bytes = checked(site, &entry.file, &entry.sha256)?;
        let mut tokens = files::tokens(&entry.file, &bytes, tokenizer.n_vocab()).map_err(|e| anyhow!("{e:?}"))?;
        ensure!(tokens.len() > END, "{} ends before token {END}", entry.file);
        tokens.truncate(END);
        Ok(Self { tokens, tokenizer })
    }

    /// What a model writes after the last `length` tokens of it.
    ///
    /// # Errors
    /// If the engine breaks down.
    pub fn line(&self, backend: &mut CpuBackend, length: usize) -> Result<String> {
        let prompt = &self.tokens[END - length..];
        backend.set_change(Change::None, length + LINE_TOKENS);
        let drawn = Sampling { temperature: LINE_TEMPERATURE, top_k: LINE_TOP_K, seed: SEED };
        let written = pollster::block_on(backend.generate(prompt, LINE_TOKENS, drawn, &mut |_| (), &mut NoPause))
            .map_err(|e| anyhow!("{e:?}"))?;
        Ok(self.tokenizer.decode(&written.tokens))
    }

    /// The end of every input, as text.
    fn before(&self) -> String {
        self.tokenizer.decode(&self.tokens[END - SHOWN..]).trim().into()
    }
}

/// Writes `models/lines.json`; `report` hears of each line that is written: all of the models that `only` names (every one,
/// where it names none), and those that the file does not have.
///
/// # Errors
/// If a file is missing or not what the manifest says.
pub fn lines(assets: &Path, only: &[String], mut report: impl FnMut(&str, usize, &str)) -> Result<()> {
    let site = assets.parent().unwrap_or(Path::new("."));
    let manifest = manifest(assets, only)?;
    let read = Read::open(assets, &manifest)?;
    let path = assets.join("models/lines.json");
    let before = so_far::<Lines>(&path).map(|l| l.lines).unwrap_or_default();
    let mut lines = Vec::new();
    for id in OPENING {
        let kept: Vec<&Line> = before.iter().filter(|l| l.model == id).collect();
        if !anew(only, id) && !kept.is_empty() {
            lines.extend(kept.into_iter().cloned());
            continue;
        }
        let model = manifest.model(id).with_context(|| format!("no model {id} has been trained"))?;
        let mut backend = CpuBackend::new(&load(site, model)?)?;
        let mut length = SHORTEST;
        while length <= MAX_LENGTH {
            let text = read.line(&mut backend, length)?;
            report(id, length, &text);
            lines.push(Line { model: id.into(), length, text });
            length *= 2;
        }
    }
    let written = Lines {
        note: "written natively by this project's own engine with the weights the page loads".into(),
        stream: STREAM.into(),
        end: END,
        before: read.before(),
        lines,
    };
    super::publish::write(&path, &serde_json::to_vec(&written)?)
}
