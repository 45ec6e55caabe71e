//! One folder per figure, and the list of them in the page's order: modules, contents, anchors, embeds, the second WASM
//! file and the browser tests' loop follow from it. A folder holds a `SPEC` (what is known before it is drawn), a
//! `DRAWING`, and the text around it in `before.html` and `after.html`.

use leptos::prelude::AnyView;

use crate::ui::figure::spec::{Drawing, FigureSpec};

macro_rules! figures {
    ($($name:ident,)*) => {
        $(pub mod $name;)*

        /// Every figure, in order.
        pub static FIGURES: &[&FigureSpec] = &[$(&$name::SPEC,)*];

        /// How each of them is drawn, in the same order. Naming this brings every figure's code along.
        pub static DRAWINGS: &[&Drawing] = &[$(&$name::DRAWING,)*];
    };
}

figures! {
    opening,
    idea,
    bias,
    slopes,
    attention,
    methods,
    extrapolation,
    early_tokens,
    reach,
    recall,
    cost,
    what_if,
    generate,
    train_short,
    train,
    perplexity,
    paper,
    verify,
}

/// A figure and how it is drawn.
type Drawn = (&'static FigureSpec, fn() -> AnyView);

/// How those are drawn that have a file of their own.
pub static APART: &[Drawn] =
    &[(&recall::SPEC, recall::draw), (&train::SPEC, train::draw), (&perplexity::SPEC, perplexity::draw)];

/// Whether a figure has a file of its own. This names none of its code.
pub fn is_apart(id: &str) -> bool {
    [recall::SPEC.id, train::SPEC.id, perplexity::SPEC.id].contains(&id)
}

/// The figure of that id.
pub fn by_id(id: &str) -> Option<&'static FigureSpec> {
    FIGURES.iter().copied().find(|f| f.id == id)
}

#[cfg(test)]
pub mod answers_tests;

#[cfg(test)]
mod yours_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_apart_is_drawn_there_and_only_there() {
        for (figure, drawing) in FIGURES.iter().zip(DRAWINGS) {
            let apart = matches!(drawing, Drawing::Apart);
            assert_eq!(
                (is_apart(figure.id), APART.iter().any(|a| a.0.id == figure.id)),
                (apart, apart),
                "{}",
                figure.id
            );
        }
    }

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
    fn every_setting_is_the_own_one_of_a_single_figure() {
        let mut seen: Vec<&str> = Vec::new();
        for control in FIGURES.iter().flat_map(|f| f.controls) {
            assert!(!seen.contains(&control.key), "{}", control.key);
            seen.push(control.key);
        }
    }

    #[test]
    fn every_setting_starts_at_a_value_that_it_accepts() {
        for control in FIGURES.iter().flat_map(|f| f.reads()) {
            let checked = control.check(control.default);
            assert_eq!((checked.value.as_str(), checked.notices.len()), (control.default, 0), "{}", control.key);
        }
    }
}
