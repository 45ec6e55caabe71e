//! A bar chart on a canvas. Every value stands in the drawing and in its accessible name: there is nothing to point at.

use leptos::html;
use leptos::prelude::*;

use crate::chart::{BarChart, Theme, draw_bars};
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{Painter, use_room};
use crate::ui::widgets::visibility::near;

/// Draws `chart` as wide as its place allows and as high as it needs.
#[component]
pub fn BarPlot(
    /// What to draw.
    #[prop(into)]
    chart: Signal<BarChart>,
    /// Id of the element.
    id: String,
) -> impl IntoView {
    let (settings, near) = (use_settings(), near());
    let (place, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let painter = Painter::default();
    let room = use_room(place);
    let height = Memo::new(move |_| chart.with(|c| c.height(room.get().width).ceil()));
    Effect::new(move || {
        let (Some(canvas), width, true) = (canvas.get(), room.get().width, near.get()) else { return };
        let theme = if settings.dark() { Theme::DARK } else { Theme::LIGHT };
        chart.with(|chart| {
            if width > 0.0 {
                painter.paint(&canvas, (width, height.get()), room.get().density, |pen| draw_bars(pen, chart, &theme));
            }
        });
    });
    view! {
        <div class="plot" node_ref=place style="position:relative;width:100%">
            <canvas
                id=id
                node_ref=canvas
                role="img"
                aria-label=move || chart.with(BarChart::words)
                style=move || format!("display:block;width:100%;height:{}px", height.get())
            ></canvas>
        </div>
        {painter.trouble()}
    }
}
