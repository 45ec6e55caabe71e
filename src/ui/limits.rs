//! What the figures do not show, and what stands behind the text. Every number names its source.

use leptos::prelude::*;

/// What the figures do not show, and what stands behind the text.
#[component]
pub fn Limits() -> impl IntoView {
    view! {
        <section aria-labelledby="limits">
            <h2 id="limits">"Limits and sources"</h2>
            <ul>
                <li>
                    "Perplexity is per token of this page's own tokenizer and cannot be compared with numbers from another "
                    "one; bits per byte, in the tables, can be compared on the same text."
                </li>
                <li>
                    "One model per method was trained, with one seed. The bands show the standard error over blocks of "
                    "the scored text, not the spread between seeds."
                </li>
                <li>
                    "A level curve says that longer inputs do no harm, not that the model uses what stands far back."
                </li>
                <li>
                    "Without extrapolation ALiBi does not always win: in the paper sinusoidal is ahead at training lengths "
                    "64 (28.03 against 28.46) and 128 (23.81 against 23.98), ALiBi from 256 on (21.29 against 21.45; Table 5)."
                </li>
                <li>
                    "Other measures tell another story. Scored on the last tokens of a growing context, a 1.3-billion "
                    "code model with ALiBi trained at 1,024 tokens rises from 2.7 to 150 at 2,560 tokens ("
                    <a href="https://arxiv.org/abs/2305.19466" rel="noopener">"Kazemnejad et al. 2023"</a>", appendix F)."
                </li>
            </ul>
            <p>
                "Sources: "
                <a href="https://arxiv.org/abs/2108.12409" rel="noopener">"O. Press, N. A. Smith, M. Lewis, Train Short, Test Long: "
                "Attention with Linear Biases Enables Input Length Extrapolation, ICLR 2022"</a>
                " (“the paper” above) and "
                <a href="https://github.com/ofirpress/attention_with_linear_biases" rel="noopener">"the authors' code"</a>"."
            </p>
        </section>
    }
}
