//! What readers read of the page around the figures.

use crate::config::{CorpusEntry, ModelConfig};
use crate::ui::format::numbers::thousands;

/// The page's name.
pub const TITLE: &str = "ALiBi, explained by running it";
/// Heading over the question of a figure by itself, where the article has the name of a part.
pub const ALONE: &str = "One figure of it";
/// Before the page's name, under a figure by itself.
pub const FROM: &str = "From ";
/// Above what is said of the address.
pub const ADDRESS: &str = "Parts of this page’s address could not be used as written:";
/// A name in the address that nothing here has.
pub fn no_such(of: &str, name: &str) -> String {
    format!("there is no {of} “{name}” here; it is left out")
}

/// Puts that away.
pub const DISMISS: &str = "Dismiss";
/// Said where a further part of the page could not be had.
pub const NOT_LOADED: &str = "This part of the page could not be loaded. Check the connection and retry.";
/// Ways to embed a figure.
pub const KINDS: &[(&str, &str)] = &[("frame", "Plain frame"), ("script", "Frame that fits its height")];
/// Above the text to paste.
pub const TO_PASTE: &str = "The figure with its present settings, for another page:";
/// What the way to embed is called.
pub const AS: &str = "As";
/// What the text to paste is called.
pub const TEXT_TO_PASTE: &str = "Text to paste";
/// Shows the figure as it will be elsewhere.
pub const PREVIEW: &str = "Preview";
/// Said where a text does not fit into the address of an embed.
pub const TEXT_LEFT_OUT: &str = "A text of yours is too long for an address: the embed shows the one it starts with.";
/// Opens the lesson builder.
pub const MAKE_LESSON: &str = "Make a lesson of this figure";
/// What the lesson builder is for.
pub const LESSON_INTRO: &str = "Set the figure as your students should find it. Then write a question, choose what to hide, and copy what you need. Nothing leaves this machine: the lesson is all in the address.";
/// What the question is called.
pub const LESSON_QUESTION: &str = "Question above the figure, if you want one";
/// What is hidden.
pub const LESSON_HIDE: &str = "Hide";
/// Things of every figure that can be hidden, by name.
pub const LESSON_PARTS: &[(&str, &str)] = &[
    ("controls", "All controls"),
    ("finding", "The sentence that tells the result"),
    ("table", "The table"),
    ("export", "CSV and SVG"),
    ("run", "The button that runs it"),
    ("embed", "The Embed button"),
];
/// Ways to hand on a lesson.
pub const LESSON_KINDS: &[(&str, &str)] = &[
    ("page", "Link to the page"),
    ("alone", "Link to the figure alone"),
    ("frame", "Plain frame"),
    ("script", "Frame that fits its height"),
];
/// What the way to hand on a lesson is called.
pub const LESSON_AS: &str = "Hand it on as";
/// What the text to hand on is called.
pub const LESSON_TEXT: &str = "Lesson to copy";
/// Opens a lesson to look at it.
pub const LESSON_OPEN: &str = "Open in a new tab";
/// After a text was selected that could not be copied.
pub const SELECTED: &str = "Selected. If it was not copied, press Ctrl+C or Command+C.";
/// Said of a lesson in which nothing is asked or hidden.
pub const LESSON_EMPTY: &str = "So far nothing is asked or hidden: this is the figure as it is.";
/// Said of a lesson with an address that some programs cut.
pub const LESSON_LONG: &str = "This address is longer than 2,000 characters, and some programs cut such addresses. Open what you have sent once, or shorten the question.";
/// What the table of models is called.
pub const MODELS: &str = "Trained models";
/// Its caption.
pub const MODELS_CAPTION: &str = "Trained models; validation perplexity at the training length";
/// The heading of its recipes, which stand there where they differ.
pub const RECIPE: &str = "Recipe";
/// Its headings.
pub const COLUMNS: [&str; 8] =
    ["Method", "Trained at", "Parameters", "Tokens seen", "Steps", "Validation", RECIPE, "Log"];
/// Said where the recipes differ.
pub const RECIPES_DIFFER: &str = "The table lists their recipes.";

/// A figure that there is not.
pub fn no_figure(asked: &str) -> String {
    format!("there is no figure {asked}; showing the whole article")
}

/// Notices that are not told.
pub fn and_more(n: usize) -> String {
    format!("and {n} more")
}

/// How long the question of a lesson is.
pub fn question_length(characters: usize, most: usize) -> String {
    format!("{characters} of {most} characters")
}

/// A question that is too long.
pub fn question_too_long(characters: usize, most: usize) -> String {
    format!("The question has {characters} characters, and {most} fit. Take out {}.", characters - most)
}

/// What the preview of an embed is called.
pub fn as_embedded(title: &str) -> String {
    format!("{title}, as embedded")
}

/// What could not be had, where it is the record of the training.
pub fn no_record(reason: &str) -> String {
    format!("The record of the training could not be loaded. {reason}")
}

/// What the models were trained on.
pub fn corpus(corpus: &CorpusEntry) -> String {
    format!(
        "Training text: {} ({}; {}). {} documents, {} tokens; {} more documents were held out: the figures score those. The validation losses in the logs use a third, separate set.",
        corpus.name,
        corpus.source,
        corpus.licence,
        thousands(corpus.train_documents as u64),
        thousands(corpus.train_tokens as u64),
        thousands(corpus.held_out.len() as u64),
    )
}

/// What every model looks like.
pub fn shape(c: &ModelConfig) -> String {
    format!(
        "Each model is a decoder-only transformer with {} layers, width {}, {} heads, feed-forward width {} and a vocabulary of {} pieces.",
        c.n_layer,
        c.d_model,
        c.n_head,
        thousands(c.d_ff as u64),
        thousands(c.n_vocab as u64),
    )
}

/// How every model was trained.
pub fn same_recipe(recipe: &str) -> String {
    format!("All of them were trained by the same recipe: {recipe}.")
}
