//! The answers are computed here by the code that the page explains, and the text says nothing else.

use std::collections::BTreeSet;

use super::data::{EXERCISES, Field, SOLVED, Unit, Verdict, add_solved, count_solved, judge, letter};
use super::words::{SAID, not_yet};
use crate::position::slopes;
use crate::ui::figures::reach::data::horizon;
use crate::ui::page::controls;
use crate::ui::page::prose_tests::{decimals, seen};
use crate::ui::settings::control::Values;
use crate::ui::settings::query::{parse, write};
use crate::ui::settings::value::Value;

const TEXT: &str = include_str!("../texts/exercises.html");

/// An exercise's text, as it stands in the document.
fn text_of(id: &str) -> &'static str {
    let begin = TEXT.find(&format!("data-exercise=\"{id}\"")).unwrap_or_else(|| panic!("no text for {id}"));
    let rest = &TEXT[begin..];
    &rest[..rest.find("</details>").unwrap_or_else(|| panic!("no answer to {id}"))]
}

fn field(id: &str) -> &'static Field {
    &EXERCISES.iter().find(|e| e.id == id).unwrap_or_else(|| panic!("no exercise {id}")).field
}

fn judged(id: &str, given: &str) -> Verdict {
    judge(field(id), given, &Values::new())
}

/// Weights of scores, after softmax, in per cent.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let raised: Vec<f64> = scores.iter().map(|s| s.exp()).collect();
    raised.iter().map(|r| 100.0 * r / raised.iter().sum::<f64>()).collect()
}

/// The scores of the exercise `weight` with its bias, `sign` −1 as it should be.
fn biased(sign: f64) -> Vec<f64> {
    let scores = [3.0, 1.0, 0.0, 1.0];
    let slope = slopes(8)[1];
    scores.iter().enumerate().map(|(j, s)| s + sign * slope * (3 - j) as f64).collect()
}

/// What each exercise with a number asks for, computed anew: the answer, and the wrong ones that are known.
fn computed() -> Vec<(&'static str, f64, Vec<f64>)> {
    let share = |tokens: f64| 100.0 * tokens / 512.0;
    let one_percent = horizon(1.0 / 16.0);
    vec![
        ("perplexity", 2.65_f64.exp(), vec![2.65_f64.exp2()]),
        ("weight", softmax(&biased(-1.0))[0], vec![softmax(&biased(0.0))[0], softmax(&biased(1.0))[0]]),
        ("six-heads", slopes(6)[5], vec![slopes(8)[5], (-8.0_f64).exp2(), slopes(6)[4]]),
        ("one-percent", one_percent.ceil(), vec![one_percent.floor(), 16.0 * 10_f64.ln(), 16.0 * 100_f64.log2()]),
        ("share", share(100.0), vec![20.0, 100.0 - share(100.0)]),
    ]
}

#[test]
fn the_numbers_are_what_the_code_computes() {
    let numbers = EXERCISES.iter().filter(|e| matches!(e.field, Field::Number { .. })).count();
    let computed = computed();
    assert_eq!(computed.len(), numbers);
    for (id, right, wrong) in computed {
        let Field::Number { value, within, unit, misses } = field(id) else { panic!("{id} asks for no number") };
        assert!((right - value).abs() <= within / 5.0, "{id}: {right}");
        assert_eq!(misses.len(), wrong.len(), "{id}");
        for (i, wrong) in wrong.iter().enumerate() {
            // In full, and to the places of the answer's own tolerance.
            assert_eq!(judged(id, &format!("{wrong:.6}")), Verdict::Miss(i), "{id}: {wrong}");
        }
        assert_eq!(judged(id, &format!("{right:.6}")), Verdict::Right, "{id}");
        assert_eq!(judged(id, "-3"), Verdict::NotYet, "{id}");
        if *unit == Unit::Percent {
            assert_eq!(judged(id, &format!("{:.4}", right / 100.0)), Verdict::Right, "{id} as a share");
        }
    }
}

#[test]
fn answers_are_taken_as_people_write_them() {
    for (id, right) in [
        ("perplexity", ["14.15", "14,15", "14.2"].as_slice()),
        ("weight", &["65", "65 %", "64,8%", "0.648", "0,65"]),
        ("six-heads", &["1/8", "0.125", "0,125", "2^-3", "12.5 %"]),
        ("one-percent", &["74", "73.7", "74 tokens", "74,0"]),
        ("share", &["19.5", "19,5 %", "19.53", "100/512", "0.195"]),
    ] {
        for given in right {
            assert_eq!(judged(id, given), Verdict::Right, "{id}: {given}");
        }
        for odd in ["x", "1e999", "1/0", "1.2.3", "<b>"] {
            assert_eq!(judged(id, odd), Verdict::NoNumber, "{id}: {odd}");
        }
        assert_eq!((judged(id, ""), judged(id, "  ")), (Verdict::Nothing, Verdict::Nothing), "{id}");
    }
}

#[test]
fn one_choice_is_right_and_every_other_is_told_why_not() {
    for (exercise, said) in EXERCISES.iter().zip(SAID) {
        let Field::Choice { count, right } = exercise.field else { continue };
        assert_eq!(said.misses.len(), count, "{}", exercise.id);
        let text = text_of(exercise.id);
        let options = text.split_once("<ol class=\"options\" type=\"A\">").unwrap().1.split_once("</ol>").unwrap().0;
        assert_eq!(options.matches("<li>").count(), count, "{}", exercise.id);
        assert!(text.contains(&format!("<strong>{}.</strong>", letter(right))), "{}", exercise.id);
        for i in 0..count {
            let verdict = judged(exercise.id, letter(i));
            if i == right {
                assert_eq!(verdict, Verdict::Right);
            } else {
                assert_eq!(verdict, Verdict::Miss(i));
                assert!(not_yet(said, Some(i)).len() > 20, "{} {}", exercise.id, letter(i));
            }
        }
        assert_eq!(judged(exercise.id, "F"), Verdict::Nothing);
    }
}

#[test]
fn the_snippets_compute_what_is_said_of_them() {
    let n = 8.0_f64;
    let start = (-8.0 / n).exp2();
    let snippets: [(&str, &dyn Fn(f64) -> f64); 5] = [
        ("start * start ** (h + 1)", &|h| start * start.powf(h + 1.0)),
        ("1 / 2 ** h", &|h| 1.0 / h.exp2()),
        ("2 ** (-(8 + h) / n)", &|h| (-(8.0 + h) / n).exp2()),
        ("2 ** (-8 * (h + 1) / n)", &|h| (-8.0 * (h + 1.0) / n).exp2()),
        ("power(-8 * (h + 1) / n, 2)", &|h| (-8.0 * (h + 1.0) / n).powi(2)),
    ];
    let text = text_of("snippets");
    let mut at = 0;
    for (code, _) in &snippets {
        at += text[at..].find(code).unwrap_or_else(|| panic!("{code} stands not in its place"));
    }
    let Field::Choice { right, .. } = *field("snippets") else { panic!() };
    for (i, (code, slope)) in snippets.iter().enumerate() {
        let all: Vec<f64> = (0..8).map(|h| slope(f64::from(h))).collect();
        assert_eq!(all == slopes(8), i == right, "{code}: {all:?}");
    }
    let first = |i: usize, count: i32| (0..count).map(|h| snippets[i].1(f64::from(h))).collect::<Vec<_>>();
    // The hints quote these.
    assert_eq!((first(0, 1), first(1, 1), first(4, 3)), (vec![0.25], vec![1.0], vec![1.0, 4.0, 9.0]));
    assert_eq!(first(2, 2).iter().map(|s| format!("{s:.3}")).collect::<Vec<_>>(), ["0.500", "0.459"]);
    // And the right one is right for powers of two only.
    let plain = |n: usize| (1..=n).map(|h| (-8.0 * h as f64 / n as f64).exp2()).collect::<Vec<_>>();
    assert!(plain(6) != slopes(6) && plain(12) != slopes(12));
}

#[test]
fn the_state_asked_for_is_one_of_the_figure() {
    let at = |query: &str| judge(field("jump"), "", &parse(&controls(), query).values);
    let right: Vec<usize> = (1..=64).filter(|n| at(&format!("heads={n}")) == Verdict::Right).collect();
    assert_eq!(right, [3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!((at(""), at("heads=1"), at("heads=16")), (Verdict::NotYet, Verdict::NotYet, Verdict::NotYet));
    assert_eq!((at("heads=20"), at("heads=12&order=sorted")), (Verdict::Miss(1), Verdict::Miss(0)));
}

#[test]
fn every_exercise_has_its_text_and_its_words_in_the_same_order() {
    let ids: Vec<&str> = TEXT.split("data-exercise=\"").skip(1).map(|t| t.split('"').next().unwrap()).collect();
    assert_eq!(ids, EXERCISES.iter().map(|e| e.id).collect::<Vec<_>>());
    assert_eq!((ids.len(), SAID.len()), (10, 10));
    for (i, id) in ids.iter().enumerate() {
        let text = text_of(id);
        for part in ["class=\"exercise-place\"", "<details", "<summary>Show the answer</summary>"] {
            assert_eq!(text.matches(part).count(), 1, "{id}: {part}");
        }
        assert!(TEXT.contains(&format!("<li id=\"exercise-{}\" data-exercise=\"{id}\">", i + 1)), "{id}");
    }
    for (exercise, said) in EXERCISES.iter().zip(SAID) {
        if let Field::Number { misses, .. } = exercise.field {
            assert_eq!(said.misses.len(), misses.len(), "{}", exercise.id);
        }
    }
}

/// Whatever has decimals in questions, answers and hints is computed here, or is of the recorded results
/// (`what_the_exercise_says_of_a_penalty_is_what_the_answers_say`).
#[test]
fn no_number_stands_in_the_exercises_without_a_source() {
    let mut known: BTreeSet<String> =
        ["2.65", "0.25", "0.5", "0.75", "2.25", "14.98", "112.0", "15.04", "0.459"].map(String::from).into();
    for (_, right, wrong) in computed() {
        for number in wrong.into_iter().chain([right]) {
            known.extend([1, 2].map(|places| format!("{number:.places$}")));
        }
    }
    known.extend([horizon(1.0 / 16.0)].map(|d| format!("{d:.1}")));
    known.extend(["0.125".to_string()]);
    let words = SAID.iter().flat_map(|s| s.misses.iter().chain([&s.right, &s.hint]));
    for text in words.map(ToString::to_string).chain([seen(TEXT)]) {
        for (at, number) in decimals(&text) {
            assert!(known.iter().any(|k| k.parse() == Ok(number)), "{number} in: {}", &text[at.saturating_sub(20)..]);
        }
    }
    assert_eq!(format!("{:.1}", (-73.0_f64 / 16.0).exp() * 100.0), "1.0");
    assert!((-73.0_f64 / 16.0).exp() > 0.01 && (-74.0_f64 / 16.0).exp() < 0.01);
}

#[test]
fn what_is_solved_goes_through_the_address() {
    let solved = |query: &str| Vec::<usize>::read(SOLVED.control.value(&parse(&controls(), query).values));
    assert_eq!((solved("solved=1,4"), count_solved(&solved("solved=1,4"))), (vec![1, 4], 2));
    // Others than ours, and the same twice, count for nothing.
    for odd in ["solved=0,4,11,4,x,99999999999999999999", "solved=%3Cb%3E,4", "solved=4,,,"] {
        assert_eq!(count_solved(&solved(odd)), 1, "{odd}");
    }
    let mut all = solved("solved=99,7,7");
    add_solved(&mut all, 2);
    assert_eq!(all, [2, 7]);
    let values = vec![(SOLVED.control.key.to_string(), all.write())];
    assert_eq!(write(&controls(), &values, None), "?v=1&solved=2,7");
}
