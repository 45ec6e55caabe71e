//! The figures, in the page's order: contents, anchors, embeds and the browser tests' loop follow from this list.
//! Only what is known of a figure before it is drawn; what draws them is in [`crate::ui::page::lazy`].

use crate::ui::figure::spec::{Control, FigureSpec};
use crate::ui::figures::{
    attention, bias, cost, early_tokens, extrapolation, generate, methods, paper, reach, train_short, verify, what_if,
};

/// One figure.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stable id: anchor, embed value, test handle.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question it answers: the heading of its section, and the line beside the title in the contents.
    pub question: &'static str,
    /// Height of its embed in a frame of 760 CSS pixels across, CSS pixels, as it opens; a browser test holds it.
    pub height: usize,
}

/// Every figure, in order.
pub static FIGURES: &[Entry] = &[
    Entry {
        id: "extrapolation",
        title: "Perplexity against input length",
        question: "What happens past the training length?",
        height: 990,
    },
    Entry {
        id: methods::SPEC.id,
        title: methods::SPEC.title,
        question: "How does a transformer learn where its tokens stand?",
        height: 1130,
    },
    Entry {
        id: "slopes",
        title: "The slope of every head",
        question: "How strongly does each head prefer what is near?",
        height: 740,
    },
    Entry {
        id: "bias",
        title: "The bias of every query and key",
        question: "What is added to the scores?",
        height: 1680,
    },
    Entry { id: reach::SPEC.id, title: reach::SPEC.title, question: "How far back can a head see?", height: 1740 },
    Entry {
        id: "perplexity",
        title: "The laboratory",
        question: "Does it hold when you measure it yourself?",
        height: 1530,
    },
    Entry {
        id: train_short::SPEC.id,
        title: train_short::SPEC.title,
        question: "How short can you train?",
        height: 810,
    },
    Entry {
        id: early_tokens::SPEC.id,
        title: early_tokens::SPEC.title,
        question: "Why do longer inputs help at all?",
        height: 1270,
    },
    Entry { id: cost::SPEC.id, title: cost::SPEC.title, question: "What does each method cost?", height: 1540 },
    Entry {
        id: what_if::SPEC.id,
        title: what_if::SPEC.title,
        question: "What if you change the positions of a finished model?",
        height: 910,
    },
    Entry {
        id: attention::SPEC.id,
        title: attention::SPEC.title,
        question: "What does the bias do to a sentence?",
        height: 1630,
    },
    Entry {
        id: generate::SPEC.id,
        title: generate::SPEC.title,
        question: "What does collapse look like?",
        height: 1900,
    },
    Entry { id: paper::SPEC.id, title: paper::SPEC.title, question: "What did the paper measure?", height: 750 },
    Entry {
        id: verify::SPEC.id,
        title: verify::SPEC.title,
        question: "Can you trust what your browser computes?",
        height: 610,
    },
];

/// Figures of the laboratory.
pub static LABS: &[&FigureSpec] = &[
    &methods::SPEC,
    &reach::SPEC,
    &train_short::SPEC,
    &early_tokens::SPEC,
    &cost::SPEC,
    &what_if::SPEC,
    &attention::SPEC,
    &generate::SPEC,
    &paper::SPEC,
    &verify::SPEC,
];

/// Settings of the other figures that are kept in the same way.
pub static PLAIN: &[&Control] =
    &[&extrapolation::LENGTH, &extrapolation::WITHOUT, &extrapolation::PREDICT, &extrapolation::GUESS, &bias::SCORES];

/// The control of that name.
pub fn control(key: &str) -> Option<&'static Control> {
    let labs = LABS.iter().flat_map(|spec| spec.controls);
    PLAIN.iter().copied().chain(labs).find(|c| c.key == key)
}

/// Keys of the address that a figure reads, colours apart.
pub fn keys(id: &str) -> Vec<&'static str> {
    let mut keys = match id {
        "extrapolation" => vec!["trained", "without", "predict", "guess", "targets", "engine"],
        "slopes" => vec!["heads", "order"],
        "bias" => vec!["heads", "head", "length", "form", "view", "scores"],
        "perplexity" => vec!["models", "lengths", "protocol", "stride", "targets", "text", "engine"],
        _ => vec!["engine"],
    };
    let spec = LABS.iter().find(|spec| spec.id == id);
    keys.extend(spec.into_iter().flat_map(|spec| spec.controls).map(|c| c.key));
    keys
}

/// The figure of that id.
pub fn by_id(id: &str) -> Option<&'static Entry> {
    FIGURES.iter().find(|f| f.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_fit_for_an_address() {
        for (i, figure) in FIGURES.iter().enumerate() {
            assert!(figure.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", figure.id);
            assert!(FIGURES[..i].iter().all(|f| f.id != figure.id), "{}", figure.id);
            assert_eq!(by_id(figure.id).map(|f| f.title), Some(figure.title));
        }
        assert!(by_id("no-such-figure").is_none());
    }

    #[test]
    fn what_the_site_says_of_its_figures_elsewhere_is_this_list() {
        let listed: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../assets/figures.json")).unwrap();
        assert_eq!(listed.len(), FIGURES.len());
        for (entry, figure) in listed.iter().zip(FIGURES) {
            assert_eq!(
                [&entry["id"], &entry["title"], &entry["question"]].map(|v| v.as_str().unwrap()),
                [figure.id, figure.title, figure.question]
            );
            assert_eq!(entry["height"], figure.height, "{}", figure.id);
        }
    }

    #[test]
    fn every_setting_belongs_to_a_figure_and_has_a_name_of_its_own() {
        let all: Vec<&Control> = PLAIN.iter().copied().chain(LABS.iter().flat_map(|spec| spec.controls)).collect();
        for (i, control) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|c| c.key != control.key), "{}", control.key);
            assert_eq!(FIGURES.iter().filter(|f| keys(f.id).contains(&control.key)).count(), 1, "{}", control.key);
        }
    }
}
