//! What the reader can set in the laboratory.

use crate::choices;
use crate::config::MAX_LENGTH;
use crate::protocol::Protocol;
use crate::ui::figure::spec::FIRST_MODELS;
use crate::ui::settings::control::{Kind, Spread};
use crate::ui::settings::setting::Setting;

/// Shortest input that can be evaluated, tokens; lengths are powers of two.
const MIN_LENGTH: usize = 32;

choices! {
    /// How the text is cut; the stride is kept apart so that switching back and forth keeps it.
    ProtocolKind {
        /// Segments, each scored by itself.
        Nonoverlapping = ("nonoverlapping", "Nonoverlapping"),
        /// A window that advances by the stride.
        Sliding = ("sliding", "Sliding window"),
        /// The last targets of every block, with context growing to the left.
        LastTokens = ("last-tokens", "Last tokens"),
    }
}

choices! {
    /// Which text is scored.
    TextChoice {
        /// Addresses held out from training.
        HeldOut = ("held-out", "Held-out addresses"),
        /// Another domain.
        MobyDick = ("moby-dick", "Moby-Dick"),
        /// The reader's own.
        Own = ("own", "Your own"),
    }
}

/// Ids of the models chosen, as in the manifest.
pub static MODELS: Setting<Vec<String>> = Setting::new(
    "models",
    "Models, by training length in tokens",
    Kind::Models(|_| true),
    FIRST_MODELS,
);
/// Input lengths chosen, tokens.
pub static LENGTHS: Setting<Vec<usize>> = Setting::new(
    "lengths",
    "Input lengths, tokens",
    Kind::Numbers { name: "input length", all: lengths },
    "32,64,128,256,512,1024,2048,4096",
);
/// How the text is cut.
pub static PROTOCOL: Setting<ProtocolKind> =
    Setting::new("protocol", "Evaluation", Kind::Pick(ProtocolKind::CHOICES), "nonoverlapping");
/// Stride of the sliding window, tokens.
pub static STRIDE: Setting<usize> = Setting::new(
    "stride",
    "Stride, tokens",
    Kind::Number { min: 1, max: MAX_LENGTH, spread: Spread::Log2 },
    "64",
);
/// Text scored. The reader's own is not part of the address.
pub static TEXT: Setting<TextChoice> = Setting::new("text", "Text", Kind::Pick(TextChoice::CHOICES), "held-out");

/// Every input length that can be chosen, ascending, tokens.
pub fn lengths() -> Vec<usize> {
    std::iter::successors(Some(MIN_LENGTH), |l| Some(l * 2)).take_while(|&l| l <= MAX_LENGTH).collect()
}

/// The protocol as the worker understands it.
pub fn protocol_of(kind: ProtocolKind, stride: usize) -> Protocol {
    match kind {
        ProtocolKind::Nonoverlapping => Protocol::Nonoverlapping,
        ProtocolKind::Sliding => Protocol::Sliding { stride },
        ProtocolKind::LastTokens => Protocol::LastTokens,
    }
}
