use super::data::{Status, thinned, with};
use super::measure::{MANY, few, lengths};
use super::settings::*;
use super::*;
use crate::config::ModelSize;
use crate::config::{Course, Curve, ModelConfig, RECALL_ASKED, RECALL_DISTANCES, RUN_IN};
use crate::protocol::train::{Ask, Plan, Ready, StartFrom, Told, TrainText};
use crate::protocol::{BlockSum, ResponseBody, Scored, Task};

fn recorded() -> Trained {
    serde_json::from_str(include_str!("../../../../assets/models/trained.json")).unwrap()
}

fn model() -> Model {
    Model::new(data::plan("alibi", 32, ModelSize::Tiny, 1, 4_096))
}

/// A model that has begun at time 0: four steps of 1,024 tokens.
fn begun() -> Model {
    let mut model = model();
    let config = ModelConfig::of_size(ModelSize::Tiny, "alibi", 32, 1_024);
    let ready = Ready { config, n_parameters: 1, step: 0, steps: 4, tokens_per_step: 1_024, n_train: 10_000 };
    assert!(model.hear(Told::Ready(Some(ready)), 0.0).is_empty());
    model
}

fn progress(step: usize, losses: &[f32]) -> Told {
    Told::Progress { step, losses: losses.to_vec(), tokens_per_second: 512.0 }
}

/// Answers these questions; every perplexity is the input length.
fn answer(model: &mut Model, asks: Vec<Ask>, step: usize) {
    for ask in asks {
        let Ask::Answer { id, job } = ask else { panic!("{ask:?}") };
        let mut scored = Scored::default();
        match job.task {
            Task::Score(s) => {
                scored.blocks =
                    vec![BlockSum { nll: s.n_targets as f64 * (s.length as f64).ln(), n_targets: s.n_targets as u32 }]
            }
            _ => scored.words = vec![" are".into(), " free".into()],
        }
        let asks = model.hear(Told::Answer { id, step, body: ResponseBody::Scored(scored) }, 9_000.0);
        assert!(asks.is_empty());
    }
}

#[test]
fn the_recorded_training_is_the_default_choice_to_its_end() {
    let trained = recorded();
    let methods: Vec<&str> = trained.courses.iter().map(|c| c.method.as_str()).collect();
    assert_eq!(methods.join(","), METHODS.control.default);
    assert_eq!(trained.train_length.to_string(), LENGTH.control.default);
    assert_eq!(trained.n_targets, MANY);
    for course in &trained.courses {
        let tokens = (course.losses.len() * trained.tokens_per_step) as u64;
        assert!(tokens >= data::budget(ModelSize::Tiny) && tokens < data::budget(ModelSize::Tiny) + 1_024);
        let last = course.curves.last().unwrap();
        assert_eq!(last.tokens, tokens);
        assert_eq!(last.points.iter().map(|p| p.0).collect::<Vec<_>>(), lengths(32));
    }
    let said = words::finding(&trained.courses);
    assert!(said.starts_with("After 600,064 tokens of training, perplexity of Sinusoidal goes from "), "{said}");
    // What the figure is for.
    let grows = |c: &Course| c.curves.last().map(|c| c.points[4].1 / c.points[0].1).unwrap();
    assert!(grows(&trained.courses[0]) > 1.5 && grows(&trained.courses[1]) < 1.03);
}

#[test]
fn losses_are_means_of_like_stretches() {
    let of = |n: usize| {
        let mut course = Course::default();
        course.add((0..n).map(|i| i as f32));
        course
    };
    let points = thinned(&of(250), 240, 10);
    assert_eq!(points[..2], [(20, 0.5), (40, 2.5)]);
    assert_eq!(points.len(), 125);
    assert_eq!(thinned(&of(1), 1, 1_024), [(1_024, 0.0)]);
    assert!(thinned(&of(0), 0, 0).is_empty());
    // Long ones are not held step by step; what is drawn of them is the same.
    let points = thinned(&of(100_003), 100_000, 10);
    assert_eq!(points.len(), 100_003 / 1_024);
    for (i, &(seen, mean)) in points.iter().enumerate() {
        let first = 1_024.0 * i as f64;
        assert_eq!((seen, mean), (10_240 * (i as u64 + 1), first + 511.5));
    }
}

#[test]
fn losses_take_no_more_room_than_a_few_hundred() {
    let mut course = Course::default();
    for step in 0..100_000 {
        course.add([step as f32]);
        assert_eq!(course.steps(), step + 1);
        assert!(course.losses.len() <= 512 && course.rest.len() < course.stretch());
    }
    // Going on from a step of before is as if the later ones had not been.
    let mut again = course.clone();
    again.truncate(99_990);
    again.add((99_990..100_000).map(|s| s as f32));
    assert_eq!(again, course);
    again.truncate(12_345);
    assert_eq!((again.steps(), again.losses.len()), (12_345, 12_345 / again.stretch()));
    again.truncate(20_000);
    assert_eq!(again.steps(), 12_345);
    again.truncate(0);
    assert_eq!(again.steps(), 0);
}

#[test]
fn of_many_curves_the_first_before_any_step_and_the_last_are_kept() {
    let plan = data::plan("alibi", 32, ModelSize::Tiny, 1, 600_000);
    for from in [StartFrom::Nothing, StartFrom::Shipped { model: "alibi-256".into() }] {
        let learned = from != StartFrom::Nothing;
        let mut model = data::Model::new(Plan { from, ..plan.clone() });
        let asks = model.begin();
        let config = ModelConfig::of_size(ModelSize::Tiny, "alibi", 32, 1_024);
        let ready = Ready { config, n_parameters: 1, step: 0, steps: 1_000, tokens_per_step: 1_024, n_train: 10_000 };
        model.hear(Told::Ready(Some(ready)), 0.0);
        answer(&mut model, asks, 0);
        for step in 1..=30 {
            let asks = model.hear(progress(step, &[5.0]), step as f64 * 20_000.0);
            assert!(!asks.is_empty());
            answer(&mut model, asks, step);
        }
        let tokens: Vec<u64> = model.course.curves.iter().map(|c| c.tokens / 1_024).collect();
        assert_eq!(tokens[usize::from(learned)..], [22, 23, 24, 25, 26, 27, 28, 29, 30]);
        assert_eq!(tokens[0] == 0, learned);
    }
}

#[test]
fn two_methods_at_most_and_only_those_that_there_are() {
    let list = |names: &str| names.split(',').map(String::from).collect::<Vec<_>>();
    assert_eq!(data::methods(&list("rotary,nonsense,alibi,none")), ["rotary", "alibi"]);
    assert_eq!(with(&list("rotary,alibi"), "none", true), ["alibi", "none"]);
    assert_eq!(with(&list("rotary,alibi"), "rotary", false), ["alibi"]);
    assert_eq!(with(&list(""), "rotary", true), ["rotary"]);
}

#[test]
fn a_curve_is_asked_for_now_and_then_over_few_targets_and_at_the_end_over_many() {
    let mut model = begun();
    assert!(model.hear(progress(1, &[7.0]), 1_000.0).is_empty());
    let asks = model.hear(progress(2, &[6.0]), 6_000.0);
    let [Ask::Answer { job, .. }, ..] = &asks[..] else { panic!("{asks:?}") };
    let stretch = job.task.stretch().unwrap();
    assert_eq!((asks.len(), stretch.n_targets, stretch.first, stretch.length), (5, few(32), RUN_IN, 32));
    // None while one is under way.
    assert!(model.hear(progress(2, &[]), 20_000.0).is_empty());
    answer(&mut model, asks, 2);
    let curve = |tokens| Curve { tokens, points: lengths(32).map(|l| (l, l as f64)).into() };
    let close = |a: &Curve, b: &Curve| {
        a.tokens == b.tokens && a.points.iter().zip(&b.points).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9)
    };
    assert!(close(&model.course.curves[0], &curve(2_048)));
    model.hear(progress(4, &[5.0, 4.0]), 10_000.0);
    let asks = model.hear(Told::Resting { step: 4, done: true }, 10_000.0);
    assert_eq!((asks.len(), model.status), (6, Status::Measuring));
    answer(&mut model, asks, 4);
    assert_eq!((model.status, model.line.as_str()), (Status::Done, " are free"));
    assert!(close(&model.course.curves[1], &curve(4_096)));
    assert_eq!(model.course.losses, [7.0, 6.0, 5.0, 4.0]);
}

#[test]
fn what_has_learned_already_is_measured_before_its_first_step() {
    let shipped = StartFrom::Shipped { model: "rotary-256".into() };
    let mut model = Model::new(Plan { from: shipped, ..data::plan("alibi", 32, ModelSize::Tiny, 1, 4_096) });
    let asks = model.begin();
    assert_eq!(asks.len(), 5);
    let config = ModelConfig::of_size(ModelSize::Tiny, "alibi", 32, 1_024);
    let ready = Ready { config, n_parameters: 1, step: 0, steps: 4, tokens_per_step: 1_024, n_train: 10_000 };
    model.hear(Told::Ready(Some(ready)), 0.0);
    answer(&mut model, asks, 0);
    assert_eq!(data::first_curve(&model.course).map(|c| c.points.len()), Some(5));
    assert!(self::model().begin().is_empty());
}

#[test]
fn a_text_of_ones_own_is_measured_where_it_was_not_trained_on_as_far_as_it_reaches() {
    let mut model = begun();
    model.plan.text = TrainText::Own("x".into());
    let asks = model.hear(progress(2, &[6.0]), 6_000.0);
    for ask in asks {
        let Ask::Answer { id, job } = ask else { panic!() };
        let stretch = job.task.stretch().unwrap();
        assert_eq!((job.stream.as_str(), stretch.first), ("own", 0));
        let scored = Scored { blocks: vec![BlockSum { nll: 1.0, n_targets: 200 }], ..Scored::default() };
        model.hear(Told::Answer { id, step: 2, body: ResponseBody::Scored(scored) }, 9_000.0);
    }
    let lengths: Vec<usize> = model.course.curves[0].points.iter().map(|p| p.0).collect();
    assert_eq!((lengths, model.n_targets), (vec![32, 64, 128], 200));
    assert!(words::own(2, 32, MANY, Some(200)).contains("over 200 tokens of the last tenth"));
}

#[test]
fn a_pause_waits_and_a_stop_measures() {
    let mut model = begun();
    model.hear(progress(1, &[7.0]), 1_000.0);
    assert!(model.hear(Told::Resting { step: 1, done: false }, 1_000.0).is_empty());
    assert_eq!((model.status, model.waits()), (Status::Resting, true));
    model.hear(Told::Going, 1_100.0);
    assert_eq!(model.status, Status::Going);
    assert_eq!(model.stop(), Ask::Stop);
    let asks = model.hear(Told::Resting { step: 1, done: false }, 1_200.0);
    assert_eq!(asks.len(), 6);
    answer(&mut model, asks, 1);
    assert!(model.status == Status::Done && model.waits());
    assert_eq!(model.lengthen(), [Ask::Lengthen { steps: 8 }, Ask::State, Ask::GoOn]);
}

#[test]
fn what_a_stop_overruled_is_not_drawn() {
    let mut model = begun();
    let early = model.hear(progress(2, &[7.0, 6.0]), 6_000.0);
    let Ask::Answer { id, .. } = early[1] else { panic!() };
    model.stop();
    model.hear(Told::Answer { id, step: 2, body: ResponseBody::Cancelled }, 6_100.0);
    let last = model.hear(Told::Resting { step: 2, done: false }, 6_100.0);
    answer(&mut model, early, 2);
    assert!(model.course.curves.is_empty());
    answer(&mut model, last, 2);
    assert_eq!((model.course.curves.len(), model.status), (1, Status::Done));
}

#[test]
fn a_loss_that_is_no_number_ends_that_model_with_a_sentence() {
    let mut model = begun();
    model.hear(progress(3, &[7.0, 6.0, 5.0]), 1_000.0);
    model.hear(Told::NotFinite { step: 3, loss: f64::NAN }, 1_000.0);
    assert!(words::trouble(&model).unwrap().starts_with("ALiBi: the loss stopped being a number after 3,072 tokens."));
    assert_eq!(data::state(std::slice::from_ref(&model)), "failed");
    let other = begun();
    assert!(words::trouble(&other).is_none());
    assert_eq!(data::state(&[model, other]), "running");
}

#[test]
fn the_time_left_is_that_of_the_last_to_finish() {
    let (mut a, mut b) = (begun(), begun());
    a.hear(progress(2, &[7.0, 6.0]), 1_000.0);
    b.hear(progress(1, &[7.0]), 1_000.0);
    assert_eq!(data::pace(&[a.clone(), b.clone()]), Some((512.0, 6.0)));
    assert_eq!(words::status(&[a, b], Some((512.0, 6.0))), "1,024 of 4,096 tokens, 512 tokens/s each, 6 s left");
}

#[test]
fn the_finding_says_when_where_they_differ() {
    let course = |method: &str, tokens, points: &[(usize, f64)]| Course {
        method: method.into(),
        curves: vec![Curve { tokens, points: points.to_vec() }],
        ..Course::default()
    };
    let sinusoidal = course("sinusoidal", 600_064, &[(32, 49.8), (512, 82.7)]);
    let alike = [sinusoidal.clone(), course("alibi", 600_064, &[(32, 44.7), (512, 44.2)])];
    assert_eq!(
        words::finding(&alike),
        "After 600,064 tokens of training, perplexity of Sinusoidal goes from 49.80 at 32 tokens to 82.70 at 512; ALiBi from 44.70 to 44.20."
    );
    let apart = [sinusoidal, course("alibi", 500_000, &[(32, 44.7), (512, 44.2)])];
    assert_eq!(
        words::finding(&apart),
        "Perplexity of Sinusoidal goes from 49.80 at 32 tokens to 82.70 at 512 after 600,064; ALiBi from 44.70 to 44.20 after 500,000 tokens of training."
    );
    assert_eq!(words::finding(&[]), "");
}

#[test]
fn on_keys_and_values_right_answers_are_counted_at_every_distance() {
    let mut model = Model::new(Plan { text: TrainText::Recall, ..data::plan("alibi", 64, ModelSize::Tiny, 1, 4_096) });
    let config = ModelConfig::of_size(ModelSize::Tiny, "alibi", 64, 80);
    let ready = Ready { config, n_parameters: 1, step: 0, steps: 2, tokens_per_step: 2_048, n_train: 0 };
    model.hear(Told::Ready(Some(ready)), 0.0);
    model.hear(progress(2, &[5.0, 4.0]), 1.0);
    let asks = model.hear(Told::Resting { step: 2, done: true }, 2.0);
    assert_eq!(asks.len(), RECALL_DISTANCES.len());
    for (ask, at) in asks.into_iter().zip(RECALL_DISTANCES) {
        let Ask::Recall { id, model: None, distance, n: RECALL_ASKED } = ask else { panic!("{ask:?}") };
        assert_eq!(distance, at);
        let mut scored = Scored::default();
        scored.set_values(&[(RECALL_ASKED - distance) as f32, RECALL_ASKED as f32]);
        model.hear(Told::Answer { id, step: 2, body: ResponseBody::Scored(scored) }, 3.0);
    }
    assert_eq!((model.status, model.line.as_str(), model.n_targets), (Status::Done, "", 1_200));
    let rows = task::table(std::slice::from_ref(&model.course)).rows;
    assert_eq!((rows[0][1].as_str(), rows[14][1].as_str()), ("99.8 %", "14.7 %"));
    let said = task::finding(&[model.course]);
    let found = "After 4,096 tokens, on distances below 64: ALiBi finds the value up to 96 tokens back, and 14.7 % of the time at 1,024 tokens.";
    assert!(said.starts_with(found), "{said}");
}

#[test]
fn a_stop_that_comes_while_a_trainer_starts_is_asked_once_it_is_there() {
    let mut model = model();
    model.stop();
    let config = ModelConfig::of_size(ModelSize::Tiny, "alibi", 32, 1_024);
    let ready = Ready { config, n_parameters: 1, step: 2, steps: 4, tokens_per_step: 1_024, n_train: 10_000 };
    assert_eq!(model.hear(Told::Ready(Some(ready)), 0.0), [Ask::Stop]);
    let asks = model.hear(Told::Resting { step: 2, done: false }, 1.0);
    assert_eq!((asks.len(), model.status), (6, Status::Measuring));
}
