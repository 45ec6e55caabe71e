//! What the engine says, in words.

use super::*;
use crate::config::Change;
use crate::position::MAX_SLOPES;
use crate::protocol::{EngineKind, GpuError, Lost, NoAdapter, Reason, Unsupported};

fn text(text: &str) -> String {
    text.into()
}

/// Every reason, with values that differ, and its words.
fn reasons() -> Vec<(Reason, String)> {
    let warm_up =
        |workers| Reason::WarmUp { adapter: text("Radeon"), length: 256, gpu: 9_000.4, cpu: 3_000.0, workers };
    let no_gpu = |why| Reason::Gpu(GpuError::NoAdapter(why));
    let lost = |how| Reason::Gpu(GpuError::Lost(how));
    let cannot = |what| Reason::Gpu(GpuError::Unsupported(what));
    let (found, wanted) = (text("12ab"), text("34cd"));
    let warmed = "in a warm-up at 256 tokens Radeon scored 9,000 tokens/s, the CPU 3,000";
    vec![
        (Reason::Said { detail: text("as it was said") }, text("as it was said")),
        (Reason::Chosen(EngineKind::Cpu), text("you chose the CPU")),
        (Reason::Chosen(EngineKind::Gpu), text("you chose the GPU")),
        (
            Reason::SoftwareAdapter { adapter: text("llvmpipe") },
            text("the WebGPU adapter here (llvmpipe) is itself software, slower than WASM"),
        ),
        (
            Reason::SoftwareAdapter { adapter: text("") },
            text("the WebGPU adapter here (unnamed adapter) is itself software, slower than WASM"),
        ),
        (warm_up(1), text(warmed)),
        (warm_up(2), format!("{warmed} on each of 2 cores")),
        (Reason::GpuWentAway, text("it went away")),
        (Reason::Server { status: 404, text: text("Not Found") }, text("the server answered 404 Not Found")),
        (
            Reason::Hash { found, wanted, n_bytes: 4_000_000_000 },
            text("its SHA-256 is 12ab, the manifest says 34cd (4,000,000,000 bytes arrived)"),
        ),
        (Reason::HalfToken { n_bytes: 3 }, text("3 bytes do not make whole tokens")),
        (Reason::UnknownToken { token: 9, n_vocab: 8 }, text("token 9 is not in the vocabulary of 8")),
        (Reason::NoModel { model: text("m") }, text("no model has the shape of m")),
        (Reason::OtherConfiguration, text("its configuration differs from the manifest’s")),
        (
            Reason::UnreadableRequest { detail: text("no id") },
            text("the engine cannot read a request: no id; reload the page"),
        ),
        (Reason::UnknownModel { model: text("m") }, text("there is no model m; choose one from the list")),
        (Reason::UnknownText { text: text("t") }, text("there is no text t; choose one from the list")),
        (
            Reason::NoReference { model: text("m") },
            text("nothing was recorded to check m against; choose another model"),
        ),
        (Reason::ReferenceBeyondText { n_token: 1, needed: 2 }, text("the text has 1 tokens; the check needs 2")),
        (Reason::NoText, text("there is no text here: type or paste some")),
        (
            Reason::TextTooLong { n_bytes: 5, most: 4 },
            text("the text has 5 bytes; this page reads at most 4: shorten it"),
        ),
        (
            Reason::TooFewForTargets { n_token: 100, needed: 101 },
            text("the text has 100 tokens and needs 101: score fewer tokens or use a longer text"),
        ),
        (
            Reason::TooFewForInputs { n_token: 100, needed: 101 },
            text("the text has 100 tokens and needs 101: use a longer text"),
        ),
        (Reason::NothingToScore, text("there is nothing to score: choose a length of at least 1 and at least 1 token")),
        (Reason::NoInput, text("there is no input: choose at least 1")),
        (
            Reason::InputBeforeText { length: 41, end: 40 },
            text("no input of 41 tokens ends before token 40: choose shorter inputs"),
        ),
        (Reason::Length { length: 9, most: 8 }, text("an input has 1 to 8 tokens, not 9")),
        (Reason::Change { change: Change::BiasTimes(f64::NAN) }, text("you cannot multiply by NaN")),
        (Reason::Change { change: Change::OneSlope(f64::INFINITY) }, text("you cannot multiply by inf")),
        (
            Reason::Change { change: Change::SlopesOf(65) },
            format!("there are slopes for 1 to {MAX_SLOPES} heads, not for 65"),
        ),
        (Reason::Change { change: Change::Window(0) }, text("a window holds at least the token itself")),
        (Reason::Change { change: Change::Ntk }, text("this change is not possible")),
        (
            Reason::TooManyScores { most: 1_024 },
            text("scores can be shown for at most 1,024 tokens: choose a shorter input"),
        ),
        (Reason::UnknownLayer { layer: 4, n_layer: 4 }, text("there is no layer 5; the model has 4")),
        (Reason::Temperature { temperature: -0.5 }, text("the temperature cannot be -0.5: choose 0 or more")),
        (
            Reason::Continuation { n_prompt: 10, n_new: 0, most: 16_374 },
            text("a prompt of 10 tokens can be continued by 1 to 16,374 tokens, not by 0"),
        ),
        (Reason::CpuOnly, text("this only runs on the CPU: choose that engine")),
        (
            Reason::NotTrainable { detail: text("no model is at hand") },
            text("this cannot be trained: no model is at hand"),
        ),
        (no_gpu(NoAdapter::NoWebGpu), text("no GPU: this browser has no WebGPU")),
        (no_gpu(NoAdapter::Insecure), text("no GPU: browsers offer WebGPU only to https pages")),
        (no_gpu(NoAdapter::NoneGiven), text("no GPU: this browser found no WebGPU adapter on this machine")),
        (no_gpu(NoAdapter::NoAnswer), text("no GPU: this browser does not say whether it has one")),
        (
            no_gpu(NoAdapter::NoDriver),
            text("no GPU: no Vulkan or Metal driver was found (on Debian, `mesa-vulkan-drivers` has a software one)"),
        ),
        (
            no_gpu(NoAdapter::NoDevice { detail: text("busy") }),
            text("no GPU: the adapter refused to open a device (busy)"),
        ),
        (lost(Lost::Reported { detail: text("reset") }), text("the GPU is lost: reset")),
        (lost(Lost::Reported { detail: text("") }), text("the GPU is lost: the browser gave no reason")),
        (lost(Lost::Silent), text("the GPU is lost: the driver stopped answering")),
        (lost(Lost::Unread), text("the GPU is lost: its results could not be read")),
        (lost(Lost::Unmapped), text("the GPU is lost: its results could not be mapped")),
        (Reason::Gpu(GpuError::OutOfMemory), text("the GPU is out of memory")),
        (Reason::Gpu(GpuError::Refused { detail: text("bad size") }), text("the GPU refused a call: bad size")),
        (Reason::Gpu(GpuError::Refused { detail: text("") }), text("the GPU refused a call: no reason given")),
        (
            Reason::Gpu(GpuError::TooLong { length: 9_000, limit: 8_000 }),
            text("9,000 tokens are too many for this GPU: its limit is 8,000"),
        ),
        (cannot(Unsupported::Method { method: text("m") }), text("the GPU cannot run the method m")),
        (
            cannot(Unsupported::Arguments { n_token: 1, n_target: 2, n_segment: 3, length: 4 }),
            text("the GPU cannot split 1 tokens and 2 targets into 3 segments of 4"),
        ),
        (
            cannot(Unsupported::Tables { n_head: 4, d_model: 128 }),
            text("the GPU needs tables for 4 heads of width 128"),
        ),
        (cannot(Unsupported::Token { token: 9, n_vocab: 8 }), text("the GPU found token 9 in a vocabulary of 8")),
        (cannot(Unsupported::Tokens { n_token: 7 }), text("the GPU cannot take 7 tokens in one call")),
        (
            cannot(Unsupported::Width { d_model: 10, n_head: 4 }),
            text("the GPU cannot divide a width of 10 among 4 heads"),
        ),
        (
            cannot(Unsupported::HeadDim { head_dim: 6, most: 64 }),
            text("the GPU cannot run heads of 6, only multiples of 4 up to 64"),
        ),
        (cannot(Unsupported::Hidden { d_ff: 6 }), text("the GPU cannot run hidden layers of 6, only multiples of 4")),
        (
            cannot(Unsupported::Array { name: text("w"), found: 1, needed: 2 }),
            text("the GPU needs 2 values in w, not 1"),
        ),
        (cannot(Unsupported::Buffer { name: text("w") }), text("w is larger than the GPU’s largest buffer")),
    ]
}

#[test]
fn reasons_are_clauses_with_their_values() {
    for (reason, words) in reasons() {
        assert_eq!(clause(&reason.into()), words);
    }
}

#[test]
fn every_kind_has_its_words_and_comes_from_a_reason() {
    let sent: Vec<Facts> = reasons().into_iter().map(|(reason, _)| reason.into()).collect();
    for kind in 0..WORDS.len() as u8 {
        let rows = WORDS.iter().filter(|(k, _)| *k as u8 == kind).count();
        assert_eq!(rows, 1, "kind {kind}");
        let by_page = [Kind::BackgroundFailed, Kind::Silent, Kind::NotStarted].iter().any(|k| *k as u8 == kind);
        assert!(by_page || sent.iter().any(|facts| facts.kind == kind), "kind {kind} is never sent");
    }
    let failed = Facts::said(Kind::BackgroundFailed, text("out of memory"));
    assert_eq!(clause(&failed), "the background worker failed: out of memory");
    let silent = Facts::said(Kind::Silent, String::new());
    assert_eq!(clause(&silent), "the background worker stopped answering");
    let late = Facts::said(Kind::NotStarted, text("30"));
    assert_eq!(clause(&late), "the engine did not start within 30 seconds: check the connection");
    let of_another_version = |texts| Facts { kind: 250, texts, ..Facts::default() };
    assert_eq!(clause(&of_another_version(vec![text("no id")])), "no id");
    assert_eq!(clause(&of_another_version(Vec::new())), "the reason is unknown");
}

#[test]
fn every_failure_says_what_to_do() {
    let fetch = Failure::Fetch {
        file: "a.safetensors".into(),
        reason: Reason::Server { status: 404, text: "Not Found".into() }.into(),
    };
    assert!(explain(&fetch).contains("a.safetensors") && explain(&fetch).contains("retry"));
    let reason = Facts::from(Reason::Gpu(GpuError::NoAdapter(NoAdapter::NoWebGpu)));
    let said = Notice::EngineChosen { engine: EngineKind::Cpu, reason: reason.clone() };
    assert_eq!(notice(&said), "Running on the CPU: no GPU: this browser has no WebGPU.");
    let said = Notice::GpuUnavailable { reason };
    assert_eq!(notice(&said), "The GPU is not available (no GPU: this browser has no WebGPU), so the CPU takes over.");
    let cut = Notice::Shortened { used: 1_024, of: 5_007, last: true, at: "the end".into() };
    assert_eq!(
        notice(&cut),
        "The prompt in the box has 5,007 tokens. The models continue its last 1,024, from “the end…” on."
    );
}
