//! Which models are trained: rules over the list of position methods, so that a method added there is trained too.

use crate::position::METHODS;

/// Methods that a rule is about.
enum Of {
    /// Every one.
    All,
    /// Every one but those, by id.
    But(&'static [&'static str]),
    /// Those, by id.
    Only(&'static [&'static str]),
}

/// The models of the page: which methods, at which training lengths (tokens), from which seeds. The first of everything at
/// 256; the comparison over training lengths without trained slopes, which would lie over ALiBi's own; lengths between for
/// the two that the page's first claim is about; further seeds for those that it shows first.
const RULES: [(Of, &[usize], &[u64]); 4] = [
    (Of::All, &[256], &[1]),
    (Of::But(&["trainable"]), &[64, 512], &[1]),
    (Of::Only(&["alibi", "sinusoidal"]), &[128], &[1]),
    (Of::Only(&["alibi", "sinusoidal", "rotary"]), &[256], &[2, 3]),
];

/// A model to be trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToTrain {
    /// Id of the position method.
    pub method: String,
    /// Training length, tokens.
    pub length: usize,
    /// Seed of initialisation and data order.
    pub seed: u64,
}

impl ToTrain {
    /// Id of the model: method and training length, and the seed beyond the first.
    pub fn id(&self) -> String {
        let suffix = if self.seed == 1 { String::new() } else { format!("-s{}", self.seed) };
        format!("{}-{}{suffix}", self.method, self.length)
    }
}

/// Every model of the page, in the order in which they are trained.
pub fn zoo() -> Vec<ToTrain> {
    let mut all = Vec::new();
    for (of, lengths, seeds) in &RULES {
        for (&length, &seed) in lengths.iter().flat_map(|l| seeds.iter().map(move |s| (l, s))) {
            let methods = METHODS.iter().map(|m| m.id()).filter(|id| match of {
                Of::All => true,
                Of::But(out) => !out.contains(id),
                Of::Only(these) => these.contains(id),
            });
            all.extend(methods.map(|id| ToTrain { method: id.into(), length, seed }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::config::Manifest;
    use crate::position::by_id;

    #[test]
    fn rules_name_methods_that_there_are_and_no_model_twice() {
        for (of, ..) in &RULES {
            let (Of::But(ids) | Of::Only(ids)) = of else { continue };
            assert!(ids.iter().all(|id| by_id(id).is_some()), "{ids:?}");
        }
        let ids: BTreeSet<String> = zoo().iter().map(ToTrain::id).collect();
        assert_eq!(ids.len(), zoo().len());
    }

    #[test]
    fn what_is_published_is_what_the_rules_ask_for() {
        let manifest: Manifest = serde_json::from_slice(&fs::read("assets/models/manifest.json").unwrap()).unwrap();
        let published: BTreeSet<_> = manifest.models.iter().map(|m| m.id.clone()).collect();
        assert_eq!(published, zoo().iter().map(ToTrain::id).collect());
        for model in zoo() {
            let entry = manifest.model(&model.id()).unwrap();
            let found = (entry.config.method.as_str(), entry.config.train_length, entry.seed);
            assert_eq!(found, (model.method.as_str(), model.length, model.seed));
        }
    }
}
