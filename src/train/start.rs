//! What training starts from: drawn values, or a trained model, with another position method in its place if wanted.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::optimiser::Parameter;
use crate::config::ModelConfig;
use crate::model::Weights;
use crate::position;

/// Initial parameters: embeddings with σ = C^(−1/2), matrices with σ = fan-in^(−1/2), those that write into the
/// residual stream smaller by √(2·layers) (GPT-2's rule), norms 1, biases 0, a method's own as it says. Matrices decay,
/// norms and biases do not, a method's own if it says so.
pub fn initial(config: &ModelConfig, seed: u64) -> Vec<Parameter> {
    let learned = position::by_id(&config.method).and_then(|m| m.learned());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::MAX);
    let mut normal = || {
        // Box–Muller; the first factor is in (0, 1].
        let mut uniform = || f64::from(rng.next_u32() >> 8) / f64::from(1u32 << 24);
        let (u, v) = (1.0 - uniform(), uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    Weights::shapes(config)
        .into_iter()
        .map(|(name, shape)| {
            let n: usize = shape.iter().product();
            let own = learned.filter(|l| l.name == name);
            let values = if let Some(own) = own {
                own.start(config.n_head)
            } else if let &[_, fan_in] = shape.as_slice() {
                let writes = name.ends_with("attention.out.weight") || name.ends_with("mlp.down.weight");
                let shrink = if writes { (2.0 * config.n_layer as f64).sqrt() } else { 1.0 };
                let sigma = (fan_in as f64).powf(-0.5) / shrink;
                (0..n).map(|_| (sigma * normal()) as f32).collect()
            } else {
                vec![if name.ends_with("weight") { 1.0 } else { 0.0 }; n]
            };
            let decays = own.map_or(shape.len() > 1, |l| l.decays);
            Parameter::new(name, shape, values, decays)
        })
        .collect()
}

/// Parameters of a model of `config` with the values of trained ones, wherever both have an array of that name and
/// shape. What the method of `config` learns starts as it says where the trained model has none of it: another method
/// has been put in its place.
pub fn trained(config: &ModelConfig, seed: u64, weights: &Weights) -> Vec<Parameter> {
    let mut parameters = initial(config, seed);
    for parameter in &mut parameters {
        if let Some(array) = weights.arrays.get(&parameter.name).filter(|a| a.shape == parameter.shape) {
            parameter.values.clone_from(&array.data);
        }
    }
    parameters
}
