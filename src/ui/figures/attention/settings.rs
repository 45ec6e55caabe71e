//! What the reader can set of attention over a sentence.

use super::data::HEADS;
use crate::ui::figure::spec::ANY_MODEL;
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::text::Truncate;

/// The sentence.
pub static TEXT: Setting<String> = Setting::new(
    "attention-text",
    "Text (the first 256 tokens are used)",
    Kind::Text { limit: 2_000, keep: Truncate::Start },
    "The power to declare war belongs to Congress, and the power to make peace belongs to the people who sent them here.",
);
/// Method of the model.
pub static METHOD: Setting<String> = Setting::new("attention-method", "Model", ANY_MODEL, "alibi");
/// Whether the bias is added.
pub static BIAS: Setting<bool> =
    Setting::new("attention-bias", "Bias", Kind::Pick(&[("on", "as trained"), ("off", "removed")]), "on");
/// Layer, from 1.
pub static LAYER: Setting<usize> =
    Setting::new("attention-layer", "Layer", Kind::Number { spread: Spread::Even, min: 1, max: 4 }, "1");
/// Head, from 1.
pub static HEAD: Setting<usize> =
    Setting::new("attention-head", "Head", Kind::Number { spread: Spread::Even, min: 1, max: HEADS }, "1");
/// Token that looks, from 0; the last one where this is none. At first the end of the second “belong”: with the bias it
/// looks at its own beginning, without it at the first one's.
pub static QUERY: Setting<String> = Setting::new("attention-query", "", Kind::Hidden(4), "23");
