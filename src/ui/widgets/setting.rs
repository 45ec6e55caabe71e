//! The control of a setting, drawn as its kind says.

use leptos::prelude::*;

use crate::ui::format::numbers::thousands;
use crate::ui::settings::control::{Choice, Control, Kind};
use crate::ui::settings::state::use_settings;
use crate::ui::settings::value::Value;
use crate::ui::settings::words::AUTO;
use crate::ui::widgets::choice::{List, Segmented, Tick};
use crate::ui::widgets::number::NumberControl;
use crate::ui::widgets::text::Text;

/// Draws the control of a setting; models, names and what a drawing sets itself have none here.
#[component]
pub fn SettingControl(
    /// The setting.
    control: &'static Control,
    /// Whether it has no effect at present.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let settings = use_settings();
    let (key, label) = (control.key, control.label);
    let value = Signal::derive(move || settings.text(control));
    let number = Signal::derive(move || usize::read(&settings.text(control)));
    let set = move |new: String| settings.put(control, new);
    let set_number = move |new: usize| settings.put(control, new.write());
    match control.kind {
        Kind::Pick(choices) => view! { <PickControl control=control choices=choices /> }.into_any(),
        Kind::PickOf(choices) => view! { <PickControl control=control choices=choices() /> }.into_any(),
        Kind::List(choices) => {
            view! { <List testid=key label=label choices=named(choices) value=value choose=set /> }.into_any()
        }
        Kind::ListOf(choices) => {
            view! { <List testid=key label=label choices=named(&choices()) value=value choose=set /> }.into_any()
        }
        Kind::Number { min, max, spread } => {
            let max = Signal::stored(max);
            view! { <NumberControl testid=key label=label value=number set=set_number min=min max=max spread=spread disabled=disabled /> }
                .into_any()
        }
        Kind::Among(of) => {
            let max = Signal::derive(move || usize::read(&settings.text(of)));
            view! { <NumberControl testid=key label=label value=number set=set_number min=1 max=max disabled=disabled /> }.into_any()
        }
        Kind::Nearest(all) => {
            let shown = |n: usize| if n == 0 { AUTO.into() } else { thousands(n as u64) };
            let choices = all.iter().map(|&n| (n.write(), shown(n))).collect::<Vec<_>>();
            view! { <List testid=key label=label choices=choices value=value choose=set /> }.into_any()
        }
        Kind::Numbers { all, .. } => view! { <Numbers control=control all=all() /> }.into_any(),
        Kind::Text { limit, keep } => {
            view! { <Text key=key label=label limit=limit keep=keep value=value set=set /> }.into_any()
        }
        Kind::Models(_) | Kind::OneModel(_) | Kind::Names { .. } | Kind::Hidden(_) => ().into_any(),
    }
}

/// A setting as a row of buttons. What needs no other control names this one, and brings no other along.
#[component]
pub fn PickControl(
    /// The setting.
    control: &'static Control,
    /// Its choices.
    #[prop(into)]
    choices: Vec<Choice>,
) -> impl IntoView {
    let settings = use_settings();
    let of = choices.clone();
    let name = Signal::derive(move || {
        let now = settings.text(control);
        of.iter().find(|c| c.0 == now).map_or("", |c| c.0)
    });
    let choose = move |name: &'static str| settings.put(control, name.into());
    view! { <Segmented testid=control.key label=control.label choices=choices value=name choose=choose /> }
}

fn named(choices: &[Choice]) -> Vec<(String, String)> {
    choices.iter().map(|(name, label)| (name.to_string(), label.to_string())).collect()
}

/// A box to tick for each of several numbers; its test handle is the setting's in the singular and the number.
#[component]
fn Numbers(control: &'static Control, all: Vec<usize>) -> impl IntoView {
    let settings = use_settings();
    let one = control.key.trim_end_matches('s');
    let chosen = move || Vec::<usize>::read(&settings.text(control));
    let ticks = all.clone().into_iter().map(|number| {
        let all = all.clone();
        let choose = move |on: bool| {
            let now = untrack(chosen);
            let kept = all.iter().copied().filter(|n| if *n == number { on } else { now.contains(n) });
            settings.put(control, kept.collect::<Vec<_>>().write());
        };
        view! {
            <Tick
                testid=format!("{one}-{number}")
                value=number.to_string()
                label=thousands(number as u64)
                checked=Signal::derive(move || chosen().contains(&number))
                choose=choose
            />
        }
    });
    view! {
        <fieldset class="wide" data-testid=control.key>
            <legend>{control.label}</legend>
            <div class="ticks">{ticks.collect_view()}</div>
        </fieldset>
    }
}
