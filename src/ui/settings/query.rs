//! Settings ↔ query string. Only what differs from the default is written; every value that is read is held to its
//! bounds, and what had to be changed is said. Plain functions; the browser's part is in [`crate::ui::page::location`].

use std::str::FromStr;

use crate::chart::sort_by_key;
use crate::config::MAX_LENGTH;
use crate::protocol::EngineChoice;
use crate::ui::figure::spec::put;
use crate::ui::page::registry::control;
use crate::ui::settings::state::{
    BIAS_LENGTHS, Form, MAX_HEADS, MAX_MODELS, MIN_LENGTH, Order, ProtocolKind, State, TARGETS, TextChoice,
    ThemeChoice, View, lengths,
};

/// Version of the query string.
pub const VERSION: &str = "1";
/// Characters read of a query string; the rest is ignored.
const MAX_QUERY: usize = 6_000;
/// Controls that can be hidden at once.
const MAX_HIDDEN: usize = 32;
/// Bytes of the longest text that is written into an address.
const MAX_WRITTEN: usize = 400;

/// What a query string says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Settings, all within bounds.
    pub state: State,
    /// Figure to show alone.
    pub embed: Option<String>,
    /// What was not as written, in sentences.
    pub notices: Vec<String>,
}

/// The names that values have in the query string; the first is the default.
trait Named: Sized + Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl Named for Order {
    const NAMES: &'static [(&'static str, Self)] = &[("authors", Self::Authors), ("sorted", Self::Sorted)];
}

impl Named for Form {
    const NAMES: &'static [(&'static str, Self)] = &[("paper", Self::Paper), ("code", Self::Code)];
}

impl Named for View {
    const NAMES: &'static [(&'static str, Self)] = &[("one", Self::One), ("all", Self::All)];
}

impl Named for ThemeChoice {
    const NAMES: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("light", Self::Light), ("dark", Self::Dark)];
}

impl Named for ProtocolKind {
    const NAMES: &'static [(&'static str, Self)] =
        &[("nonoverlapping", Self::Nonoverlapping), ("sliding", Self::Sliding), ("last-tokens", Self::LastTokens)];
}

impl Named for TextChoice {
    const NAMES: &'static [(&'static str, Self)] =
        &[("held-out", Self::HeldOut), ("moby-dick", Self::MobyDick), ("own", Self::Own)];
}

impl Named for EngineChoice {
    const NAMES: &'static [(&'static str, Self)] = &[("auto", Self::Auto), ("cpu", Self::Cpu), ("gpu", Self::Gpu)];
}

/// The name of a value, as in the query string and in controls.
fn name<T: Named>(value: T) -> &'static str {
    T::NAMES.iter().find(|(_, v)| *v == value).map_or(T::NAMES[0].0, |(n, _)| n)
}

/// A whole number; one with too many digits is as large (or small) as can be.
pub fn whole(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let beyond = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    all_digits.then(|| i128::from_str(text).unwrap_or(beyond))
}

/// Reads a query string, with or without its `?`.
pub fn parse(query: &str) -> Parsed {
    parse_onto(State::default(), query)
}

/// The same; what the query string does not name stays as in `state`.
pub fn parse_onto(state: State, query: &str) -> Parsed {
    let mut reader = Reader { parsed: Parsed { state, ..Parsed::default() } };
    let query = query.trim_start_matches('?');
    let length = query.chars().count();
    if length > MAX_QUERY {
        reader.say(format!("it has {length} characters; what stands beyond {MAX_QUERY} was not read"));
    }
    let query: String = query.chars().take(MAX_QUERY).collect();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        reader.read(key, &decode(value));
    }
    let mut parsed = reader.parsed;
    let state = &mut parsed.state;
    if state.head >= state.heads {
        let said =
            format!("head {} does not exist among {}; showing head {}", state.head + 1, state.heads, state.heads);
        parsed.notices.push(said);
        state.head = state.heads - 1;
    }
    parsed
}

struct Reader {
    parsed: Parsed,
}

impl Reader {
    fn read(&mut self, key: &str, value: &str) {
        let state = State::default();
        match key {
            "v" if value != VERSION => self.say(format!("this address is of version {}, not {VERSION}", clip(value))),
            "embed" => self.parsed.embed = Some(clip(value)),
            "heads" => self.parsed.state.heads = self.number(key, value, (1, MAX_HEADS), state.heads),
            "length" => self.parsed.state.length = self.number(key, value, BIAS_LENGTHS, state.length),
            "head" => self.parsed.state.head = self.number(key, value, (1, MAX_HEADS), 1) - 1,
            "order" => self.parsed.state.order = self.choice(key, value),
            "form" => self.parsed.state.form = self.choice(key, value),
            "view" => self.parsed.state.view = self.choice(key, value),
            "theme" => self.parsed.state.theme = self.choice(key, value),
            "protocol" => self.parsed.state.protocol = self.choice(key, value),
            "text" => self.parsed.state.text = self.choice(key, value),
            "engine" => self.parsed.state.engine = self.choice(key, value),
            "stride" => self.parsed.state.stride = self.number(key, value, (1, MAX_LENGTH), state.stride),
            "targets" => {
                let asked = self.number(key, value, (0, TARGETS[TARGETS.len() - 1]), state.targets);
                self.parsed.state.targets = self.nearest(key, asked, TARGETS.into_iter());
            }
            "lengths" => self.lengths(value),
            "hide" => self.hide(value),
            "models" => self.models(value),
            // Keys of others (a mailing's tracking key, say) are none of our business.
            _ => {
                let Some(control) = control(key) else { return };
                let (kept, notice) = control.check(value);
                put(&mut self.parsed.state.labs, control, kept);
                self.parsed.notices.extend(notice);
            }
        }
    }

    fn say(&mut self, notice: String) {
        self.parsed.notices.push(notice);
    }

    fn number(&mut self, key: &str, value: &str, (low, high): (usize, usize), default: usize) -> usize {
        match whole(value.trim()) {
            Some(n) => {
                let within = n.clamp(low as i128, high as i128) as usize;
                if within as i128 != n {
                    self.say(format!("{key} is {low} to {high}; {} became {within}", clip(value)));
                }
                within
            }
            None => {
                self.say(format!("{key}={} is no number; using {default}", clip(value)));
                default
            }
        }
    }

    fn nearest(&mut self, key: &str, asked: usize, choices: impl Iterator<Item = usize>) -> usize {
        let nearest = choices.min_by_key(|c| c.abs_diff(asked)).unwrap_or(asked);
        if nearest != asked {
            // As the control calls it.
            let shown = if key == "targets" && nearest == 0 { "auto".into() } else { nearest.to_string() };
            self.say(format!("{key} {asked} is not offered; using {shown}"));
        }
        nearest
    }

    fn choice<T: Named>(&mut self, key: &str, value: &str) -> T {
        match T::NAMES.iter().find(|(n, _)| *n == value) {
            Some((_, v)) => *v,
            None => {
                self.say(format!("{key}={} is unknown; using {}", clip(value), T::NAMES[0].0));
                T::NAMES[0].1
            }
        }
    }

    fn lengths(&mut self, value: &str) {
        let mut chosen: Vec<usize> = Vec::new();
        for part in value.split(',').filter(|p| !p.is_empty()).take(64) {
            if whole(part.trim()).is_none() {
                self.say(format!("{} is no length of an input; it is left out", clip(part)));
                continue;
            }
            let asked = self.number("length of an input", part, (MIN_LENGTH, MAX_LENGTH), MIN_LENGTH);
            chosen.push(self.nearest("length of an input", asked, lengths()));
        }
        sort_by_key(&mut chosen, |l| *l);
        chosen.dedup();
        self.parsed.state.lengths = chosen;
    }

    fn hide(&mut self, value: &str) {
        let names = value.split(',').filter(|p| !p.is_empty());
        self.parsed.state.hide.clear();
        for name in names.take(MAX_HIDDEN) {
            if plain(name) {
                self.parsed.state.hide.push(name.into());
            } else {
                self.say(format!("{} cannot be a control’s name", clip(name)));
            }
        }
    }

    fn models(&mut self, value: &str) {
        let mut chosen: Vec<String> = Vec::new();
        for id in value.split(',').filter(|p| !p.is_empty()) {
            if !plain(id) {
                self.say(format!("{} cannot be a model’s name", clip(id)));
            } else if chosen.len() == MAX_MODELS {
                return self.say(format!("at most {MAX_MODELS} models can be chosen"));
            } else if !chosen.iter().any(|c| c == id) {
                chosen.push(id.into());
            }
        }
        self.parsed.state.models = chosen;
    }
}

/// Whether this can be a name of ours: small letters, digits and hyphens, 40 at most.
fn plain(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// At most 40 characters of what somebody wrote, to be shown back.
fn clip(value: &str) -> String {
    let mut shown: String = value.chars().filter(|c| !c.is_control()).take(40).collect();
    if value.chars().count() > 40 {
        shown.push('…');
    }
    shown
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

/// The query string of these settings, with `?`, or nothing where all is at its default.
pub fn write(state: &State, embed: Option<&str>) -> String {
    write_some(state, embed, &|_| true)
}

/// Whether a text among the settings that `wanted` lets through is too long for an address.
pub fn leaves_out(state: &State, wanted: &dyn Fn(&str) -> bool) -> bool {
    state.labs.iter().any(|(key, value)| wanted(key) && value.len() > MAX_WRITTEN)
}

/// The same with the keys that `wanted` lets through.
pub fn write_some(state: &State, embed: Option<&str>, wanted: &dyn Fn(&str) -> bool) -> String {
    let default = State::default();
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let mut put = |differs: bool, key: &'static str, value: String| {
        if differs && (key == "embed" || wanted(key)) {
            pairs.push((key, value));
        }
    };
    put(embed.is_some(), "embed", embed.unwrap_or_default().into());
    put(state.heads != default.heads, "heads", state.heads.to_string());
    put(state.length != default.length, "length", state.length.to_string());
    put(state.head != default.head, "head", (state.head + 1).to_string());
    put(state.order != default.order, "order", name(state.order).into());
    put(state.form != default.form, "form", name(state.form).into());
    put(state.view != default.view, "view", name(state.view).into());
    put(state.theme != default.theme, "theme", name(state.theme).into());
    put(state.models != default.models, "models", state.models.join(","));
    let shown: Vec<String> = state.lengths.iter().map(usize::to_string).collect();
    put(state.lengths != default.lengths, "lengths", shown.join(","));
    put(state.protocol != default.protocol, "protocol", name(state.protocol).into());
    put(state.stride != default.stride, "stride", state.stride.to_string());
    put(state.targets != default.targets, "targets", state.targets.to_string());
    put(state.text != default.text, "text", name(state.text).into());
    put(state.engine != default.engine, "engine", name(state.engine).into());
    put(!state.hide.is_empty(), "hide", state.hide.join(","));
    for (key, value) in &state.labs {
        if value.len() <= MAX_WRITTEN && wanted(key) {
            pairs.push((key, encode(value)));
        }
    }
    if pairs.is_empty() {
        return String::new();
    }
    let written: Vec<String> = pairs.iter().map(|(key, value)| format!("&{key}={value}")).collect();
    format!("?v={VERSION}{}", written.concat())
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
