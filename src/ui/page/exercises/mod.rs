//! Ten exercises with answers that the page checks. Their text stands in the document, each with its answer to unfold;
//! here the fields come, the checks, and the count of what is solved, which the address keeps.

pub mod data;
pub mod number;
pub mod words;

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::data::{EXERCISES, Exercise, Field, SOLVED, Verdict, add_solved, count_solved, is_solved, judge, letter};
use self::words::{SAID, Said};
use crate::ui::figures::slopes::settings::{HEADS, ORDER};
use crate::ui::settings::state::use_settings;

/// How many are solved; and each exercise's field, mounted into its place in the text.
#[component]
pub fn Exercises() -> impl IntoView {
    let settings = use_settings();
    let solved = settings.of(&SOLVED);
    for (i, (exercise, said)) in EXERCISES.iter().zip(SAID).enumerate() {
        let place = document().query_selector(&format!("[data-exercise='{}'] .exercise-place", exercise.id));
        if let Some(place) = place.ok().flatten().and_then(|p| p.dyn_into::<HtmlElement>().ok()) {
            untrack(|| mount_to(place, move || view! { <Answer number=i + 1 exercise=exercise said=said /> }).forget());
        }
    }
    let start_over = move |_| settings.set(&SOLVED, Vec::new());
    view! {
        <p class="solved">
            <span role="status" data-testid="solved">{move || solved.with(|s| words::solved(count_solved(s), EXERCISES.len()))}</span>
            " "
            <button
                type="button"
                class="quiet"
                data-testid="start-over"
                hidden=move || solved.with(|s| count_solved(s) == 0)
                on:click=start_over
            >
                {words::START_OVER}
            </button>
        </p>
    }
}

/// The field of one exercise, the button that checks it, and what is said of the answer.
#[component]
fn Answer(
    /// Its number, from 1.
    number: usize,
    /// What is asked for.
    exercise: &'static Exercise,
    /// What is said of answers.
    said: &'static Said,
) -> impl IntoView {
    let settings = use_settings();
    let given = RwSignal::new(String::new());
    let verdict = RwSignal::new(None::<Verdict>);
    let give = move |answer: String| {
        given.set(answer);
        // What was said is of another answer.
        verdict.set(None);
    };
    let check = move || {
        let found = judge(&exercise.field, &given.get_untracked(), &untrack(|| settings.values()));
        if found == Verdict::Right {
            settings.update(&SOLVED, |solved| add_solved(solved, number));
        }
        verdict.set(Some(found));
    };
    if let Field::State(_) = exercise.field {
        // What was said is of another state.
        Effect::new(move || {
            let _ = (settings.get(&HEADS), settings.get(&ORDER));
            verdict.set(None);
        });
    }
    // No form: a frame that forbids forms would swallow the answer.
    let enter = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            check();
        }
    };
    let spoken = move || match verdict.get() {
        None => String::new(),
        Some(Verdict::Nothing) => words::NOTHING.into(),
        Some(Verdict::NoNumber) => words::NO_NUMBER.into(),
        Some(Verdict::Right) => words::right(said),
        Some(Verdict::Miss(miss)) => words::not_yet(said, Some(miss)),
        Some(Verdict::NotYet) => words::not_yet(said, None),
    };
    let is_right = move || verdict.get().map(|v| (v == Verdict::Right).to_string());
    let name = move || view! { {words::ANSWER}<span class="visually-hidden">{words::to_exercise(number)}</span> };
    let field = match exercise.field {
        Field::Number { unit, .. } => view! {
            <label class="control">
                <span>{name()}</span>
                <span class="exercise-number">
                    <input
                        type="text"
                        inputmode="decimal"
                        autocomplete="off"
                        maxlength="40"
                        data-testid="answer"
                        prop:value=given
                        on:input=move |event| give(event_target_value(&event))
                        on:keydown=enter
                    />
                    {words::unit(unit)}
                </span>
            </label>
        }
        .into_any(),
        Field::Choice { count, .. } => {
            let radios = (0..count).map(letter).map(move |letter| {
                view! {
                    <label>
                        <input
                            type="radio"
                            name=format!("exercise-{number}")
                            value=letter
                            on:change=move |_| give(letter.into())
                            on:keydown=enter
                        />
                        <span>{letter}</span>
                    </label>
                }
            });
            view! {
                <fieldset class="segmented" data-testid="answer">
                    <legend>{name()}</legend>
                    <div class="segments">{radios.collect_view()}</div>
                </fieldset>
            }
            .into_any()
        }
        Field::State(_) => {
            view! { <p class="exercise-state" data-testid="state">{move || words::heads_now(settings.get(&HEADS))}</p> }
                .into_any()
        }
    };
    view! {
        <div class="exercise">
            {field}
            <button type="button" data-testid="check" aria-label=words::check(number) on:click=move |_| check()>{words::CHECK}</button>
            <span class="exercise-solved" data-testid="mark">
                {move || is_solved(&settings.get(&SOLVED), number).then_some(words::SOLVED)}
            </span>
        </div>
        <p class="exercise-said" role="status" data-testid="said" data-right=is_right>{spoken}</p>
    }
}

#[cfg(test)]
mod tests;
