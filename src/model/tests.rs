//! The decoder's gradients against finite differences, and fused against composed operations, for every method.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use candle_core::{Device, Result, Tensor, Var};
use proptest::prelude::*;

use super::{Array, Decoder, Ops, Segments, Weights};
use crate::config::ModelConfig;
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::position::{METHODS, Places, Shape};

fn small(method: &str) -> ModelConfig {
    ModelConfig { n_layer: 2, d_model: 24, n_head: 3, d_ff: 40, n_vocab: 19, method: method.into(), train_length: 21 }
}

/// Deterministic noise of about unit size.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

fn variables(config: &ModelConfig, seed: u64) -> Result<BTreeMap<String, Var>> {
    let mut next = noise(seed);
    Weights::shapes(config)
        .into_iter()
        .map(|(name, shape)| {
            let n: usize = shape.iter().product();
            let centre = if name.contains("ln") && name.ends_with("weight") { 1.0 } else { 0.0 };
            let data: Vec<f32> = (0..n).map(|_| centre + 0.4 * next()).collect();
            Ok((name, Var::from_tensor(&Tensor::from_vec(data, shape, &Device::Cpu)?)?))
        })
        .collect()
}

fn decoder(config: &ModelConfig, vars: &BTreeMap<String, Var>, ops: Ops) -> Result<Decoder> {
    Decoder::new(config, ops, |name| Ok(vars[name].as_tensor().clone()))
}

fn batch(seed: u64, n_segment: usize, length: usize, n_vocab: usize) -> (Segments, Arc<Vec<u32>>) {
    let mut next = noise(seed);
    let mut token = || ((next() + 1.0) * 0.499 * n_vocab as f32) as u32;
    let tokens = (0..n_segment * length).map(|_| token()).collect();
    let targets = (0..n_segment * length).map(|_| token()).collect();
    (Segments { tokens: Arc::new(tokens), n_segment, length }, Arc::new(targets))
}

fn mean_loss(d: &Decoder, s: &Segments, t: &Arc<Vec<u32>>) -> Result<Tensor> {
    d.losses(s, t, &d.tables(s.length)?)?.mean_all()
}

#[test]
fn every_gradient_agrees_with_finite_differences() -> Result<()> {
    for method in METHODS {
        let config = small(method.id());
        let seed = 11;
        let vars = variables(&config, seed)?;
        let model = decoder(&config, &vars, Ops::Fused)?;
        let (segments, targets) = batch(seed, 2, 21, config.n_vocab);
        let grads = mean_loss(&model, &segments, &targets)?.backward()?;
        for (name, var) in &vars {
            let grad = grads.get(var.as_tensor()).unwrap_or_else(|| panic!("{}: {name} has no gradient", method.id()));
            let grad: Vec<f32> = grad.flatten_all()?.to_vec1()?;
            let values: Vec<f32> = var.flatten_all()?.to_vec1()?;
            // Along a random direction, so that every element counts; the slope of the loss there, by central difference.
            let mut next = noise(seed + values.len() as u64);
            let direction: Vec<f32> = values.iter().map(|_| next()).collect();
            let size = 3e-3 / (values.len() as f32).sqrt().max(1.0);
            let at = |step: f32| -> Result<f64> {
                let moved: Vec<f32> = values.iter().zip(&direction).map(|(v, d)| v + step * d).collect();
                var.set(&Tensor::from_vec(moved, var.shape(), &Device::Cpu)?)?;
                let losses: Vec<f32> = model.losses(&segments, &targets, &model.tables(segments.length)?)?.to_vec1()?;
                Ok(losses.iter().map(|&l| l as f64).sum::<f64>() / losses.len() as f64)
            };
            let numeric = (at(8.0 * size)? - at(-8.0 * size)?) / (16.0 * size as f64);
            at(0.0)?;
            let exact: f64 = grad.iter().zip(&direction).map(|(g, d)| (g * d) as f64).sum();
            let norm = grad.iter().map(|g| (g * g) as f64).sum::<f64>().sqrt();
            let tolerance = 0.02 * exact.abs() + 4e-3 * norm + 2e-5;
            assert!(
                (numeric - exact).abs() < tolerance,
                "{} {name}, seed {seed}: finite difference {numeric:.6}, backward {exact:.6}",
                method.id()
            );
            assert!(norm > 0.0, "{} {name}: gradient is zero", method.id());
        }
    }
    Ok(())
}

#[test]
fn fused_operations_agree_with_composed_ones_forward_and_backward() -> Result<()> {
    for method in METHODS {
        for (n_segment, length) in [(1, 1), (3, 37), (1, 150)] {
            let config = small(method.id());
            let vars = variables(&config, 5)?;
            let (segments, targets) = batch(6, n_segment, length, config.n_vocab);
            let run = |ops| -> Result<_> {
                let model = decoder(&config, &vars, ops)?;
                let losses = model.losses(&segments, &targets, &model.tables(length)?)?;
                Ok((losses.to_vec1::<f32>()?, losses.mean_all()?.backward()?))
            };
            let ((fused, fused_grads), (composed, composed_grads)) = (run(Ops::Fused)?, run(Ops::Composed)?);
            for (i, (a, b)) in fused.iter().zip(&composed).enumerate() {
                assert!((a - b).abs() < 1e-4, "{} T={length} row {i}: {a} against {b}", method.id());
            }
            for (name, var) in &vars {
                let [a, b] = [&fused_grads, &composed_grads]
                    .map(|g| g.get(var.as_tensor()).map(|t| t.flatten_all()?.to_vec1::<f32>()).transpose());
                let (Some(a), Some(b)) = (a?, b?) else { panic!("{} {name}: no gradient", method.id()) };
                let scale = b.iter().fold(1e-3f32, |m, x| m.max(x.abs()));
                for (x, y) in a.iter().zip(&b) {
                    assert!((x - y).abs() < 2e-4 * scale + 1e-6, "{} T={length} {name}: {x} against {y}", method.id());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_later_token_changes_no_earlier_loss() -> Result<()> {
    for method in METHODS {
        let config = small(method.id());
        let vars = variables(&config, 3)?;
        let model = decoder(&config, &vars, Ops::Fused)?;
        let (segments, targets) = batch(4, 1, 33, config.n_vocab);
        let tables = model.tables(33)?;
        let before: Vec<f32> = model.losses(&segments, &targets, &tables)?.to_vec1()?;
        let mut tokens = segments.tokens.to_vec();
        tokens[20] = (tokens[20] + 1) % config.n_vocab as u32;
        let changed = Segments { tokens: Arc::new(tokens), ..segments };
        let after: Vec<f32> = model.losses(&changed, &targets, &tables)?.to_vec1()?;
        assert_eq!(before[..20], after[..20], "{}", method.id());
        assert!(before[20..].iter().zip(&after[20..]).any(|(a, b)| a != b), "{}", method.id());
    }
    Ok(())
}

#[test]
fn targets_that_are_not_scored_cost_nothing_and_teach_nothing() -> Result<()> {
    let config = small("alibi");
    let vars = variables(&config, 8)?;
    let model = decoder(&config, &vars, Ops::Fused)?;
    let (segments, _) = batch(9, 1, 5, config.n_vocab);
    let losses = model.losses(&segments, &Arc::new(vec![NOT_SCORED; 5]), &model.tables(5)?)?;
    assert_eq!(losses.to_vec1::<f32>()?, [0.0; 5]);
    let grads = losses.sum_all()?.backward()?;
    let grad = grads.get(vars["ln_f.weight"].as_tensor()).map(|g| g.to_vec1::<f32>()).transpose()?;
    assert!(grad.is_some_and(|g| g.iter().all(|&x| x == 0.0)));
    Ok(())
}

#[test]
fn orders_are_told_apart_where_a_method_lets_position_in_and_only_there() -> Result<()> {
    // One block, so that the causal mask cannot leak order through depth: the last token's loss under a swap of two
    // earlier tokens changes wherever position comes in.
    for method in METHODS {
        let config = ModelConfig { n_layer: 1, ..small(method.id()) };
        let vars = variables(&config, 13)?;
        let model = decoder(&config, &vars, Ops::Fused)?;
        let last = |tokens: Vec<u32>| -> Result<f32> {
            let n = tokens.len();
            let segments = Segments { tokens: Arc::new(tokens), n_segment: 1, length: n };
            let losses = model.losses(&segments, &Arc::new(vec![2; n]), &model.tables(n)?)?;
            losses.get(n - 1)?.to_scalar()
        };
        let difference = (last(vec![1, 7, 4, 9, 3])? - last(vec![1, 9, 4, 7, 3])?).abs();
        let shape = Shape { d_model: config.d_model, n_head: config.n_head };
        if Places::of(method, shape).any() {
            assert!(difference > 1e-4, "{}: {difference}", method.id());
        } else {
            assert!(difference < 1e-5, "{}: {difference}", method.id());
        }
    }
    Ok(())
}

/// A file of weights of a small model.
fn file(method: &str) -> Vec<u8> {
    let config = small(method);
    let array = |(name, shape): (String, Vec<usize>)| {
        let n = shape.iter().product();
        (name, Array { shape, data: vec![0.5; n] })
    };
    let arrays = Weights::shapes(&config).into_iter().map(array).collect();
    Weights { config, arrays }.to_safetensors(HashMap::new()).unwrap()
}

#[test]
fn a_shape_that_no_model_has_is_refused_before_it_is_used() {
    let whole = file("alibi");
    assert!(Weights::from_safetensors(&whole).is_ok());
    let changed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = whole.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        Weights::from_safetensors(&bytes)
    };
    // The configuration stands as text within text.
    for (from, to) in [
        (r#"n_head\":3"#, r#"n_head\":0"#),
        (r#"n_head\":3"#, r#"n_head\":5"#),
        (r#"d_model\":24"#, r#"d_model\":-1"#),
        (r#"n_layer\":2,"#, r#"n_layer\":9e"#),
        (r#"train_length\":21"#, r#"train_length\":00"#),
    ] {
        assert!(changed(from, to).is_err(), "{to}");
    }
    let sound = small("alibi");
    for broken in [
        ModelConfig { n_head: 0, ..sound.clone() },
        ModelConfig { n_layer: usize::MAX, ..sound.clone() },
        ModelConfig { d_model: 27, ..sound.clone() },
        ModelConfig { n_vocab: 1 << 20, ..sound.clone() },
        ModelConfig { train_length: 0, ..sound.clone() },
    ] {
        assert!(!broken.is_sound(), "{broken:?}");
        assert!(broken.head_dim() <= broken.d_model);
    }
    assert!(sound.is_sound() && ModelConfig::default_preset("alibi", 256).is_sound());
}

proptest! {
    #![proptest_config(crate::config::random_cases())]

    /// A file with bytes changed, cut off or put in between is refused or read.
    #[test]
    fn any_bytes_are_refused_or_read_as_weights(
        at in 0.0f64..1.0, cut in 0usize..40, put in proptest::collection::vec(any::<u8>(), 0..12), head in any::<bool>(),
    ) {
        static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| file("kerple"));
        // In half of the cases within the header, which says how the rest is to be read.
        let reach = if head { 1_200.min(WHOLE.len()) } else { WHOLE.len() };
        let at = (at * reach as f64) as usize;
        let mut bytes = WHOLE.clone();
        bytes.splice(at..(at + cut).min(WHOLE.len()), put);
        if let Ok(weights) = Weights::from_safetensors(&bytes) {
            prop_assert!(weights.config.is_sound());
            prop_assert!(Weights::shapes(&weights.config).iter().all(|(name, s)| weights.get(name).len() == s.iter().product::<usize>()));
        }
    }
}
