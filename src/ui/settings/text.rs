//! Texts of the reader's own, held to a length.

use crate::ui::settings::words;

/// Bytes around a cut that are shown.
const AROUND: usize = 24;

/// Which part of a text is kept where it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncate {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// At most that many bytes of a text, whole characters, and a sentence that says where it was cut, if it was.
pub fn truncate(text: &str, limit: usize, keep: Truncate) -> (&str, Option<String>) {
    if text.len() <= limit {
        return (text, None);
    }
    let (kept, place) = match keep {
        Truncate::Start => {
            let kept = &text[..text.floor_char_boundary(limit)];
            (kept, words::after(&kept[kept.ceil_char_boundary(kept.len().saturating_sub(AROUND))..]))
        }
        Truncate::End => {
            let kept = &text[text.ceil_char_boundary(text.len() - limit)..];
            (kept, words::before(&kept[..kept.floor_char_boundary(AROUND)]))
        }
    };
    (kept, Some(words::cut(text.len(), limit, &place)))
}

/// Why nothing can be learned from a text, in a sentence that says what to do.
pub fn text_problem(text: &str) -> Option<String> {
    let mut seen = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = seen.next() else { return Some(words::NO_TEXT.into()) };
    // A text has no such characters; what has is a picture, a program, an archive.
    if text.chars().any(|c| c < '\u{9}') {
        return Some(words::BINARY.into());
    }
    let mut others = seen.peekable();
    (others.peek().is_some() && others.all(|c| c == first)).then(|| words::over_and_over(first))
}
