//! Answers the questions that the page's figures ask at first, natively: what they show before anything has run in the
//! browser. The questions are a file of the project, held by a test of the page to what the figures ask.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use super::record::{anew, checked, load, manifest, so_far};
use crate::engine::backend::Backend;
use crate::engine::checkpoint::NoPause;
use crate::engine::evaluate::Stream;
use crate::engine::run_task::{Subject, run_task};
use crate::engine::{files, own_text};
use crate::protocol::{Job, Precomputed};
use crate::tokenizer::Tokenizer;

/// Reads `questions.json`, writes `models/answers.json`; `report` hears of each answer that is computed: all to questions
/// about the models that `only` names (every model, where it names none), and those that the file does not have. An
/// answer with a loss that is not finite is left out: JSON has no word for it, and the page shows it once it has run.
///
/// # Errors
/// If a file is missing or not what the manifest says, or a question cannot be answered.
pub fn precompute(assets: &Path, only: &[String], mut report: impl FnMut(&str)) -> Result<()> {
    let site = assets.parent().unwrap_or(Path::new("."));
    let manifest = manifest(assets, only)?;
    let questions: Vec<Job> = serde_json::from_slice(&fs::read(assets.join("questions.json"))?)?;
    let tokenizer = Tokenizer::from_json(&fs::read_to_string(assets.join("data/tokenizer.json"))?)?;
    let token_bytes: Vec<u32> =
        (0..tokenizer.n_vocab() as u32).map(|t| tokenizer.token_bytes(t).len() as u32).collect();
    let path = assets.join("models/precomputed.json");
    let mut before: Vec<Precomputed> = so_far(&path).unwrap_or_default();
    let mut answers = Vec::new();
    for model in &manifest.models {
        let mut backend = Backend::cpu(&load(site, model)?)?;
        for question in questions.iter().filter(|q| q.model == model.id) {
            let found = before.iter().position(|k| k.key == question.key());
            if let Some(found) = found.filter(|_| !anew(only, &model.id)) {
                answers.push(before.swap_remove(found));
                continue;
            }
            let tokens = match &question.text {
                Some(text) => pollster::block_on(own_text::encode(&tokenizer, text, &mut NoPause))?,
                None => {
                    let entry = manifest.streams.iter().find(|s| s.id == question.stream);
                    let entry = entry.with_context(|| format!("there is no text {}", question.stream))?;
                    let bytes = checked(site, &entry.file, &entry.sha256)?;
                    files::tokens(&entry.file, &bytes, tokenizer.n_vocab()).map_err(|e| anyhow!("{e:?}"))?
                }
            };
            let stream = Stream { tokens: &tokens, separator: tokenizer.separator(), token_bytes: &token_bytes };
            let subject = Subject { stream, tokenizer: &tokenizer, reference: None };
            let mut scored = pollster::block_on(run_task(&mut backend, &subject, question, &mut |_| (), &mut NoPause))?;
            report(&question.key());
            let values = scored.values().iter().map(|&v| short(v)).collect();
            scored.numbers = Vec::new();
            if scored.blocks.iter().all(|b| b.nll.is_finite()) {
                scored.blocks.iter_mut().for_each(|b| b.nll = (b.nll * 1e4).round() / 1e4);
                answers.push(Precomputed { key: question.key(), scored, values });
            }
        }
    }
    super::publish::write(&path, &serde_json::to_vec(&answers)?)
}

/// The nearest number of five digits.
fn short(value: f32) -> f32 {
    if !value.is_finite() || value == 0.0 {
        return 0.0;
    }
    let unit = 10f64.powi(4 - f64::from(value).abs().log10().floor() as i32);
    ((f64::from(value) * unit).round() / unit) as f32
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn five_digits_are_kept() {
        assert_eq!(
            [1.234_567_8, -0.000_123_456_78, 98_765.43, 0.0, f32::NAN].map(short),
            [1.2346, -0.000_123_46, 98_765.0, 0.0, 0.0]
        );
    }
}
