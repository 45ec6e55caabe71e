//! What the reader can set in the figure `train`.

use super::start::words as starts;
use super::words;
use crate::config::ModelSize;
use crate::ui::settings::control::{Choice, Control, Kind, Spread};
use crate::ui::settings::setting::Setting;

/// Sizes to choose from.
const SIZES: &[Choice] = &[("tiny", "Tiny"), ("small", "Small"), ("default", "As this page’s")];
/// Bounds of the training tokens.
pub(super) const TOKEN_BOUNDS: (u64, u64) = (1_024, 20_000_000);

/// Methods that are trained, in the order of their choice.
pub static METHODS: Setting<Vec<String>> =
    Setting::new("train-methods", words::METHODS, Kind::Names { of: "method" }, "sinusoidal,alibi");
/// Length of each training input, tokens.
pub static LENGTH: Setting<usize> = Setting::new(
    "train-length",
    words::LENGTH,
    Kind::Pick(&[("32", "32"), ("64", "64"), ("128", "128"), ("256", "256")]),
    "32",
);
/// Size of each model.
pub static SIZE: Setting<String> = Setting::new("train-size", words::SIZE, Kind::Pick(SIZES), "tiny");
/// Seed of initial values and of the order of the text.
pub static SEED: Setting<usize> =
    Setting::new("train-seed", words::SEED, Kind::Number { spread: Spread::Even, min: 1, max: 999 }, "1");
/// Training tokens, for shorter lessons; as the size has it where there is none.
pub static TOKENS: Setting<usize> = Setting::new("train-tokens", words::TOKENS, Kind::Hidden(8), "");

/// Where it starts.
pub static FROM: Setting<String> = Setting::new("train-from", starts::FROM, Kind::List(starts::STARTS), "nothing");

/// What is read.
pub static TEXT: Setting<String> = Setting::new("train-text", starts::TEXT, Kind::Pick(starts::TEXTS), "addresses");

/// All of them, in the order of the controls.
pub(super) const CONTROLS: &[&Control] = &[
        &METHODS.control,
        &FROM.control,
        &LENGTH.control,
        &SIZE.control,
        &TEXT.control,
        &SEED.control,
        &TOKENS.control,
    ];

/// The size of that name.
pub(super) fn size(id: &str) -> ModelSize {
    match id {
        "small" => ModelSize::Small,
        "default" => ModelSize::Default,
        _ => ModelSize::Tiny,
    }
}
