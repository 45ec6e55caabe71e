//! The laboratory's controls.

use std::sync::Arc;

use leptos::prelude::*;

use crate::config::Manifest;
use crate::ui::figure::model_picker::Models;
use crate::ui::figure::spec::{ENGINE, TARGETS};
use crate::ui::figures::perplexity::own::OwnText;
use crate::ui::figures::perplexity::settings::{LENGTHS, MODELS, PROTOCOL, ProtocolKind, STRIDE, TEXT, TextChoice};
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::setting::SettingControl;

/// Models by training length, lengths, protocol, targets, engine.
#[component]
pub fn Controls(
    /// What was trained, once it is known.
    #[prop(into)]
    manifest: Signal<Option<Arc<Manifest>>>,
    /// Ids of the chosen models that are here.
    #[prop(into)]
    chosen: Signal<Vec<String>>,
) -> impl IntoView {
    let settings = use_settings();
    let sliding = Memo::new(move |_| settings.get(&PROTOCOL) == ProtocolKind::Sliding);
    // Once it is there it stays, with what was typed and what is being counted.
    let own = Memo::new(move |_| settings.get(&TEXT) == TextChoice::Own);
    let asked_for = Memo::new(move |before: Option<&bool>| own.get() || before.is_some_and(|b| *b));
    let choose = move |ids: Vec<String>| settings.set(&MODELS, ids);
    view! {
        <div class="controls">
            <Models
                testid="model"
                label=MODELS.control.label
                ids=Signal::derive(move || {
                    manifest.with(|m| m.iter().flat_map(|m| m.models.iter().map(|m| m.id.clone())).collect::<Vec<_>>())
                })
                chosen=chosen
                asked=settings.of(&MODELS)
                choose=choose
            />
            <SettingControl control=&LENGTHS.control />
            <SettingControl control=&TEXT.control />
            {move || asked_for.get().then(|| view! { <div class="wide" hidden=move || !own.get()><OwnText /></div> })}
            <SettingControl control=&PROTOCOL.control />
            <SettingControl control=&STRIDE.control disabled=Signal::derive(move || !sliding.get()) />
            <SettingControl control=&TARGETS.control />
            <SettingControl control=&ENGINE.control />
        </div>
    }
}
