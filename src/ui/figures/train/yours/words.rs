//! What readers read of their own models.

use crate::config::{MAX_LENGTH, MOST_YOURS, ModelConfig};
use crate::protocol::Failure;
use crate::ui::format::numbers::thousands;
use crate::ui::runs::words::{clause, explain};
use crate::ui::runs::yours::{MOST_BYTES, Unfit};

/// The control that takes a file.
pub(super) const LOAD: &str = "Load weights from a file (safetensors, from this page or its native trainer; a file can be dropped here)";
/// Said while a file is read.
pub(super) const CHECKING: &str = "Reading the weights…";

/// Said where the site's own models are not known.
pub(super) const NO_LIST: &str = "The list of models is not here: press Retry under another figure, then load the file again.";

/// A model in the list of the reader's own.
pub(super) fn named(model: &str, tokens_seen: u64) -> String {
    match tokens_seen {
        0 => model.into(),
        n => format!("{model}, after {} tokens of training", thousands(n)),
    }
}

/// Which models are the reader's own.
pub(super) fn here(models: &[String], alone: bool) -> String {
    let (are, them) = if models.len() == 1 { ("model is", "it") } else { ("models are", "them") };
    let what = match alone {
        true => format!("On the full page other figures can run {them}, too."),
        false => format!("Every figure here can run {them}:"),
    };
    format!("Your {are}: {}. They stay until you leave this page. {what}", models.join("; "))
}

/// Those that gave way.
pub(super) fn gave_way(models: &[String]) -> String {
    format!("This page keeps {MOST_YOURS} models of yours. The oldest gave way: {}.", models.join("; "))
}

/// Said of a file that has become a model of the reader's own.
pub(super) fn loaded(model: &str) -> String {
    format!("Loaded: {model}.")
}

/// The same of one that is there already.
pub(super) fn had(model: &str) -> String {
    format!("You have this model already: {model}.")
}

/// Said of a file that the browser does not give.
pub(super) fn unreadable(name: &str) -> String {
    format!("{name} could not be read. Choose it again.")
}

/// What to load in place of a file that cannot be used.
const INSTEAD: &str = "Load a file that you saved under “Weights” on this page, or one from its native trainer.";

/// Why a file cannot be used, and what to do.
pub(super) fn unfit(name: &str, unfit: &Unfit) -> String {
    let tokens = |n: usize| thousands(n as u64);
    let why = match unfit {
        Unfit::TooLarge(n) => format!("has {} bytes; this page reads at most {}", tokens(*n), tokens(MOST_BYTES)),
        Unfit::OtherFormat => "is not a safetensors file".into(),
        Unfit::Cut => return cut(name),
        Unfit::NoModel => "does not say which model its weights belong to".into(),
        Unfit::Shape => "claims a shape that no model here can have".into(),
        Unfit::Method(method) => format!("was made with the position method “{method}”, which this page does not know"),
        Unfit::Vocabulary(n) => {
            let own = ModelConfig::default_preset("none", 1).n_vocab;
            format!("has a vocabulary of {} tokens; this page’s has {}", tokens(*n), tokens(own))
        }
        Unfit::TrainLength(n) => {
            format!("was trained at {} tokens; this page measures models trained at up to {}", tokens(*n), tokens(MAX_LENGTH / 2))
        }
    };
    format!("{name} {why}. {INSTEAD}")
}

fn cut(name: &str) -> String {
    format!("{name} is cut short: it ends before its weights do. Save it again, or copy it again from where it is whole.")
}

/// Why the worker did not take a file.
pub(super) fn refused(name: &str, failure: &Failure) -> String {
    match failure {
        Failure::Corrupt { reason, .. } => {
            format!("{name} does not hold the weights that it claims ({}). Save it again. {INSTEAD}", clause(reason))
        }
        other => format!("{name} could not be tried: {}", explain(other)),
    }
}
