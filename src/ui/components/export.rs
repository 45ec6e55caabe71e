//! Buttons that hand the reader a figure's data and drawing.

use leptos::prelude::*;

/// CSV and SVG of a figure. `stem` is the file name without its ending; `svg` is absent where there is no drawing.
#[component]
pub fn Export(
    /// File name without its ending.
    stem: Signal<String>,
    /// The whole data, read on a click.
    csv: Signal<String>,
    /// The drawing, read on a click.
    svg: Signal<Option<String>>,
) -> impl IntoView {
    let _ = (stem, csv, svg);
}
