//! Generation against the forward pass of the whole text.

use std::sync::Arc;

use super::changes::CHANGES;
use super::{After, ready, tokens, weights};
use crate::config::Change;
use crate::engine::checkpoint::NoPause;
use crate::engine::cpu::CpuBackend;
use crate::engine::error::EngineError;
use crate::engine::generate::{Generated, Sampling};
use crate::model::{Decoder, Segments};
use crate::position::{ChangeAt, METHODS};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Drawn rather than likeliest: unlikely tokens are compared as well.
const DRAWN: Sampling = Sampling { temperature: 3.0, top_k: 0, seed: 7 };

fn generate(
    cpu: &mut CpuBackend,
    change: Change,
    prompt: &[u32],
    n: usize,
    sampling: Sampling,
) -> Result<Generated, EngineError> {
    cpu.set_change(change, prompt.len() + n);
    ready(cpu.generate(prompt, n, sampling, &mut |_| (), &mut NoPause))
}

#[test]
fn every_step_is_the_forward_pass_of_all_before_it() -> Outcome {
    // From within the training length of 16 to far beyond it, and from beyond.
    for (n_prompt, n) in [(1, 40), (12, 30), (40, 20)] {
        let length = n_prompt + n;
        for method in METHODS {
            let weights = weights(method.id());
            let (decoder, mut cpu) = (Decoder::from_weights(&weights)?, CpuBackend::new(&weights)?);
            for change in CHANGES {
                let prompt = tokens(n_prompt);
                let generated = generate(&mut cpu, change, &prompt, n, DRAWN)?;
                assert_eq!((generated.tokens.len(), generated.probabilities.len()), (n, n));
                let all: Vec<u32> = prompt.iter().chain(&generated.tokens).copied().collect();
                let tables = decoder.changed_tables(length, ChangeAt { change, length, train_length: 16 })?;
                let input = Segments { tokens: Arc::new(all[..length - 1].to_vec()), n_segment: 1, length: length - 1 };
                let losses = decoder.losses(&input, &Arc::new(all[1..].to_vec()), &tables)?.to_vec1::<f32>()?;
                for (k, (loss, p)) in losses[n_prompt - 1..].iter().zip(&generated.probabilities).enumerate() {
                    let difference = (loss + p.ln()).abs();
                    assert!(
                        difference < 1e-4,
                        "{} {change:?}, {n_prompt} + {k} tokens: {loss} against {}",
                        method.id(),
                        -p.ln()
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_likeliest_continuation_is_likelier_token_by_token_and_needs_no_seed() -> Outcome {
    let mut cpu = CpuBackend::new(&weights("rotary"))?;
    let greedy = |seed, top_k| Sampling { temperature: 0.0, top_k, seed };
    let first = generate(&mut cpu, Change::None, &tokens(9), 12, greedy(1, 0))?;
    assert_eq!(generate(&mut cpu, Change::None, &tokens(9), 12, greedy(2, 5))?, first);
    // Of 23 tokens the likeliest has at least this probability.
    assert!(first.probabilities.iter().all(|&p| p > 1.0 / 23.0));
    let drawn = |seed| Sampling { seed, ..DRAWN };
    let a = generate(&mut cpu, Change::None, &tokens(9), 12, drawn(1))?;
    assert_eq!(generate(&mut cpu, Change::None, &tokens(9), 12, drawn(1))?, a);
    assert_ne!(generate(&mut cpu, Change::None, &tokens(9), 12, drawn(2))?.tokens, a.tokens);
    Ok(())
}

#[test]
fn parts_grow_to_the_whole_and_cancelling_stops_between_tokens() -> Outcome {
    let mut cpu = CpuBackend::new(&weights("alibi"))?;
    let mut seen = Vec::new();
    let whole = ready(cpu.generate(&tokens(5), 6, DRAWN, &mut |g| seen.push(g.clone()), &mut NoPause))?;
    assert_eq!(seen.iter().map(|g| g.tokens.len()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(seen.iter().all(|g| whole.tokens.starts_with(&g.tokens)) && seen.last() == Some(&whole));
    let mut n = 0;
    let stopped = ready(cpu.generate(&tokens(5), 1_000, DRAWN, &mut |_| n += 1, &mut After(40)));
    assert!(matches!(stopped, Err(EngineError::Cancelled(_))) && n > 1 && n < 41, "{n} tokens");
    Ok(())
}

#[test]
fn a_model_whose_numbers_are_none_still_ends() -> Outcome {
    let mut broken = weights("alibi");
    if let Some(array) = broken.arrays.get_mut("blocks.1.mlp.up.weight") {
        array.data[3] = f32::NAN;
    }
    let generated = generate(&mut CpuBackend::new(&broken)?, Change::None, &tokens(5), 4, DRAWN)?;
    assert!(generated.probabilities.iter().all(|p| p.is_nan()) && generated.tokens.len() == 4);
    Ok(())
}
