//! The figures, in the page's order: contents, anchors, embeds and the browser tests' loop follow from this list.

use leptos::prelude::*;

use super::figures::{
    attention, bias, cost, early_tokens, extrapolation, generate, methods, paper, perplexity, reach, slopes,
    train_short, verify, what_if,
};
use super::lab::view::Laboratory;
use super::lab::{Control, Lab};

/// One figure.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Stable id: anchor, embed value, test handle.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question it answers: the heading of its section, and the line beside the title in the contents.
    pub question: &'static str,
    /// Makes it, with the text around it.
    pub render: fn() -> AnyView,
}

/// Every figure, in order.
pub static FIGURES: &[Entry] = &[
    Entry {
        id: "extrapolation",
        title: "Perplexity against input length",
        question: "What happens past the training length?",
        render: || view! { <extrapolation::Extrapolation /> }.into_any(),
    },
    Entry {
        id: methods::LAB.id,
        title: methods::LAB.title,
        question: "How does a transformer learn where its tokens stand?",
        render: || view! { <Laboratory lab=&methods::LAB /> }.into_any(),
    },
    Entry {
        id: "slopes",
        title: "The slope of every head",
        question: "How strongly does each head prefer what is near?",
        render: || view! { <slopes::Slopes /> }.into_any(),
    },
    Entry {
        id: "bias",
        title: "The bias of every query and key",
        question: "What is added to the scores?",
        render: || view! { <bias::Bias /> }.into_any(),
    },
    Entry {
        id: reach::LAB.id,
        title: reach::LAB.title,
        question: "How far back can a head see?",
        render: || view! { <Laboratory lab=&reach::LAB /> }.into_any(),
    },
    Entry {
        id: "perplexity",
        title: "The laboratory",
        question: "Does it hold when you measure it yourself?",
        render: || view! { <perplexity::Perplexity /> }.into_any(),
    },
    Entry {
        id: train_short::LAB.id,
        title: train_short::LAB.title,
        question: "How short can you train?",
        render: || view! { <Laboratory lab=&train_short::LAB /> }.into_any(),
    },
    Entry {
        id: early_tokens::LAB.id,
        title: early_tokens::LAB.title,
        question: "Why do longer inputs help at all?",
        render: || view! { <Laboratory lab=&early_tokens::LAB /> }.into_any(),
    },
    Entry {
        id: cost::LAB.id,
        title: cost::LAB.title,
        question: "What does each method cost?",
        render: || view! { <Laboratory lab=&cost::LAB /> }.into_any(),
    },
    Entry {
        id: what_if::LAB.id,
        title: what_if::LAB.title,
        question: "What if you change the positions of a finished model?",
        render: || view! { <Laboratory lab=&what_if::LAB /> }.into_any(),
    },
    Entry {
        id: attention::LAB.id,
        title: attention::LAB.title,
        question: "What does the bias do to a sentence?",
        render: || view! { <Laboratory lab=&attention::LAB /> }.into_any(),
    },
    Entry {
        id: generate::LAB.id,
        title: generate::LAB.title,
        question: "What does collapse look like?",
        render: || view! { <Laboratory lab=&generate::LAB /> }.into_any(),
    },
    Entry {
        id: paper::LAB.id,
        title: paper::LAB.title,
        question: "What did the paper measure?",
        render: || view! { <Laboratory lab=&paper::LAB /> }.into_any(),
    },
    Entry {
        id: verify::LAB.id,
        title: verify::LAB.title,
        question: "Can you trust what your browser computes?",
        render: || view! { <Laboratory lab=&verify::LAB /> }.into_any(),
    },
];

/// Figures of the laboratory.
pub static LABS: &[&Lab] = &[
    &methods::LAB,
    &reach::LAB,
    &train_short::LAB,
    &early_tokens::LAB,
    &cost::LAB,
    &what_if::LAB,
    &attention::LAB,
    &generate::LAB,
    &paper::LAB,
    &verify::LAB,
];

/// The control of that name.
pub fn control(key: &str) -> Option<&'static Control> {
    LABS.iter().flat_map(|lab| lab.controls).find(|c| c.key == key)
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
}
