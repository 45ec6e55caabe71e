//! Command line of the trainer: `cargo run --release --bin train -- --help`.

use std::path::PathBuf;

use alibi::config::ModelConfig;
use alibi::position::METHODS;
use alibi::train::lines::lines;
use alibi::train::optimiser::Recipe;
use alibi::train::precompute::precompute;
use alibi::train::publish::{Prepared, prepare, publish};
use alibi::train::record::record;
use alibi::train::reference::reference;
use alibi::train::run::{Plan, Run};
use alibi::train::zoo::{ToTrain, zoo};
use anyhow::{Result, ensure};
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

/// Trains the explainer's language models and writes what the page needs under assets/.
#[derive(Parser)]
struct Arguments {
    /// Where weights, logs and token streams go.
    #[arg(long, default_value = "assets")]
    assets: PathBuf,
    /// Where the corpus and checkpoints are kept.
    #[arg(long, default_value = ".cache/train")]
    cache: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch the corpus, train the tokenizer, write the word list and the token streams.
    Data,
    /// Train one model; a run that was stopped goes on from its last checkpoint.
    One {
        /// Position method.
        #[arg(long, value_parser = PossibleValuesParser::new(METHODS.map(|m| m.id())))]
        method: String,
        #[command(flatten)]
        options: Options,
    },
    /// Evaluate the published weights at every length: what the page shows before anything has run; with the reference, the
    /// answers and the lines.
    Record(Only),
    /// Write the losses that an engine on the reader's machine is held against.
    Reference(Only),
    /// Answer the questions of the page's figures: what they show before anything has run.
    Precompute(Only),
    /// Let the models of the page's first figure write a line after inputs of every length.
    Lines(Only),
    /// Train every model of the page in turn, then record.
    All,
}

/// Steps of a published model: 10.24 million tokens.
const STEPS: usize = 5_000;

#[derive(clap::Args, Clone, Default)]
struct Only {
    /// A model whose results are computed anew, by id; may be given several times. What is recorded of the others stays.
    /// Without it every model's are.
    #[arg(long = "model")]
    models: Vec<String>,
}

#[derive(clap::Args, Clone)]
struct Options {
    /// Training length, tokens.
    #[arg(long, default_value_t = 256)]
    length: usize,
    /// Seed of initialisation and data order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Optimiser steps of 2,048 tokens.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Command::Record(only) => return record_all(&arguments, only),
        Command::Reference(only) => return reference_all(&arguments, only),
        Command::Precompute(only) => return precompute_all(&arguments, only),
        Command::Lines(only) => return lines_all(&arguments, only),
        _ => (),
    }
    let prepared = prepare(&arguments.assets, &arguments.cache)?;
    match &arguments.command {
        Command::One { method, options } => {
            let model = ToTrain { method: method.clone(), length: options.length, seed: options.seed };
            train(&arguments, &prepared, &model, options.steps)
        }
        Command::All => {
            for model in zoo() {
                train(&arguments, &prepared, &model, STEPS)?;
            }
            record_all(&arguments, &Only::default())
        }
        _ => Ok(()),
    }
}

fn precompute_all(arguments: &Arguments, only: &Only) -> Result<()> {
    precompute(&arguments.assets, &only.models, |key| println!("{key}"))
}

fn lines_all(arguments: &Arguments, only: &Only) -> Result<()> {
    lines(&arguments.assets, &only.models, |model, length, text| println!("{model:16} {length:6} tokens  {text:?}"))
}

fn reference_all(arguments: &Arguments, only: &Only) -> Result<()> {
    reference(&arguments.assets, &only.models, |model| println!("{model:16} reference written"))
}

fn record_all(arguments: &Arguments, only: &Only) -> Result<()> {
    reference_all(arguments, only)?;
    precompute_all(arguments, only)?;
    lines_all(arguments, only)?;
    println!("perplexity on held-out text, nonoverlapping:");
    record(&arguments.assets, &only.models, |model, length, perplexity| {
        println!("{model:16} {length:6} tokens  {perplexity:8.3}")
    })
}

fn train(arguments: &Arguments, prepared: &Prepared, model: &ToTrain, steps: usize) -> Result<()> {
    let recipe = Recipe::published(steps);
    ensure!(
        model.length >= 2 && recipe.tokens_per_step.is_multiple_of(model.length),
        "the training length must divide {} tokens per step",
        recipe.tokens_per_step
    );
    let plan = Plan {
        id: model.id(),
        config: ModelConfig::default_preset(&model.method, model.length),
        seed: model.seed,
        recipe,
        log_every: 50,
        checkpoint_every: 100,
        validate_every: 500,
    };
    let mut run = Run::open(&plan, &prepared.data, &arguments.cache)?;
    let tokens_per_step = plan.recipe.tokens_per_step as u64;
    let bar = ProgressBar::new(plan.recipe.steps as u64 * tokens_per_step);
    let style = "{prefix} {wide_bar} {human_pos}/{human_len} tokens, {per_sec}, {eta} left, {msg}";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.set_prefix(plan.id.clone());
    bar.set_position(run.step() as u64 * tokens_per_step);
    bar.reset_eta();
    let mut mean = f64::NAN;
    run.train(plan.recipe.steps, |step, loss| {
        mean = if mean.is_nan() { loss } else { 0.98 * mean + 0.02 * loss };
        bar.set_position(step as u64 * tokens_per_step);
        bar.set_message(format!("loss {mean:.3}"));
    })?;
    bar.finish();
    publish(&arguments.assets, &plan, &run, &prepared.manifest.corpus)
}
