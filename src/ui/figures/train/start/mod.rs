//! Where a training starts: drawn values, a model of this page or one from a file; and what is planned with it.

mod file;
pub(super) mod text;
pub(super) mod words;

use std::sync::Arc;

use leptos::prelude::*;

use super::data::{budget, methods, plan};
use super::settings::{FROM, LENGTH, METHODS, SEED, SIZE, TEXT, TOKEN_BOUNDS, TOKENS, size};
use self::file::{bytes, first_file};
use crate::config::{MAX_TEXT, ModelSize, RECALL_TOKENS, RECALL_TRAINED};
use crate::protocol::train::{Plan, StartFrom, TrainText};
use crate::ui::figure::curves::parts;
use crate::ui::settings::state::{Settings, use_settings};
use crate::ui::widgets::setting::SettingControl;

/// Training tokens of a model that has learned already, unless the reader says otherwise.
pub(super) const HEALING: u64 = 204_800;
/// The choice that takes a file.
const FILE: &str = "file";
/// The choice of keys and values in place of a text.
const TASK: &str = "recall";
/// Bytes of the largest file of weights.
const MOST_BYTES: usize = 8 * MAX_TEXT;
/// Bytes of the longest header of one.
const LONGEST_HEADER: u64 = 1 << 20;

/// Weights from a file of the reader's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    name: String,
    /// The file's bytes.
    pub(super) bytes: Arc<[u8]>,
}

/// What the reader has chosen, but for the methods.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen<'a> {
    pub(super) train_length: usize,
    pub(super) size: ModelSize,
    pub(super) seed: usize,
    /// 0 where it is as the size has it.
    pub(super) n_tokens: u64,
    pub(super) from: &'a str,
    /// Whether a file of weights is at hand.
    pub(super) file: bool,
    pub(super) text: TrainText,
}

/// The model of this page that a choice starts from.
pub(super) fn shipped(from: &str) -> Option<&str> {
    parts(from).1.map(|_| from)
}

/// A plan for each method; none where something is missing.
pub(super) fn plans(chosen: &[String], of: &Chosen) -> Vec<Plan> {
    let (from, train_length, size) = match shipped(of.from) {
        // The task has a shape of its own.
        _ if of.text == TrainText::Recall => (StartFrom::Nothing, RECALL_TRAINED, ModelSize::Tiny),
        // A model's length and size are its own.
        Some(model) => {
            let trained = parts(model).1.unwrap_or(of.train_length);
            (StartFrom::Shipped { model: model.into() }, trained, ModelSize::Default)
        }
        None if of.from == FILE => (StartFrom::File, of.train_length, of.size),
        None => (StartFrom::Nothing, of.train_length, of.size),
    };
    if from == StartFrom::File && !of.file {
        return Vec::new();
    }
    let n_tokens = match of.n_tokens {
        0 if of.text == TrainText::Recall => RECALL_TOKENS,
        0 if from != StartFrom::Nothing => HEALING,
        0 => budget(size),
        n => n.clamp(TOKEN_BOUNDS.0, TOKEN_BOUNDS.1),
    };
    let one = |method| Plan {
        text: of.text.clone(),
        from: from.clone(),
        ..plan(method, train_length, size, of.seed, n_tokens)
    };
    methods(chosen).into_iter().map(one).collect()
}

/// What the settings plan; none while the reader's text or file is missing. Tracks all of them.
pub(super) fn planned(settings: Settings, own: &str, file: bool) -> Vec<Plan> {
    let text = match settings.get(&TEXT).as_str() {
        "own" if text::problem(own).is_some() => return Vec::new(),
        "own" => TrainText::Own(own.into()),
        TASK => TrainText::Recall,
        _ => TrainText::Addresses,
    };
    let chosen = Chosen {
        train_length: settings.get(&LENGTH),
        size: size(&settings.get(&SIZE)),
        seed: settings.get(&SEED),
        n_tokens: settings.get(&TOKENS) as u64,
        from: &settings.get(&FROM),
        file,
        text,
    };
    plans(&settings.get(&METHODS), &chosen)
}

/// Why a file can be no weights, in a sentence that says what to do.
fn unfit(name: &str, bytes: &[u8]) -> Option<String> {
    let header = bytes.first_chunk().map(|n| u64::from_le_bytes(*n));
    match header {
        Some(n) if n <= LONGEST_HEADER && bytes.get(8) == Some(&b'{') => {
            ((bytes.len() as u64) < 8 + n).then(|| words::cut_file(name))
        }
        _ => Some(words::other_file(name)),
    }
}

/// Whether the settings are for keys and values. Tracks that.
pub(super) fn is_task(settings: Settings) -> bool {
    settings.of(&TEXT).with(|text| text == TASK)
}

/// The list of starts, the file where one is wanted, and length and size where they are free.
#[component]
pub(super) fn Start(file: RwSignal<Option<Weights>>) -> impl IntoView {
    let settings = use_settings();
    let from = settings.of(&FROM);
    let kind = Memo::new(move |_| from.with(|f| (shipped(f).is_some(), f == FILE)));
    let rest = move || match kind.get() {
        (true, _) => view! { <p class="note wide" data-testid="train-follows">{words::FOLLOWS}</p> }.into_any(),
        (_, true) => view! {
            <WeightsFile file=file />
            <SettingControl control=&LENGTH.control />
        }
        .into_any(),
        _ => view! {
            <SettingControl control=&LENGTH.control />
            <SettingControl control=&SIZE.control />
        }
        .into_any(),
    };
    let task = Memo::new(move |_| is_task(settings));
    move || match task.get() {
        true => view! { <p class="note wide" data-testid="train-task">{words::TASK}</p> }.into_any(),
        false => view! {
            <SettingControl control=&FROM.control />
            {rest}
        }
        .into_any(),
    }
}

/// Takes a file of weights.
#[component]
fn WeightsFile(file: RwSignal<Option<Weights>>) -> impl IntoView {
    let trouble = RwSignal::new(String::new());
    let latest = StoredValue::new(0);
    let read = move |chosen: web_sys::File| {
        // The one before is not what the reader wants any more, while this one is on its way.
        file.set(None);
        trouble.set(String::new());
        latest.update_value(|n| *n += 1);
        let this = latest.get_value();
        leptos::task::spawn_local(async move {
            let name = chosen.name();
            let found = match chosen.size() > MOST_BYTES as f64 {
                true => Err(words::other_file(&name)),
                false => bytes(&chosen).await.ok_or_else(|| words::unreadable(&name)),
            };
            if latest.try_get_value() != Some(this) {
                return;
            }
            match found.and_then(|bytes| unfit(&name, &bytes).map_or(Ok(bytes), Err)) {
                Ok(bytes) => file.set(Some(Weights { name, bytes: bytes.into() })),
                Err(reason) => trouble.set(reason),
            }
        });
    };
    let said = move || match (trouble.get(), file.with(|f| f.as_ref().map(|f| f.name.clone()))) {
        (reason, _) if !reason.is_empty() => reason,
        (_, Some(name)) => words::file_taken(&name),
        _ => words::NO_FILE.into(),
    };
    view! {
        <div class="wide own-text">
            <label class="control">
                <span class="control-label">{words::FILE}</span>
                <input
                    type="file"
                    data-testid="train-file"
                    accept=".safetensors"
                    on:change=move |event| {
                        if let Some(chosen) = first_file(&event) {
                            read(chosen);
                        }
                    }
                />
            </label>
            <p class="source" role="status" data-testid="train-file-status">{said}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(from: &str, file: bool) -> Chosen<'_> {
        let (train_length, size, text) = (32, ModelSize::Tiny, TrainText::Own("x".into()));
        Chosen { train_length, size, seed: 7, n_tokens: 0, from, file, text }
    }

    #[test]
    fn a_start_from_a_model_follows_the_model() {
        let methods = ["alibi".to_string(), "none".into()];
        let plans = |from, file| super::plans(&methods, &chosen(from, file));
        let all = plans("rotary-256", false);
        assert_eq!(all.iter().map(|p| p.method.as_str()).collect::<Vec<_>>(), ["alibi", "none"]);
        for plan in all {
            assert_eq!(plan.from, StartFrom::Shipped { model: "rotary-256".into() });
            assert_eq!((plan.train_length, plan.size, plan.n_tokens, plan.seed), (256, ModelSize::Default, HEALING, 7));
            assert_eq!(plan.text, TrainText::Own("x".into()));
        }
        let plain = &plans("nothing", true)[0];
        assert_eq!((&plain.from, plain.train_length, plain.n_tokens), (&StartFrom::Nothing, 32, 600_000));
        assert!(plans(FILE, false).is_empty());
        let task = Chosen { text: TrainText::Recall, ..chosen("rotary-256", false) };
        let task = &super::plans(&methods, &task)[0];
        assert_eq!((&task.from, task.train_length, task.n_tokens), (&StartFrom::Nothing, 64, 5_120_000));
        let loaded = &plans(FILE, true)[0];
        assert_eq!((&loaded.from, loaded.train_length, loaded.n_tokens), (&StartFrom::File, 32, HEALING));
    }

    #[test]
    fn every_start_offered_is_a_model_of_the_page_at_256() {
        let manifest = include_str!("../../../../../assets/models/manifest.json");
        let models: Vec<&str> = words::STARTS.iter().filter_map(|c| shipped(c.0)).collect();
        assert_eq!(models.len() + 2, words::STARTS.len());
        for model in models {
            assert!(manifest.contains(&format!("\"{model}\"")) && parts(model).1 == Some(256), "{model}");
        }
    }

    #[test]
    fn what_is_no_file_of_weights_is_said_with_what_to_do() {
        let said = |bytes: &[u8]| unfit("x.txt", bytes);
        let other = said(b"The people of the United States").unwrap();
        assert!(other.starts_with("x.txt is not a file of weights") && other.contains("Weights"), "{other}");
        assert_eq!(said(b""), Some(other));
        let whole = include_bytes!("../../../../../assets/models/alibi-256.safetensors");
        assert_eq!(said(whole), None);
        assert!(said(&whole[..64]).is_some_and(|s| s.contains("cut short") && s.contains("again")));
    }
}
