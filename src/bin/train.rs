//! Command line of the trainer: `cargo run --release --bin train -- --help`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use alibi::config::{Course, Curve, DEFAULT_TARGETS, ModelConfig};
use alibi::engine::checkpoint::NoPause;
use alibi::model::Weights;
use alibi::position::METHODS;
use alibi::protocol::train::{Plan as ReaderPlan, StartFrom, TrainText};
use alibi::train::held_out::HeldOut;
use alibi::train::lines::lines;
use alibi::train::optimiser::Recipe;
use alibi::train::precompute::precompute;
use alibi::train::publish::{Prepared, prepare, publish};
use alibi::train::reader::setting;
use alibi::train::recalled;
use alibi::train::record::record;
use alibi::train::reference::reference;
use alibi::train::rehearsed::{keep, keep_healed};
use alibi::train::run::{Plan, Run};
use alibi::train::training::Training;
use alibi::train::zoo::{ToTrain, zoo};
use anyhow::{Context, Result, ensure};
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
    /// Train as a reader's browser does, on the tokens that it reads: every loss, and perplexity against length.
    Rehearse(Rehearsal),
    /// The perplexity of a file of weights on the held-out text, at the lengths given.
    Evaluate {
        /// A safetensors file, from the page or from here.
        file: PathBuf,
        #[command(flatten)]
        on: Lengths,
    },
    /// Train models that look a value up, and count their right answers by distance; a run that was stopped goes on.
    Recall {
        /// Position methods, all without any.
        #[arg(long = "method", value_parser = PossibleValuesParser::new(METHODS.map(|m| m.id())))]
        methods: Vec<String>,
        /// Count alone, with the weights that are published.
        #[arg(long)]
        count: bool,
    },
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
struct Lengths {
    /// Input lengths, tokens.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256,512,1024")]
    lengths: Vec<usize>,
    /// Targets scored at every length.
    #[arg(long, default_value_t = DEFAULT_TARGETS)]
    targets: usize,
}

#[derive(clap::Args, Clone)]
struct Rehearsal {
    /// Position method.
    #[arg(long, value_parser = PossibleValuesParser::new(METHODS.map(|m| m.id())))]
    method: String,
    /// Training length, tokens.
    #[arg(long, default_value_t = 32)]
    length: usize,
    /// Size of the model: tiny, small or default.
    #[arg(long, default_value = "tiny")]
    size: String,
    /// Seed of initialisation and data order.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Training tokens.
    #[arg(long, default_value_t = 600_000)]
    tokens: u64,
    /// A model of the page to start from, by id; its method gives way to the one named.
    #[arg(long)]
    from: Option<String>,
    /// Tokens between two curves; one at the end in any case.
    #[arg(long, default_value_t = 1 << 40)]
    curve_every: u64,
    /// A file for the weights.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Keep losses and curves in models/trained.json, in models/healed.json where it started from a model: what the page's
    /// figure of training shows before a reader's own.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    on: Lengths,
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
        Command::Rehearse(rehearsal) => return rehearse(&arguments, rehearsal),
        Command::Recall { methods, count: true } => return recalled::count_again(&arguments.assets, methods),
        Command::Recall { methods, count: false } => {
            let all = METHODS.iter().map(|m| m.id()).filter(|id| methods.is_empty() || methods.iter().any(|m| m == id));
            for method in all {
                let told = |step, loss| println!("{method} {step} loss {loss:.5}");
                recalled::train(&arguments.assets, &arguments.cache, method, told)?;
            }
            return Ok(());
        }
        Command::Evaluate { file, on } => {
            let weights = Weights::from_safetensors(&std::fs::read(file)?)?;
            return curve(&HeldOut::read(&arguments.assets)?, &weights, on, "").map(drop);
        }
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

fn rehearse(arguments: &Arguments, of: &Rehearsal) -> Result<()> {
    let held_out = HeldOut::read(&arguments.assets)?;
    let size = serde_json::from_value(of.size.as_str().into()).context("a size is tiny, small or default")?;
    let plan = ReaderPlan {
        method: of.method.clone(),
        train_length: of.length,
        size,
        seed: of.seed,
        n_tokens: of.tokens,
        text: TrainText::Addresses,
        from: StartFrom::Nothing,
        state_every: 0.0,
    };
    let mut training = match &of.from {
        None => Training::new(setting(&plan, None, held_out.n_vocab()))?,
        Some(model) => {
            let weights = held_out.weights(model)?;
            curve(&held_out, &weights, &of.on, "before")?;
            Training::from_weights(setting(&plan, Some(&weights.config), held_out.n_vocab()), &weights)?
        }
    };
    let data = held_out.training()?;
    training.check(&data.train)?;
    let points = curve(&held_out, &training.weights(), &of.on, &format!("{} 0", of.method))?;
    let (mut trained, mut drawn) = (Duration::ZERO, 0);
    let mut course = Course { method: of.method.clone(), ..Course::default() };
    if of.from.is_some() {
        course.curves.push(Curve { tokens: 0, points });
    }
    while !training.is_done() {
        let started = Instant::now();
        let stepped = pollster::block_on(training.step(&data, &mut NoPause))?;
        trained += started.elapsed();
        course.losses.push(stepped.loss as f32);
        println!("{} {} loss {:.7}", of.method, training.step_count(), stepped.loss);
        if training.tokens_seen() / of.curve_every > drawn || training.is_done() {
            drawn = training.tokens_seen() / of.curve_every;
            let rate = training.tokens_seen() as f64 / trained.as_secs_f64();
            println!("{} {} tokens, {rate:.0} tokens/s", of.method, training.tokens_seen());
            let tokens = training.tokens_seen();
            let points = curve(&held_out, &training.weights(), &of.on, &format!("{} {tokens}", of.method))?;
            course.curves.push(Curve { tokens, points });
        }
    }
    if of.keep {
        match &of.from {
            None => keep(&arguments.assets, training.setting(), of.on.targets, course)?,
            Some(from) => keep_healed(&arguments.assets, training.setting(), of.on.targets, from, course)?,
        }
    }
    match &of.out {
        Some(out) => Ok(std::fs::write(out, training.file("State of the Union addresses; a part")?)?),
        None => Ok(()),
    }
}

/// Perplexity against length; prints it, too.
fn curve(held_out: &HeldOut, weights: &Weights, on: &Lengths, what: &str) -> Result<Vec<(usize, f64)>> {
    let mut points = Vec::new();
    for &length in &on.lengths {
        let perplexity = held_out.perplexity(weights, length, on.targets)?;
        println!("{what} {length} perplexity {perplexity:.5}");
        points.push((length, perplexity));
    }
    Ok(points)
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
