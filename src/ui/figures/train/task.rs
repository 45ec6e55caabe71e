//! A training on keys and values in place of a text: what is on show, and what is said of it.

use super::data::last_curves;
use super::measure::FEW_ASKED;
use super::shown::Shown;
use super::words::curve_lines;
use crate::chart::LineChart;
use crate::config::{Course, Curve, RECALL_ASKED, RECALL_TOKENS, RECALL_TRAINED, Recalled, RecalledPoint};
use crate::ui::figures::recall::data::{has_horizons, share};
use crate::ui::figures::recall::words as recall;
use crate::ui::format::numbers::thousands;
use crate::ui::format::table::Table;

/// Name of the chart.
pub(super) const CURVES: &str = "Right answers against distance";

/// The models that the site ships for this task, as they were counted natively.
pub(super) fn recorded(all: &[Recalled], methods: &[&str]) -> Shown {
    let course = |method: &&str| {
        let model = all.iter().find(|m| m.method == *method)?;
        let points = model.points.iter().map(|p| (p.distance, 100.0 * share(p.right).0)).collect();
        let curves = vec![Curve { tokens: RECALL_TOKENS, points }];
        Some(Course { method: model.method.clone(), curves, ..Course::default() })
    };
    let courses = methods.iter().filter_map(course).collect();
    Shown { courses, train_length: RECALL_TRAINED, task: true, ..Shown::default() }
}

/// The last counts, as the figure `recall` has them.
fn models(courses: &[Course]) -> Vec<Recalled> {
    let point = |&(distance, percent): &(usize, f64)| {
        let right = (percent / 100.0 * RECALL_ASKED as f64).round() as usize;
        RecalledPoint { distance, right, close: 0 }
    };
    let of = |course: &Course| {
        let points = last_curves(course, 0).1?.points.iter().map(point).collect();
        Some(Recalled { method: course.method.clone(), points })
    };
    courses.iter().filter_map(of).collect()
}

/// What the last counts say.
pub(super) fn finding(courses: &[Course]) -> String {
    let least = courses.iter().filter_map(|c| last_curves(c, 0).1).map(|c| c.tokens).min();
    let Some(tokens) = least else { return String::new() };
    recall::found(&models(courses), &format!("After {} tokens, on distances below {RECALL_TRAINED}", thousands(tokens)))
}

/// Right answers against distance, those of before pale.
pub(super) fn chart(courses: &[Course]) -> LineChart {
    let mut chart = recall::chart(&models(courses));
    // What a guess gives stays.
    chart.series.truncate(1);
    chart.series.extend(curve_lines(courses));
    chart
}

/// A row for each distance.
pub(super) fn table(courses: &[Course]) -> Table {
    let table = recall::table(&models(courses));
    Table { caption: "Right answers by distance, of the last curve; a head reaches as far as its bias alone leaves a key 1 %".into(), ..table }
}

/// What the marks without a name are, where they are drawn.
pub(super) fn marks(courses: &[Course]) -> Option<&'static str> {
    has_horizons(&models(courses)).then_some(recall::MARKS)
}

/// Where the numbers come from.
pub(super) fn source(n_own: usize) -> String {
    let [few, many] = [FEW_ASKED, RECALL_ASKED].map(|n| thousands(n as u64));
    match n_own {
        0 => format!(
            "These are the models that this page ships for the task, trained natively on {} tokens each and asked {many} questions at every distance. Press Train for your own, by the same recipe.",
            thousands(RECALL_TOKENS)
        ),
        n => format!(
            "Trained in your browser{}. Each point of a curve stands for {few} questions, at the end for {many}. Pale lines are earlier curves. In a hidden tab the training goes on.",
            if n > 1 { ", both on the same windows" } else { "" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_site_ships_is_shown_as_the_figure_of_the_task_has_it() {
        let all = Recalled::read(include_str!("../../../../assets/models/recall.csv"));
        let shown = recorded(&all, &["rotary", "alibi"]);
        let of: Vec<Recalled> = ["rotary", "alibi"].map(|m| all.iter().find(|r| r.method == m).unwrap().clone()).into();
        assert_eq!(table(&shown.courses).rows, recall::table(&of).rows);
        let said = finding(&shown.courses);
        assert!(said.starts_with("After 5,120,000 tokens, on distances below 64: Rotary finds the value up to "), "{said}");
        let drawn = chart(&shown.courses);
        let points = |id: &str| drawn.series.iter().find(|s| s.id == id).unwrap().points.iter().map(|p| (p.x, p.y)).collect::<Vec<_>>();
        let counted = |model: &Recalled| model.points.iter().map(|p| (p.distance as f64, p.right as f64 / 12.0)).collect::<Vec<_>>();
        for model in &of {
            for (drawn, counted) in points(&model.method).iter().zip(counted(model)) {
                assert!(drawn.0 == counted.0 && (drawn.1 - counted.1).abs() < 1e-9);
            }
        }
        assert_eq!(drawn.series[0].id, "guess");
        assert!(source(0).contains("5,120,000 tokens each and asked 1,200 questions"));
        assert!(source(2).contains("both on the same windows") && source(1).contains("120 questions, at the end for 1,200"));
        assert!(marks(&shown.courses).is_some() && marks(&shown.courses[..1]).is_none());
        assert_eq!(finding(&[]), "");
    }
}
