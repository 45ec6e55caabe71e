//! Command line of the trainer: `cargo run --release --bin train -- --help`.

use std::path::PathBuf;

use alibi::config::ModelConfig;
use alibi::position;
use alibi::train::keep::keep;
use alibi::train::optimiser::Recipe;
use alibi::train::publish::{Prepared, prepare, publish};
use alibi::train::record::record;
use alibi::train::reference::reference;
use alibi::train::run::{Plan, Run};
use anyhow::{Result, ensure};
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
    /// Fetch the corpus, train the tokenizer, write the token streams.
    Data,
    /// Train one model; a run that was stopped goes on from its last checkpoint.
    One {
        /// Position method: sinusoidal, rotary, t5, alibi, none, trainable.
        #[arg(long)]
        method: String,
        #[command(flatten)]
        options: Options,
    },
    /// Evaluate the published weights at every length: what the page shows before anything has run; with the reference.
    Record,
    /// Write the losses that an engine on the reader's machine is held against.
    Reference,
    /// Answer the questions of the page's figures: what they show before anything has run.
    Keep,
    /// Train every method in turn, skipping those already trained, then record.
    All {
        #[command(flatten)]
        options: Options,
    },
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
    #[arg(long, default_value_t = 5_000)]
    steps: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Record => return record_all(&arguments),
        Command::Reference => return reference_all(&arguments),
        Command::Keep => return keep_all(&arguments),
        _ => (),
    }
    let prepared = prepare(&arguments.assets, &arguments.cache)?;
    match &arguments.command {
        Command::One { method, options } => train(&arguments, &prepared, method, options),
        Command::All { options } => {
            for method in position::METHODS {
                train(&arguments, &prepared, method.id(), options)?;
            }
            record_all(&arguments)
        }
        _ => Ok(()),
    }
}

fn keep_all(arguments: &Arguments) -> Result<()> {
    keep(&arguments.assets, |key| println!("{key}"))
}

fn reference_all(arguments: &Arguments) -> Result<()> {
    reference(&arguments.assets, |model| println!("{model:16} reference written"))
}

fn record_all(arguments: &Arguments) -> Result<()> {
    reference_all(arguments)?;
    keep_all(arguments)?;
    println!("perplexity on held-out text, nonoverlapping:");
    record(&arguments.assets, |model, length, perplexity| println!("{model:16} {length:6} tokens  {perplexity:8.3}"))
}

fn train(arguments: &Arguments, prepared: &Prepared, method: &str, options: &Options) -> Result<()> {
    ensure!(
        position::by_id(method).is_some(),
        "unknown method {method}; one of sinusoidal, rotary, t5, alibi, none, trainable"
    );
    let recipe = Recipe::published(options.steps);
    ensure!(
        options.length >= 2 && recipe.tokens_per_step.is_multiple_of(options.length),
        "the training length must divide {} tokens per step",
        recipe.tokens_per_step
    );
    let suffix = if options.seed == 1 { String::new() } else { format!("-s{}", options.seed) };
    let plan = Plan {
        id: format!("{method}-{}{suffix}", options.length),
        config: ModelConfig::default_preset(method, options.length),
        seed: options.seed,
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
