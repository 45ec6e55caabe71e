//! Right answers by distance: what was counted, here or natively, and what is asked next.

use crate::chart::{Point, Series, style_of};
use crate::config::{RECALL_ASKED, RECALL_DISTANCES, RECALL_TRAINED, Recalled, RecalledPoint};
use crate::position::{by_id, slopes};
use crate::protocol::train::Ask;
use crate::ui::figure::curves::method_name;
use crate::ui::figures::reach::data::horizon;

/// Share of right answers from which a model counts as one that finds the value.
pub(super) const FINDS: f64 = 0.9;
/// Heads of the models.
const HEADS: usize = 8;
/// Pairs of a window: a guess among its values is right once in so many.
pub(super) const PAIRS: usize = 8;

/// The methods chosen that there are, in the page's order.
pub(super) fn methods(chosen: &[String]) -> Vec<&'static str> {
    let known = crate::position::METHODS.iter().map(|m| m.id());
    known.filter(|id| chosen.iter().any(|c| c == id)).collect()
}

/// The methods chosen once this one is, or is not any more.
pub(super) fn with(chosen: &[String], id: &str, on: bool) -> Vec<String> {
    let wanted = |m: &&str| if *m == id { on } else { chosen.iter().any(|c| c == m) };
    crate::position::METHODS.iter().map(|m| m.id()).filter(|m| wanted(m)).map(String::from).collect()
}

/// What was counted in this page, by method: in place of what was recorded.
pub(super) type Counted = Vec<(String, RecalledPoint)>;

/// The models chosen, with this page's own counts where there are any.
pub(super) fn shown(recorded: &[Recalled], counted: &Counted, chosen: &[String]) -> Vec<Recalled> {
    let of = |method: &&'static str| {
        let mut model = recorded.iter().find(|m| m.method == *method)?.clone();
        for point in &mut model.points {
            let own = counted.iter().find(|(m, p)| m == method && p.distance == point.distance);
            *point = own.map_or(*point, |(_, p)| *p);
        }
        Some(model)
    };
    methods(chosen).iter().filter_map(of).collect()
}

/// What is asked, one after another: every distance of every model on show.
pub(super) fn questions(models: &[Recalled]) -> Vec<(String, usize)> {
    models.iter().flat_map(|m| m.points.iter().map(|p| (m.method.clone(), p.distance))).collect()
}

/// A question as the trainer is asked it.
pub(super) fn ask(id: usize, (method, distance): &(String, usize)) -> Ask {
    Ask::Recall { id: id as u32, model: Some(format!("recall-{method}")), distance: *distance, n: RECALL_ASKED }
}

/// Counts of this page that are not those recorded, and how many there are in all.
pub(super) fn differing(recorded: &[Recalled], counted: &Counted) -> (usize, usize) {
    let same = |(method, point): &&(String, RecalledPoint)| {
        let model = recorded.iter().find(|m| m.method == *method);
        model.is_some_and(|m| m.points.iter().any(|p| (p.distance, p.right) == (point.distance, point.right)))
    };
    (counted.iter().filter(|c| !same(c)).count(), counted.len())
}

/// Share of right answers, and its standard error.
pub(in crate::ui::figures) fn share(right: usize) -> (f64, f64) {
    let asked = RECALL_ASKED as f64;
    let share = right as f64 / asked;
    (share, (share * (1.0 - share) / asked).sqrt())
}

/// Per cent of right answers by distance, with a band of one standard error.
pub(super) fn series(model: &Recalled) -> Series {
    let point = |p: &RecalledPoint| {
        let (y, error) = share(p.right);
        let [y, low, high] = [y, y - error, y + error].map(|share| 100.0 * share);
        Point { x: p.distance as f64, y, low: Some(low.max(0.0)), high: Some(high.min(100.0)) }
    };
    Series {
        id: model.method.clone(),
        name: method_name(&model.method).into(),
        style: style_of(&model.method),
        points: model.points.iter().map(point).collect(),
        faint: false,
    }
}

/// Distances at which the bias alone leaves a key 1 %: one for each head of ALiBi, by the definition of the figure `reach`.
pub(super) fn horizons() -> Vec<f64> {
    slopes(HEADS).into_iter().map(horizon).collect()
}

/// Heads of ALiBi whose bias alone leaves a key at that distance 1 % or more.
pub(super) fn reaching(distance: usize) -> usize {
    horizons().into_iter().filter(|h| *h >= distance as f64).count()
}

/// How well a model does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It does not find the value within its training length: its best share there.
    NotLearned(f64),
    /// It finds it at every distance: its share at the farthest.
    Everywhere(f64),
    /// It finds it up to some distance: that one, and its share at the farthest.
    UpTo(usize, f64),
}

/// What became of a model; absent where nothing was counted.
pub(super) fn outcome(model: &Recalled) -> Option<Outcome> {
    let finds = |p: &&RecalledPoint| share(p.right).0 >= FINDS;
    let trained = || model.points.iter().filter(|p| p.distance < RECALL_TRAINED);
    let last = share(model.points.last()?.right).0;
    if !trained().all(|p| finds(&p)) {
        let best = trained().map(|p| share(p.right).0).max_by(f64::total_cmp)?;
        return Some(Outcome::NotLearned(best));
    }
    let found = model.points.iter().take_while(finds).count();
    Some(match model.points.get(found) {
        None => Outcome::Everywhere(last),
        Some(_) => Outcome::UpTo(model.points.get(found.checked_sub(1)?)?.distance, last),
    })
}

/// Whether ALiBi itself is among the models: its heads' horizons are drawn, then.
pub(in crate::ui::figures) fn has_horizons(models: &[Recalled]) -> bool {
    models.iter().any(|m| m.method == "alibi") && by_id("alibi").is_some()
}

/// Distances that are asked about.
pub(super) fn distances() -> &'static [usize] {
    &RECALL_DISTANCES
}
