//! A [`Reason`] on its way: a number for what it is, and its values. Reading thirty shapes by name would cost the page ten
//! kilobytes; this costs it one match.

use super::EngineKind;
use super::reason::{Facts, GpuError, Lost, NoAdapter, Reason, Unsupported};
use crate::config::Change;

/// The number of a change that can be wrong, and its value.
fn change(change: Change) -> [f64; 2] {
    match change {
        Change::BiasTimes(factor) => [0.0, factor],
        Change::OneSlope(slope) => [1.0, slope],
        Change::SlopesOf(n) => [2.0, n as f64],
        Change::Window(n) => [3.0, n as f64],
        _ => [4.0, 0.0],
    }
}

impl From<Reason> for Facts {
    fn from(reason: Reason) -> Self {
        let of = |kind, numbers: &[f64], texts: &[String]| Self { kind, numbers: numbers.into(), texts: texts.into() };
        let counts = |kind, counts: &[usize]| of(kind, &counts.iter().map(|&n| n as f64).collect::<Vec<_>>(), &[]);
        let named = |kind, name: String, counts: &[usize]| {
            of(kind, &counts.iter().map(|&n| n as f64).collect::<Vec<_>>(), &[name])
        };
        match reason {
            Reason::Said { detail } => of(0, &[], &[detail]),
            Reason::Chosen(EngineKind::Cpu) => counts(1, &[0]),
            Reason::Chosen(EngineKind::Gpu) => counts(1, &[1]),
            Reason::SoftwareAdapter { adapter } => of(2, &[], &[adapter]),
            Reason::WarmUp { adapter, length, gpu, cpu, workers } => {
                of(3, &[length as f64, gpu, cpu, workers as f64], &[adapter])
            }
            Reason::GpuWentAway => counts(4, &[]),
            Reason::Server { status, text } => named(5, text, &[status.into()]),
            Reason::Hash { found, wanted, n_bytes } => of(6, &[n_bytes as f64], &[found, wanted]),
            Reason::HalfToken { n_bytes } => counts(7, &[n_bytes]),
            Reason::UnknownToken { token, n_vocab } => counts(8, &[token as usize, n_vocab]),
            Reason::OtherConfiguration => counts(9, &[]),
            Reason::UnreadableRequest { detail } => of(10, &[], &[detail]),
            Reason::UnknownModel { model } => of(11, &[], &[model]),
            Reason::UnknownText { text } => of(12, &[], &[text]),
            Reason::NoReference { model } => of(13, &[], &[model]),
            Reason::ReferenceBeyondText { n_token, needed } => counts(14, &[n_token, needed]),
            Reason::NoText => counts(15, &[]),
            Reason::TextTooLong { n_bytes, most } => counts(16, &[n_bytes, most]),
            Reason::TooFewForTargets { n_token, needed } => counts(17, &[n_token, needed]),
            Reason::TooFewForInputs { n_token, needed } => counts(18, &[n_token, needed]),
            Reason::NothingToScore => counts(19, &[]),
            Reason::NoInput => counts(20, &[]),
            Reason::InputBeforeText { length, end } => counts(21, &[length, end]),
            Reason::Length { length, most } => counts(22, &[length, most]),
            Reason::Change { change: of_kind, length } => {
                let [kind, value] = change(of_kind);
                of(23, &[kind, value, length as f64], &[])
            }
            Reason::TooManyScores { most } => counts(24, &[most]),
            Reason::UnknownLayer { layer, n_layer } => counts(25, &[layer, n_layer]),
            Reason::Temperature { temperature } => of(26, &[temperature], &[]),
            Reason::Continuation { n_prompt, n_new, most } => counts(27, &[n_prompt, n_new, most]),
            Reason::CpuOnly => counts(28, &[]),
            Reason::BackgroundFailed { detail } => of(29, &[], &[detail]),
            Reason::Gpu(GpuError::NoAdapter(why)) => match why {
                NoAdapter::NoWebGpu => counts(40, &[]),
                NoAdapter::Insecure => counts(41, &[]),
                NoAdapter::NoneGiven => counts(42, &[]),
                NoAdapter::NoDriver => counts(43, &[]),
                NoAdapter::NoDevice { detail } => of(44, &[], &[detail]),
            },
            Reason::Gpu(GpuError::Lost(how)) => match how {
                Lost::Reported { detail } => of(50, &[], &[detail]),
                Lost::Silent => counts(51, &[]),
                Lost::Unread => counts(52, &[]),
                Lost::Unmapped => counts(53, &[]),
            },
            Reason::Gpu(GpuError::OutOfMemory) => counts(60, &[]),
            Reason::Gpu(GpuError::Refused { detail }) => of(61, &[], &[detail]),
            Reason::Gpu(GpuError::TooLong { length, limit }) => counts(62, &[length, limit]),
            Reason::Gpu(GpuError::Unsupported(what)) => match what {
                Unsupported::Method { method } => of(70, &[], &[method]),
                Unsupported::Arguments { n_token, n_target, n_segment, length } => {
                    counts(71, &[n_token, n_target, n_segment, length])
                }
                Unsupported::Tables { n_head, d_model } => counts(72, &[n_head, d_model]),
                Unsupported::Token { token, n_vocab } => counts(73, &[token as usize, n_vocab]),
                Unsupported::Tokens { n_token } => counts(74, &[n_token]),
                Unsupported::Width { d_model, n_head } => counts(75, &[d_model, n_head]),
                Unsupported::HeadDim { head_dim, most } => counts(76, &[head_dim, most]),
                Unsupported::Hidden { d_ff } => counts(77, &[d_ff]),
                Unsupported::Array { name, found, needed } => named(78, name, &[found, needed]),
                Unsupported::Buffer { name } => of(79, &[], &[name]),
            },
        }
    }
}

impl From<Facts> for Reason {
    fn from(facts: Facts) -> Self {
        let Facts { kind, numbers, mut texts } = facts;
        let number = |i: usize| numbers.get(i).copied().unwrap_or_default();
        let n = |i: usize| number(i) as usize;
        let second = if texts.len() > 1 { texts.swap_remove(1) } else { String::new() };
        let text = texts.into_iter().next().unwrap_or_default();
        let gpu = |error| Self::Gpu(error);
        let no_adapter = |why| Self::Gpu(GpuError::NoAdapter(why));
        let lost = |how| Self::Gpu(GpuError::Lost(how));
        let unsupported = |what| Self::Gpu(GpuError::Unsupported(what));
        match kind {
            1 => Self::Chosen(if n(0) == 0 { EngineKind::Cpu } else { EngineKind::Gpu }),
            2 => Self::SoftwareAdapter { adapter: text },
            3 => Self::WarmUp { adapter: text, length: n(0), gpu: number(1), cpu: number(2), workers: n(3) },
            4 => Self::GpuWentAway,
            5 => Self::Server { status: n(0) as u16, text },
            6 => Self::Hash { found: text, wanted: second, n_bytes: n(0) },
            7 => Self::HalfToken { n_bytes: n(0) },
            8 => Self::UnknownToken { token: n(0) as u32, n_vocab: n(1) },
            9 => Self::OtherConfiguration,
            10 => Self::UnreadableRequest { detail: text },
            11 => Self::UnknownModel { model: text },
            12 => Self::UnknownText { text },
            13 => Self::NoReference { model: text },
            14 => Self::ReferenceBeyondText { n_token: n(0), needed: n(1) },
            15 => Self::NoText,
            16 => Self::TextTooLong { n_bytes: n(0), most: n(1) },
            17 => Self::TooFewForTargets { n_token: n(0), needed: n(1) },
            18 => Self::TooFewForInputs { n_token: n(0), needed: n(1) },
            19 => Self::NothingToScore,
            20 => Self::NoInput,
            21 => Self::InputBeforeText { length: n(0), end: n(1) },
            22 => Self::Length { length: n(0), most: n(1) },
            23 => {
                let change = match n(0) {
                    0 => Change::BiasTimes(number(1)),
                    1 => Change::OneSlope(number(1)),
                    2 => Change::SlopesOf(n(1)),
                    3 => Change::Window(n(1)),
                    _ => Change::None,
                };
                Self::Change { change, length: n(2) }
            }
            24 => Self::TooManyScores { most: n(0) },
            25 => Self::UnknownLayer { layer: n(0), n_layer: n(1) },
            26 => Self::Temperature { temperature: number(0) },
            27 => Self::Continuation { n_prompt: n(0), n_new: n(1), most: n(2) },
            28 => Self::CpuOnly,
            29 => Self::BackgroundFailed { detail: text },
            40 => no_adapter(NoAdapter::NoWebGpu),
            41 => no_adapter(NoAdapter::Insecure),
            42 => no_adapter(NoAdapter::NoneGiven),
            43 => no_adapter(NoAdapter::NoDriver),
            44 => no_adapter(NoAdapter::NoDevice { detail: text }),
            50 => lost(Lost::Reported { detail: text }),
            51 => lost(Lost::Silent),
            52 => lost(Lost::Unread),
            53 => lost(Lost::Unmapped),
            60 => gpu(GpuError::OutOfMemory),
            61 => gpu(GpuError::Refused { detail: text }),
            62 => gpu(GpuError::TooLong { length: n(0), limit: n(1) }),
            70 => unsupported(Unsupported::Method { method: text }),
            71 => unsupported(Unsupported::Arguments { n_token: n(0), n_target: n(1), n_segment: n(2), length: n(3) }),
            72 => unsupported(Unsupported::Tables { n_head: n(0), d_model: n(1) }),
            73 => unsupported(Unsupported::Token { token: n(0) as u32, n_vocab: n(1) }),
            74 => unsupported(Unsupported::Tokens { n_token: n(0) }),
            75 => unsupported(Unsupported::Width { d_model: n(0), n_head: n(1) }),
            76 => unsupported(Unsupported::HeadDim { head_dim: n(0), most: n(1) }),
            77 => unsupported(Unsupported::Hidden { d_ff: n(0) }),
            78 => unsupported(Unsupported::Array { name: text, found: n(0), needed: n(1) }),
            79 => unsupported(Unsupported::Buffer { name: text }),
            // Of another version, too: said as it came.
            _ => Self::Said { detail: text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind arrives as what it was sent: what is read from facts with distinct values gives those facts again.
    #[test]
    fn a_reason_arrives_as_it_was_sent() {
        let kinds = (0..=29).chain(40..=44).chain(50..=53).chain(60..=62).chain(70..=79);
        let mut seen: Vec<Reason> = Vec::new();
        for kind in kinds {
            // A change has a number of its own, an engine is one of two.
            let first = if kind == 1 { 1.0 } else { 3.0 };
            let numbers = vec![first, 5.0, 7.0, 9.0];
            let sent: Reason = Facts { kind, numbers, texts: vec!["a".into(), "b".into()] }.into();
            let facts = Facts::from(sent.clone());
            assert_eq!((facts.kind, Reason::from(facts)), (kind, sent.clone()));
            assert!(!seen.contains(&sent), "{sent:?}");
            seen.push(sent);
        }
        for change in [Change::BiasTimes(0.5), Change::OneSlope(0.25), Change::SlopesOf(0), Change::Window(0)] {
            let reason = Reason::Change { change, length: 8 };
            assert_eq!(Reason::from(Facts::from(reason.clone())), reason);
        }
        let hash = Reason::Hash { found: "x".into(), wanted: "y".into(), n_bytes: 4_000_000_000 };
        assert_eq!(Reason::from(Facts::from(hash.clone())), hash);
        assert_eq!(Reason::from(Facts { kind: 200, ..Facts::default() }), Reason::Said { detail: String::new() });
    }
}
