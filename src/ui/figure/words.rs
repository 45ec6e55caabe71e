//! What readers read of the parts that figures share: the frame, the run bar, the model picker, curves and where they come
//! from.

use crate::ui::format::numbers::{show_perplexity, show_seconds, thousands};

/// Opens what is to be pasted into another page.
pub const EMBED: &str = "Embed";
/// Above a teacher's question.
pub const QUESTION: &str = "Question";
/// Said while a run computes other choices than those on show.
pub const CHANGED: &str = "You changed the settings during this run. Run it again when it is done.";
/// Stops a run.
pub const STOP: &str = "Stop";
/// What the bar of a run is called.
pub const SHARE_DONE: &str = "Share of the evaluations done";
/// Said where no model is ticked.
pub const NO_MODEL: &str = "Tick at least one model.";
/// The finding where the recorded answers could not be had.
pub const ANSWERS_MISSING: &str = "The recorded answers are missing. Run it to measure in your browser.";
/// The finding until the recorded answers are there.
pub const ANSWERS_COMING: &str = "The recorded answers are on their way.";
/// Engines, where both have computed what is shown.
pub const BOTH_ENGINES: &str = "CPU and GPU";
/// Where the numbers come from, if all were recorded.
pub const ALL_RECORDED: &str = "These numbers were recorded natively, with the same weights that this page loads. Run it to measure in your browser.";
/// The CPU, in a sentence.
pub const ON_CPU: &str = "the CPU, in WebAssembly";
/// The GPU, in a sentence.
pub const ON_GPU: &str = "the GPU, through WebGPU";
/// The axis of input lengths.
pub const INPUT_LENGTH: &str = "input length (tokens, log scale)";
/// The axis of perplexities.
pub const PERPLEXITY: &str = "perplexity (log scale)";
/// Headings of the table of points.
pub const COLUMNS: [&str; 10] = [
    "model",
    "input length",
    "perplexity",
    "± (1 s.e.)",
    "loss (nats)",
    "bits per byte",
    "tokens scored",
    "from",
    "seconds",
    "tokens/s",
];

/// Said by a figure that has broken down; what was said of it.
pub fn broken(reason: &str) -> String {
    format!("This figure has broken down ({reason}). The others go on.")
}

/// What the parts are called that show a figure elsewhere.
pub fn embed(title: &str) -> String {
    format!("{EMBED}: {title}")
}

/// How far a run is.
pub fn counted(done: usize, of: usize) -> String {
    format!("{done} of {of} points")
}

/// What is being computed: some questions set their lengths themselves.
pub fn now(model: &str, length: Option<usize>, share: f64) -> String {
    let tokens = length.map_or(String::new(), |n| format!(" at {} tokens", thousands(n as u64)));
    format!("{model}{tokens}, {:.0} %", 100.0 * share)
}

/// A run that computes; `left` where the seconds left are known.
pub fn running(counted: &str, now: &str, elapsed: f64, left: Option<f64>) -> String {
    let left = match left {
        Some(s) if s < 1.0 => ", nearly done".into(),
        Some(s) => format!(", about {} left", show_seconds(s)),
        None => String::new(),
    };
    format!("{counted}; now {now}; {elapsed:.0} s so far{left}")
}

/// A run that computes nothing yet.
pub fn starting(counted: &str) -> String {
    format!("{counted}; starting")
}

/// A run that the reader stopped.
pub fn stopped(counted: &str, elapsed: f64) -> String {
    format!("Stopped {}: {counted} computed. They stay below.", after(elapsed))
}

/// A run that is over, with failures.
pub fn some_failed(counted: &str, failed: usize) -> String {
    format!("{counted} computed, {failed} failed.")
}

/// A run that is over.
pub fn all_computed(counted: &str, elapsed: f64) -> String {
    format!("{counted} computed in {}.", show_seconds(elapsed))
}

/// When something ended.
fn after(seconds: f64) -> String {
    if seconds < 1.0 { "within a second".into() } else { format!("after {}", show_seconds(seconds)) }
}

/// What could not be had, where it is the list of models.
pub fn no_models(reason: &str) -> String {
    format!("The list of trained models could not be loaded. {reason}")
}

/// What could not be had, where it is the recorded answers.
pub fn no_answers(reason: &str) -> String {
    format!("The recorded answers could not be loaded. {reason}")
}

/// What a chart is called.
pub fn chart_label(title: &str, finding: &str) -> String {
    format!("{title}. {finding}")
}

/// Where the numbers come from, if all were computed in this page.
pub fn all_computed_here(engine: &str) -> String {
    format!("These numbers were computed in this page, on the {engine}.")
}

/// Where the numbers come from, if some were computed in this page.
pub fn some_computed_here(live: usize, recorded: usize, engine: &str) -> String {
    let were = |n: usize| format!("{} {}", thousands(n as u64), if n == 1 { "was" } else { "were" });
    format!(
        "Of these results, {} computed in this page, on the {engine}; {} recorded natively.",
        were(live),
        were(recorded)
    )
}

/// What an engine has computed, how long that took, and how many tokens it made in a second.
pub fn effort(points: usize, engine: &str, adapter: Option<&String>, seconds: f64, speed: Option<f64>) -> String {
    let adapter = adapter.map(|a| format!(" ({a})")).unwrap_or_default();
    let rate = speed.map(|v| format!(", {} tokens per second", thousands(v as u64))).unwrap_or_default();
    let count = if points == 1 { "1 point".into() } else { format!("{points} points") };
    format!("{count} computed on {engine}{adapter}: {seconds:.1} s of work{rate}.")
}

/// Models that were asked for in vain.
pub fn unknown_models(ids: &[String]) -> String {
    format!("There is no model {} to choose here.", ids.join(", "))
}

/// The row of models of the reader's own.
pub const YOURS: &str = "Yours";

/// A model of the reader's own among others; `tag` tells it from those of its method.
pub fn yours(name: &str, tag: &str) -> String {
    format!("{YOURS}: {name} ({tag})")
}

/// A model of the reader's own in a list of them.
pub fn your_model(name: &str, train_length: usize, tag: &str) -> String {
    format!("{name}, {} tokens ({tag})", thousands(train_length as u64))
}

/// The same in a list of others.
pub fn yours_among(model: &str) -> String {
    format!("{YOURS}: {model}")
}

/// Models of the reader's own that were asked for and are not here.
pub fn yours_missing(models: &[String]) -> String {
    match models {
        [one] => format!(
            "Your model {one} is not here: it was trained in another visit, or gave way to newer ones. Train it again or load its file, in “Train two models here”."
        ),
        all => format!(
            "Your models {} are not here: they were trained in another visit, or gave way to newer ones. Train them again or load their files, in “Train two models here”.",
            all.join("; ")
        ),
    }
}

/// Said of models of the reader's own before they have run.
pub fn not_recorded(run: &str) -> String {
    format!(" Nothing is recorded of your own models. Press {run} to compute it here.")
}

/// A training from a further seed, in the row of its method.
pub fn training(length: &str, seed: &str) -> String {
    format!("{length}, seed {seed}")
}

/// A model from a further seed.
pub fn with_seed(name: &str, seed: &str) -> String {
    format!("{name} (seed {seed})")
}

/// A line of recorded points behind computed ones.
pub fn recorded(name: &str) -> String {
    format!("{name}, recorded")
}

/// The mark of a training length.
pub fn trained_at(length: usize) -> String {
    format!("trained at {}", thousands(length as u64))
}

/// Where a point comes from, with the GPU's name.
pub fn from_adapter(source: &str, adapter: &str) -> String {
    format!("{source} ({adapter})")
}

/// What became of every model at a length; `times` the training length where all have one.
pub fn finding(length: usize, times: Option<usize>, said: &[String]) -> String {
    let times = times.map_or(String::new(), |n| format!(", {n} times the training length"));
    format!("At {} tokens{times}: {}.", thousands(length as u64), said.join("; "))
}

/// Perplexity of choosing evenly among the pieces of the vocabulary (that of every model here).
const CHANCE: f64 = 1_024.0;

/// How far apart the perplexities of one method lie that differ in their seed alone, as a share: three trainings at 256 tokens
/// differ by up to this much. What changes by less is called level.
pub const SEEDS: f64 = 0.017;

/// What became of a perplexity from `before` to `after`.
pub fn verdict(before: f64, after: f64) -> String {
    let ratio = after / before;
    let (was, is) = (show_perplexity(before), show_perplexity(after));
    match ratio {
        _ if before >= CHANCE && after >= CHANCE => format!("is no better than chance, {is} (from {was})"),
        r if !r.is_finite() => format!("{is} (from {was})"),
        r if r >= 2.0 => format!("explodes to {is} from {was}, {r:.1} times as much"),
        r if r > 1.0 + SEEDS => format!("climbs to {is} from {was}"),
        r if r >= 1.0 - SEEDS => format!("stays level at {is} (from {was})"),
        _ => format!("improves to {is} from {was}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_sentences() {
        assert_eq!((after(0.3), after(12.2)), ("within a second".to_string(), "after 12 s".to_string()));
    }
}
