//! The reasons of the protocol in words: each one clause, without a full stop.

use crate::position::ChangeAt;
use crate::protocol::{EngineKind, GpuError, Lost, NoAdapter, Reason, Unsupported};

/// A reason in words.
pub fn say(reason: &Reason) -> String {
    match reason {
        Reason::Said { detail } => detail.clone(),
        Reason::Chosen(EngineKind::Cpu) => "you chose the CPU".into(),
        Reason::Chosen(EngineKind::Gpu) => "you chose the GPU".into(),
        Reason::SoftwareAdapter { adapter } => {
            format!("the WebGPU adapter here ({}) is itself software, slower than WASM", adapter_name(adapter))
        }
        Reason::WarmUp { adapter, length, gpu, cpu, workers } => {
            let of = if *workers > 1 { format!(" on each of {workers} cores") } else { String::new() };
            let adapter = adapter_name(adapter);
            format!("in a warm-up at {length} tokens {adapter} scored {gpu:.0} tokens/s, the CPU {cpu:.0}{of}")
        }
        Reason::Gpu(error) => of_gpu(error),
        Reason::GpuWentAway => "it went away".into(),
        Reason::Server { status, text } => format!("the server answered {status} {text}"),
        Reason::Hash { found, wanted, n_bytes } => {
            format!("its SHA-256 is {found}, the manifest says {wanted} ({n_bytes} bytes arrived)")
        }
        Reason::HalfToken { n_bytes } => format!("{n_bytes} bytes are no whole number of tokens"),
        Reason::UnknownToken { token, n_vocab } => format!("token {token} is not in the vocabulary of {n_vocab}"),
        Reason::OtherConfiguration => "its configuration is not the manifest's".into(),
        Reason::UnreadableRequest { detail } => format!("the engine cannot read a request: {detail}; reload the page"),
        Reason::UnknownModel { model } => format!("there is no model {model}; choose one from the list"),
        Reason::UnknownText { text } => format!("there is no text {text}; choose one from the list"),
        Reason::NoReference { model } => format!("no reference is kept for {model}; choose another model"),
        Reason::ReferenceBeyondText { n_token, needed } => format!("{n_token} tokens, {needed} are needed"),
        Reason::NoText => "there is no text here: type or paste some".into(),
        Reason::TextTooLong { n_bytes, most } => {
            format!("the text has {n_bytes} bytes; at most {most} are read: shorten it")
        }
        Reason::TooFewForTargets { n_token, needed } => {
            format!("the text has {n_token} tokens; {needed} are needed: score fewer targets or take a longer text")
        }
        Reason::TooFewForInputs { n_token, needed } => {
            format!("the text has {n_token} tokens; {needed} are needed: choose a longer text")
        }
        Reason::NothingToScore => "nothing to score: length and number of targets must be at least 1".into(),
        Reason::NoInput => "there is no input to look at: choose at least 1".into(),
        Reason::InputBeforeText { length, end } => {
            format!("no input of {length} tokens ends before token {end}: choose shorter inputs")
        }
        Reason::Length { length, most } => format!("an input length of {length} is not between 1 and {most} tokens"),
        Reason::Change { change, length } => {
            let at = ChangeAt { change: *change, length: *length, train_length: 1 };
            at.problem().unwrap_or_default()
        }
        Reason::TooManyScores { most } => {
            format!("scores are given for at most {most} tokens: choose a shorter input")
        }
        Reason::UnknownLayer { layer, n_layer } => {
            format!("there is no layer {}; the model has {n_layer}", layer + 1)
        }
        Reason::Temperature { temperature } => format!("a temperature of {temperature} is none: choose 0 or more"),
        Reason::Continuation { n_prompt, n_new, most } => {
            format!("a prompt of {n_prompt} tokens can be continued by 1 to {most} tokens, not by {n_new}")
        }
        Reason::CpuOnly => "this runs on the CPU only: choose that engine".into(),
        Reason::BackgroundFailed { detail } => format!("the background worker failed: {detail}"),
    }
}

/// The name of a GPU as it is shown.
pub fn adapter_name(name: &str) -> String {
    if name.is_empty() { "unnamed adapter".into() } else { name.into() }
}

fn of_gpu(error: &GpuError) -> String {
    match error {
        GpuError::NoAdapter(why) => format!("no GPU: {}", no_adapter(why)),
        GpuError::Lost(how) => format!("the GPU is lost: {}", lost(how)),
        GpuError::OutOfMemory => "the GPU is out of memory".into(),
        GpuError::Refused { detail } => format!("the GPU refused a call: {}", or(detail, "no reason given")),
        GpuError::TooLong { length, limit } => {
            format!("{length} tokens are too long for this GPU: the limit is {limit}")
        }
        GpuError::Unsupported(what) => format!("not possible on the GPU: {}", unsupported(what)),
    }
}

fn no_adapter(why: &NoAdapter) -> String {
    match why {
        NoAdapter::NoWebGpu => "this browser has no WebGPU".into(),
        NoAdapter::Insecure => "browsers give WebGPU to https pages only".into(),
        NoAdapter::NoneGiven => "this browser gives no WebGPU adapter on this machine".into(),
        NoAdapter::NoDriver => {
            "no Vulkan or Metal driver was found (on Debian, `mesa-vulkan-drivers` has a software one)".into()
        }
        NoAdapter::NoDevice { detail } => format!("the adapter gives no device ({detail})"),
    }
}

fn lost(how: &Lost) -> String {
    match how {
        Lost::Reported { detail } => or(detail, "the browser gave no reason"),
        Lost::Silent => "the driver stopped answering".into(),
        Lost::Unread => "its results could not be read".into(),
        Lost::Unmapped => "its results could not be mapped".into(),
    }
}

fn unsupported(what: &Unsupported) -> String {
    match what {
        Unsupported::Method { method } => format!("method {method}"),
        Unsupported::Arguments { n_token, n_target, n_segment, length } => {
            format!("{n_token} tokens and {n_target} targets for {n_segment} segments of {length}")
        }
        Unsupported::Tables { n_head, d_model } => {
            format!("tables of another shape than {n_head} heads of width {d_model}")
        }
        Unsupported::Token { token, n_vocab } => format!("token {token} in a vocabulary of {n_vocab}"),
        Unsupported::Tokens { n_token } => format!("{n_token} tokens in one call"),
        Unsupported::Width { d_model, n_head } => format!("width {d_model} with {n_head} heads is no model"),
        Unsupported::HeadDim { head_dim, most } => format!("heads of {head_dim}: multiples of 4 up to {most} are"),
        Unsupported::Hidden { d_ff } => format!("hidden layers of {d_ff}: multiples of 4 are"),
        Unsupported::Array { name, found, needed } => format!("{name} has {found} values, {needed} are needed"),
        Unsupported::Buffer { name } => format!("{name} is larger than the GPU's largest buffer"),
    }
}

fn or(said: &str, otherwise: &str) -> String {
    if said.is_empty() { otherwise.into() } else { said.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Change;

    #[test]
    fn reasons_are_clauses_with_their_numbers() {
        let adapter = || "Test adapter".to_string();
        let warm_up = |workers| Reason::WarmUp { adapter: adapter(), length: 256, gpu: 9_000.4, cpu: 3_000.0, workers };
        let nameless = Reason::SoftwareAdapter { adapter: String::new() };
        let lost = |detail: &str| Reason::Gpu(GpuError::Lost(Lost::Reported { detail: detail.into() }));
        for (reason, words) in [
            (warm_up(1), "in a warm-up at 256 tokens Test adapter scored 9000 tokens/s, the CPU 3000"),
            (
                warm_up(2),
                "in a warm-up at 256 tokens Test adapter scored 9000 tokens/s, the CPU 3000 on each of 2 cores",
            ),
            (nameless, "the WebGPU adapter here (unnamed adapter) is itself software, slower than WASM"),
            (
                Reason::Gpu(GpuError::NoAdapter(NoAdapter::NoneGiven)),
                "no GPU: this browser gives no WebGPU adapter on this machine",
            ),
            (lost(""), "the GPU is lost: the browser gave no reason"),
            (lost("reset"), "the GPU is lost: reset"),
            (
                Reason::Gpu(GpuError::TooLong { length: 9_000, limit: 8_000 }),
                "9000 tokens are too long for this GPU: the limit is 8000",
            ),
            (Reason::Server { status: 404, text: "Not Found".into() }, "the server answered 404 Not Found"),
            (
                Reason::TooFewForTargets { n_token: 100, needed: 101 },
                "the text has 100 tokens; 101 are needed: score fewer targets or take a longer text",
            ),
            (Reason::UnknownLayer { layer: 4, n_layer: 4 }, "there is no layer 5; the model has 4"),
            (
                Reason::Continuation { n_prompt: 10, n_new: 0, most: 16_374 },
                "a prompt of 10 tokens can be continued by 1 to 16374 tokens, not by 0",
            ),
            (Reason::Change { change: Change::Window(0), length: 8 }, "a window needs at least the token itself"),
        ] {
            assert_eq!(say(&reason), words);
        }
    }
}
