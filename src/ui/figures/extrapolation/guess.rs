//! Predict, then reveal: the reader draws the curve that a method will take past the training length, with the measured
//! ones out of sight, and then sees it laid over them.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::chart::{Axis, LineChart, Point, Scale, Series};
use crate::ui::figure::curves::{CurvePoint, model_name};
use crate::ui::figures::extrapolation::words;
use crate::ui::settings::control::Kind;
use crate::ui::settings::setting::{ON_OFF, Setting};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::settings::state::{Settings, use_settings};

/// Training length of the models that the reader can guess at, and of those shown at first, tokens.
pub const TRAINED: usize = 256;
/// Whether the results past the training length are out of sight, for the reader to guess.
pub static PREDICT: Setting<bool> = Setting::new("predict", words::PREDICT_FIRST, Kind::Pick(ON_OFF), "off");
/// What the reader guessed; see [`Guesses::read`].
pub static GUESS: Setting<String> = Setting::new("guess", words::GUESS, Kind::Hidden(200), "");

/// Input lengths that are guessed at, tokens.
pub const LENGTHS: [usize; 4] = [512, 1_024, 2_048, 4_096];
/// Perplexities that can be drawn; the vocabulary has 1,024 pieces.
const RANGE: (f64, f64) = (5.0, 1_000.0);
/// Palette index of the reader's lines: no method has it.
const STYLE: usize = 7;

/// What the reader expects of each model, in the order of [`LENGTHS`]; 0 where nothing has been drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guesses(Vec<(String, [u32; LENGTHS.len()])>);

impl Guesses {
    /// As the address has it: `alibi-256_14_14_15_15,rotary-256_20_0_0_0`. What is not of that form is left out.
    pub fn read(text: &str) -> Self {
        let one = |part: &str| {
            let mut pieces = part.split('_');
            let model = pieces.next().filter(|m| !m.is_empty())?.to_string();
            let mut values = [0; LENGTHS.len()];
            for value in &mut values {
                *value = pieces.next()?.parse().ok().filter(|v| *v <= RANGE.1 as u32)?;
            }
            pieces.next().is_none().then_some((model, values))
        };
        Self(text.split(',').filter_map(one).collect())
    }

    /// For the address.
    pub fn write(&self) -> String {
        let one = |(model, values): &(String, [u32; LENGTHS.len()])| {
            values.iter().fold(model.clone(), |text, v| format!("{text}_{v}"))
        };
        self.0.iter().map(one).collect::<Vec<_>>().join(",")
    }

    /// The values drawn for a model.
    pub fn of(&self, model: &str) -> [u32; LENGTHS.len()] {
        self.0.iter().find(|g| g.0 == model).map_or([0; LENGTHS.len()], |g| g.1)
    }

    /// Sets one value; a perplexity out of range is held to it, 0 takes it away.
    pub fn set(&mut self, model: &str, place: usize, value: f64) {
        let value = if value < 0.5 { 0 } else { value.clamp(RANGE.0, RANGE.1).round() as u32 };
        let mut values = self.of(model);
        values[place] = value;
        self.0.retain(|g| g.0 != model);
        if values.iter().any(|v| *v > 0) {
            self.0.push((model.into(), values));
        }
    }

    /// Whether nothing has been drawn.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One line per model, from what was measured at the training length on.
    pub fn series(&self, points: &[CurvePoint]) -> Vec<Series> {
        let measured = |model: &str| {
            let at = |p: &&CurvePoint| p.model == model && p.length == TRAINED;
            points.iter().find(at).map(|p| (TRAINED as f64, p.summary.perplexity))
        };
        let line = |(model, values): &(String, [u32; LENGTHS.len()])| {
            let drawn = LENGTHS.iter().zip(values).filter(|(_, v)| **v > 0).map(|(l, v)| (*l as f64, f64::from(*v)));
            let point = |(x, y)| Point { x, y, low: None, high: None };
            Series {
                id: format!("{model}-guess"),
                name: words::guess(&model_name(model)),
                style: STYLE,
                points: measured(model).into_iter().chain(drawn).map(point).collect(),
                faint: false,
            }
        };
        self.0.iter().map(line).collect()
    }

    /// Each guess beside what was measured, at the longest length that was guessed.
    pub fn verdict(&self, points: &[CurvePoint]) -> String {
        let one = |(model, values): &(String, [u32; LENGTHS.len()])| {
            let (length, guess) = LENGTHS.iter().zip(values).rev().find(|(_, v)| **v > 0)?;
            let found = points.iter().find(|p| p.model == *model && p.length == *length)?;
            let measured = found.summary.perplexity;
            let (length, measured) = (thousands(*length as u64), show_perplexity(measured));
            Some(words::verdict(&length, *guess, &model_name(model), &measured))
        };
        self.0.iter().filter_map(one).collect::<Vec<_>>().join(" ")
    }
}

/// What was measured up to the training length, on axes with room for any guess.
pub fn blank(mut chart: LineChart) -> LineChart {
    let longest = LENGTHS[LENGTHS.len() - 1] as f64;
    chart.x.range = Some((32.0, longest));
    chart.y = Axis { label: chart.y.label, scale: Scale::Log10, range: Some(RANGE) };
    chart
}

/// Index of the guessed length nearest to a place on the axis of lengths.
pub fn nearest(x: f64) -> usize {
    let away = |i: &usize| (LENGTHS[*i] as f64 / x).log2().abs();
    (0..LENGTHS.len()).min_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or_default()
}

/// What the figure and its guess share.
#[derive(Clone, Copy)]
pub struct Sketch {
    /// Models that can be guessed at.
    pub models: Memo<Vec<String>>,
    /// What was measured of them.
    pub points: Memo<Vec<CurvePoint>>,
    /// The model that is being drawn.
    pub model: RwSignal<String>,
}

/// Changes the guesses among the settings.
pub fn change(settings: Settings, edit: impl FnOnce(&mut Guesses)) {
    settings.update(&GUESS, |text| {
        let mut guesses = Guesses::read(text);
        edit(&mut guesses);
        *text = guesses.write();
    });
}

/// Buttons, models and numbers under the figure's chart.
#[component]
pub fn Guess() -> impl IntoView {
    let settings = use_settings();
    let Some(sketch) = use_context::<Sketch>() else { return ().into_any() };
    let guesses = Memo::new(move |_| Guesses::read(&settings.get(&GUESS)));
    let drawing = Memo::new(move |_| settings.get(&PREDICT));
    let (model, predict) = (NodeRef::<html::Select>::new(), NodeRef::<html::Button>::new());
    // What was pressed is hidden then: the keyboard goes on where the reader does.
    let set = move |on: bool| {
        settings.set(&PREDICT, on);
        let go = move || {
            let _ = match (on, model.get_untracked(), predict.get_untracked()) {
                (true, Some(model), _) => model.focus(),
                (false, _, Some(predict)) => predict.focus(),
                _ => Ok(()),
            };
        };
        set_timeout(go, Duration::ZERO);
    };
    let clear = move |_| change(settings, |g| *g = Guesses::default());
    let begin = move |_| {
        if sketch.model.with_untracked(String::is_empty) {
            let first = |all: &Vec<String>| all.iter().find(|m| m.starts_with("alibi-")).or(all.last()).cloned();
            sketch.model.set(sketch.models.with_untracked(first).unwrap_or_default());
        }
        set(true);
    };
    let models = move || {
        let option = |id: String| {
            let chosen = id.clone();
            view! { <option value=id.clone() selected=move || sketch.model.get() == chosen>{model_name(&id)}</option> }
        };
        sketch.models.get().into_iter().map(option).collect_view()
    };
    let numbers = LENGTHS.iter().enumerate().map(|(place, length)| {
        let value = move || match guesses.with(|g| g.of(&sketch.model.get()))[place] {
            0 => String::new(),
            v => v.to_string(),
        };
        let take = move |event: web_sys::Event| {
            let number = event_target::<HtmlInputElement>(&event).value_as_number();
            let number = if number.is_finite() { number } else { 0.0 };
            change(settings, |g| g.set(&sketch.model.get_untracked(), place, number));
        };
        view! {
            <label class="control">
                <span>{words::at(&thousands(*length as u64))}</span>
                <input
                    type="number"
                    inputmode="numeric"
                    min=RANGE.0
                    max=RANGE.1
                    data-testid=format!("guess-{length}")
                    prop:value=value
                    on:change=take
                />
            </label>
        }
    });
    let numbers = numbers.collect_view();
    let panel = view! {
        <div class="guess" hidden=move || !drawing.get()>
            <p>{words::INVITATION}</p>
            <div class="controls">
                <label class="list">
                    <span class="control-label">{words::MODEL}</span>
                    <select node_ref=model data-testid="guess-model" on:change=move |event| sketch.model.set(event_target_value(&event))>
                        {models}
                    </select>
                </label>
                {numbers}
            </div>
            <p>
                <button type="button" class="primary" data-testid="reveal" on:click=move |_| set(false)>{words::SHOW}</button>
            </p>
        </div>
        <p class="guess" hidden=move || drawing.get()>
            <button node_ref=predict type="button" data-testid="predict" on:click=begin>{words::HIDE}</button>
            " "
            <button type="button" data-testid="clear-guess" hidden=move || guesses.with(Guesses::is_empty) on:click=clear>
                {words::CLEAR}
            </button>
            <span role="status" data-testid="verdict">
                {move || sketch.points.with(|points| guesses.with(|g| g.verdict(points)))}
            </span>
        </p>
    };
    panel.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Recorded;
    use crate::ui::figure::curves::recorded_points;

    #[test]
    fn guesses_go_through_an_address_and_back() {
        let mut guesses = Guesses::default();
        guesses.set("alibi-256", 0, 14.4);
        guesses.set("alibi-256", 3, 4_000.0);
        guesses.set("rotary-256", 1, 1.2);
        assert_eq!(guesses.write(), "alibi-256_14_0_0_1000,rotary-256_0_5_0_0");
        assert_eq!(Guesses::read(&guesses.write()), guesses);
        guesses.set("rotary-256", 1, 0.0);
        assert_eq!(guesses.write(), "alibi-256_14_0_0_1000");
        for odd in ["", "_1_2_3_4", "a_1_2_3", "a_1_2_3_4_5", "a_1_2_3_x", "a_1_2_3_4000000000", "a_-1_2_3_4"] {
            assert!(Guesses::read(odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn a_pointer_draws_at_the_nearest_length_by_ratio() {
        assert_eq!([100.0, 700.0, 750.0, 1_500.0, 9_000.0].map(nearest), [0, 0, 1, 2, 3]);
    }

    #[test]
    fn a_guess_is_held_against_what_was_measured() {
        let recorded: Recorded = serde_json::from_str(include_str!("../../../../assets/models/recorded.json")).unwrap();
        let points = recorded_points(&recorded);
        let guesses = Guesses::read("alibi-256_20_30_0_0");
        // 13.80 at 1,024 tokens and 14.09 at 256: the tables of assets/models/README.md.
        assert_eq!(guesses.verdict(&points), "You guessed 30 for ALiBi at 1,024 tokens; it scores 13.80.");
        let line = &guesses.series(&points)[0];
        let drawn: Vec<_> = line.points.iter().map(|p| (p.x, (p.y * 100.0).round() / 100.0)).collect();
        assert_eq!(drawn, [(256.0, 14.09), (512.0, 20.0), (1_024.0, 30.0)]);
    }
}
