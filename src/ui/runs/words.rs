//! What the engine says, in words. The page has them in its second file: whatever names them from the first brings them
//! along.

use crate::protocol::{Facts, Failure, Kind, Notice};
use crate::ui::format::numbers::{grouped, thousands};
use crate::ui::runs::run_state::engine_name;

/// A notice in words.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::EngineChosen { engine, reason } => {
            format!("Running on the {}: {}.", engine_name(*engine), clause(reason))
        }
        Notice::GpuUnavailable { reason } => {
            format!("The GPU is not available ({}), so the CPU takes over.", clause(reason))
        }
        Notice::Shortened { used, of, last: true, at } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("The prompt in the box has {of} tokens. The models continue its last {used}, from “{at}…” on.")
        }
        Notice::Shortened { used, of, at, .. } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("The text in the box has {of} tokens. Only the first {used} are used, up to “…{at}”.")
        }
    }
}

/// A failure in words, and what the reader can do about it.
pub fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Fetch { file, reason } => {
            format!("{file} could not be loaded: {}. Check the connection and retry.", clause(reason))
        }
        Failure::Corrupt { file, reason } => {
            let reason = clause(reason);
            format!(
                "{file} is not what it should be: {reason}. Reload the page; if that does not help, the site is at fault."
            )
        }
        Failure::Invalid { reason } => format!("This cannot be evaluated: {}.", clause(reason)),
        Failure::Engine { reason } => {
            let reason = clause(reason);
            format!("The engine broke down: {reason}. Retry, choose the other engine, or leave out the longest inputs.")
        }
    }
}

/// A reason as one clause, without a full stop. One of another version is told by what was said, if anything was.
pub fn clause(facts: &Facts) -> String {
    let words = WORDS.iter().find(|(kind, _)| *kind as u8 == facts.kind).map_or("{a|the reason is unknown}", |w| w.1);
    fill(words, facts)
}

/// Puts values into words: `{0}`, `{1}`… stand for numbers, `{a}`, `{b}`… for texts, `{a|none}` for one that may be empty.
fn fill(words: &str, facts: &Facts) -> String {
    let mut filled = String::new();
    for (i, piece) in words.split(['{', '}']).enumerate() {
        let place = piece.bytes().next().filter(|_| i % 2 == 1);
        match place {
            None => filled.push_str(piece),
            Some(digit @ b'0'..=b'9') => {
                let number = facts.numbers.get((digit - b'0') as usize);
                filled.push_str(&grouped(&number.copied().unwrap_or_default().to_string()));
            }
            Some(letter) => {
                let text = facts.texts.get((letter - b'a') as usize).filter(|text| !text.is_empty());
                filled.push_str(text.map_or(piece.split('|').nth(1).unwrap_or_default(), |text| text));
            }
        }
    }
    filled
}

/// Every reason in words.
static WORDS: &[(Kind, &str)] = &[
    (Kind::Said, "{a}"),
    (Kind::ChosenCpu, "you chose the CPU"),
    (Kind::ChosenGpu, "you chose the GPU"),
    (Kind::SoftwareAdapter, "the WebGPU adapter here ({a|unnamed adapter}) is itself software, slower than WASM"),
    (Kind::WarmUp, "in a warm-up at {0} tokens {a|unnamed adapter} scored {1} tokens/s, the CPU {2}"),
    (
        Kind::WarmUpOfSeveral,
        "in a warm-up at {0} tokens {a|unnamed adapter} scored {1} tokens/s, the CPU {2} on each of {3} cores",
    ),
    (Kind::GpuWentAway, "it went away"),
    (Kind::Server, "the server answered {0} {a}"),
    (Kind::Hash, "its SHA-256 is {a}, the manifest says {b} ({0} bytes arrived)"),
    (Kind::HalfToken, "{0} bytes do not make whole tokens"),
    (Kind::UnknownToken, "token {0} is not in the vocabulary of {1}"),
    (Kind::NoModel, "no model has the shape of {a}"),
    (Kind::OtherConfiguration, "its configuration differs from the manifest’s"),
    (Kind::UnreadableRequest, "the engine cannot read a request: {a}; reload the page"),
    (Kind::UnknownModel, "there is no model {a}; choose one from the list"),
    (Kind::UnknownText, "there is no text {a}; choose one from the list"),
    (Kind::NoReference, "nothing was recorded to check {a} against; choose another model"),
    (Kind::ReferenceBeyondText, "the text has {0} tokens; the check needs {1}"),
    (Kind::NoText, "there is no text here: type or paste some"),
    (Kind::TextTooLong, "the text has {0} bytes; this page reads at most {1}: shorten it"),
    (Kind::TooFewForTargets, "the text has {0} tokens and needs {1}: score fewer tokens or use a longer text"),
    (Kind::TooFewForInputs, "the text has {0} tokens and needs {1}: use a longer text"),
    (Kind::NothingToScore, "there is nothing to score: choose a length of at least 1 and at least 1 token"),
    (Kind::NoInput, "there is no input: choose at least 1"),
    (Kind::InputBeforeText, "no input of {0} tokens ends before token {1}: choose shorter inputs"),
    (Kind::Length, "an input has 1 to {1} tokens, not {0}"),
    (Kind::Factor, "you cannot multiply by {0}"),
    (Kind::Slopes, "there are slopes for 1 to 64 heads, not for {0}"),
    (Kind::Window, "a window holds at least the token itself"),
    (Kind::OtherChange, "this change is not possible"),
    (Kind::TooManyScores, "scores can be shown for at most {0} tokens: choose a shorter input"),
    (Kind::UnknownLayer, "there is no layer {0}; the model has {1}"),
    (Kind::Temperature, "the temperature cannot be {0}: choose 0 or more"),
    (Kind::Continuation, "a prompt of {0} tokens can be continued by 1 to {2} tokens, not by {1}"),
    (Kind::CpuOnly, "this only runs on the CPU: choose that engine"),
    (Kind::BackgroundFailed, "the background worker failed: {a}"),
    (Kind::Silent, "the background worker stopped answering"),
    (Kind::NotStarted, "the engine did not start within {a} seconds: check the connection"),
    (Kind::NoWebGpu, "no GPU: this browser has no WebGPU"),
    (Kind::Insecure, "no GPU: browsers offer WebGPU only to https pages"),
    (Kind::NoneGiven, "no GPU: this browser found no WebGPU adapter on this machine"),
    (Kind::NoAnswer, "no GPU: this browser does not say whether it has one"),
    (
        Kind::NoDriver,
        "no GPU: no Vulkan or Metal driver was found (on Debian, `mesa-vulkan-drivers` has a software one)",
    ),
    (Kind::NoDevice, "no GPU: the adapter refused to open a device ({a})"),
    (Kind::LostAsReported, "the GPU is lost: {a|the browser gave no reason}"),
    (Kind::LostSilent, "the GPU is lost: the driver stopped answering"),
    (Kind::LostUnread, "the GPU is lost: its results could not be read"),
    (Kind::LostUnmapped, "the GPU is lost: its results could not be mapped"),
    (Kind::OutOfMemory, "the GPU is out of memory"),
    (Kind::Refused, "the GPU refused a call: {a|no reason given}"),
    (Kind::TooLong, "{0} tokens are too many for this GPU: its limit is {1}"),
    (Kind::Method, "the GPU cannot run the method {a}"),
    (Kind::Arguments, "the GPU cannot split {0} tokens and {1} targets into {2} segments of {3}"),
    (Kind::Tables, "the GPU needs tables for {0} heads of width {1}"),
    (Kind::Token, "the GPU found token {0} in a vocabulary of {1}"),
    (Kind::Tokens, "the GPU cannot take {0} tokens in one call"),
    (Kind::Width, "the GPU cannot divide a width of {0} among {1} heads"),
    (Kind::HeadDim, "the GPU cannot run heads of {0}, only multiples of 4 up to {1}"),
    (Kind::Hidden, "the GPU cannot run hidden layers of {0}, only multiples of 4"),
    (Kind::Array, "the GPU needs {1} values in {a}, not {0}"),
    (Kind::Buffer, "{a} is larger than the GPU’s largest buffer"),
    (Kind::NotTrainable, "this cannot be trained: {a}"),
];

/// The name of a GPU as it is shown.
pub fn adapter_name(name: &str) -> String {
    if name.is_empty() { "unnamed adapter".into() } else { name.into() }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
