//! Which engine runs: the reader's choice, or the faster one where the choice is left to the machine.

use crate::protocol::{EngineChoice, EngineKind};

/// What is known of the GPU.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// There is none, and why, in one clause.
    Absent(String),
    /// It computes on the CPU.
    Software(String),
    /// It is real; tokens per second of each engine in a warm-up.
    Timed {
        /// Name of the adapter.
        adapter: String,
        /// Tokens per second on the GPU.
        gpu: f64,
        /// Tokens per second on the CPU.
        cpu: f64,
    },
}

/// The engine to use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The engine.
    pub engine: EngineKind,
    /// One clause for the reader.
    pub reason: String,
    /// Whether the reader asked for an engine that is not there.
    pub unavailable: bool,
}

/// Chooses. `Auto` takes the GPU only if it is no software adapter and wins the warm-up; a GPU asked for by name runs
/// wherever there is one.
pub fn choose(choice: EngineChoice, probe: &Probe) -> Choice {
    let cpu = |reason: String, unavailable| Choice { engine: EngineKind::Cpu, reason, unavailable };
    match (choice, probe) {
        (EngineChoice::Cpu, _) => cpu("you chose the CPU".into(), false),
        (EngineChoice::Gpu, Probe::Absent(reason)) => cpu(reason.clone(), true),
        (EngineChoice::Gpu, _) => {
            Choice { engine: EngineKind::Gpu, reason: "you chose the GPU".into(), unavailable: false }
        }
        (EngineChoice::Auto, Probe::Absent(reason)) => cpu(reason.clone(), false),
        (EngineChoice::Auto, Probe::Software(name)) => {
            cpu(format!("the WebGPU adapter here ({name}) is itself software, slower than WASM"), false)
        }
        (EngineChoice::Auto, Probe::Timed { adapter, gpu, cpu: on_cpu }) => {
            let compared = format!("in a warm-up {adapter} scored {gpu:.0} tokens/s, the CPU {on_cpu:.0}");
            // A rate that is no number wins nothing.
            if gpu > on_cpu {
                Choice { engine: EngineKind::Gpu, reason: compared, unavailable: false }
            } else {
                cpu(compared, false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(gpu: f64, cpu: f64) -> Probe {
        Probe::Timed { adapter: "Test adapter".into(), gpu, cpu }
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
        assert!(auto.engine == EngineKind::Cpu && auto.reason.contains("SwiftShader"));
        assert_eq!(choose(EngineChoice::Gpu, &probe).engine, EngineKind::Gpu);
    }

    #[test]
    fn without_an_adapter_the_cpu_runs_and_says_why() {
        let probe = Probe::Absent("this browser gives no adapter".into());
        let asked = choose(EngineChoice::Gpu, &probe);
        assert_eq!((asked.engine, asked.unavailable), (EngineKind::Cpu, true));
        let auto = choose(EngineChoice::Auto, &probe);
        assert_eq!((auto.engine, auto.unavailable), (EngineKind::Cpu, false));
        assert!(auto.reason.contains("no adapter"));
    }

    #[test]
    fn a_reader_who_wants_the_cpu_gets_it() {
        assert_eq!(choose(EngineChoice::Cpu, &timed(9e9, 1.0)).engine, EngineKind::Cpu);
    }
}
