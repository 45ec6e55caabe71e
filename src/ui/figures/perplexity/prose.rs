//! The text around the laboratory figure. Numbers that stand here are the paper's, each with its table; what was measured
//! with the models of this page is said by the figure itself, from the data.

use leptos::prelude::*;

/// The question, before the figure.
#[component]
pub fn Before() -> impl IntoView {
    view! {
        <h2>"Does it hold when you measure it yourself?"</h2>
        <p>
            "Here you choose what is measured. " <strong>"Nonoverlapping"</strong> " evaluation cuts the text into "
            "inputs of the chosen length and scores each by itself: cheap, and the way the paper's main results were "
            "made, but the first tokens of each input have little before them. A longer input has fewer such tokens, "
            "and its perplexity falls for that reason alone. A " <strong>"sliding window"</strong> " advances by its "
            "stride and scores only the newest tokens, so that each has a long context; every window is computed anew, "
            "which is why small strides take long."
        </p>
    }
}

/// The paper's result, after the figure.
#[component]
pub fn After() -> impl IntoView {
    view! {
        <p>
            "With a sliding window of stride 1, the paper's ALiBi model trained at 512 scores 17.98 at 512 tokens and "
            "18.30 at 3,072 (paper, Table 14): level, but no better. The authors therefore put most of the gain under "
            "nonoverlapping evaluation down to fewer early tokens, not to a use of distant context."
        </p>
    }
}
