//! A run's state between two steps as bytes: everything that going on needs, in one safetensors file.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::optimiser::Parameter;

/// A run's state between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps done.
    pub step: usize,
    /// Seconds spent training so far.
    pub seconds: f64,
    /// Parameters and moments.
    pub parameters: Vec<Parameter>,
}

/// Why bytes are no state of the run in question.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Not a safetensors file, or cut short.
    #[error("not a complete safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// Something that a state has is missing or of another kind.
    #[error("the state has no usable {0}")]
    Missing(String),
    /// It is of another run.
    #[error("the state is of a run with another configuration, seed or recipe; delete it to start over")]
    Other,
}

/// The parts of a parameter in the file.
const KINDS: [&str; 3] = ["value", "first", "second"];

impl State {
    /// As bytes; `identity` says which run this is.
    ///
    /// # Errors
    /// None are known; those of the format are passed on.
    pub fn write(
        step: usize,
        seconds: f64,
        identity: &impl Serialize,
        parameters: &[Parameter],
    ) -> Result<Vec<u8>, StateError> {
        let arrays: Vec<(String, &[usize], Vec<u8>)> = parameters
            .iter()
            .flat_map(|p| {
                let parts = [&p.values, &p.first_moment, &p.second_moment];
                KINDS.into_iter().zip(parts).map(|(kind, data)| {
                    let bytes = data.iter().flat_map(|x| x.to_le_bytes()).collect();
                    (format!("{kind}.{}", p.name), &p.shape[..], bytes)
                })
            })
            .collect();
        let views = arrays
            .iter()
            .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.to_vec(), bytes)?)))
            .collect::<Result<Vec<_>, StateError>>()?;
        let identity = serde_json::to_string(identity).map_err(|_| StateError::Missing("identity".into()))?;
        let metadata = HashMap::from([
            ("step".to_string(), step.to_string()),
            ("seconds".to_string(), seconds.to_string()),
            ("identity".to_string(), identity),
        ]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// Reads a state and which run it is of, which `start` gives the parameters of, or refuses: names, shapes and what decays
    /// stay, values and moments are the file's.
    ///
    /// # Errors
    /// If the bytes are damaged, or what `start` says.
    pub fn read<I: DeserializeOwned>(
        bytes: &[u8],
        start: impl FnOnce(&I) -> Result<Vec<Parameter>, StateError>,
    ) -> Result<(I, Self), StateError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let missing = |key: &str| StateError::Missing(key.into());
        let get = |key: &str| metadata.get(key).ok_or_else(|| missing(key));
        let identity: I = serde_json::from_str(get("identity")?).map_err(|_| missing("identity"))?;
        let file = SafeTensors::deserialize(bytes)?;
        let read = |kind: &str, p: &Parameter| -> Result<Vec<f32>, StateError> {
            let name = format!("{kind}.{}", p.name);
            let view = file.tensor(&name)?;
            if view.dtype() != Dtype::F32 || view.shape() != p.shape {
                return Err(missing(&name));
            }
            Ok(view.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
        };
        let parameters = start(&identity)?
            .into_iter()
            .map(|p| {
                let [values, first_moment, second_moment] = KINDS.map(|kind| read(kind, &p));
                Ok(Parameter { values: values?, first_moment: first_moment?, second_moment: second_moment?, ..p })
            })
            .collect::<Result<_, StateError>>()?;
        let step = get("step")?.parse().map_err(|_| missing("step"))?;
        let seconds = get("seconds")?.parse().map_err(|_| missing("seconds"))?;
        Ok((identity, Self { step, seconds, parameters }))
    }
}
