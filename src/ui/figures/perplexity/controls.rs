//! What the reader can choose in the laboratory.

use std::sync::Arc;

use leptos::prelude::*;

use crate::chart::sort_by_key;
use crate::config::{MAX_LENGTH, Manifest};
use crate::protocol::EngineChoice;
use crate::ui::figure::model_picker::Models;
use crate::ui::figures::perplexity::own::OwnText;
use crate::ui::runs::results::thousands;
use crate::ui::settings::state::{ProtocolKind, TARGETS, TextChoice, lengths, use_settings};
use crate::ui::widgets::choice::{NumberList, Segmented, Tick};
use crate::ui::widgets::number::{NumberControl, PickControl, Spread};

const PROTOCOLS: &[(&str, &str)] =
    &[("nonoverlapping", "Nonoverlapping"), ("sliding", "Sliding window"), ("last-tokens", "Last tokens")];
const KINDS: &[ProtocolKind] = &[ProtocolKind::Nonoverlapping, ProtocolKind::Sliding, ProtocolKind::LastTokens];
const TEXTS: &[(&str, &str)] = &[("held-out", "Held-out addresses"), ("moby-dick", "Moby-Dick"), ("own", "Your own")];
const TEXT_CHOICES: &[TextChoice] = &[TextChoice::HeldOut, TextChoice::MobyDick, TextChoice::Own];
const ENGINES: &[(&str, &str)] = &[("auto", "Auto"), ("cpu", "CPU"), ("gpu", "GPU")];

/// Models by training length, lengths, protocol, targets, engine.
#[component]
pub fn Controls(
    /// What was trained, once it is known.
    #[prop(into)]
    manifest: Signal<Option<Arc<Manifest>>>,
) -> impl IntoView {
    let settings = use_settings();
    let sliding = Memo::new(move |_| settings.protocol.get() == ProtocolKind::Sliding);
    // Once it is there it stays, with what was typed and what is being counted.
    let own = Memo::new(move |_| settings.text.get() == TextChoice::Own);
    let asked_for = Memo::new(move |before: Option<&bool>| own.get() || before.is_some_and(|b| *b));
    let plain = |n: usize| (n, thousands(n as u64));
    let targets = TARGETS.into_iter().map(|n| if n == 0 { (0, "auto".into()) } else { plain(n) }).collect::<Vec<_>>();
    view! {
        <div class="controls">
            <Models
                testid="model"
                label="Models, by training length in tokens"
                ids=Signal::derive(move || {
                    manifest.with(|m| m.iter().flat_map(|m| m.models.iter().map(|m| m.id.clone())).collect::<Vec<_>>())
                })
                chosen=settings.models
                choose=move |ids| settings.models.set(ids)
            />
            <fieldset class="wide" data-testid="lengths">
                <legend>"Input lengths, tokens"</legend>
                <div class="ticks">{lengths().map(|l| view! { <Length length=l /> }).collect_view()}</div>
            </fieldset>
            <PickControl testid="text" label="Text" value=settings.text choices=TEXTS values=TEXT_CHOICES />
            {move || asked_for.get().then(|| view! { <div class="wide" hidden=move || !own.get()><OwnText /></div> })}
            <PickControl testid="protocol" label="Evaluation" value=settings.protocol choices=PROTOCOLS values=KINDS />
            <NumberControl
                testid="stride"
                label="Stride, tokens"
                value=settings.stride.into()
                set=move |n| settings.stride.set(n)
                min=1
                max=MAX_LENGTH
                spread=Spread::Log2
                disabled=Signal::derive(move || !sliding.get())
            />
            <NumberList
                testid="targets"
                label="Targets per point"
                choices=targets
                value=settings.targets
                choose=move |n| settings.targets.set(n)
            />
            <Segmented
                testid="engine"
                label="Engine"
                choices=ENGINES
                value=Signal::derive(move || ENGINES[settings.engine.get() as usize].0)
                choose=move |name: &'static str| {
                    settings.engine.set(match name {
                        "cpu" => EngineChoice::Cpu,
                        "gpu" => EngineChoice::Gpu,
                        _ => EngineChoice::Auto,
                    });
                }
            />
        </div>
    }
}

#[component]
fn Length(length: usize) -> impl IntoView {
    let settings = use_settings();
    view! {
        <Tick
            testid=format!("length-{length}")
            value=length.to_string()
            label=thousands(length as u64)
            checked=Signal::derive(move || settings.lengths.with(|l| l.contains(&length)))
            choose=move |on: bool| {
                settings.lengths.update(|chosen| {
                    chosen.retain(|l| *l != length);
                    if on {
                        chosen.push(length);
                        sort_by_key(chosen, |l| *l);
                    }
                });
            }
        />
    }
}
