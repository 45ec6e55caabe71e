//! The article's text around the figures. Numbers that stand here are the paper's, each with its table; what was
//! measured with the models of this page is said by the figures themselves, from the data.

use leptos::prelude::*;

/// Text before a figure.
pub fn before(id: &str) -> AnyView {
    match id {
        "extrapolation" => view! {
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
        .into_any(),
        "slopes" => view! {
            <p>
                "In each head, the score of a query for a key that stands " <i>"d"</i> " tokens before it is lowered by "
                <i>"m·d"</i> ". The slope " <i>"m"</i> " differs from head to head, is the same in every layer, and is not "
                "learned (paper, §3). With 8 heads the slopes are 1/2, 1/4, … down to 1/256: the first head hardly sees "
                "past its neighbours, the last one sees far."
            </p>
            <p>
                "The paper gives this rule for head counts that are powers of two. For any other count the authors' code "
                "takes the slopes of the largest power of two below it and fills up with every second slope of the power "
                "above. So the list is not monotone: with 12 heads it falls to 1/256 and then jumps back to 0.7071 (a "
                "common question to the authors). Try it."
            </p>
        }
        .into_any(),
        "bias" => view! {
            <p>
                "The bias goes onto the scores after the query–key product has been divided by √" <i>"D"</i> ", and is not "
                "divided itself (paper, footnote 10). Nothing is added to embeddings or values. Rows are queries, columns "
                "are keys; hatched cells lie in the future and are masked."
            </p>
            <p>
                "The paper writes the bias as −" <i>"m"</i> "(" <i>"i"</i> " − " <i>"j"</i> "). The authors' code adds +"
                <i>"m·j"</i> " instead. Along each row the two differ by a constant, which softmax removes: the attention "
                "weights are the same, as long as the mask keeps the future out."
            </p>
        }
        .into_any(),
        "perplexity" => view! {
            <p>
                "Here you choose what is measured. " <strong>"Nonoverlapping"</strong> " evaluation cuts the text into "
                "inputs of the chosen length and scores each by itself: cheap, and the way the paper's main results were "
                "made, but the first tokens of each input have little before them. A longer input has fewer such tokens, "
                "and its perplexity falls for that reason alone. A " <strong>"sliding window"</strong> " advances by its "
                "stride and scores only the newest tokens, so that each has a long context; every window is computed anew, "
                "which is why small strides take long."
            </p>
        }
        .into_any(),
        _ => ().into_any(),
    }
}

/// Text after a figure.
pub fn after(id: &str) -> AnyView {
    match id {
        "extrapolation" => view! {
            <p>
                "The paper's models have 247 million parameters and read WikiText-103. Trained at 512 tokens and scored in "
                "inputs of 15,512, sinusoidal went from 20.05 to 406.01, rotary from 20.07 to 79.25, and ALiBi from 19.73 to "
                "18.31; the T5 bias was best at 1,112 tokens with 18.77, and ran out of memory beyond 12,512 (paper, Table 2). "
                "The models of this page are far smaller, so compare shapes, not heights."
            </p>
        }
        .into_any(),
        "perplexity" => view! {
            <p>
                "With a sliding window of stride 1, the paper's ALiBi model trained at 512 scores 17.98 at 512 tokens and "
                "18.30 at 3,072 (paper, Table 14): level, but no better. The authors therefore put most of the gain under "
                "nonoverlapping evaluation down to fewer early tokens, not to a use of distant context."
            </p>
        }
        .into_any(),
        _ => ().into_any(),
    }
}

/// What the figures do not show, and what stands behind the text.
pub fn limits() -> AnyView {
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
    .into_any()
}
