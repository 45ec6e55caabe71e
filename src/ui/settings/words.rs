//! What is said of a setting whose value is not as it was written, and of a text of the reader's own.

use crate::ui::format::numbers::thousands;

/// A value among numbers that leaves the choice to the page.
pub const AUTO: &str = "auto";
/// Of a text without anything in it.
pub const NO_TEXT: &str = "There is no text here: type or paste some.";
/// Of a text that is none.
pub const BINARY: &str = "This is binary data: use plain text.";

/// A value that is not among the choices.
pub fn unknown(key: &str, value: &str, default: &str) -> String {
    format!("{key}={value} is unknown; using {default}")
}

/// A value that should be a number.
pub fn no_number(name: &str, value: &str, default: &str) -> String {
    format!("{name}={value} is not a number; using {default}")
}

/// A number out of bounds.
pub fn out_of_bounds(name: &str, (low, high): (usize, usize), value: &str, within: i128) -> String {
    format!("{name} must be {low} to {high}; {value} became {within}")
}

/// A number that is not among those offered.
pub fn not_offered(name: &str, asked: usize, nearest: usize) -> String {
    // As the control calls it.
    let shown = if nearest == 0 { AUTO.into() } else { nearest.to_string() };
    format!("{name} {asked} is not offered; using {shown}")
}

/// Part of a list of numbers that is no number.
pub fn left_out(part: &str, name: &str) -> String {
    format!("{part} is not an {name}; it is left out")
}

/// Part of a list of names that can be no name.
pub fn no_name(name: &str, of: &str) -> String {
    format!("{name} is not the name of any {of}")
}

/// A list of names with too many of them.
pub fn too_many(most: usize, of: &str) -> String {
    format!("at most {most} {of}s can be chosen")
}

/// What is said of a setting's text.
pub fn of_setting(key: &str, notice: &str) -> String {
    format!("{key}: {notice}")
}

/// An address that is too long.
pub fn too_long(length: usize, most: usize) -> String {
    format!("it has {length} characters; anything past {most} was ignored")
}

/// An address of another version.
pub fn other_version(version: &str, ours: &str) -> String {
    format!("this address is for version {version} of the page; this is version {ours}")
}

/// One among others that there are fewer of.
pub fn not_among(key: &str, one: usize, many: usize) -> String {
    format!("{key} {one} does not exist among {many}; showing {key} {many}")
}

/// Where a text ends of which the beginning is kept.
pub fn after(end: &str) -> String {
    format!("after “…{end}”")
}

/// Where a text begins of which the end is kept.
pub fn before(start: &str) -> String {
    format!("before “{start}…”")
}

/// A text that was cut.
pub fn cut(bytes: usize, limit: usize, place: &str) -> String {
    let (n, limit) = (thousands(bytes as u64), thousands(limit as u64));
    format!("the text has {n} bytes and {limit} fit: it is cut {place}")
}

/// A text of one character.
pub fn over_and_over(character: char) -> String {
    format!("This text is “{character}” over and over, which tells you nothing about a model. Use another text.")
}
