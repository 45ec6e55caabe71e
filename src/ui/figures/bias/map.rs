//! The heatmap on its canvas, with a readout by pointer, touch and keyboard.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, MouseEvent};

use crate::chart::{Cell, ChartError, HeatLayout, Heatmap, Theme, draw_heatmap, heat_colours, raster};
use crate::ui::figures::bias::words;
use crate::ui::runs::assets::words as reason;
use crate::ui::settings::state::use_settings;
use crate::ui::widgets::canvas::{Painter, use_room};
use crate::ui::widgets::readout::{ChosenPlace, Move, Readout};
use crate::ui::widgets::visibility::near;

use crate::ui::figures::bias::data::{Shown, describe};

/// Device pixels per CSS pixel of the cells, at most: finer ones would cost the 50 ms that a slider step may take.
const MAX_DENSITY: f64 = 2.0;

/// Draws `heatmap`, whose setting is `at`.
#[component]
pub fn Map(
    /// What to draw.
    heatmap: Signal<Heatmap>,
    /// What it was made from.
    at: Signal<Shown>,
) -> impl IntoView {
    let settings = use_settings();
    let (place, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let painter = Painter::default();
    let room = use_room(place);
    let layout = Memo::new(move |_| heatmap.with(|heatmap| HeatLayout::of(heatmap, room.get().width).ok()));
    let near = near();
    Effect::new(move || {
        if !near.get() {
            return;
        }
        // Tracked before the layout, which depends on it: reactive_graph 0.2.16 asks an effect's sources in the order
        // of their first use, and forgets that the map has changed if the layout asks it first and stays as it was.
        heatmap.track();
        let (Some(canvas), Some(layout)) = (canvas.get(), layout.get()) else { return };
        let theme = if settings.dark() { Theme::DARK } else { Theme::LIGHT };
        let density = room.get().density.min(MAX_DENSITY);
        heatmap.with(|heatmap| {
            painter.paint(&canvas, (room.get().width, layout.height), density, |pen| {
                draw_heatmap(pen, heatmap, &theme)?;
                cells(&canvas, heatmap, &layout, &theme, density)
            });
        });
    });

    let choice = ChosenPlace::<Cell>::new(None);
    // A choice made in a longer sequence, or among more heads, may lie outside of what is shown now.
    let chosen = move || {
        choice.get().filter(|c| heatmap.with(|h| c.map < h.maps.len() && c.query < h.length && c.key < h.length))
    };
    let under = move |event: &MouseEvent| {
        layout
            .with_untracked(|layout| layout.as_ref()?.cell_at(f64::from(event.offset_x()), f64::from(event.offset_y())))
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let Some(step) = Move::of(&event) else { return };
        event.prevent_default();
        let (length, maps) = heatmap.with_untracked(|h| (h.length, h.maps.len()));
        choice.step_to(untrack(chosen).map_or_else(|| start(length), |cell| moved(cell, step, length, maps)));
    };
    let text = Signal::derive(move || chosen().map(|cell| heatmap.with(|heatmap| describe(&at.get(), heatmap, cell))));
    let cursor = move || {
        let square = layout.with(|layout| layout.as_ref()?.place(chosen()?))?;
        // A cell thinner than a hair is still marked by a frame that can be seen.
        let grow = ((9.0 - square.side) / 2.0).max(1.0);
        let side = square.side + 2.0 * grow;
        Some(view! {
            <div
                class="cell-cursor"
                aria-hidden="true"
                style=format!(
                    "position:absolute;pointer-events:none;box-sizing:border-box;border:2px solid currentColor;outline:1px solid Canvas;\
                     left:{:.1}px;top:{:.1}px;width:{side:.1}px;height:{side:.1}px",
                    square.x - grow,
                    square.y - grow,
                )
            ></div>
        })
    };
    let label = move || {
        at.with(|at| words::map(at.view, at.head + 1, at.heads, at.length, at.form))
    };
    view! {
        <div class="plot" node_ref=place style="position:relative;width:100%">
            <canvas
                id="bias-plot"
                node_ref=canvas
                role="application"
                aria-roledescription=words::HEATMAP
                aria-label=label
                tabindex="0"
                style=move || {
                    let height = layout.with(|layout| layout.as_ref().map_or(0.0, |l| l.height));
                    format!("display:block;width:100%;height:{height}px;touch-action:pan-y")
                }
                on:pointermove=move |event| choice.hover(&event, under(&event))
                on:pointerleave=move |_| choice.leave()
                on:click=move |event| choice.pin(under(&event))
                on:keydown=on_key
            ></canvas>
            {cursor}
        </div>
        {painter.trouble()}
        <Readout text=text hint=words::HINT />
    }
}

/// Where the keyboard starts: query and key a little apart, near the middle.
fn start(length: usize) -> Cell {
    Cell { map: 0, query: length / 2, key: length / 4 }
}

/// The cell after a move by keyboard: arrows by one cell, Home and End to the ends of the row, Page Up and Page Down
/// by an eighth of the sequence. Past the end of a row lies the same row of the next head's map.
fn moved(cell: Cell, step: Move, length: usize, maps: usize) -> Cell {
    let (last, leap) = (length - 1, (length / 8).max(1));
    let Cell { map, query, key } = cell;
    let (query, key) = match step {
        Move::Left if key == 0 && map > 0 => return Cell { map: map - 1, query, key: last },
        Move::Right if key == last && map + 1 < maps => return Cell { map: map + 1, query, key: 0 },
        Move::Left => (query, key.saturating_sub(1)),
        Move::Right => (query, (key + 1).min(last)),
        Move::Up => (query.saturating_sub(1), key),
        Move::Down => ((query + 1).min(last), key),
        Move::Home => (query, 0),
        Move::End => (query, last),
        Move::PageUp => (query.saturating_sub(leap), key),
        Move::PageDown => ((query + leap).min(last), key),
    };
    Cell { map, query, key }
}

/// Puts each map's cells on the canvas, as one image per map.
fn cells(
    canvas: &HtmlCanvasElement,
    heatmap: &Heatmap,
    layout: &HeatLayout,
    theme: &Theme,
    density: f64,
) -> Result<(), ChartError> {
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return Err(ChartError::Backend("this canvas gives no drawing context".into())) };
    let colours = heat_colours(theme);
    for (map, square) in layout.squares.iter().enumerate() {
        let pixels = (square.side * density).round().max(1.0) as usize;
        let picture = raster(heatmap, map, &colours, pixels, (2.0 * density).round() as usize).rgba();
        let side = pixels as u32;
        ImageData::new_with_u8_clamped_array_and_sh(Clamped(&picture), side, side)
            .and_then(|image| {
                context.put_image_data(&image, (square.x * density).round(), (square.y * density).round())
            })
            .map_err(|error| ChartError::Backend(reason(error)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside_the_map() {
        let cell = Cell { map: 2, query: 0, key: 63 };
        for step in [Move::Up, Move::Right, Move::PageUp, Move::End] {
            assert_eq!(moved(cell, step, 64, 3), cell, "{step:?}");
        }
        assert_eq!(moved(cell, Move::PageDown, 64, 3), Cell { query: 8, ..cell });
        assert_eq!(moved(cell, Move::Home, 64, 3), Cell { key: 0, ..cell });
        assert_eq!(moved(Cell { query: 63, ..cell }, Move::Down, 64, 3).query, 63);
    }

    #[test]
    fn past_the_end_of_a_row_lies_the_next_head() {
        let cell = Cell { map: 1, query: 5, key: 63 };
        assert_eq!(moved(cell, Move::Right, 64, 3), Cell { map: 2, query: 5, key: 0 });
        assert_eq!(moved(Cell { map: 2, query: 5, key: 0 }, Move::Left, 64, 3), cell);
        assert_eq!(moved(cell, Move::Right, 64, 2), cell);
        assert_eq!(moved(Cell { map: 0, query: 5, key: 0 }, Move::Left, 64, 3).map, 0);
    }

    #[test]
    fn the_keyboard_starts_at_a_cell_that_exists() {
        for length in [2, 3, 4096] {
            let cell = start(length);
            assert!(cell.key <= cell.query && cell.query < length);
        }
    }
}
