//! What a chart says about the place pointed at, and how pointer, touch and keyboard choose that place.

use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

/// A place chosen on a chart: what the pointer is over, else what was pinned by a tap, a click or the keyboard.
#[derive(Debug)]
pub struct ChosenPlace<T: Send + Sync + 'static> {
    hovered: RwSignal<Option<T>>,
    pinned: RwSignal<Option<T>>,
}

impl<T: Send + Sync + 'static> Clone for ChosenPlace<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for ChosenPlace<T> {}

impl<T: Copy + PartialEq + Send + Sync + 'static> ChosenPlace<T> {
    /// Nothing chosen, or `pinned`.
    pub fn new(pinned: Option<T>) -> Self {
        Self { hovered: RwSignal::new(None), pinned: RwSignal::new(pinned) }
    }

    /// The place to tell about. Tracks.
    pub fn get(&self) -> Option<T> {
        self.hovered.get().or(self.pinned.get())
    }

    /// The place to tell about, without tracking.
    pub fn now(&self) -> Option<T> {
        untrack(|| self.get())
    }

    /// Follows a mouse; a finger that moves is scrolling, not pointing.
    pub fn hover(&self, event: &PointerEvent, place: Option<T>) {
        if event.pointer_type() != "touch" && self.hovered.get_untracked() != place {
            self.hovered.set(place);
        }
    }

    /// The pointer has left.
    pub fn leave(&self) {
        if self.hovered.get_untracked().is_some() {
            self.hovered.set(None);
        }
    }

    /// Keeps a place until another is chosen; the same place again lets go of it.
    pub fn pin(&self, place: Option<T>) {
        let again = place.is_some() && self.pinned.get_untracked() == place;
        self.pinned.set(if again { None } else { place });
    }

    /// Moves the choice by keyboard.
    pub fn step_to(&self, place: T) {
        self.hovered.set(None);
        self.pinned.set(Some(place));
    }
}

/// A key that moves a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// A leap up.
    PageUp,
    /// A leap down.
    PageDown,
}

impl Move {
    /// The move that a key asks for; keys held with a modifier belong to the browser.
    pub fn of(event: &KeyboardEvent) -> Option<Self> {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return None;
        }
        Some(match event.key().as_str() {
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "Home" => Self::Home,
            "End" => Self::End,
            "PageUp" => Self::PageUp,
            "PageDown" => Self::PageDown,
            _ => return None,
        })
    }

    /// Index in a row of `count` after this move from `from`; without a start, the first or last.
    pub fn along(self, from: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        let Some(from) = from else {
            return Some(if matches!(self, Self::Left | Self::Down | Self::End) { last } else { 0 });
        };
        Some(match self {
            Self::Left | Self::Down => from.saturating_sub(1),
            Self::Right | Self::Up => (from + 1).min(last),
            Self::Home => 0,
            Self::End => last,
            Self::PageUp => (from + 8).min(last),
            Self::PageDown => from.saturating_sub(8),
        })
    }
}

/// The line under a chart that tells about the chosen place.
#[component]
pub fn Readout(
    /// What to tell; a hint if there is nothing.
    text: Signal<Option<String>>,
    /// What to say while nothing is chosen.
    hint: &'static str,
    /// The longest of what it may tell: its place is kept, for what stands below not to jump under a pointer that moves.
    #[prop(optional, into)]
    longest: Option<Signal<String>>,
) -> impl IntoView {
    view! {
        <p
            class="readout"
            data-testid="readout"
            aria-live="polite"
            class:hint=move || text.read().is_none()
            data-longest=move || longest.map(|longest| longest.get())
        >
            <span>{move || text.get().unwrap_or_else(|| hint.into())}</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_along_and_stop_at_the_ends() {
        assert_eq!(Move::Right.along(Some(3), 5), Some(4));
        assert_eq!(Move::Right.along(Some(4), 5), Some(4));
        assert_eq!(Move::Left.along(Some(0), 5), Some(0));
        assert_eq!(Move::End.along(Some(1), 5), Some(4));
        assert_eq!(Move::Right.along(None, 5), Some(0));
        assert_eq!(Move::Left.along(None, 5), Some(4));
        assert_eq!(Move::Right.along(None, 0), None);
    }

    #[test]
    fn a_second_tap_on_the_same_place_lets_go_of_it() {
        let owner = Owner::new();
        owner.set();
        let choice = ChosenPlace::new(None);
        choice.pin(Some(7));
        assert_eq!(choice.get(), Some(7));
        choice.pin(Some(7));
        assert_eq!(choice.get(), None);
    }
}
