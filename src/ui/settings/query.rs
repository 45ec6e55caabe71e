//! Settings ↔ query string. Only what differs from its default is written; every value that is read is held to its
//! bounds, and what had to be changed is said. Plain functions of the list of settings; the browser's part is in
//! `page::location`.

use crate::ui::settings::control::{Control, Kind, Values, clip, put};
use crate::ui::settings::value::Value;
use crate::ui::settings::words;

/// Version of the query string.
pub const VERSION: &str = "1";
/// Characters read of a query string; the rest is ignored.
const MAX_QUERY: usize = 6_000;
/// Bytes of the longest text that is written into an address.
const MAX_WRITTEN: usize = 400;

/// What a query string says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Settings that differ from their defaults, all within bounds.
    pub values: Values,
    /// Figure to show alone.
    pub embed: Option<String>,
    /// What was not as written, in sentences.
    pub notices: Vec<String>,
}

/// Reads a query string, with or without its `?`.
pub fn parse(controls: &[&'static Control], query: &str) -> Parsed {
    parse_onto(controls, Values::new(), query)
}

/// The same; what the query string does not name stays as in `values`.
pub fn parse_onto(controls: &[&'static Control], values: Values, query: &str) -> Parsed {
    let mut parsed = Parsed { values, ..Parsed::default() };
    let query = query.trim_start_matches('?');
    let length = query.chars().count();
    if length > MAX_QUERY {
        parsed.notices.push(words::too_long(length, MAX_QUERY));
    }
    let query: String = query.chars().take(MAX_QUERY).collect();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        match key {
            "v" if value != VERSION => {
                parsed.notices.push(words::other_version(&clip(&value), VERSION));
            }
            "embed" => parsed.embed = Some(clip(&value)),
            // Keys of others (a mailing's tracking key, say) are none of our business.
            _ => {
                let Some(control) = controls.iter().find(|c| c.key == key) else { continue };
                let checked = control.check(&value);
                put(&mut parsed.values, control, checked.value);
                parsed.notices.extend(checked.notices);
            }
        }
    }
    for control in controls {
        let Kind::Among(of) = control.kind else { continue };
        let (one, many) = (usize::read(control.value(&parsed.values)), usize::read(of.value(&parsed.values)));
        if one > many {
            parsed.notices.push(words::not_among(control.key, one, many));
            put(&mut parsed.values, control, many.to_string());
        }
    }
    parsed
}

/// Percent-decoding; what is no valid escape stands for itself, what is no UTF-8 is replaced.
pub fn decode(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|&b| char::from(b).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encoding of whatever is neither a letter, a digit nor one of `-._~,`.
fn encode(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
            }
        }
    }
    out
}

/// Whether it can stand in an address.
fn fits(controls: &[&'static Control], key: &str, value: &str) -> bool {
    let text = controls.iter().any(|c| c.key == key && matches!(c.kind, Kind::Text { .. }));
    !text || value.len() <= MAX_WRITTEN
}

/// The query string of these settings, with `?`, or nothing where all is at its default. A text that is too long for an
/// address is left out.
pub fn write(controls: &[&'static Control], values: &Values, embed: Option<&str>) -> String {
    let embed = embed.map(|id| ("embed".to_string(), id.to_string()));
    let written: Vec<String> = embed
        .iter()
        .chain(values)
        .filter(|(key, value)| fits(controls, key, value))
        .map(|(key, value)| format!("&{key}={}", encode(value)))
        .collect();
    if written.is_empty() { String::new() } else { format!("?v={VERSION}{}", written.concat()) }
}

/// The texts among these settings that are too long for an address.
pub fn left_out<'a>(controls: &[&'static Control], values: &'a Values) -> Vec<&'a (String, String)> {
    values.iter().filter(|(key, value)| !fits(controls, key, value)).collect()
}

/// Whether a text among these settings is too long for an address.
pub fn leaves_out(controls: &[&'static Control], values: &Values) -> bool {
    !left_out(controls, values).is_empty()
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
