//! What the engine says, in words. The page has them in its second file: whatever names them from the first brings them
//! along.

use crate::protocol::{Facts, Failure, Kind, Notice};
use crate::ui::format::numbers::thousands;
use crate::ui::runs::run_state::engine_name;

/// A notice in words.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::EngineChosen { engine, reason } => {
            format!("Running on the {}: {}.", engine_name(*engine), clause(reason))
        }
        Notice::GpuUnavailable { reason } => {
            format!("The GPU is not available ({}); the CPU goes on.", clause(reason))
        }
        Notice::Shortened { used, of, last: true, at } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("As it stands there, the prompt has {of} tokens; its last {used} are continued, from “{at}…” on.")
        }
        Notice::Shortened { used, of, at, .. } => {
            let (of, used) = (thousands(*of as u64), thousands(*used as u64));
            format!("As it stands there, the text has {of} tokens; its first {used} are looked at, up to “…{at}”.")
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
fn clause(facts: &Facts) -> String {
    let words =
        WORDS.iter().find(|(kind, _)| *kind as u8 == facts.kind).map_or("{a|the reason is not known here}", |w| w.1);
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
                filled.push_str(&number.copied().unwrap_or_default().to_string());
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
    (Kind::HalfToken, "{0} bytes are no whole number of tokens"),
    (Kind::UnknownToken, "token {0} is not in the vocabulary of {1}"),
    (Kind::NoModel, "{a} has a shape that no model has"),
    (Kind::OtherConfiguration, "its configuration is not the manifest's"),
    (Kind::UnreadableRequest, "the engine cannot read a request: {a}; reload the page"),
    (Kind::UnknownModel, "there is no model {a}; choose one from the list"),
    (Kind::UnknownText, "there is no text {a}; choose one from the list"),
    (Kind::NoReference, "no reference is kept for {a}; choose another model"),
    (Kind::ReferenceBeyondText, "{0} tokens, {1} are needed"),
    (Kind::NoText, "there is no text here: type or paste some"),
    (Kind::TextTooLong, "the text has {0} bytes; at most {1} are read: shorten it"),
    (Kind::TooFewForTargets, "the text has {0} tokens; {1} are needed: score fewer targets or take a longer text"),
    (Kind::TooFewForInputs, "the text has {0} tokens; {1} are needed: choose a longer text"),
    (Kind::NothingToScore, "nothing to score: length and number of targets must be at least 1"),
    (Kind::NoInput, "there is no input to look at: choose at least 1"),
    (Kind::InputBeforeText, "no input of {0} tokens ends before token {1}: choose shorter inputs"),
    (Kind::Length, "an input length of {0} is not between 1 and {1} tokens"),
    (Kind::Factor, "{0} is no factor"),
    (Kind::Slopes, "slopes are taken from a set for 1 to 64 heads, not {0}"),
    (Kind::Window, "a window needs at least the token itself"),
    (Kind::OtherChange, "this change cannot be made"),
    (Kind::TooManyScores, "scores are given for at most {0} tokens: choose a shorter input"),
    (Kind::UnknownLayer, "there is no layer {0}; the model has {1}"),
    (Kind::Temperature, "a temperature of {0} is none: choose 0 or more"),
    (Kind::Continuation, "a prompt of {0} tokens can be continued by 1 to {2} tokens, not by {1}"),
    (Kind::CpuOnly, "this runs on the CPU only: choose that engine"),
    (Kind::BackgroundFailed, "the background worker failed: {a}"),
    (Kind::Silent, "the background worker stopped answering"),
    (Kind::NotStarted, "the engine did not start within {a} seconds: check the connection"),
    (Kind::NoWebGpu, "no GPU: this browser has no WebGPU"),
    (Kind::Insecure, "no GPU: browsers give WebGPU to https pages only"),
    (Kind::NoneGiven, "no GPU: this browser gives no WebGPU adapter on this machine"),
    (Kind::NoAnswer, "no GPU: this browser does not say whether it has one"),
    (
        Kind::NoDriver,
        "no GPU: no Vulkan or Metal driver was found (on Debian, `mesa-vulkan-drivers` has a software one)",
    ),
    (Kind::NoDevice, "no GPU: the adapter gives no device ({a})"),
    (Kind::LostAsReported, "the GPU is lost: {a|the browser gave no reason}"),
    (Kind::LostSilent, "the GPU is lost: the driver stopped answering"),
    (Kind::LostUnread, "the GPU is lost: its results could not be read"),
    (Kind::LostUnmapped, "the GPU is lost: its results could not be mapped"),
    (Kind::OutOfMemory, "the GPU is out of memory"),
    (Kind::Refused, "the GPU refused a call: {a|no reason given}"),
    (Kind::TooLong, "{0} tokens are too long for this GPU: the limit is {1}"),
    (Kind::Method, "not possible on the GPU: method {a}"),
    (Kind::Arguments, "not possible on the GPU: {0} tokens and {1} targets for {2} segments of {3}"),
    (Kind::Tables, "not possible on the GPU: tables of another shape than {0} heads of width {1}"),
    (Kind::Token, "not possible on the GPU: token {0} in a vocabulary of {1}"),
    (Kind::Tokens, "not possible on the GPU: {0} tokens in one call"),
    (Kind::Width, "not possible on the GPU: width {0} with {1} heads is no model"),
    (Kind::HeadDim, "not possible on the GPU: heads of {0}: multiples of 4 up to {1} are"),
    (Kind::Hidden, "not possible on the GPU: hidden layers of {0}: multiples of 4 are"),
    (Kind::Array, "not possible on the GPU: {a} has {0} values, {1} are needed"),
    (Kind::Buffer, "not possible on the GPU: {a} is larger than the GPU's largest buffer"),
];

/// The name of a GPU as it is shown.
pub fn adapter_name(name: &str) -> String {
    if name.is_empty() { "unnamed adapter".into() } else { name.into() }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
