//! A canvas that follows the width of its place, the screen's density and the page's colours.

use leptos::html;
use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlCanvasElement, MediaQueryList, ResizeObserver, ResizeObserverEntry};

use crate::chart::{ChartError, Pen};
use crate::ui::widgets::attempt::attempt;
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::words;

/// Densities beyond this cost memory and show nothing more.
const MAX_DENSITY: f64 = 4.0;

/// Room to draw in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Width of the place, CSS pixels; 0 before the first measurement.
    pub width: f64,
    /// Device pixels per CSS pixel.
    pub density: f64,
}

/// The width of an element and the density of the screen, kept up to date.
pub fn use_room(place: NodeRef<html::Div>) -> Signal<Room> {
    let room = RwSignal::new(Room { width: 0.0, density: density() });
    let become_wide = move |width: f64| {
        let now = Room { width, density: density() };
        if room.try_get_untracked().is_some_and(|was| was != now) {
            room.set(now);
        }
    };
    let measure = move || {
        if let Some(place) = place.try_get_untracked().flatten() {
            become_wide(f64::from(place.client_width()));
        }
    };

    let held = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut(js_sys::Array)>)>);
    Effect::new(move || {
        let Some(place) = place.get() else { return };
        // The observer tells the width at first, too, without the layout that asking for it would force. Heard in the next
        // frame: a drawing changes its place's height, and a layout that changes while sizes are being told is an error to
        // browsers ("ResizeObserver loop completed with undelivered notifications").
        let on_resize = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let entry: ResizeObserverEntry = entries.get(entries.length().saturating_sub(1)).unchecked_into();
            let width = entry.content_rect().width().round();
            request_animation_frame(move || become_wide(width));
        });
        match ResizeObserver::new(on_resize.as_ref().unchecked_ref()) {
            Ok(observer) => {
                observer.observe(&place);
                held.set_value(Some((observer, on_resize)));
            }
            Err(_) => measure(),
        }
    });
    // Zooming and moving to another screen change the density without changing the width.
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    let screen = StoredValue::new_local(None::<(MediaQueryList, Closure<dyn FnMut()>)>);
    // What listens no more is told nothing more: a list outlives what held it, and printing changes them all.
    let unheard = move || {
        screen.try_with_value(|s| s.as_ref().inspect(|(list, _)| list.set_onchange(None)).is_some());
    };
    Effect::new(move || {
        let query = format!("(resolution: {}dppx)", room.get().density);
        unheard();
        if let Ok(Some(list)) = window().match_media(&query) {
            let on_change = Closure::<dyn FnMut()>::new(measure);
            list.set_onchange(Some(on_change.as_ref().unchecked_ref()));
            screen.set_value(Some((list, on_change)));
        }
    });
    on_cleanup(move || {
        resized.remove();
        unheard();
        held.try_with_value(|held| held.as_ref().inspect(|(observer, _)| observer.disconnect()).is_some());
    });
    room.into()
}

fn density() -> f64 {
    window().device_pixel_ratio().clamp(0.5, MAX_DENSITY)
}

/// What drawings on one canvas come to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Painter {
    /// What was said of the last one, if it broke down.
    broken: RwSignal<Option<String>>,
    /// How often the reader has asked for it again.
    again: RwSignal<usize>,
}

impl Painter {
    /// Gives the canvas a size of `(width, height)` CSS pixels at the room's density and draws on it. Called in an effect, which
    /// runs again when the reader asks for that.
    pub fn paint(
        self,
        canvas: &HtmlCanvasElement,
        (width, height): (f64, f64),
        density: f64,
        draw: impl FnOnce(&mut Pen<'_, CanvasBackend>) -> Result<(), ChartError>,
    ) {
        self.again.track();
        kept_by_cpu(canvas);
        // Setting the size clears the canvas, even to the same size.
        canvas.set_width((width * density).round().max(1.0) as u32);
        canvas.set_height((height * density).round().max(1.0) as u32);
        let (mut draw, mut outcome) = (Some(draw), Ok(()));
        // A canvas that throws, or a drawing that panics, takes nothing else with it.
        let called = attempt(&mut || {
            let Some(draw) = draw.take() else { return };
            outcome = CanvasBackend::with_canvas_object(canvas.clone())
                .ok_or_else(|| ChartError::Backend("this canvas gives no drawing context".into()))
                .and_then(|mut backend| draw(&mut Pen::new(&mut backend, density)));
        });
        let broken = match (called, outcome) {
            (Err(reason), _) | (_, Err(ChartError::Backend(reason))) => Some(reason),
            // A place too narrow to draw in is no fault: the table beside it has the numbers.
            (_, Err(ChartError::TooSmall { .. }) | Ok(())) => None,
        };
        if self.broken.with_untracked(|before| *before != broken) {
            self.broken.set(broken);
        }
    }

    /// Says that the drawing broke down, with a button to draw it again.
    pub fn trouble(self) -> impl IntoView {
        let trouble = Signal::derive(move || self.broken.get().map(|reason| words::undrawn(&reason)));
        view! {
            <ErrorBanner
                trouble=trouble
                retry=move |()| self.again.update(|n| *n += 1)
                handles=("drawing-failure", "redraw")
            />
        }
    }
}

/// Makes the canvas's drawing context, which is made once, one whose pixels the CPU keeps: these drawings are small and
/// many, and WebKit takes two to three times as long where it hands each to a GPU.
fn kept_by_cpu(canvas: &HtmlCanvasElement) {
    let options = js_sys::Object::new();
    // A plain object takes any property; a browser that does not know it passes it over.
    let _ = js_sys::Reflect::set(&options, &"willReadFrequently".into(), &true.into());
    let _ = canvas.get_context_with_context_options("2d", &options);
}
