//! Where models of the reader's own lead to, and what is said of files.

use super::*;
use crate::config::{MOST_YOURS, ModelConfig};
use crate::protocol::{Failure, Reason};
use crate::ui::page::controls;
use crate::ui::runs::yours::entry;
use crate::ui::settings::query::parse;

fn model(method: &str, train_length: usize) -> ModelEntry {
    entry(ModelConfig::default_preset(method, train_length), 0, "", b"1").unwrap()
}

#[test]
fn links_choose_the_models_and_the_address_takes_them() {
    let models = [model("sinusoidal", 32), model("alibi", 32)];
    for figure in FIGURES {
        let address = link(figure, &models);
        let (query, anchor) = address.split_once('#').unwrap();
        let parsed = parse(&controls(), query);
        assert!(anchor == figure.id && parsed.notices.is_empty(), "{address}: {:?}", parsed.notices);
        let chosen = parsed.values.iter().filter(|(_, value)| value.ends_with(&models[1].id)).count();
        assert_eq!(chosen, 1, "{address}");
    }
    let laboratory = link(&perplexity::SPEC, &models);
    assert!(laboratory.contains("lengths=32,64,128,256,512#"), "{laboratory}");
    assert!(laboratory.contains(&models[0].id));
}

#[test]
fn names_tell_models_apart() {
    let id = "alibi-32-yours3f9a000000000000";
    assert_eq!(training(id), "ALiBi, 32 tokens (3f9a)");
    assert_eq!(crate::ui::figure::curves::model_name(id), "Yours: ALiBi (3f9a)");
    assert_eq!(words::named(&training(id), 600_000), "ALiBi, 32 tokens (3f9a), after 600,000 tokens of training");
    let here = words::here(&[training(id)], false);
    assert!(here.starts_with("Your model is: ALiBi, 32 tokens (3f9a). "), "{here}");
    assert!(words::gave_way(&[training(id)]).contains(&format!("keeps {MOST_YOURS} models")));
}

#[test]
fn what_cannot_be_used_is_said_with_what_to_do() {
    let said = |unfit| words::unfit("x.txt", &unfit);
    let text = said(Unfit::OtherFormat);
    assert_eq!(
        text,
        "x.txt is not a safetensors file. Load a file that you saved under “Weights” on this page, or one from its native trainer."
    );
    assert!(said(Unfit::Cut).contains("cut short") && said(Unfit::Cut).contains("Save it again"));
    assert!(said(Unfit::Vocabulary(2_048)).contains("2,048 tokens; this page’s has 1,024."));
    assert!(said(Unfit::TrainLength(16_384)).contains("trained at 16,384 tokens"));
    assert!(said(Unfit::Method("fire".into())).contains("“fire”"));
    assert!(said(Unfit::TooLarge(17_000_000)).contains("17,000,000 bytes; this page reads at most 16,000,000."));
    let reason = || Reason::Said { detail: "tensor ln_f.bias: missing".into() }.into();
    let corrupt = words::refused("y", &Failure::Corrupt { file: "id".into(), reason: reason() });
    assert!(corrupt.starts_with("y does not hold the weights that it claims (tensor ln_f.bias: missing). "), "{corrupt}");
    assert!(!corrupt.contains("Reload"));
    let broken = words::refused("y", &Failure::Engine { reason: reason() });
    assert!(broken.starts_with("y could not be tried: The engine broke down"), "{broken}");
}
