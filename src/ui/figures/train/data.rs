//! How a training in the page goes: what is asked of the trainer of each model, what it tells, and what becomes of that. Nothing
//! here knows the browser.

use super::measure::{self, ROUND, places};
use crate::config::{Course, Curve, ModelSize};
use crate::position::by_id;
use crate::protocol::train::{Ask, Plan, StartFrom, Told, TrainText};
use crate::protocol::{Failure, ResponseBody};

/// Models that are trained beside each other, at most.
pub(super) const MOST: usize = 2;
/// Seconds between two checkpoints.
const KEPT_EVERY: f64 = 10.0;
/// Time between two curves, ms.
const BETWEEN: f64 = 5_000.0;
/// Points of a line of losses, at most.
const POINTS: usize = 120;
/// Curves that are kept of those before the last: more than are drawn.
const CURVES: usize = 8;
/// The methods chosen that there are, at most two, in the order of their choice.
pub(super) fn methods(chosen: &[String]) -> Vec<&'static str> {
    chosen.iter().filter_map(|id| by_id(id)).map(|m| m.id()).take(MOST).collect()
}

/// The methods chosen once this one is, or is not any more: a third takes the place of the first.
pub(super) fn with(chosen: &[String], id: &str, on: bool) -> Vec<String> {
    let mut now: Vec<String> = methods(chosen).into_iter().filter(|m| *m != id).map(String::from).collect();
    if on {
        now.push(id.into());
        now.drain(..now.len().saturating_sub(MOST));
    }
    now
}

/// Tokens of a training of that size.
pub(super) fn budget(size: ModelSize) -> u64 {
    match size {
        ModelSize::Tiny => 600_000,
        ModelSize::Small => 1_000_000,
        ModelSize::Default => 2_000_000,
    }
}

/// What the reader has chosen, of one method.
pub(super) fn plan(method: &str, train_length: usize, size: ModelSize, seed: usize, n_tokens: u64) -> Plan {
    Plan {
        method: method.into(),
        train_length,
        size,
        seed: seed as u32,
        n_tokens,
        text: TrainText::Addresses,
        from: StartFrom::Nothing,
        state_every: KEPT_EVERY,
    }
}

/// What a model is at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status {
    /// It is being made.
    Starting,
    /// It learns.
    Going,
    /// It waits.
    Resting,
    /// It has rested from learning and is being measured.
    Measuring,
    /// It is measured.
    Done,
    /// Its loss is no number any more.
    NotFinite,
    /// It is gone.
    Failed,
}

/// A round of questions.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    round: u32,
    last: bool,
    points: Vec<(usize, f64)>,
}

/// A model that is trained here.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    /// What is trained.
    pub(super) plan: Plan,
    /// How it went so far.
    pub(super) course: Course,
    /// What it is at.
    pub(super) status: Status,
    /// Steps done, in all, and tokens of each.
    pub(super) step: usize,
    pub(super) steps: usize,
    pub(super) tokens_per_step: usize,
    /// Tokens per second, of late.
    pub(super) rate: f64,
    /// What it wrote at the end.
    pub(super) line: String,
    /// Targets of the last point of a curve.
    pub(super) n_targets: u32,
    /// Why it could not go on, where the trainer said so.
    pub(super) failure: Option<Failure>,
    /// Where its trainer is gone, and a checkpoint is left to go on from: what was said of that.
    pub(super) lost: Option<String>,
    asked: Option<Asked>,
    round: u32,
    /// When the last curve was drawn, ms.
    drawn: f64,
    stops: bool,
}

impl Model {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            course: Course { method: plan.method.clone(), ..Course::default() },
            plan,
            status: Status::Starting,
            step: 0,
            steps: 0,
            tokens_per_step: 0,
            rate: f64::NAN,
            line: String::new(),
            n_targets: 0,
            failure: None,
            lost: None,
            asked: None,
            round: 0,
            drawn: 0.0,
            stops: false,
        }
    }

    /// What to ask at once, before the first step: what has learned already is measured as it is then.
    pub(super) fn begin(&mut self) -> Vec<Ask> {
        match self.plan.from {
            StartFrom::Shipped { .. } | StartFrom::File => self.measure(false),
            StartFrom::Nothing | StartFrom::State => Vec::new(),
        }
    }

    /// Training tokens seen.
    pub(super) fn tokens(&self) -> u64 {
        (self.step * self.tokens_per_step) as u64
    }

    /// Whether an answer is awaited.
    pub(super) fn owes(&self) -> bool {
        matches!(self.status, Status::Starting | Status::Going | Status::Measuring)
    }

    /// Whether it is there and can learn on.
    pub(super) fn alive(&self) -> bool {
        matches!(self.status, Status::Going | Status::Resting | Status::Measuring | Status::Done)
    }

    /// Whether it rests before its end.
    pub(super) fn waits(&self) -> bool {
        matches!(self.status, Status::Resting | Status::Done) && self.step < self.steps
    }

    /// Whether nothing of its plan is left to do.
    pub(super) fn is_over(&self) -> bool {
        let done = self.status == Status::Done && self.step >= self.steps;
        done || self.status == Status::NotFinite || (self.status == Status::Failed && self.lost.is_none())
    }

    /// What to ask for a stop; of a trainer that is still starting once it is there, which this remembers.
    pub(super) fn stop(&mut self) -> Ask {
        self.stops = true;
        Ask::Stop
    }

    /// What to ask for twice the steps; the checkpoint knows of them, too.
    pub(super) fn lengthen(&mut self) -> [Ask; 3] {
        self.steps *= 2;
        [Ask::Lengthen { steps: self.steps }, Ask::State, Ask::GoOn]
    }

    /// The questions of a round.
    fn measure(&mut self, last: bool) -> Vec<Ask> {
        self.round += 1;
        self.asked = Some(Asked { round: self.round, last, points: Vec::new() });
        measure::asks(&self.plan, self.round, last)
    }

    /// Takes what its trainer tells at that time, ms; what to ask then.
    pub(super) fn hear(&mut self, told: Told, now: f64) -> Vec<Ask> {
        match told {
            Told::Ready(Some(ready)) => {
                (self.status, self.drawn) = (Status::Going, now);
                // More steps where it was lengthened after its checkpoint; what came after that is learned again.
                let steps = self.steps.max(ready.steps);
                (self.step, self.steps, self.tokens_per_step) = (ready.step, steps, ready.tokens_per_step);
                self.course.truncate(ready.step);
                let seen = self.tokens();
                self.course.curves.retain(|c| c.tokens <= seen);
                let lengthens = (steps > ready.steps).then_some(Ask::Lengthen { steps });
                return lengthens.into_iter().chain(self.stops.then_some(Ask::Stop)).collect();
            }
            Told::Progress { step, losses, tokens_per_second } => {
                self.step = step;
                self.course.add(losses);
                if tokens_per_second.is_finite() {
                    self.rate = tokens_per_second;
                }
                if self.asked.is_none() && self.status == Status::Going && now - self.drawn > BETWEEN {
                    return self.measure(false);
                }
            }
            Told::Going => (self.status, self.stops) = (Status::Going, false),
            Told::Resting { step, done } => {
                self.step = step;
                if done || self.stops {
                    self.status = Status::Measuring;
                    return self.measure(true);
                }
                if self.status == Status::Going {
                    self.status = Status::Resting;
                }
            }
            Told::Answer { id, step, body } => self.answered(id, step, body, now),
            Told::NotFinite { step, .. } => (self.step, self.status) = (step, Status::NotFinite),
            Told::Failed(failure) => (self.status, self.failure) = (Status::Failed, Some(failure)),
            Told::Ready(None) | Told::State { .. } | Told::Weights { .. } => (),
        }
        Vec::new()
    }

    fn answered(&mut self, id: u32, step: usize, body: ResponseBody, now: f64) {
        let (round, place) = (id / ROUND, (id % ROUND) as usize);
        let Some(asked) = self.asked.as_mut().filter(|a| a.round == round) else { return };
        let places = places(&self.plan);
        match (body, places.get(place)) {
            (ResponseBody::Scored(scored), Some(&at)) => {
                if let Some((value, n)) = measure::value(&self.plan, at, &scored) {
                    asked.points.push((at, value));
                    self.n_targets = n;
                }
            }
            (ResponseBody::Scored(scored), None) => self.line = scored.words.concat(),
            // What was overruled is not drawn; the next round is whole.
            (ResponseBody::Cancelled, _) => return self.asked = None,
            (ResponseBody::Failed(failure), _) => {
                // What was asked of a model that did not come to be fails, too; why it did not is the reason.
                let first = self.failure.take().unwrap_or(failure);
                (self.asked, self.status, self.failure) = (None, Status::Failed, Some(first));
                return;
            }
            _ => return,
        }
        let tokens = (step * self.tokens_per_step) as u64;
        if place + 1 == places.len() {
            let points = std::mem::take(&mut asked.points);
            self.course.curves.retain(|c| c.tokens != tokens);
            self.course.curves.push(Curve { tokens, points });
            let first = usize::from(first_curve(&self.course).is_some());
            let surplus = self.course.curves.len().saturating_sub(first + CURVES + 1);
            self.course.curves.drain(first..first + surplus);
            self.drawn = now;
        }
        if place + 1 == places.len() + measure::beside(&self.plan, asked.last) {
            if asked.last && self.status == Status::Measuring {
                self.status = Status::Done;
            }
            self.asked = None;
        }
    }
}

/// What the figure is at, for all of its models.
pub(super) fn state(models: &[Model]) -> &'static str {
    let any = |of: &dyn Fn(&Model) -> bool| models.iter().any(of);
    match () {
        () if any(&Model::owes) => "running",
        () if any(&|m| m.status == Status::Resting) => "idle",
        () if any(&|m| m.status == Status::Done) => "done",
        () if models.is_empty() => "idle",
        () => "failed",
    }
}

/// Tokens per second of the slowest model that learns, and the seconds until the last of them is done.
pub(super) fn pace(models: &[Model]) -> Option<(f64, f64)> {
    let going = || models.iter().filter(|m| m.status == Status::Going && m.rate.is_finite() && m.rate > 0.0);
    let left = |m: &Model| m.steps.saturating_sub(m.step) as f64 * m.tokens_per_step as f64 / m.rate;
    let slowest = going().map(|m| m.rate).min_by(f64::total_cmp)?;
    Some((slowest, going().map(left).max_by(f64::total_cmp)?))
}

/// Mean losses over like stretches of a training of that many steps, each with the tokens seen at its end.
pub(super) fn thinned(course: &Course, steps: usize, tokens_per_step: usize) -> Vec<(u64, f64)> {
    let n = steps.div_ceil(POINTS).next_power_of_two().max(course.stretch());
    let together = n / course.stretch();
    let mean = |all: &[f32]| all.iter().map(|l| f64::from(*l)).sum::<f64>() / together as f64;
    let seen = |i: usize| ((i + 1) * n * tokens_per_step) as u64;
    course.losses.chunks_exact(together).enumerate().map(|(i, all)| (seen(i), mean(all))).collect()
}

/// The curve that stands for a model now, and up to that many before it.
pub(super) fn last_curves(course: &Course, earlier: usize) -> (&[Curve], Option<&Curve>) {
    match course.curves.split_last() {
        Some((last, before)) => (&before[before.len().saturating_sub(earlier)..], Some(last)),
        None => (&[], None),
    }
}

/// The curve before the first step, of a model that had learned before.
pub(super) fn first_curve(course: &Course) -> Option<&Curve> {
    course.curves.first().filter(|c| c.tokens == 0)
}
