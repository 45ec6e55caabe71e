//! What a run consists of: which evaluations, over how many targets, at what cost. Plain arithmetic.

use std::sync::Arc;

use crate::config::{BLOCK, DEFAULT_TARGETS, LAST_BLOCK, LAST_TARGETS, ModelConfig, RUN_IN, SLOW_TARGETS};
use crate::protocol::{EngineChoice, EngineKind, Job, Protocol, Stretch, Task};

use crate::ui::runs::results::{Entry, Results};

/// Windows that a sliding evaluation computes at most per length, unless the reader names a number of targets.
pub const MAX_WINDOWS: usize = 256;
/// Arithmetic rate assumed of the CPU engine before anything was measured, operations per second.
const ASSUMED_CPU: f64 = 15e9;
/// The same of a GPU.
const ASSUMED_GPU: f64 = 100e9;

/// Choices that a run follows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// Model ids, in the order of the manifest.
    pub models: Vec<String>,
    /// Input lengths, ascending, tokens.
    pub lengths: Vec<usize>,
    /// How the text is cut.
    pub protocol: Protocol,
    /// Targets asked for, or 0 for as many as the engine allows.
    pub targets: usize,
    /// Engine asked for.
    pub engine: EngineChoice,
    /// Stream scored.
    pub stream: String,
    /// The reader's own text with its number of tokens, in place of a stream of the manifest.
    pub own: Option<(Arc<str>, usize)>,
}

impl Choices {
    /// The chosen lengths that the text is long enough for: a sliding window needs one more of its length before the
    /// first target, so that every window is full.
    pub fn usable(&self) -> Vec<usize> {
        let room = self.own.as_ref().map_or(usize::MAX, |(_, tokens)| *tokens);
        let needed = |&l: &usize| if matches!(self.protocol, Protocol::Sliding { .. }) { 2 * l } else { l };
        self.lengths.iter().copied().filter(|l| needed(l) <= room).collect()
    }

    /// Where the targets begin.
    fn first(&self) -> usize {
        match (&self.own, self.protocol) {
            (None, _) => RUN_IN,
            (Some(_), Protocol::Sliding { .. }) => self.usable().last().copied().unwrap_or(0),
            (Some(_), _) => 0,
        }
    }
}

/// The engine that will most likely run: what was asked for, or what ran when the same was asked before.
pub fn expected_engine(choice: EngineChoice, results: &Results) -> EngineKind {
    match choice {
        EngineChoice::Cpu => EngineKind::Cpu,
        EngineChoice::Gpu => EngineKind::Gpu,
        EngineChoice::Auto => results.last_with(choice).map_or(EngineKind::Cpu, |e| e.scored.engine),
    }
}

/// Targets scored at every length of a run: the same for all, never fewer than the longest input holds, and a
/// multiple of it, since every length is a power of two.
pub fn n_targets(choices: &Choices, engine: EngineKind) -> usize {
    let asked = match (choices.targets, engine) {
        (0, EngineKind::Gpu) => DEFAULT_TARGETS,
        (0, EngineKind::Cpu) => SLOW_TARGETS,
        (asked, _) => asked,
    };
    let longest = choices.usable().last().copied().unwrap_or(0);
    if let Some((_, tokens)) = &choices.own {
        let room = tokens - choices.first().min(*tokens);
        return match choices.protocol {
            // Whole inputs of every length: all of them divide the longest.
            Protocol::Nonoverlapping => asked.max(longest).min(room) / longest.max(1) * longest,
            Protocol::Sliding { stride } if choices.targets == 0 => {
                asked.min((MAX_WINDOWS * stride).max(BLOCK)).min(room)
            }
            Protocol::Sliding { .. } => asked.min(room),
            Protocol::LastTokens => room,
        };
    }
    match choices.protocol {
        Protocol::Nonoverlapping => asked.max(longest),
        // A window brings its own context, so nothing needs raising; but every window is computed in full.
        Protocol::Sliding { stride } if choices.targets == 0 => {
            asked.min((MAX_WINDOWS * stride).max(BLOCK)).max(stride.min(longest))
        }
        // A stride is cut to the length of the input.
        Protocol::Sliding { stride } => asked.max(stride.min(longest)),
        Protocol::LastTokens => DEFAULT_TARGETS,
    }
}

/// The evaluations of a run, short inputs first and methods in turn, so that the curves grow together. A stride
/// longer than an input is cut to it, which is nonoverlapping evaluation.
pub fn evaluations(choices: &Choices, n_targets: usize) -> Vec<Job> {
    let one = |&length: &usize, model: &String| Job {
        model: model.clone(),
        stream: choices.stream.clone(),
        text: choices.own.as_ref().map(|(text, _)| text.clone()),
        engine: choices.engine,
        task: Task::Score(Stretch {
            protocol: choices.protocol.for_length(length),
            length,
            first: choices.first(),
            n_targets,
        }),
        ..Default::default()
    };
    choices.usable().iter().flat_map(|l| choices.models.iter().map(move |m| one(l, m))).collect()
}

/// Tokens that scoring a stretch sends through the model.
pub fn tokens(stretch: &Stretch) -> u64 {
    let Stretch { length, n_targets, .. } = *stretch;
    match stretch.protocol {
        Protocol::Nonoverlapping => n_targets as u64,
        Protocol::Sliding { stride } => n_targets.div_ceil(stride.max(1)) as u64 * length as u64,
        Protocol::LastTokens => n_targets.div_ceil(LAST_BLOCK) as u64 * length.max(LAST_TARGETS) as u64,
    }
}

/// Floating-point operations of scoring a stretch: two per weight and token, and attention over half the input on average.
pub fn operations(stretch: &Stretch, config: &ModelConfig) -> f64 {
    let c = config.d_model as f64;
    let weights = config.n_layer as f64 * (4.0 * c * c + 2.0 * c * config.d_ff as f64) + c * config.n_vocab as f64;
    let attention = config.n_layer as f64 * 2.0 * c * stretch.length as f64;
    tokens(stretch) as f64 * (2.0 * weights + attention)
}

/// Seconds that the evaluations will take, roughly: by the speed of the last point of the same engine choice, else by
/// an assumption.
pub fn estimate(evaluations: &[Job], config: &ModelConfig, results: &Results) -> f64 {
    let total: f64 = evaluations.iter().filter_map(|e| e.task.stretch()).map(|s| operations(s, config)).sum();
    let choice = evaluations.first().map(|e| e.engine).unwrap_or_default();
    let measured = |e: &Entry| {
        let stretch = e.asked.task.stretch().filter(|_| e.scored.seconds > 0.0)?;
        Some(operations(stretch, config) / e.scored.seconds)
    };
    let rate = results.last_with(choice).and_then(measured).unwrap_or(match expected_engine(choice, results) {
        EngineKind::Cpu => ASSUMED_CPU,
        EngineKind::Gpu => ASSUMED_GPU,
    });
    total / rate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Scored;

    fn choices(lengths: &[usize], protocol: Protocol, targets: usize) -> Choices {
        Choices {
            models: vec!["a".into(), "b".into()],
            lengths: lengths.to_vec(),
            protocol,
            targets,
            engine: EngineChoice::Cpu,
            stream: "held-out".into(),
            own: None,
        }
    }

    fn stretch(job: &Job) -> &Stretch {
        job.task.stretch().unwrap()
    }

    #[test]
    fn a_text_of_ones_own_limits_lengths_and_targets() {
        let own = |tokens, protocol, targets| Choices {
            own: Some(("text".into(), tokens)),
            ..choices(&[32, 64, 256, 1_024], protocol, targets)
        };
        let short = own(300, Protocol::Nonoverlapping, 0);
        assert_eq!(short.usable(), [32, 64, 256]);
        assert_eq!(n_targets(&short, EngineKind::Cpu), 256);
        let all = evaluations(&short, 256);
        assert!(all.iter().all(|e| stretch(e).first == 0 && e.text.as_deref() == Some("text")));
        assert_eq!(n_targets(&own(5_000, Protocol::Nonoverlapping, 2_048), EngineKind::Cpu), 2_048);
        // Full windows need room before the first target.
        let slid = own(300, Protocol::Sliding { stride: 16 }, 0);
        assert_eq!((slid.usable(), n_targets(&slid, EngineKind::Cpu)), (vec![32, 64], 236));
        assert_eq!(stretch(&evaluations(&slid, 236)[0]).first, 64);
        let none = own(20, Protocol::Nonoverlapping, 0);
        assert_eq!((n_targets(&none, EngineKind::Cpu), evaluations(&none, 0).len()), (0, 0));
    }

    #[test]
    fn targets_follow_the_engine_and_the_longest_input() {
        let non = Protocol::Nonoverlapping;
        assert_eq!(n_targets(&choices(&[32, 4_096], non, 0), EngineKind::Cpu), 8_192);
        assert_eq!(n_targets(&choices(&[32, 16_384], non, 0), EngineKind::Cpu), 16_384);
        assert_eq!(n_targets(&choices(&[32, 16_384], non, 0), EngineKind::Gpu), 32_768);
        assert_eq!(n_targets(&choices(&[32, 4_096], non, 2_048), EngineKind::Gpu), 4_096);
    }

    #[test]
    fn a_small_stride_scores_fewer_targets() {
        let slide = |stride| Protocol::Sliding { stride };
        assert_eq!(n_targets(&choices(&[4_096], slide(1), 0), EngineKind::Cpu), 1_024);
        assert_eq!(n_targets(&choices(&[4_096], slide(16), 0), EngineKind::Cpu), 4_096);
        assert_eq!(n_targets(&choices(&[4_096], slide(64), 0), EngineKind::Cpu), 8_192);
        assert_eq!(n_targets(&choices(&[4_096], slide(1), 2_048), EngineKind::Cpu), 2_048);
        assert_eq!(n_targets(&choices(&[16_384], slide(16_384), 0), EngineKind::Cpu), 16_384);
        assert_eq!(n_targets(&choices(&[256, 1_024], slide(16_384), 2_048), EngineKind::Cpu), 2_048);
    }

    #[test]
    fn short_inputs_come_first_and_a_stride_never_exceeds_its_input() {
        let all = evaluations(&choices(&[32, 64], Protocol::Sliding { stride: 64 }, 0), 1_024);
        let order: Vec<(usize, &str)> = all.iter().map(|e| (stretch(e).length, e.model.as_str())).collect();
        assert_eq!(order, [(32, "a"), (32, "b"), (64, "a"), (64, "b")]);
        assert_eq!(stretch(&all[0]).protocol, Protocol::Sliding { stride: 32 });
        assert_eq!(stretch(&all[2]).protocol, Protocol::Sliding { stride: 64 });
        assert!(all.iter().map(stretch).all(|s| s.first == 16_384 && s.n_targets == 1_024));
    }

    #[test]
    fn a_sliding_window_recomputes_every_window() {
        let all = evaluations(&choices(&[1_024], Protocol::Sliding { stride: 64 }, 0), 8_192);
        assert_eq!(tokens(stretch(&all[0])), 128 * 1_024);
        let all = evaluations(&choices(&[1_024], Protocol::Nonoverlapping, 0), 8_192);
        assert_eq!(tokens(stretch(&all[0])), 8_192);
    }

    #[test]
    fn operations_by_hand() {
        // 4 layers of 4·128² + 2·128·512 weights, tied output 128·1024: 917,504. Attention at 1024: 4·2·128·1024.
        let all = evaluations(&choices(&[1_024], Protocol::Nonoverlapping, 0), 1_024);
        let expected = 1_024.0 * (2.0 * 917_504.0 + 1_048_576.0);
        assert_eq!(operations(stretch(&all[0]), &ModelConfig::default_preset("alibi", 256)), expected);
    }

    #[test]
    fn estimates_follow_what_was_measured() {
        let config = ModelConfig::default_preset("alibi", 256);
        let all = evaluations(&choices(&[1_024], Protocol::Nonoverlapping, 0), 8_192);
        let mut results = Results::default();
        let scored = Scored {
            blocks: vec![],
            n_bytes: 0,
            engine: EngineKind::Cpu,
            adapter: None,
            seconds: 7.0,
            ..Default::default()
        };
        results.insert(all[0].clone(), scored);
        // Two evaluations of the size of the one that took seven seconds.
        assert!((estimate(&all, &config, &results) - 14.0).abs() < 1e-9);
    }
}
