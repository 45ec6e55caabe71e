//! A step is what candle's own differentiation of the decoder gives, bit for bit; stops change nothing; what is no number
//! changes nothing either.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, Var};

use super::optimiser::{Parameter, Recipe};
use super::order::{Data, batch};
use super::start::initial;
use super::training::{Setting, TrainError, Training};
use crate::config::ModelConfig;
use crate::engine::checkpoint::{Cancelled, Checkpoint, NoPause};
use crate::kernels::cross_entropy::NOT_SCORED;
use crate::model::{Decoder, Ops};
use crate::position::METHODS;

fn setting(method: &str) -> Setting {
    let config = ModelConfig {
        n_layer: 2,
        d_model: 24,
        n_head: 3,
        d_ff: 40,
        n_vocab: 31,
        method: method.into(),
        train_length: 21,
    };
    let recipe = Recipe { tokens_per_step: 63, warm_up: 3, ..Recipe::published(50) };
    Setting { config, seed: 5, recipe }
}

fn data() -> Data {
    let mut state = 3u32;
    let train = (0..2_000).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 30 == 0 { (state >> 8) % 31 } else { i * 7 % 31 }
    });
    Data { train: train.collect(), validation: Vec::new(), separator: 30 }
}

fn step(training: &mut Training, data: &Data) -> Result<f64, TrainError> {
    pollster::block_on(training.step(data, &mut NoPause)).map(|stepped| stepped.loss)
}

/// Training by candle's differentiation of the decoder: what this trainer was before it had passes of its own.
struct Autograd {
    setting: Setting,
    parameters: Vec<Parameter>,
    variables: BTreeMap<String, Var>,
    model: Decoder,
}

impl Autograd {
    fn new(setting: Setting) -> Result<Self> {
        let parameters = initial(&setting.config, setting.seed);
        let variables = parameters
            .iter()
            .map(|p| {
                let tensor = Tensor::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu)?;
                Ok((p.name.clone(), Var::from_tensor(&tensor)?))
            })
            .collect::<Result<BTreeMap<_, _>>>()?;
        let model = Decoder::new(&setting.config, Ops::Fused, |name| match variables.get(name) {
            Some(var) => Ok(var.as_tensor().clone()),
            None => candle_core::bail!("no parameter {name}"),
        })?;
        Ok(Self { setting, parameters, variables, model })
    }

    fn step(&mut self, data: &Data, step: usize) -> Result<f64> {
        let Setting { config, seed, recipe } = &self.setting;
        let n_segment = recipe.tokens_per_step / config.train_length;
        let (segments, targets) = batch(data, *seed, step, n_segment, config.train_length);
        let n_target = targets.iter().filter(|&&t| t != NOT_SCORED).count();
        let losses = self.model.losses(&segments, &targets, &self.model.tables(config.train_length)?)?;
        let loss = (losses.sum_all()? / n_target as f64)?;
        let grads = loss.backward()?;
        let mut flat = Vec::with_capacity(self.parameters.len());
        for p in &self.parameters {
            let grad = grads.get(self.variables[&p.name].as_tensor()).context("no gradient")?;
            flat.push(grad.flatten_all()?.to_vec1::<f32>()?);
        }
        let norm = flat.iter().flatten().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
        let scale = (recipe.clip / norm.max(recipe.clip)) as f32;
        for (p, grad) in self.parameters.iter_mut().zip(&flat) {
            p.update(grad, recipe, step, scale);
            self.variables[&p.name].set(&Tensor::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu)?)?;
        }
        Ok(f64::from(loss.to_scalar::<f32>()?))
    }
}

#[test]
fn every_parameter_and_moment_is_that_of_candles_differentiation_bit_for_bit() -> Result<()> {
    let data = data();
    for method in METHODS.map(|m| m.id()) {
        let (mut ours, mut reference) = (Training::new(setting(method))?, Autograd::new(setting(method))?);
        for at in 0..12 {
            let (loss, wanted) = (step(&mut ours, &data)?, reference.step(&data, at)?);
            assert!((loss / wanted - 1.0).abs() < 1e-6, "{method}, step {at}: loss {loss}, candle {wanted}");
            for (a, b) in ours.parameters().iter().zip(&reference.parameters) {
                assert_eq!(a, b, "{method}, step {at}: {}", a.name);
            }
        }
    }
    Ok(())
}

/// Ends the work at the n-th place where it may end.
struct EndAt(usize);

impl Checkpoint for EndAt {
    async fn reach(&mut self, _done: f64) -> Result<(), Cancelled> {
        self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
        Ok(())
    }
}

#[test]
fn a_step_that_is_stopped_anywhere_and_a_run_that_goes_on_from_its_bytes_change_nothing() -> Result<()> {
    let data = data();
    for method in METHODS.map(|m| m.id()) {
        let mut unbroken = Training::new(setting(method))?;
        let mut broken = Training::new(setting(method))?;
        let mut stops = 0;
        for at in 0..8 {
            let loss = step(&mut unbroken, &data)?;
            for places in (at..).step_by(3) {
                match pollster::block_on(broken.step(&data, &mut EndAt(places))) {
                    Err(TrainError::Cancelled(_)) => stops += 1,
                    done => {
                        assert_eq!(done?.loss, loss, "{method}");
                        break;
                    }
                }
            }
            broken = Training::from_state(&broken.state()?)?;
            assert_eq!(broken.step_count(), at + 1);
            assert_eq!(broken.setting(), unbroken.setting());
            assert_eq!(broken.parameters(), unbroken.parameters(), "{method}");
        }
        assert!(stops > 40, "{method}: {stops} stops");
    }
    Ok(())
}

#[test]
fn a_loss_that_is_no_number_stops_before_it_spoils_anything() -> Result<()> {
    let data = data();
    let mut training = Training::new(setting("alibi"))?;
    step(&mut training, &data)?;
    let before = training.state()?;
    let mut weights = training.weights();
    weights.arrays.get_mut("ln_f.weight").context("a norm")?.data[0] = f32::INFINITY;
    let mut spoilt = Training::from_weights(setting("alibi"), &weights)?;
    assert!(matches!(step(&mut spoilt, &data), Err(TrainError::NotFinite { step: 0, loss, .. }) if !loss.is_finite()));
    assert_eq!(spoilt.step_count(), 0);
    let mut again = Training::from_state(&before)?;
    assert!(step(&mut again, &data)?.is_finite());
    Ok(())
}

#[test]
fn another_method_takes_the_place_of_a_trained_models_own() -> Result<()> {
    let mut rotary = Training::new(setting("rotary"))?;
    step(&mut rotary, &data())?;
    for method in ["alibi", "t5", "none"] {
        let cut = Training::from_weights(setting(method), &rotary.weights())?.weights();
        assert_eq!(cut.config.method, method);
        assert!(rotary.weights().arrays.iter().all(|(name, array)| cut.arrays.get(name) == Some(array)), "{method}");
    }
    // What a method has learned stays with it, and goes with it.
    let mut t5 = Training::new(setting("t5"))?;
    step(&mut t5, &data())?;
    assert_eq!(Training::from_weights(setting("t5"), &t5.weights())?.weights(), t5.weights());
    let gone = Training::from_weights(setting("alibi"), &t5.weights())?.weights();
    assert_eq!(gone.arrays.len() + 1, t5.weights().arrays.len());
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() -> Result<()> {
    let good = setting("alibi");
    assert!(matches!(Training::new(setting("nope")), Err(TrainError::Method(_))));
    let recipe = Recipe { tokens_per_step: 64, ..good.recipe.clone() };
    assert!(matches!(Training::new(Setting { recipe, ..good.clone() }), Err(TrainError::Setting { .. })));
    let config = ModelConfig { n_head: 5, ..good.config.clone() };
    assert!(matches!(Training::new(Setting { config, ..good.clone() }), Err(TrainError::Setting { .. })));
    let training = Training::new(good)?;
    assert!(matches!(training.check(&[1; 22]), Err(TrainError::TooFew { found: 22, needed: 23 })));
    assert!(matches!(training.check(&[31; 40]), Err(TrainError::Token { token: 31, .. })));
    assert!(training.check(&data().train).is_ok());
    let state = training.state()?;
    for bytes in [&state[..state.len() - 1], &state[1..], &[]] {
        assert!(matches!(Training::from_state(bytes), Err(TrainError::State(_))));
    }
    Ok(())
}
