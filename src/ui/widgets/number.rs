//! A whole number by box and slider.

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use crate::ui::settings::control::Spread;
use crate::ui::widgets::words;

/// Steps of a logarithmic slider between one power of two and the next.
const STEPS_PER_OCTAVE: f64 = 8.0;

impl Spread {
    /// Place of the slider for a number.
    fn place(self, number: usize) -> f64 {
        match self {
            Self::Even => number as f64,
            Self::Log2 => ((number.max(1) as f64).log2() * STEPS_PER_OCTAVE).round(),
        }
    }

    /// Number after the slider was moved from `now` to `place`. Among small numbers several places round to the same
    /// one; a step of the keyboard must still lead to the next.
    fn moved(self, now: usize, place: f64) -> usize {
        let number = self.number(place);
        match place.total_cmp(&self.place(now)) {
            std::cmp::Ordering::Greater => number.max(now + 1),
            std::cmp::Ordering::Less => number.min(now.saturating_sub(1)),
            std::cmp::Ordering::Equal => now,
        }
    }

    /// Number at a place of the slider.
    fn number(self, place: f64) -> usize {
        match self {
            Self::Even => place.max(0.0).round() as usize,
            Self::Log2 => (place / STEPS_PER_OCTAVE).exp2().round() as usize,
        }
    }
}

/// A whole number within bounds: a box (which carries `testid`) and a slider. What is out of bounds is clamped when
/// the reader leaves the box; what is no number is replaced by the last one that was.
#[component]
pub fn NumberControl(
    /// Test handle of the box; the slider's is the same with `-slider`.
    testid: &'static str,
    /// Label with the unit.
    label: &'static str,
    /// The number shown.
    value: Signal<usize>,
    /// Takes a new number, already within bounds.
    #[prop(into)]
    set: Callback<usize>,
    /// Smallest number.
    min: usize,
    /// Largest number.
    #[prop(into)]
    max: Signal<usize>,
    /// How the slider is spread.
    #[prop(optional)]
    spread: Spread,
    /// Whether it has no effect at present.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    // The browser's own reading of the box, NaN where it is no number: a reader of decimals costs the page 10 KB.
    let take = move |input: &HtmlInputElement| {
        let number = input.value_as_number();
        number.is_finite().then(|| (number.max(0.0).round() as usize).clamp(min, max.get_untracked().max(min)))
    };
    let on_type = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        // While typing, "1" may become "12": only what is in bounds counts.
        if let Some(number) = take(&input).filter(|n| input.value().trim() == n.to_string()) {
            set.run(number);
        }
    };
    let on_leave = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(number) = take(&input) {
            set.run(number);
        }
        input.set_value(&value.get_untracked().to_string());
    };
    let on_slide = move |event: web_sys::Event| {
        let place = event_target::<HtmlInputElement>(&event).value_as_number();
        if place.is_finite() {
            set.run(spread.moved(value.get_untracked(), place).clamp(min, max.get_untracked().max(min)));
        }
    };
    view! {
        <label class="control number">
            <span>{label}</span>
            <input
                type="number"
                inputmode="numeric"
                data-testid=testid
                min=min
                max=move || max.get()
                prop:value=move || value.get().to_string()
                disabled=move || disabled.get()
                on:input=on_type
                on:change=on_leave
            />
            <input
                type="range"
                data-testid=format!("{testid}-slider")
                aria-label=words::slider(label)
                aria-valuetext=move || value.get().to_string()
                min=spread.place(min)
                max=move || spread.place(max.get())
                step="1"
                prop:value=move || spread.place(value.get()).to_string()
                disabled=move || disabled.get()
                on:input=on_slide
            />
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_a_slider_moves_the_number() {
        for spread in [Spread::Even, Spread::Log2] {
            for now in 2..4_096 {
                let place = spread.place(now);
                assert!(spread.moved(now, place + 1.0) > now, "{spread:?} up from {now}");
                assert!(spread.moved(now, place - 1.0) < now, "{spread:?} down from {now}");
                assert_eq!(spread.moved(now, place), now);
            }
        }
    }

    #[test]
    fn a_logarithmic_slider_reaches_both_ends_and_every_power_of_two() {
        for exponent in 1..=12 {
            let number = 1 << exponent;
            assert_eq!(Spread::Log2.number(Spread::Log2.place(number)), number);
        }
        assert_eq!(Spread::Even.number(Spread::Even.place(64)), 64);
    }
}
