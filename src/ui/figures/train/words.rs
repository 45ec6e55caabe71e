//! Everything that a reader of the figure `train` can read, but for the prose around it.

use super::data::{Model, Status, first_curve, last_curves, thinned};
use super::measure::{few, lengths};
use super::note::Note;
use super::start::words::INSTEAD;
use crate::chart::{Axis, LineChart, Point, Scale, Series, style_of};
use crate::config::{Course, Curve};
use crate::protocol::train::StartFrom;
use crate::ui::figure::curves;
use crate::ui::figure::curves::{method_name, parts};
use crate::ui::format::numbers::{show_3, show_perplexity, show_seconds, thousands};
use crate::ui::format::table::Table;
use crate::ui::runs::words::explain;

/// Title.
pub(super) const TITLE: &str = "Train two models here";
/// Question.
pub(super) const QUESTION: &str = "Can you train one yourself?";

/// Settings.
pub(super) const METHODS: &str = "Position methods: two at most, a third takes the place of the first";
pub(super) const LENGTH: &str = "Training length, tokens";
pub(super) const SIZE: &str = "Size of each model";
pub(super) const SEED: &str = "Seed";
pub(super) const TOKENS: &str = "Training tokens";

/// Buttons.
pub(super) const RUN: &str = "Train";
pub(super) const PAUSE: &str = "Pause";
pub(super) const GO_ON: &str = "Go on";
pub(super) const STOP: &str = "Stop";
pub(super) const LONGER: &str = "Twice as long";
/// What the bar is called.
pub(super) const SHARE: &str = "Share of the training done";
/// What the row of weights is called.
pub(super) const WEIGHTS: &str = "Weights, as safetensors";

/// Said where nothing is chosen.
pub(super) const NO_METHOD: &str = "Tick at least one position method.";
/// Said while other choices than those on show are trained.
pub(super) const CHANGED: &str = "You changed the settings. The next press of Train follows them.";
/// Said where the page may start nothing beside it.
pub(super) const ALONE: &str = "Training needs a process of its own, which this frame may not start. ";
/// Where it may.
pub(super) const FULL_PAGE: &str = "Train on the full page";
/// Said of a file that could not be saved.
pub(super) const NOT_SAVED: &str = "This browser did not let the page save the weights.";

/// Said of weights that other figures cannot have.
pub(super) const NOT_KEPT: &str = "Other figures cannot run what you trained: the list of models is not here. Press Retry under another figure, then train again.";

/// Axes, and the column of that.
const SEEN_AXIS: &str = "tokens seen (thousand)";
const THOUSAND: f64 = 1_000.0;
const SEEN: &str = "tokens seen";
const LOSS: &str = "loss (nats per token)";
/// Earlier curves that stay in sight.
const EARLIER: usize = 3;

/// What a press of the button begins.
pub(super) fn planned(n_models: usize, n_tokens: u64) -> String {
    match n_models {
        1 => format!("The model will read {} tokens.", thousands(n_tokens)),
        _ => format!("Each model will read {} tokens.", thousands(n_tokens)),
    }
}

/// How far the training is.
pub(super) fn status(models: &[Model], pace: Option<(f64, f64)>) -> String {
    let Some(slowest) = models.iter().filter(|m| m.alive()).min_by_key(|m| m.step) else {
        return match models.iter().any(|m| m.status == Status::Starting) {
            true => "The trainer starts: its program and the training text are on their way.".into(),
            false => String::new(),
        };
    };
    let total = (slowest.steps * slowest.tokens_per_step) as u64;
    let seen = format!("{} of {} tokens", thousands(slowest.tokens()), thousands(total));
    let any = |status| models.iter().any(|m| m.status == status);
    match pace {
        Some((rate, left)) => {
            format!("{seen}, {} tokens/s each, {} left", thousands(rate as u64), show_seconds(left))
        }
        None if any(Status::Going) => format!("{seen}, the first step is under way"),
        None if any(Status::Measuring) => format!("{seen}. The curves are being measured on more text."),
        None if any(Status::Resting) => format!("{seen}. Paused."),
        None => format!("{seen}. Done."),
    }
}

/// What ended a model's training, in a sentence.
pub(super) fn trouble(model: &Model) -> Option<String> {
    let name = method_name(&model.plan.method);
    match (model.status, &model.failure) {
        (Status::NotFinite, _) => Some(format!(
            "{name}: the loss stopped being a number after {} tokens. Its training has ended; what you see is from before, and so are its weights below. Try another seed or length.",
            thousands(model.tokens())
        )),
        (_, Some(failure)) if model.plan.from == StartFrom::File && model.steps == 0 => {
            Some(format!("{name}: {} {INSTEAD}", explain(failure)))
        }
        (_, Some(failure)) => Some(format!("{name}: {}", explain(failure))),
        _ => None,
    }
}

/// What the buttons of a checkpoint are called.
pub(super) const GO_ON_THERE: &str = "Go on where you left";
pub(super) const FORGET: &str = "Forget it";
pub(super) const GO_ON_CHECKPOINT: &str = "Go on from its checkpoint";

fn tokens(steps: usize, note: &Note) -> String {
    thousands((steps * note.tokens_per_step) as u64)
}

/// What was trained before, of each model what is kept.
pub(super) fn offer(notes: &[&Note]) -> String {
    let names: Vec<&str> = notes.iter().map(|n| method_name(&n.plan.method)).collect();
    // The one least far, of a model that has begun; all have as many to do.
    let Some(least) = notes.iter().min_by_key(|n| n.step) else { return String::new() };
    let Some(begun) = notes.iter().max_by_key(|n| n.tokens_per_step) else { return String::new() };
    let most = notes.iter().map(|n| n.step).max().unwrap_or_default();
    // One may not have begun yet.
    let done = match least.step {
        0 => format!("up to {}", tokens(most, begun)),
        step => tokens(step, begun),
    };
    format!("You were training {}: {done} of {} tokens.", names.join(" and "), tokens(begun.steps, begun))
}

/// Said where a training that was kept cannot go on.
pub(super) const SPOILT: &str =
    "What this browser kept of your last training is damaged, so it cannot go on. Press Train to start anew.";

/// Said where the browser keeps no checkpoint.
pub(super) fn refused(reason: &str) -> String {
    format!("This browser keeps no checkpoint ({reason}). The training goes on, but a reload would lose it.")
}

/// Said of a trainer that is gone, where its last checkpoint is there.
pub(super) fn lost(note: &Note, detail: &str) -> String {
    let detail = if detail.is_empty() { "the browser gives no reason" } else { detail };
    format!(
        "{}: its trainer has stopped working ({detail}). Its last checkpoint is from {} tokens.",
        method_name(&note.plan.method),
        tokens(note.step, note)
    )
}

/// Said of a trainer that is gone.
pub(super) fn gone(detail: &str) -> String {
    let detail = if detail.is_empty() { "the browser gives no reason" } else { detail };
    format!("The trainer has stopped working ({detail}). Retry trains from the beginning.")
}

/// The same, where another one goes on.
pub(super) fn one_gone(method: &str, said: &str) -> String {
    format!("{}: {said} The other one goes on.", method_name(method))
}

/// Why a trainer that had begun is gone, where it could not start again.
pub(super) const LATE: &str = "it did not start within 30 seconds";

/// Said of a trainer that does not start.
pub(super) fn late() -> String {
    "The trainer did not start within 30 seconds. Check the connection.".into()
}

/// Why there is no recorded training.
pub(super) fn not_loaded(reason: &str) -> String {
    format!("The recorded training could not be loaded. {reason}")
}

/// What the last curves say.
pub(super) fn finding(courses: &[Course]) -> String {
    let parts: Vec<(u64, String)> = courses
        .iter()
        .filter_map(|course| {
            let curve = last_curves(course, 0).1?;
            let ((from, low), (to, high)) = (curve.points.first()?, curve.points.last()?);
            let name = method_name(&course.method);
            Some((curve.tokens, (name, *from, *low, *to, *high)))
        })
        .enumerate()
        .map(|(i, (tokens, (name, from, low, to, high)))| {
            let [low, high] = [low, high].map(show_perplexity);
            let said = match i {
                0 => format!(
                    "{name} goes from {low} at {} tokens to {high} at {}",
                    thousands(from as u64),
                    thousands(to as u64)
                ),
                _ => format!("{name} from {low} to {high}"),
            };
            (tokens, said)
        })
        .collect();
    let Some((first, _)) = parts.first() else { return String::new() };
    let alike = parts.iter().all(|p| p.0 == *first);
    let one = |(tokens, said): &(u64, String)| match alike {
        true => said.clone(),
        false => format!("{said} after {}", thousands(*tokens)),
    };
    let said = parts.iter().map(one).collect::<Vec<_>>().join("; ");
    if alike {
        format!("After {} tokens of training, perplexity of {said}.", thousands(*first))
    } else {
        format!("Perplexity of {said} tokens of training.")
    }
}

/// What became of a model of this page whose method gave way: before, right after that, and now.
pub(super) fn healing(from: &str, before: Option<&Course>, courses: &[Course]) -> String {
    let ends = |curve: &Curve| Some((*curve.points.first()?, *curve.points.last()?));
    let pair = |(low, high): ((usize, f64), (usize, f64))| {
        format!("{} and {}", show_perplexity(low.1), show_perplexity(high.1))
    };
    let (method, trained, _) = parts(from);
    let Some(((short, low), (long, high))) = before.and_then(|c| c.curves.first()).and_then(ends) else {
        return String::new();
    };
    let [short, long] = [short, long].map(|l| thousands(l as u64));
    let had = format!(
        "{}, trained at {} tokens, has a perplexity of {} at {short} tokens and {} at {long}.",
        method_name(method),
        trained.unwrap_or_default(),
        show_perplexity(low),
        show_perplexity(high)
    );
    let now = courses.iter().filter_map(|course| {
        let cut = first_curve(course).and_then(ends).map(pair)?;
        let start = if course.method == method { "at the start" } else { "right after the cut" };
        let last = last_curves(course, 0).1.filter(|c| c.tokens > 0);
        let healed =
            last.and_then(|c| Some(format!(", {} after {} tokens of training", pair(ends(c)?), thousands(c.tokens))));
        Some(format!("{}: {cut} {start}{}", method_name(&course.method), healed.unwrap_or_default()))
    });
    match now.collect::<Vec<_>>().join("; ") {
        now if now.is_empty() => had,
        now => format!("{had} In its place: {now}."),
    }
}

/// Where the numbers come from, before the reader has trained from a model of this page.
pub(super) fn healed(n_targets: usize, from: &str, methods: &[&str], courses: &[Course]) -> String {
    let there = |method: &&str| courses.iter().any(|c| c.method == *method);
    let names = |all: &[&str]| all.iter().map(|m| method_name(m)).collect::<Vec<_>>().join(" and ");
    let (kept, missing): (Vec<&str>, Vec<&str>) = methods.iter().partition(|m| there(m));
    let source = method_name(parts(from).0);
    let mut said = String::new();
    if !kept.is_empty() {
        said = format!(
            "This is a recorded training: {} in the place of {source}, done natively with the same code. Each point is measured over {} held-out tokens. ",
            names(&kept),
            thousands(n_targets as u64)
        );
    }
    if !missing.is_empty() {
        said += &format!("Nothing is recorded for {} in the place of {source}. ", names(&missing));
    }
    format!("{said}Press {RUN} for your own.")
}

/// The finding until there is a curve.
pub(super) const BEGINS: &str = "The first curve comes after some seconds of training.";

/// Where the numbers come from, before the reader has trained.
pub(super) fn recorded(n_targets: usize, train_length: usize, courses: &[Course]) -> String {
    let names: Vec<&str> = courses.iter().map(|c| method_name(&c.method)).collect();
    format!(
        "This is a recorded training: {}, the tiny size, inputs of {train_length} tokens, done natively with the same code. Each point of its curves is measured over {} held-out tokens. Press {RUN} for your own.",
        names.join(" and "),
        thousands(n_targets as u64)
    )
}

/// Where they come from once the reader has.
pub(super) fn own(n_models: usize, train_length: usize, many: usize, n_own: Option<u32>) -> String {
    let both = if n_models > 1 { ", both on the same batches" } else { "" };
    if let Some(n) = n_own {
        let n = if n == 0 { "tokens".into() } else { format!("{} tokens", thousands(n.into())) };
        return format!(
            "Trained in your browser on the first nine tenths of your text{both}. Each point of a curve is measured over {n} of the last tenth, which was not trained on. Pale lines are earlier curves."
        );
    }
    format!(
        "Trained in your browser{both}. Each point of a curve is measured over {} held-out tokens, at the end over {}. Pale lines are earlier curves. In a hidden tab the training goes on.",
        thousands(few(train_length) as u64),
        thousands(many as u64)
    )
}

/// Before what a model wrote.
pub(super) fn writes(method: &str) -> String {
    format!("{} writes: ", method_name(method))
}

/// A chart for those who do not see it.
pub(super) fn label(what: &str, finding: &str) -> String {
    format!("{what}. {finding}")
}

/// Names of the charts.
pub(super) const LOSSES: &str = "Loss against tokens seen";
pub(super) const CURVES: &str = "Perplexity against input length";

fn line(course: &Course, id: String, name: String, points: Vec<(f64, f64)>, faint: bool) -> Series {
    let point = |(x, y)| Point { x, y, low: None, high: None };
    Series { id, name, style: style_of(&course.method), points: points.into_iter().map(point).collect(), faint }
}

/// Losses against tokens seen.
pub(super) fn loss_chart(courses: &[Course], steps: usize, tokens_per_step: usize) -> LineChart {
    let of = |course: &Course| {
        let points = thinned(course, steps, tokens_per_step);
        let points = points.into_iter().map(|(x, y)| (x as f64 / THOUSAND, y)).collect();
        line(course, course.method.clone(), method_name(&course.method).into(), points, false)
    };
    let end = (steps.max(1) * tokens_per_step.max(1)) as f64;
    LineChart {
        x: Axis { label: SEEN_AXIS.into(), scale: Scale::Linear, range: Some((0.0, end / THOUSAND)) },
        y: Axis { label: LOSS.into(), scale: Scale::Linear, range: None },
        series: courses.iter().map(of).collect(),
        marks: Vec::new(),
    }
}

/// A line for each course's last curve, those of before pale.
pub(super) fn curve_lines(courses: &[Course]) -> Vec<Series> {
    let points = |curve: &Curve| curve.points.iter().map(|&(l, p)| (l as f64, p)).collect();
    let mut lines = Vec::new();
    for course in courses {
        let name = method_name(&course.method);
        let (earlier, last) = last_curves(course, EARLIER);
        // The first of all stays.
        let cut = first_curve(course).filter(|c| earlier.first() != Some(c) && last != Some(c));
        for curve in cut.into_iter().chain(earlier) {
            let name = format!("{name} after {} tokens", thousands(curve.tokens));
            lines.push(line(course, format!("{}-{}", course.method, curve.tokens), name, points(curve), true));
        }
    }
    for course in courses {
        if let Some(curve) = last_curves(course, 0).1 {
            lines.push(line(course, course.method.clone(), method_name(&course.method).into(), points(curve), false));
        }
    }
    lines
}

/// Perplexities against length, those of before pale.
pub(super) fn curve_chart(courses: &[Course], train_length: usize, before: Option<&Course>) -> LineChart {
    let mut lines = Vec::new();
    if let Some((course, curve)) = before.and_then(|c| Some((c, c.curves.first()?))) {
        let faint = courses.iter().any(|c| c.method == course.method);
        let points = curve.points.iter().map(|&(l, p)| (l as f64, p)).collect();
        lines.push(line(course, "before".into(), named_before(course), points, faint));
    }
    lines.extend(curve_lines(courses));
    let mut chart = curves::chart(lines, &[train_length]);
    let all = lengths(train_length);
    chart.x.range = Some((all[0] as f64, all[all.len() - 1] as f64));
    chart
}

fn named_before(course: &Course) -> String {
    format!("{} before", method_name(&course.method))
}

fn columns(first: &str, courses: &[Course]) -> Vec<String> {
    std::iter::once(first.to_string()).chain(courses.iter().map(|c| method_name(&c.method).to_string())).collect()
}

/// A row for each stretch of the training.
pub(super) fn loss_table(courses: &[Course], steps: usize, tokens_per_step: usize) -> Table {
    let lines: Vec<Vec<(u64, f64)>> = courses.iter().map(|c| thinned(c, steps, tokens_per_step)).collect();
    let longest = lines.iter().max_by_key(|l| l.len()).cloned().unwrap_or_default();
    let row = |(i, (seen, _)): (usize, &(u64, f64))| {
        let cells = lines.iter().map(|l| l.get(i).map_or("–".into(), |(_, loss)| show_3(*loss)));
        std::iter::once(thousands(*seen)).chain(cells).collect()
    };
    Table {
        caption: "Loss by tokens seen, nats per token: means since the row before".into(),
        columns: columns(SEEN, courses),
        rows: longest.iter().enumerate().map(row).collect(),
    }
}

/// A row for each length; of models that had learned before, with the curves from before and from before the first step.
pub(super) fn curve_table<'a>(courses: &'a [Course], train_length: usize, before: Option<&'a Course>) -> Table {
    let mut all: Vec<(String, Option<&'a Curve>)> = Vec::new();
    let now = |c: &'a Course| (method_name(&c.method).to_string(), last_curves(c, 0).1);
    all.extend(courses.iter().map(now));
    all.extend(before.map(|c| (named_before(c), c.curves.first())));
    let cut = |c: &'a Course| Some((format!("{} right after the cut", method_name(&c.method)), Some(first_curve(c)?)));
    all.extend(courses.iter().filter_map(cut));
    let cell = |curve: Option<&Curve>, length| {
        let points = curve.map_or(&[][..], |c| c.points.as_slice());
        points.iter().find(|p| p.0 == length).map_or("–".into(), |p| show_perplexity(p.1))
    };
    let row = |length: usize| {
        std::iter::once(thousands(length as u64)).chain(all.iter().map(|(_, c)| cell(*c, length))).collect()
    };
    Table {
        caption: "Perplexity by input length, of the last curve".into(),
        columns: std::iter::once("input length".to_string()).chain(all.iter().map(|(name, _)| name.clone())).collect(),
        rows: lengths(train_length).map(row).into(),
    }
}
