//! The frame around every figure: its anchor, its test handle, its title.

use leptos::prelude::*;

/// `<figure data-figure=id id=id>` with a title above and whatever belongs to the figure inside.
///
/// `state` is `idle|loading|running|done|failed` on figures that compute; `finding` is the one sentence that says
/// what the data show, and follows them.
#[component]
pub fn Figure(
    /// Registry id: anchor, embed value and test handle at once.
    id: &'static str,
    /// Title shown above the figure.
    title: &'static str,
    /// What the figure is doing, on figures that compute.
    #[prop(optional, into)]
    state: Option<Signal<&'static str>>,
    /// The finding, in one sentence.
    #[prop(optional, into)]
    finding: Option<Signal<String>>,
    /// Controls, plot, table.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    view! {
        <figure id=id data-figure=id data-state=move || state.map(|s| s.get()) aria-labelledby=labelled_by>
            <header class="figure-head">
                <h3 id=heading>{title}</h3>
            </header>
            {finding.map(|f| view! { <p class="finding" data-testid="finding">{move || f.get()}</p> })}
            {children()}
        </figure>
    }
}
