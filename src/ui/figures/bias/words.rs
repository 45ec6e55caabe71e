//! Everything that a reader of the figure `bias` can read, but for the prose around it. What can be chosen is declared
//! here too, for a choice is its name in addresses with its label.

use crate::choices;
use crate::ui::format::numbers::thousands;

/// Title.
pub const TITLE: &str = "The bias of every query and key";
/// Question.
pub const QUESTION: &str = "What does every query see?";

/// Setting: the head.
pub const HEAD: &str = "Head shown";
/// Setting: the length.
pub const LENGTH: &str = "Sequence length, tokens";
/// Setting: the form.
pub const FORM: &str = "Form";
/// Setting: the view.
pub const VIEW: &str = "View";
/// Setting: the scores of the worked example.
pub const SCORES: &str = "Example scores";

choices! {
    /// Which of the two equivalent biases is shown.
    Form {
        /// −m(i − j), as the paper writes it.
        Paper = ("paper", "paper: −m(i − j)"),
        /// +m·j, as the authors' code adds it.
        Code = ("code", "code: +m·j"),
    }
}

choices! {
    /// One head, or all of them as small multiples.
    View {
        /// The head of the setting.
        One = ("one", "one head"),
        /// Every head.
        All = ("all", "all heads"),
    }
}

choices! {
    /// Content scores of the example.
    Scores {
        /// Uneven, so that content and distance compete.
        Uneven = ("uneven", "uneven"),
        /// All zero, so that the bias acts alone.
        Equal = ("equal", "all equal"),
    }
}

/// What the drawing is.
pub const HEATMAP: &str = "heatmap";
/// How the drawing is read out.
pub const HINT: &str = "Point at a cell, tap it, or move with the arrow keys. Past the end of a row comes the next head.";

/// Heading of the worked example.
pub const EXAMPLE: &str = "Scores + bias → softmax";
/// What it is, as HTML.
pub const EXAMPLE_HTML: &str = "One query and a few keys, worked out. The scores are made up, not a model’s. Follow one column down: \
     the two sums differ by <i>m</i>·<i>i</i>, the same number in every column, so the weights come out equal.";
/// Before the length, in the sentence on both forms' weights.
pub const OVER_ALL: &str = "Over all ";
/// Between length and difference.
pub const DIFFER: &str = " keys of the last query, in f32, the weights of the two forms differ by at most ";
/// After the difference.
pub const STOP: &str = ".";

/// Heading of the steps.
pub const STEP: &str = "Step";
/// The steps: score; bias, sum and weight in the paper's form; the same in the code's; what the weights differ by.
pub const STEPS: [&str; 8] = [
    "Example score q·k/√D",
    "Paper: bias −m(i − j)",
    "Paper: score + bias",
    "Paper: weight",
    "Code: bias +m·j",
    "Code: score + bias",
    "Code: weight",
    "Difference of the weights",
];

/// A head of the map that shows one; heads count from 1.
pub fn head_and_slope(head: usize, slope: &str) -> String {
    format!("Head {head}, slope {slope}")
}

/// A head of the map that shows all.
pub fn short_head_and_slope(head: usize, slope: &str) -> String {
    format!("{head}: {slope}")
}

/// The drawing for those who do not see it: "Heatmap of the bias of head 1 of 8 for 64 tokens, paper’s form".
pub fn map(view: View, head: usize, heads: usize, length: usize, form: Form) -> String {
    let heads = match view {
        View::All => format!("all {heads} heads"),
        View::One => format!("head {head} of {heads}"),
    };
    let form = match form {
        Form::Paper => "paper’s form",
        Form::Code => "code’s form",
    };
    format!("Heatmap of the bias of {heads} for {} tokens, {form}", thousands(length as u64))
}

/// One cell: "query 12, key 3, distance 9, bias −4.5"; with its head where all are shown, without a bias where masked.
pub fn cell(head: Option<usize>, query: usize, key: usize, distance_and_bias: Option<(usize, String)>) -> String {
    let head = head.map_or(String::new(), |head| format!("head {head}, "));
    let [query, key] = [query, key].map(|n| thousands(n as u64));
    match distance_and_bias {
        Some((distance, bias)) => {
            let distance = thousands(distance as u64);
            format!("{head}query {query}, key {key}, distance {distance}, bias {bias}")
        }
        None => format!("{head}query {query}, key {key}: masked, because a query never sees what comes after it"),
    }
}

/// What both forms' weights differ by; nothing where they are the same.
pub fn same(difference: Option<&str>) -> String {
    match difference {
        None => "Both forms give exactly the same attention weights".into(),
        Some(d) => format!("Both forms give the same attention weights, to within {d}"),
    }
}

/// Finding on all heads, from the steepest and the flattest of them: reach in tokens, and slope.
pub fn all_heads(heads: usize, steepest: (usize, &str), flattest: (usize, &str), same: &str) -> String {
    format!(
        "With equal scores, a key’s weight falls below 1 % of the nearest one’s after {} tokens in the steepest of the {heads} heads (slope {}) and \
         after {} in the flattest (slope {}). {same}.",
        thousands(steepest.0 as u64), steepest.1, thousands(flattest.0 as u64), flattest.1,
    )
}

/// The head that a finding is of.
pub fn one_head(head: usize, heads: usize, slope: &str) -> String {
    format!("Head {head} of {heads} (slope {slope})")
}

/// Finding where far keys weigh next to nothing: `most` is the largest bias, `reach` is in tokens.
pub fn fades(head: &str, most: &str, reach: usize, same: &str) -> String {
    format!(
        "{head} takes up to {most} off a score. With equal scores, anything {} or more tokens back keeps less than 1 % of the nearest \
         key’s weight. {same}.",
        thousands(reach as u64)
    )
}

/// Finding where the farthest key keeps so many per cent.
pub fn stays(head: &str, most: &str, length: usize, percent: &str, same: &str) -> String {
    format!(
        "{head} takes at most {most} off a score within these {} tokens. With equal scores, even the farthest key keeps {percent} % of the nearest \
         one’s weight. {same}.",
        thousands(length as u64)
    )
}

/// Finding on the code's form.
pub fn rises(head: &str, most: &str, same: &str) -> String {
    format!("{head} adds 0 to the first key and up to {most} to the last, the same for every query. {same}.")
}

/// What indexes a row of the table: as its heading, and in a sentence.
pub fn index(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Paper => ("Distance", "distance"),
        Form::Code => ("Key", "key"),
    }
}

/// Heading of a head's column.
pub fn bias_of_head(head: usize) -> String {
    format!("Bias of head {head}")
}

/// Caption of the table, which has every index or a sample.
pub fn caption(form: Form, all: bool) -> String {
    format!("Bias by {}{}", index(form).1, if all { "" } else { " (an evenly spread sample; the CSV has all of it)" })
}

/// Heading of a key's column.
pub fn key(key: usize) -> String {
    format!("Key {key}")
}

/// Caption of the worked example.
pub fn example_caption(query: usize, keys: usize) -> String {
    format!("Query {query} and the {keys} keys it sees")
}

/// A caption with the head that it is of.
pub fn with_head(caption: &str, head: usize) -> String {
    format!("{caption}, head {head}")
}
