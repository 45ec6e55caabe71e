//! The text around the first figure. Numbers that stand here are the paper's, each with its table; what was measured
//! with the models of this page is said by the figure itself, from the data.

use leptos::prelude::*;

/// The question, before the figure.
#[component]
pub fn Before() -> impl IntoView {
    view! {
        <h2>"What happens past the training length?"</h2>
        <p>
            "Perplexity says how surprised a model is by each next token of a text it has never seen: lower is better, "
            "and a model that chose evenly among four tokens would score 4. Below, the same models score the same "
            "tokens again and again, each time cut into longer inputs. All of them were trained on inputs of one "
            "length, marked in the figure. Left of the mark, longer inputs help, since more tokens have something "
            "before them to go by. Right of it, every model meets positions and distances it has never been trained on."
        </p>
        <p>
            "The models differ in one thing only: how they learn where a token stands. The "<em>"sinusoidal"</em>
            " model adds a vector for each position to the token's embedding; the "<em>"rotary"</em>" one turns "
            "queries and keys by an angle that grows with the position; "<em>"ALiBi"</em>" and the "<em>"T5 bias"</em>
            " add a number to each attention score that depends on the distance alone, fixed in ALiBi, learned in T5."
        </p>
    }
}

/// The paper's result, after the figure.
#[component]
pub fn After() -> impl IntoView {
    view! {
        <p>
            "The paper's models have 247 million parameters and read WikiText-103. Trained at 512 tokens and scored in "
            "inputs of 15,512, sinusoidal went from 20.05 to 406.01, rotary from 20.07 to 79.25, and ALiBi from 19.73 to "
            "18.31; the T5 bias was best at 1,112 tokens with 18.77, and ran out of memory beyond 12,512 (paper, Table 2). "
            "The models of this page are far smaller, so compare shapes, not heights."
        </p>
    }
}
