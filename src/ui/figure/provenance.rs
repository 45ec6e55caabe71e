//! Which engine computed what is shown, and how fast.

use leptos::prelude::*;

use crate::ui::figure::curves::{CurvePoint, speed};
use crate::ui::figure::words;

/// One line per engine among the points, with `data-engine`.
#[component]
pub fn Provenance(
    /// The points shown.
    #[prop(into)]
    points: Signal<Vec<CurvePoint>>,
) -> impl IntoView {
    move || {
        summaries(&points.get())
            .into_iter()
            .map(|(source, text)| view! { <p class="ran" data-testid="ran" data-engine=source>{text}</p> })
            .collect_view()
    }
}

/// A sentence for each engine that computed any of the points.
fn summaries(points: &[CurvePoint]) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    for (source, name) in [("cpu", words::ON_CPU), ("gpu", words::ON_GPU)] {
        let of: Vec<&CurvePoint> = points.iter().filter(|p| p.source == source).collect();
        let (seconds, tokens) = of.iter().filter_map(|p| p.effort).fold((0.0, 0), |a, e| (a.0 + e.0, a.1 + e.1));
        if of.is_empty() {
            continue;
        }
        let adapter = of.iter().find_map(|p| p.adapter.as_ref());
        out.push((source, words::effort(of.len(), name, adapter, seconds, speed((seconds, tokens)))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BlockSum, Protocol};
    use crate::ui::runs::results::summarise;

    #[test]
    fn time_and_tokens_are_added_per_engine() {
        let block = BlockSum { nll: 3.0, n_targets: 1 };
        let point = |source, effort| CurvePoint {
            text: String::new(),
            model: "alibi-256".into(),
            length: 64,
            protocol: Protocol::Nonoverlapping,
            summary: summarise(&[block], 1).unwrap(),
            source,
            adapter: (source == "gpu").then(|| "SwiftShader".into()),
            effort: Some(effort),
        };
        let said = summaries(&[point("cpu", (1.5, 6_000)), point("gpu", (1.0, 10)), point("cpu", (0.5, 2_000))]);
        assert_eq!(
            said[0],
            ("cpu", "2 points computed on the CPU, in WebAssembly: 2.0 s of work, 4,000 tokens per second.".into())
        );
        assert_eq!(
            said[1].1,
            "1 point computed on the GPU, through WebGPU (SwiftShader): 1.0 s of work, 10 tokens per second."
        );
        assert!(summaries(&[]).is_empty());
    }
}
