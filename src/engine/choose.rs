//! Which engine runs: the reader's choice, or the faster one where the choice is left to the machine.

use crate::protocol::{EngineChoice, EngineKind, Facts, Reason};

/// What is known of the GPU.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// There is none, and why.
    Absent(Facts),
    /// It computes on the CPU; its name, empty where it has none.
    Software(String),
    /// It is real; what each engine did in a warm-up.
    Timed {
        /// Name of the adapter, empty where it has none.
        adapter: String,
        /// How fast both were.
        timing: Timing,
        /// Workers that share the work where the CPU does it.
        workers: usize,
    },
}

/// How fast both engines were with one model in a warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Input length, tokens.
    pub length: usize,
    /// Tokens per second on the GPU.
    pub gpu: f64,
    /// Tokens per second of one worker on the CPU.
    pub cpu: f64,
}

impl Timing {
    /// A GPU that was only looked at: a reader who asks for it by name waits for no warm-up.
    pub fn none(length: usize) -> Self {
        Self { length, gpu: f64::NAN, cpu: f64::NAN }
    }

    /// How many times as fast the GPU is; 0 where a rate is no number, which then wins nothing.
    fn lead(&self, workers: usize) -> f64 {
        let lead = self.gpu / (self.cpu * workers.max(1) as f64);
        if lead.is_finite() { lead } else { 0.0 }
    }
}

/// What is known of one model at a length from warm-ups at this and other lengths. With the length a token's work grows
/// by no more than the length does, and does not shrink: a lead that outweighs the whole distance holds, another says
/// nothing (the CPU leaves out far keys, the GPU does not).
pub fn known(timings: &[Timing], length: usize, workers: usize) -> Option<Timing> {
    let holds = |t: &&Timing| {
        let away = t.length.max(length) as f64 / t.length.min(length).max(1) as f64;
        let lead = t.lead(workers);
        t.length == length || lead > away || lead < 1.0 / away
    };
    timings.iter().filter(holds).min_by_key(|t| t.length.abs_diff(length)).copied()
}

/// The engine to use, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The engine.
    pub engine: EngineKind,
    /// Why.
    pub reason: Facts,
    /// Whether the reader asked for an engine that is not there.
    pub unavailable: bool,
}

/// Chooses. `Auto` takes the GPU only if it is no software adapter and wins the warm-up; a GPU asked for by name runs
/// wherever there is one.
pub fn choose(choice: EngineChoice, probe: &Probe) -> Choice {
    let choice_of = |engine, reason| Choice { engine, reason, unavailable: false };
    let because = |engine, reason: Reason| choice_of(engine, reason.into());
    match (choice, probe) {
        (EngineChoice::Cpu, _) => because(EngineKind::Cpu, Reason::Chosen(EngineKind::Cpu)),
        (EngineChoice::Gpu, Probe::Absent(reason)) => {
            Choice { unavailable: true, ..choice_of(EngineKind::Cpu, reason.clone()) }
        }
        (EngineChoice::Gpu, _) => because(EngineKind::Gpu, Reason::Chosen(EngineKind::Gpu)),
        (EngineChoice::Auto, Probe::Absent(reason)) => choice_of(EngineKind::Cpu, reason.clone()),
        (EngineChoice::Auto, Probe::Software(adapter)) => {
            because(EngineKind::Cpu, Reason::SoftwareAdapter { adapter: adapter.clone() })
        }
        (EngineChoice::Auto, Probe::Timed { adapter, timing, workers }) => {
            let &Timing { length, gpu, cpu } = timing;
            let faster = if timing.lead(*workers) > 1.0 { EngineKind::Gpu } else { EngineKind::Cpu };
            because(faster, Reason::WarmUp { adapter: adapter.clone(), length, gpu, cpu, workers: *workers })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{GpuError, NoAdapter};

    fn timed(gpu: f64, cpu: f64) -> Probe {
        Probe::Timed { adapter: "Test adapter".into(), timing: Timing { length: 256, gpu, cpu }, workers: 1 }
    }

    /// Tokens per second of a worker at an input length, measured in a browser: of ALiBi, which leaves out far keys, and
    /// of rotary, which computes them all.
    const CPU: [(&str, [(usize, f64); 4]); 2] = [
        ("ALiBi", [(256, 17_240.0), (1_024, 12_040.0), (4_096, 7_919.0), (16_384, 5_234.0)]),
        ("rotary", [(256, 17_490.0), (1_024, 11_420.0), (4_096, 5_114.0), (16_384, 1_541.0)]),
    ];

    #[test]
    fn auto_is_within_a_fifth_of_the_faster_engine_at_every_length_whatever_was_timed_before() {
        for (method, rates) in CPU {
            for workers in [1, 2] {
                // A GPU computes every key: as rotary on the CPU, so many times faster.
                for lead in [0.1, 0.5, 0.9, 1.05, 1.5, 2.0, 2.2, 3.0, 5.0, 40.0] {
                    let gpu = |i: usize| lead * CPU[1].1[i].1;
                    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
                        let mut timings = Vec::new();
                        for i in order {
                            let (length, cpu) = rates[i];
                            let timing = known(&timings, length, workers).unwrap_or_else(|| {
                                timings.push(Timing { length, gpu: gpu(i), cpu });
                                timings[timings.len() - 1]
                            });
                            let probe = Probe::Timed { adapter: String::new(), timing, workers };
                            let (chosen, other) = match choose(EngineChoice::Auto, &probe).engine {
                                EngineKind::Gpu => (gpu(i), cpu * workers as f64),
                                EngineKind::Cpu => (cpu * workers as f64, gpu(i)),
                            };
                            assert!(
                                chosen >= other / 1.2,
                                "{method}, {workers} workers, lead {lead}, {length} tokens: took {chosen} before {other}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_clear_lead_is_timed_once_and_a_narrow_one_at_every_length() {
        let clear = [Timing { length: 256, gpu: 500_000.0, cpu: 10_000.0 }];
        assert_eq!(known(&clear, 4_096, 2), Some(clear[0]), "25 times as fast, at 16 times the length");
        assert_eq!(known(&clear, 8_192, 2), None, "at 32 times the length that may have turned");
        let narrow = [Timing { length: 256, gpu: 21_000.0, cpu: 10_000.0 }];
        assert_eq!(known(&narrow, 512, 2), None);
        assert_eq!(known(&narrow, 256, 2), Some(narrow[0]));
        // Two workers turn what one would not.
        let probe = |workers| Probe::Timed {
            adapter: "A".into(),
            timing: Timing { length: 256, gpu: 15_000.0, cpu: 10_000.0 },
            workers,
        };
        assert_eq!(choose(EngineChoice::Auto, &probe(1)).engine, EngineKind::Gpu);
        let both = choose(EngineChoice::Auto, &probe(2));
        assert_eq!(both.engine, EngineKind::Cpu);
        let timed = Reason::WarmUp { adapter: "A".into(), length: 256, gpu: 15_000.0, cpu: 10_000.0, workers: 2 };
        assert_eq!(both.reason, timed.into());
    }

    #[test]
    fn auto_takes_the_faster_engine_in_both_directions() {
        assert_eq!(choose(EngineChoice::Auto, &timed(9_000.0, 3_000.0)).engine, EngineKind::Gpu);
        assert_eq!(choose(EngineChoice::Auto, &timed(2_000.0, 3_000.0)).engine, EngineKind::Cpu);
        assert_eq!(choose(EngineChoice::Auto, &timed(f64::NAN, 3_000.0)).engine, EngineKind::Cpu);
    }

    #[test]
    fn auto_is_never_more_than_a_fifth_slower_than_the_other_engine() {
        // Adapters from a hundred times slower than the CPU to a hundred times faster, close calls included.
        for cpu in [10.0, 3_000.0, 50_000.0] {
            for ratio in [0.01, 0.5, 0.8, 0.83, 0.99, 1.0, 1.01, 1.2, 1.25, 2.0, 100.0] {
                let gpu = cpu * ratio;
                let (chosen, other) = match choose(EngineChoice::Auto, &timed(gpu, cpu)).engine {
                    EngineKind::Gpu => (gpu, cpu),
                    EngineKind::Cpu => (cpu, gpu),
                };
                assert!(chosen >= other / 1.2, "{gpu} tokens/s on the GPU, {cpu} on the CPU: took {chosen}");
            }
        }
        // Where a rate is no number, the engine that always works runs.
        for (gpu, cpu) in [(f64::NAN, f64::NAN), (9_000.0, f64::NAN), (f64::NAN, 1.0)] {
            assert_eq!(choose(EngineChoice::Auto, &timed(gpu, cpu)).engine, EngineKind::Cpu);
        }
    }

    #[test]
    fn auto_never_takes_a_software_adapter_but_a_reader_may() {
        let probe = Probe::Software("SwiftShader".into());
        let auto = choose(EngineChoice::Auto, &probe);
        assert_eq!(auto.engine, EngineKind::Cpu);
        assert_eq!(auto.reason, Reason::SoftwareAdapter { adapter: "SwiftShader".into() }.into());
        assert_eq!(choose(EngineChoice::Gpu, &probe).engine, EngineKind::Gpu);
    }

    #[test]
    fn without_an_adapter_the_cpu_runs_and_says_why() {
        let why = Facts::from(Reason::Gpu(GpuError::NoAdapter(NoAdapter::NoneGiven)));
        let probe = Probe::Absent(why.clone());
        let asked = choose(EngineChoice::Gpu, &probe);
        assert_eq!((asked.engine, asked.unavailable), (EngineKind::Cpu, true));
        let auto = choose(EngineChoice::Auto, &probe);
        assert_eq!((auto.engine, auto.unavailable), (EngineKind::Cpu, false));
        assert!(asked.reason == why && auto.reason == why);
    }

    #[test]
    fn a_reader_who_wants_the_cpu_gets_it() {
        assert_eq!(choose(EngineChoice::Cpu, &timed(9e9, 1.0)).engine, EngineKind::Cpu);
    }
}
