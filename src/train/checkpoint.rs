//! Checkpoints: everything a resumed run needs to go on as if it had not stopped, in one file, replaced atomically.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::optimiser::Parameter;

/// A run's state between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Steps done.
    pub step: usize,
    /// Seconds spent training so far.
    pub seconds: f64,
    /// Model configuration, seed and recipe in one string; a resumed run must have the same.
    pub identity: String,
    /// Parameters and moments.
    pub parameters: Vec<Parameter>,
}

impl Checkpoint {
    /// Writes beside `path` and moves into place.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let arrays: Vec<(String, Vec<usize>, Vec<u8>)> = self
            .parameters
            .iter()
            .flat_map(|p| {
                [("value", &p.values), ("first", &p.first_moment), ("second", &p.second_moment)].map(|(kind, data)| {
                    let bytes = data.iter().flat_map(|x| x.to_le_bytes()).collect();
                    (format!("{kind}.{}", p.name), p.shape.clone(), bytes)
                })
            })
            .collect();
        let views = arrays
            .iter()
            .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>>>()?;
        let metadata = HashMap::from([
            ("step".to_string(), self.step.to_string()),
            ("seconds".to_string(), self.seconds.to_string()),
            ("identity".to_string(), self.identity.clone()),
        ]);
        let partial = path.with_extension("partial");
        fs::write(&partial, safetensors::serialize(views, Some(metadata))?)?;
        fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a checkpoint of the run that `identity` names, which started with `start`: its names, shapes and what decays
    /// stay, values and moments are the file's.
    ///
    /// # Errors
    /// If the file is damaged or belongs to another run.
    pub fn load(path: &Path, identity: &str, start: Vec<Parameter>) -> Result<Self> {
        let bytes = fs::read(path)?;
        let (_, header) = SafeTensors::read_metadata(&bytes)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let get = |key: &str| metadata.get(key).with_context(|| format!("checkpoint has no {key}"));
        ensure!(
            get("identity")? == identity,
            "{} is of a run with another configuration, seed or recipe; delete it to start over",
            path.display()
        );
        let file = SafeTensors::deserialize(&bytes)?;
        let read = |kind: &str, name: &str| -> Result<Vec<f32>> {
            let view = file.tensor(&format!("{kind}.{name}"))?;
            Ok(view.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
        };
        let parameters = start
            .into_iter()
            .map(|p| {
                Ok(Parameter {
                    values: read("value", &p.name)?,
                    first_moment: read("first", &p.name)?,
                    second_moment: read("second", &p.name)?,
                    ..p
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            step: get("step")?.parse()?,
            seconds: get("seconds")?.parse()?,
            identity: identity.into(),
            parameters,
        })
    }
}
