//! The text around the slope figure.

use leptos::prelude::*;

/// The question, before the figure.
#[component]
pub fn Before() -> impl IntoView {
    view! {
        <h2>"How strongly does each head prefer what is near?"</h2>
        <p>
            "ALiBi gives a transformer no position embedding at all. Instead, every attention head subtracts from each score a number "
            "that grows with the distance between query and key. How fast it grows is the head’s "<em>"slope"</em>" "
            <math><mi>"m"</mi></math>
            ": a steep head sees only its neighbourhood, a flat one looks far back. The slopes are the same in every layer and are not "
            "learned; they are fixed before training by the number of heads alone."
        </p>
        <p>
            "For "<math><mi>"n"</mi></math>" heads, "<math><mi>"n"</mi></math>" a power of two, they form a geometric series that starts at "
            <math>
                <msup><mn>"2"</mn><mrow><mo>"−"</mo><mn>"8"</mn><mo>"/"</mo><mi>"n"</mi></mrow></msup>
            </math>
            " and has that same number as its ratio:"
        </p>
        <math display="block">
            <msub><mi>"m"</mi><mi>"h"</mi></msub>
            <mo>"="</mo>
            <msup>
                <mn>"2"</mn>
                <mrow><mo>"−"</mo><mn>"8"</mn><mi>"h"</mi><mo>"/"</mo><mi>"n"</mi></mrow>
            </msup>
            <mo>","</mo>
            <mspace width="1em"></mspace>
            <mi>"h"</mi>
            <mo>"="</mo>
            <mn>"1"</mn>
            <mo>","</mo>
            <mo>"…"</mo>
            <mo>","</mo>
            <mi>"n"</mi>
        </math>
        <p>"What do the other head counts get? Try 12."</p>
    }
}

/// Reasons and sources, after the figure.
#[component]
pub fn After() -> impl IntoView {
    view! {
        <p>
            <strong>"Why 12 heads jump. "</strong>
            "The rule is in the authors’ code, not in the paper’s text: take the series for the largest power of two that fits (8 slopes, "
            "1/2 down to 1/256), then for the heads left over every second slope of the series for twice as many (16 heads: 0.7071, "
            "0.3536, 0.1768, 0.0884). These are appended, so in the authors’ order head 9 starts again near the steep end. Sorted, one sees what "
            "they are for: each falls in the middle, on a logarithmic scale, between two neighbours of the first eight, or above the steepest. "
            "The order does not matter to the model, for heads are interchangeable; it does matter to anyone who compares two implementations."
        </p>
        <p>
            <strong>"Very few heads have flat slopes only. "</strong>
            "The flattest slope is 1/256 for every head count. With one head it is the only one, with two there are 1/16 and "
            "1/256: a toy model with one ALiBi head is nearly free of position."
        </p>
        <p class="sources">
            "Sources: Press, Smith and Lewis, “Train Short, Test Long”, ICLR 2022, §3 (powers of two); "<code>"get_slopes"</code>
            " in the authors’ released code (all other counts)."
        </p>
    }
}
