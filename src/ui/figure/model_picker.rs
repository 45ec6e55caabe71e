//! Trained models to choose from: a row for every method, a box for every training of it.

use leptos::prelude::*;

use crate::chart::{sort_by_key, style_of};
use crate::config::is_yours;
use crate::ui::figure::curves::{method_name, order, parts, tag};
use crate::ui::figure::words;
use crate::ui::format::numbers::thousands;
use crate::ui::widgets::choice::Tick;
use crate::ui::widgets::visibility::near;

/// Boxes to tick, by method and training length, with what was asked for in vain.
#[component]
pub fn Models(
    /// Test handle; those of the boxes are this, a hyphen and the model's id.
    testid: &'static str,
    /// What is chosen.
    label: &'static str,
    /// Ids of the models that there are; none before that is known.
    #[prop(into)]
    ids: Signal<Vec<String>>,
    /// Ids of the chosen ones.
    #[prop(into)]
    chosen: Signal<Vec<String>>,
    /// Ids that were asked for: others than the chosen ones where none of these is here any more.
    #[prop(into)]
    asked: Signal<Vec<String>>,
    /// Called with the ids that are then chosen, in the page's order.
    #[prop(into)]
    choose: Callback<Vec<String>>,
) -> impl IntoView {
    // Many boxes: not before the reader has come near.
    let near = near();
    let wanted = Memo::new(move |was: Option<&bool>| was == Some(&true) || near.get());
    let rows = move || {
        let rows = by_method(if wanted.get() { ids.get() } else { Vec::new() }).into_iter().map(|(method, ids)| {
            let own = method == YOUR_ROW;
            let name = if own { words::YOURS.to_string() } else { method_name(&method).to_string() };
            let ticks = ids.into_iter().map(|id| {
                let (for_checked, for_choose) = (id.clone(), id.clone());
                let choose_one = move |on: bool| choose.run(with(chosen.get_untracked(), &for_choose, on));
                view! {
                    <Tick
                        testid=format!("{testid}-{id}")
                        value=id.clone()
                        prefix=name.clone()
                        label=training(&id)
                        style=own.then(|| style_of(parts(&id).0))
                        checked=Signal::derive(move || chosen.with(|c| c.contains(&for_checked)))
                        choose=choose_one
                    />
                }
            });
            let ticks = ticks.collect_view();
            view! {
                <div class="zoo-row">
                    <span class="zoo-name">
                        {(!own).then(|| view! { <i class="swatch" data-palette=style_of(&method) aria-hidden="true"></i> })}
                        {name}
                    </span>
                    <div class="ticks">{ticks}</div>
                </div>
            }
        });
        rows.collect_view()
    };
    let unknown = move || {
        let known = ids.get();
        let unknown = asked.get().into_iter().filter(|c| !known.contains(c));
        let (yours, others): (Vec<String>, Vec<String>) = unknown.partition(|id| is_yours(id));
        let others = if others.is_empty() { String::new() } else { words::unknown_models(&others) };
        (!known.is_empty()).then(|| [note("unknown", others), missing(&yours)].collect_view())
    };
    let none = move || {
        (!ids.with(Vec::is_empty) && chosen.with(Vec::is_empty))
            .then(|| view! { <p class="note" data-testid="no-model">{words::NO_MODEL}</p> })
    };
    view! {
        <fieldset class="wide" data-testid=testid>
            <legend>{label}</legend>
            <div class="zoo">{rows}</div>
            {unknown}
            {none}
        </fieldset>
    }
}

/// Says which models of the reader's own are not here; nothing where none is asked for.
pub fn missing(ids: &[String]) -> Option<AnyView> {
    let named: Vec<String> = ids.iter().map(|id| training(id)).collect();
    note("yours-missing", if named.is_empty() { String::new() } else { words::yours_missing(&named) })
}

fn note(testid: &'static str, said: String) -> Option<AnyView> {
    (!said.is_empty()).then(|| view! { <p class="note wide" data-testid=testid>{said}</p> }.into_any())
}

/// Stands for the method of the row of the reader's own models.
const YOUR_ROW: &str = "";

/// The chosen ids with one more or one fewer, in the page's order.
fn with(mut chosen: Vec<String>, id: &str, on: bool) -> Vec<String> {
    chosen.retain(|c| c != id && !c.is_empty());
    if on {
        chosen.push(id.into());
    }
    sort_by_key(&mut chosen, |id| order(id));
    chosen
}

/// Ids by their method, in the page's order; trainings from further seeds come after the others.
fn by_method(mut ids: Vec<String>) -> Vec<(String, Vec<String>)> {
    sort_by_key(&mut ids, |id| (order(id).0, parts(id).2.is_some(), order(id)));
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for id in ids {
        let method = if is_yours(&id) { YOUR_ROW.into() } else { parts(&id).0.to_string() };
        match rows.last_mut() {
            Some((last, ids)) if *last == method => ids.push(id),
            _ => rows.push((method, vec![id])),
        }
    }
    rows
}

/// What tells a model from others of its method: training length and, beyond the first, the seed; from others of the reader's own,
/// the method too.
pub fn training(id: &str) -> String {
    let (method, length, seed) = parts(id);
    if let (Some(tag), Some(length)) = (tag(id), length) {
        return words::your_model(method_name(method), length, tag);
    }
    let length = length.map_or_else(|| id.to_string(), |l| thousands(l as u64));
    seed.map_or_else(|| length.clone(), |s| words::training(&length, s.trim_start_matches('s')))
}

#[cfg(test)]
mod tests {
    use super::{by_method, training, with};

    fn ids(list: &str) -> Vec<String> {
        list.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn rows_are_methods_and_boxes_their_trainings() {
        let rows = by_method(ids("alibi-256-s2 alibi-64 sinusoidal-512 alibi-512 alibi-256 sinusoidal-64"));
        let expected = [
            ("sinusoidal".to_string(), ids("sinusoidal-64 sinusoidal-512")),
            ("alibi".to_string(), ids("alibi-64 alibi-256 alibi-512 alibi-256-s2")),
        ];
        assert_eq!(rows, expected);
        let labels = ["alibi-64", "alibi-256-s2", "alibi-4096", "alibi"].map(training);
        assert_eq!(labels, ["64", "256, seed 2", "4,096", "alibi"]);
    }

    #[test]
    fn models_of_the_readers_own_have_a_row_of_their_own_after_the_others() {
        let own = "rotary-64-yours0123456789abcdef sinusoidal-32-yours3f9a000000000000";
        let rows = by_method(ids(&format!("{own} alibi-256 kerple-256")));
        let own = ids("sinusoidal-32-yours3f9a000000000000 rotary-64-yours0123456789abcdef");
        assert_eq!((rows.len(), &rows[2].1), (3, &own));
        assert_eq!(
            [&own[0], &own[1]].map(|id| training(id)),
            ["Sinusoidal, 32 tokens (3f9a)", "Rotary, 64 tokens (0123)"]
        );
    }

    #[test]
    fn a_tick_adds_in_order_and_takes_away() {
        let now = ids("sinusoidal-256 alibi-256");
        assert_eq!(with(now.clone(), "rotary-256", true), ids("sinusoidal-256 rotary-256 alibi-256"));
        assert_eq!(with(now.clone(), "alibi-256", true), now);
        assert_eq!(with(now, "alibi-256", false), ids("sinusoidal-256"));
        // What an empty address leaves.
        assert_eq!(with(vec![String::new()], "alibi-256", true), ids("alibi-256"));
    }
}
