//! The text around the bias figure.

use leptos::prelude::*;

/// The question, before the figure.
#[component]
pub fn Before() -> impl IntoView {
    view! {
        <h2>"What is added to the scores?"</h2>
        <p>
            "Take the query at position "<math><mi>"i"</mi></math>" and a key at position "<math><mi>"j"</mi></math>
            ", not after it. A transformer without position information scores the pair by content alone. ALiBi adds a bias, "
            "and then the softmax turns the row of scores into weights:"
        </p>
        <math display="block">
            <mi>"softmax"</mi>
            <mrow>
                <mo>"("</mo>
                <mfrac>
                    <mrow>
                        <msub><mi>"q"</mi><mi>"i"</mi></msub>
                        <mo>"·"</mo>
                        <msub><mi>"k"</mi><mi>"j"</mi></msub>
                    </mrow>
                    <msqrt><mi>"d"</mi></msqrt>
                </mfrac>
                <mo>"−"</mo>
                <mi>"m"</mi>
                <mo>"("</mo>
                <mi>"i"</mi>
                <mo>"−"</mo>
                <mi>"j"</mi>
                <mo>")"</mo>
                <mo>")"</mo>
            </mrow>
        </math>
        <p>
            "Only "<math><mrow><mi>"q"</mi><mo>"·"</mo><mi>"k"</mi></mrow></math>" is divided by "
            <math><msqrt><mi>"d"</mi></msqrt></math>", the root of the head’s dimension. The bias is added afterwards, undivided. "
            "Each row of the map below is a query, each column a key; the hatched half is the causal mask, which is not a bias of 0 but a "
            "prohibition. Positions are counted from 0, as in the code."
        </p>
    }
}

/// What the worked example shows.
#[component]
pub fn Worked() -> impl IntoView {
    view! {
        <p>
            "One query with a few keys, worked out. The scores are an example, not a model’s. Follow one column down: the two sums differ, by "
            <math><mrow><mi>"m"</mi><mo>"·"</mo><mi>"i"</mi></mrow></math>
            ", but by the same number in every column, and so the weights come out equal."
        </p>
    }
}

/// Reasons and sources, after the figure.
#[component]
pub fn After() -> impl IntoView {
    view! {
        <p>
            <strong>"Why the paper’s bias is negative and the code’s positive. "</strong>
            "The paper subtracts "<math><mrow><mi>"m"</mi><mo>"("</mo><mi>"i"</mi><mo>"−"</mo><mi>"j"</mi><mo>")"</mo></mrow></math>
            "; the released code adds "<math><mrow><mi>"m"</mi><mo>"·"</mo><mi>"j"</mi></mrow></math>
            ", the same row of numbers for every query. For one query "<math><mi>"i"</mi></math>
            " the two differ by the constant "<math><mrow><mi>"m"</mi><mo>"·"</mo><mi>"i"</mi></mrow></math>
            ", and softmax does not change when a constant is added to a whole row. This holds because the causal mask keeps later keys out: "
            "without it, the code’s form would prefer the future."
        </p>
        <p>
            <strong>"Equal on paper, not quite in a computer. "</strong>
            "At long inputs "<math><mrow><mi>"m"</mi><mo>"·"</mo><mi>"j"</mi></mrow></math>
            " becomes large just where the weights are large, next to the query, and large floating-point numbers are coarse. In f32 the "
            "difference shown above stays small. In f16 the code’s form with a slope of 1/2 is wrong by 0.5 at position 4096, while "
            <math><mrow><mo>"−"</mo><mi>"m"</mi><mo>"("</mo><mi>"i"</mi><mo>"−"</mo><mi>"j"</mi><mo>")"</mo></mrow></math>
            " rounds only what is far away and hardly counts. The models on this page use the latter."
        </p>
        <p class="sources">
            "Sources: Press, Smith and Lewis, “Train Short, Test Long”, ICLR 2022, §3 with footnotes 9 and 10; the authors’ released code "
            "("<code>"buffered_future_mask"</code>" of fairseq’s transformer). The rounding is computed for this page."
        </p>
    }
}
