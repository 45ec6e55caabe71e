//! Controls that choose among few values: a row of radio buttons, a list, a box to tick.

use leptos::prelude::*;

use crate::ui::settings::control::Choice;

/// A row of radio buttons that looks like one control. The values are `(name, label)`.
#[component]
pub fn Segmented(
    /// Test handle, and name of the group of buttons.
    testid: &'static str,
    /// What is chosen.
    label: &'static str,
    /// Values.
    #[prop(into)]
    choices: Vec<Choice>,
    /// Name of the present value.
    #[prop(into)]
    value: Signal<&'static str>,
    /// Called with the name of the chosen value.
    #[prop(into)]
    choose: Callback<&'static str>,
    /// Name of the group of buttons where the test handle is not the only one of its kind on the page.
    #[prop(optional, into)]
    group: Option<String>,
) -> impl IntoView {
    let group = group.unwrap_or_else(|| testid.to_string());
    let buttons = choices.into_iter().map(move |(name, text)| {
        view! {
            <label>
                <input
                    type="radio"
                    name=group.clone()
                    value=name
                    prop:checked=move || value.get() == name
                    on:change=move |_| choose.run(name)
                />
                <span>{text}</span>
            </label>
        }
    });
    view! {
        <fieldset class="segmented" data-testid=testid>
            <legend>{label}</legend>
            <div class="segments">{buttons.collect_view()}</div>
        </fieldset>
    }
}

/// A list to choose from.
#[component]
pub fn List(
    /// Test handle.
    testid: &'static str,
    /// What is chosen.
    label: &'static str,
    /// Values, each with its label.
    choices: Vec<(String, String)>,
    /// Name of the present value.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the name of the chosen value.
    #[prop(into)]
    choose: Callback<String>,
) -> impl IntoView {
    let options = choices.into_iter().map(|(name, text)| {
        let chosen = name.clone();
        view! { <option value=name selected=move || value.with(|v| *v == chosen)>{text}</option> }
    });
    view! {
        <label class="list">
            <span class="control-label">{label}</span>
            <select data-testid=testid prop:value=value on:change=move |event| choose.run(event_target_value(&event))>
                {options.collect_view()}
            </select>
        </label>
    }
}

/// A box to tick, drawn as a chip.
#[component]
pub fn Tick(
    /// Test handle.
    testid: String,
    /// Value in the page's address.
    value: String,
    /// Label.
    label: String,
    /// What stands before the label for those who hear it, where others see it in the row's name.
    #[prop(optional, into)]
    prefix: Option<String>,
    /// Colour index of the chart's palette, where the box stands for a line.
    #[prop(optional_no_strip, into)]
    style: Option<usize>,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called with the new state.
    #[prop(into)]
    choose: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="tick">
            <input
                type="checkbox"
                data-testid=testid
                value=value
                prop:checked=move || checked.get()
                on:change=move |event| choose.run(event_target_checked(&event))
            />
            {style.map(|s| view! { <i class="swatch" data-palette=s aria-hidden="true"></i> })}
            <span>{prefix.map(|p| view! { <span class="visually-hidden">{p}" "</span> })}{label}</span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use crate::chart::{KINDS, Theme};

    #[test]
    fn swatches_have_the_colours_of_the_lines() {
        let style = include_str!("../../../assets/style.css");
        for (theme, times) in [(Theme::LIGHT, 1), (Theme::DARK, 2)] {
            for (i, c) in theme.palette.iter().enumerate().take(KINDS) {
                let rule = format!("--p{i}: #{:02x}{:02x}{:02x};", c.0, c.1, c.2);
                assert_eq!(style.matches(&rule).count(), times, "{rule}");
            }
        }
    }
}
