//! A [`Reason`] on its way: what it is, by number, and its values. Reading fifty shapes by name would cost the page ten
//! kilobytes; this costs it nothing, for its words are sentences with places for the values.

use serde::{Deserialize, Serialize};

use super::engine::EngineKind;
use super::reason::{GpuError, Lost, NoAdapter, Reason, Unsupported};
use crate::config::Change;

/// What a reason is and its values. Another version's page may not know the kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`Kind`].
    pub kind: u8,
    /// Numbers, in the order of the reason's fields.
    pub numbers: Vec<f64>,
    /// Texts, in that order; empty where nothing was said.
    pub texts: Vec<String>,
}

/// Which reason: each is the variant of that name of [`Reason`] or of an enum within it, and its values are that variant's
/// fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Said,
    ChosenCpu,
    ChosenGpu,
    SoftwareAdapter,
    WarmUp,
    WarmUpOfSeveral,
    GpuWentAway,
    Server,
    Hash,
    HalfToken,
    UnknownToken,
    NoModel,
    OtherConfiguration,
    UnreadableRequest,
    UnknownModel,
    UnknownText,
    NoReference,
    ReferenceBeyondText,
    NoText,
    TextTooLong,
    TooFewForTargets,
    TooFewForInputs,
    NothingToScore,
    NoInput,
    InputBeforeText,
    Length,
    Factor,
    Slopes,
    Window,
    OtherChange,
    TooManyScores,
    UnknownLayer,
    Temperature,
    Continuation,
    CpuOnly,
    BackgroundFailed,
    Silent,
    NotStarted,
    NoWebGpu,
    Insecure,
    NoneGiven,
    NoAnswer,
    NoDriver,
    NoDevice,
    LostAsReported,
    LostSilent,
    LostUnread,
    LostUnmapped,
    OutOfMemory,
    Refused,
    TooLong,
    Method,
    Arguments,
    Tables,
    Token,
    Tokens,
    Width,
    HeadDim,
    Hidden,
    Array,
    Buffer,
    NotTrainable,
}

impl Facts {
    #[cold]
    #[inline(never)]
    fn of(kind: Kind, numbers: &[f64], text: Option<String>) -> Self {
        Self { kind: kind as u8, numbers: numbers.into(), texts: text.into_iter().collect() }
    }

    #[cold]
    #[inline(never)]
    fn counts(kind: Kind, counts: &[usize]) -> Self {
        Self { kind: kind as u8, numbers: counts.iter().map(|&n| n as f64).collect(), texts: Vec::new() }
    }

    /// For the page, whose first file need not know every reason.
    pub fn said(kind: Kind, detail: String) -> Self {
        Self::of(kind, &[], Some(detail))
    }
}

fn of_change(change: Change) -> Facts {
    match change {
        Change::BiasTimes(factor) => Facts::of(Kind::Factor, &[factor], None),
        Change::OneSlope(slope) => Facts::of(Kind::Factor, &[slope], None),
        Change::SlopesOf(n) => Facts::counts(Kind::Slopes, &[n]),
        Change::Window(n) => Facts::counts(Kind::Window, &[n]),
        _ => Facts::counts(Kind::OtherChange, &[]),
    }
}

fn of_gpu(error: GpuError) -> Facts {
    let (of, said, counts) = (Facts::of, Facts::said, Facts::counts);
    match error {
        GpuError::NoAdapter(NoAdapter::NoWebGpu) => counts(Kind::NoWebGpu, &[]),
        GpuError::NoAdapter(NoAdapter::Insecure) => counts(Kind::Insecure, &[]),
        GpuError::NoAdapter(NoAdapter::NoneGiven) => counts(Kind::NoneGiven, &[]),
        GpuError::NoAdapter(NoAdapter::NoAnswer) => counts(Kind::NoAnswer, &[]),
        GpuError::NoAdapter(NoAdapter::NoDriver) => counts(Kind::NoDriver, &[]),
        GpuError::NoAdapter(NoAdapter::NoDevice { detail }) => said(Kind::NoDevice, detail),
        GpuError::Lost(Lost::Reported { detail }) => said(Kind::LostAsReported, detail),
        GpuError::Lost(Lost::Silent) => counts(Kind::LostSilent, &[]),
        GpuError::Lost(Lost::Unread) => counts(Kind::LostUnread, &[]),
        GpuError::Lost(Lost::Unmapped) => counts(Kind::LostUnmapped, &[]),
        GpuError::OutOfMemory => counts(Kind::OutOfMemory, &[]),
        GpuError::Refused { detail } => said(Kind::Refused, detail),
        GpuError::TooLong { length, limit } => counts(Kind::TooLong, &[length, limit]),
        GpuError::Unsupported(what) => match what {
            Unsupported::Method { method } => said(Kind::Method, method),
            Unsupported::Arguments { n_token, n_target, n_segment, length } => {
                counts(Kind::Arguments, &[n_token, n_target, n_segment, length])
            }
            Unsupported::Tables { n_head, d_model } => counts(Kind::Tables, &[n_head, d_model]),
            Unsupported::Token { token, n_vocab } => counts(Kind::Token, &[token as usize, n_vocab]),
            Unsupported::Tokens { n_token } => counts(Kind::Tokens, &[n_token]),
            Unsupported::Width { d_model, n_head } => counts(Kind::Width, &[d_model, n_head]),
            Unsupported::HeadDim { head_dim, most } => counts(Kind::HeadDim, &[head_dim, most]),
            Unsupported::Hidden { d_ff } => counts(Kind::Hidden, &[d_ff]),
            Unsupported::Array { name, found, needed } => of(Kind::Array, &[found as f64, needed as f64], Some(name)),
            Unsupported::Buffer { name } => said(Kind::Buffer, name),
        },
    }
}

impl From<Reason> for Facts {
    fn from(reason: Reason) -> Self {
        let (of, said, counts) = (Self::of, Self::said, Self::counts);
        match reason {
            Reason::Said { detail } => said(Kind::Said, detail),
            Reason::Chosen(EngineKind::Cpu) => counts(Kind::ChosenCpu, &[]),
            Reason::Chosen(EngineKind::Gpu) => counts(Kind::ChosenGpu, &[]),
            Reason::SoftwareAdapter { adapter } => said(Kind::SoftwareAdapter, adapter),
            Reason::WarmUp { adapter, length, gpu, cpu, workers } => {
                let kind = if workers > 1 { Kind::WarmUpOfSeveral } else { Kind::WarmUp };
                of(kind, &[length as f64, gpu.round(), cpu.round(), workers as f64], Some(adapter))
            }
            Reason::Gpu(error) => of_gpu(error),
            Reason::GpuWentAway => counts(Kind::GpuWentAway, &[]),
            Reason::Server { status, text } => of(Kind::Server, &[status.into()], Some(text)),
            Reason::Hash { found, wanted, n_bytes } => {
                let mut facts = of(Kind::Hash, &[n_bytes as f64], Some(found));
                facts.texts.push(wanted);
                facts
            }
            Reason::HalfToken { n_bytes } => counts(Kind::HalfToken, &[n_bytes]),
            Reason::UnknownToken { token, n_vocab } => counts(Kind::UnknownToken, &[token as usize, n_vocab]),
            Reason::NoModel { model } => said(Kind::NoModel, model),
            Reason::OtherConfiguration => counts(Kind::OtherConfiguration, &[]),
            Reason::UnreadableRequest { detail } => said(Kind::UnreadableRequest, detail),
            Reason::UnknownModel { model } => said(Kind::UnknownModel, model),
            Reason::UnknownText { text } => said(Kind::UnknownText, text),
            Reason::NoReference { model } => said(Kind::NoReference, model),
            Reason::ReferenceBeyondText { n_token, needed } => counts(Kind::ReferenceBeyondText, &[n_token, needed]),
            Reason::NoText => counts(Kind::NoText, &[]),
            Reason::TextTooLong { n_bytes, most } => counts(Kind::TextTooLong, &[n_bytes, most]),
            Reason::TooFewForTargets { n_token, needed } => counts(Kind::TooFewForTargets, &[n_token, needed]),
            Reason::TooFewForInputs { n_token, needed } => counts(Kind::TooFewForInputs, &[n_token, needed]),
            Reason::NothingToScore => counts(Kind::NothingToScore, &[]),
            Reason::NoInput => counts(Kind::NoInput, &[]),
            Reason::InputBeforeText { length, end } => counts(Kind::InputBeforeText, &[length, end]),
            Reason::Length { length, most } => counts(Kind::Length, &[length, most]),
            Reason::Change { change } => of_change(change),
            Reason::TooManyScores { most } => counts(Kind::TooManyScores, &[most]),
            Reason::UnknownLayer { layer, n_layer } => counts(Kind::UnknownLayer, &[layer + 1, n_layer]),
            Reason::Temperature { temperature } => of(Kind::Temperature, &[temperature], None),
            Reason::Continuation { n_prompt, n_new, most } => counts(Kind::Continuation, &[n_prompt, n_new, most]),
            Reason::CpuOnly => counts(Kind::CpuOnly, &[]),
            Reason::NotTrainable { detail } => said(Kind::NotTrainable, detail),
        }
    }
}
