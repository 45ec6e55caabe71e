use super::data::{Outcome, differing, horizons, methods, outcome, questions, reaching, series, share, shown, with};
use super::*;
use crate::config::{RECALL_ASKED, RECALL_DISTANCES, Recalled, RecalledPoint};
use crate::protocol::train::Ask;

fn recorded() -> Vec<Recalled> {
    Recalled::read(&std::fs::read_to_string("assets/models/recall.csv").unwrap())
}

fn names(all: &str) -> Vec<String> {
    all.split(',').map(String::from).collect()
}

fn model(method: &str, rights: &[(usize, usize)]) -> Recalled {
    let points = rights.iter().map(|&(distance, right)| RecalledPoint { distance, right, close: 0 });
    Recalled { method: method.into(), points: points.collect() }
}

#[test]
fn methods_are_chosen_in_the_pages_order() {
    assert_eq!(methods(&names("alibi,nonsense,rotary")), ["rotary", "alibi"]);
    assert_eq!(with(&names("alibi"), "rotary", true), ["rotary", "alibi"]);
    assert_eq!(with(&names("rotary,alibi"), "rotary", false), ["alibi"]);
}

#[test]
fn what_was_counted_here_takes_the_place_of_what_was_recorded() {
    let recalled = [model("alibi", &[(2, 90), (64, 50)])];
    let own = |right| vec![("alibi".to_string(), RecalledPoint { distance: 64, right, close: 0 })];
    let now = shown(&recalled, &own(40), &names("alibi,t5"));
    assert_eq!(now, [model("alibi", &[(2, 90), (64, 40)])]);
    assert_eq!((differing(&recalled, &own(40)), differing(&recalled, &own(50))), ((1, 1), (0, 1)));
    assert_eq!(questions(&now), [("alibi".to_string(), 2), ("alibi".to_string(), 64)]);
    let asked = data::ask(3, &questions(&now)[1]);
    assert_eq!(asked, Ask::Recall { id: 3, model: Some("recall-alibi".into()), distance: 64, n: 1_200 });
}

#[test]
fn shares_have_the_error_of_so_many_questions() {
    assert_eq!(share(300).0, 0.25);
    // √(3/4 · 1/4 ÷ 1,200) = 0.0125.
    assert!((share(900).1 - 0.0125).abs() < 1e-12 && share(1_200).1 == 0.0);
    let line = series(&model("alibi", &[(64, 900)]));
    let point = line.points[0];
    assert_eq!((point.x, point.y), (64.0, 75.0));
    assert!((point.low.unwrap() - 73.75).abs() < 1e-9 && (point.high.unwrap() - 76.25).abs() < 1e-9);
}

#[test]
fn the_sentence_follows_the_counts() {
    let of = |rights: &[(usize, usize)]| outcome(&model("alibi", &rights.iter().map(|&(d, of_100)| (d, 12 * of_100)).collect::<Vec<_>>()));
    assert_eq!(of(&[(2, 100), (48, 89), (128, 100)]), Some(Outcome::NotLearned(1.0)));
    assert_eq!(of(&[(2, 100), (48, 90), (128, 95)]), Some(Outcome::Everywhere(0.95)));
    assert_eq!(of(&[(2, 100), (48, 90), (128, 89)]), Some(Outcome::UpTo(48, 0.89)));
    assert_eq!(of(&[]), None);
    let said = words::finding(&[model("alibi", &[(2, 100), (48, 99), (128, 93), (1_024, 42)].map(|(d, r)| (d, 12 * r)))]);
    assert!(
        said.starts_with("Trained on distances below 64: ALiBi finds the value up to 128 tokens back, and 42.0 % of the time at 1,024 tokens."),
        "{said}"
    );
    assert_eq!(words::finding(&[]), "");
}

#[test]
fn heads_reach_as_far_as_in_the_figure_of_their_reach() {
    // ln 100 ÷ slope: 9.2, 18.4, 36.8, 73.7, 147, 295, 589, 1,179.
    assert_eq!([2, 9, 10, 64, 96, 512, 1_024, 1_200].map(reaching), [8, 8, 7, 5, 4, 2, 1, 0]);
    let chart = words::chart(&[model("alibi", &[(2, 1)])]);
    assert_eq!(chart.marks.len(), 8, "the training length, and seven of the eight horizons lie within the axis");
    assert_eq!(words::chart(&[model("rotary", &[(2, 1)])]).marks.len(), 1);
    assert!((horizons()[7] - 1_178.92).abs() < 0.01);
}

#[test]
fn the_table_has_every_recorded_count_and_the_chart_the_same() {
    let all = shown(&recorded(), &Vec::new(), &names(METHODS.control.default));
    let (table, chart) = (words::table(&all), words::chart(&all));
    assert_eq!(all.len(), 4);
    assert_eq!(table.rows.len(), RECALL_DISTANCES.len());
    for (i, model) in all.iter().enumerate() {
        for ((row, point), drawn) in table.rows.iter().zip(&model.points).zip(&chart.series[i + 1].points) {
            let wanted = 100.0 * point.right as f64 / 1_200.0;
            assert_eq!(row[i + 1], format!("{wanted:.1} %"));
            assert!(drawn.x == point.distance as f64 && (drawn.y - wanted).abs() < 1e-9, "{drawn:?}");
        }
    }
}

/// What stands in after.html: the T5 bias and KERPLE lose nothing, ALiBi ever more, rotary all; two had not learned it.
#[test]
fn the_prose_says_what_was_counted() {
    let recorded = recorded();
    let model = |method: &str| recorded.iter().find(|m| m.method == method).unwrap();
    let at = |method: &str, distance: usize| {
        share(model(method).points.iter().find(|p| p.distance == distance).unwrap().right).0
    };
    assert!(RECALL_DISTANCES.iter().all(|&d| at("t5", d) > 0.995));
    let falls = [128, 256, 384, 512, 768, 1_024].map(|d| at("alibi", d));
    assert!(falls.is_sorted_by(|a, b| a > b) && falls[5] < 0.7, "{falls:?}");
    assert!(at("trainable", 1_024) > 0.9 && at("kerple", 1_024) > 0.99);
    assert!(at("rotary", 48) > 0.99 && at("rotary", 256) < 0.2);
    for method in ["sinusoidal", "none"] {
        assert!(matches!(outcome(model(method)), Some(Outcome::NotLearned(_))), "{method}");
    }
    // So many questions that the standard error of a share is below 1.5 %.
    assert!(share(RECALL_ASKED / 2).1 < 0.015);
}
