//! Figures of the laboratory as data: controls, questions for the engine, and a plain function from answers to what is
//! shown. One component ([`view`]) draws them all, so that a further figure costs the page its arithmetic and its words
//! and nothing else. This is not the place for the arithmetic of a figure: that is in its own file.

use std::cell::Cell;
use std::sync::Arc;

use crate::chart::{BarChart, LineChart};
use crate::config::{Manifest, ModelEntry};
use crate::protocol::{EngineChoice, EngineKind, Evaluate, Kept, Scored, Task};
use crate::ui::runs::results::{Results, Summary, same_point, summarise, thousands};
use crate::ui::widgets::choice::Choice;
use crate::ui::widgets::data_table::Table;

/// Settings that differ from their defaults, by key; keys are unique in the page.
pub type Values = Vec<(String, String)>;

/// How a control is operated, and what it accepts.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A row of buttons.
    Pick(&'static [Choice]),
    /// A list.
    List(&'static [Choice]),
    /// A whole number within bounds.
    Number {
        /// Smallest.
        min: usize,
        /// Largest.
        max: usize,
    },
    /// Text of at most that many bytes.
    Text {
        /// Bytes.
        limit: usize,
        /// Which part of a longer text is used.
        keep: Truncate,
    },
    /// Models of the manifest that a figure can use, as a list of ids with commas between.
    Models(fn(&ModelEntry) -> bool),
    /// Set by the drawing itself, at most that many characters.
    Hidden(usize),
}

/// Which part of a text is kept where it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncate {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// A choice among the position methods.
pub const METHOD: Kind = Kind::List(&[
    ("alibi", "ALiBi"),
    ("sinusoidal", "Sinusoidal"),
    ("rotary", "Rotary"),
    ("t5", "T5 bias"),
    ("none", "No position"),
]);

/// A control.
pub struct Control {
    /// Name in the address and in tests; unique in the page.
    pub key: &'static str,
    /// Label.
    pub label: &'static str,
    /// How it works.
    pub kind: Kind,
    /// Value at the start.
    pub default: &'static str,
}

impl Control {
    /// Its value among the settings.
    pub fn value(&self, values: &[(String, String)]) -> String {
        values.iter().find(|(k, _)| k == self.key).map_or(self.default, |(_, v)| v).into()
    }

    /// A value from outside held to the bounds: what is kept, and a sentence if that is not what was asked.
    pub fn check(&self, value: &str) -> (String, Option<String>) {
        let key = self.key;
        let shown: String = value.chars().take(40).collect();
        match self.kind {
            Kind::Pick(choices) | Kind::List(choices) => match choices.iter().find(|c| c.0 == value) {
                Some(_) => (value.into(), None),
                None => (self.default.into(), Some(format!("{key}={shown} is unknown; using {}", self.default))),
            },
            Kind::Number { min, max } => match crate::ui::settings::query::whole(value.trim()) {
                Some(n) => {
                    let within = n.clamp(min as i128, max as i128);
                    let said = (within != n).then(|| format!("{key} is {min} to {max}; {shown} became {within}"));
                    (within.to_string(), said)
                }
                None => (self.default.into(), Some(format!("{key}={shown} is no number; using {}", self.default))),
            },
            Kind::Text { limit, keep } => {
                let (kept, said) = cut(value, limit, keep);
                (kept.into(), said.map(|said| format!("{key}: {said}")))
            }
            Kind::Hidden(limit) => {
                let (kept, said) = cut(value, limit, Truncate::Start);
                (kept.into(), said.map(|said| format!("{key}: {said}")))
            }
            _ => (value.into(), None),
        }
    }
}

/// At most that many bytes of a text, whole characters, and a sentence that says where it was cut, if it was.
pub fn cut(text: &str, limit: usize, keep: Truncate) -> (&str, Option<String>) {
    if text.len() <= limit {
        return (text, None);
    }
    let few = 24;
    let (kept, place) = match keep {
        Truncate::Start => {
            let kept = &text[..text.floor_char_boundary(limit)];
            (kept, format!("after “…{}”", &kept[kept.ceil_char_boundary(kept.len().saturating_sub(few))..]))
        }
        Truncate::End => {
            let kept = &text[text.ceil_char_boundary(text.len() - limit)..];
            (kept, format!("before “{}…”", &kept[..kept.floor_char_boundary(few)]))
        }
    };
    let (n, limit) = (thousands(text.len() as u64), thousands(limit as u64));
    (kept, Some(format!("the text has {n} bytes, of which {limit} are used: it is cut {place}")))
}

/// Why nothing can be learned from a text, in a sentence that says what to do.
pub fn text_problem(text: &str) -> Option<String> {
    let mut seen = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = seen.next() else { return Some("There is no text here: type or paste some.".into()) };
    // A text has no such characters; what has is a picture, a program, an archive.
    if text.chars().any(|c| c < '\u{9}') {
        return Some("This is not text but binary data: use plain text.".into());
    }
    let mut others = seen.peekable();
    (others.peek().is_some() && others.all(|c| c == first)).then(|| {
        format!("This text is the character “{first}” over and over, which says nothing of a model: use another text.")
    })
}

/// A figure.
pub struct FigureSpec {
    /// Id: anchor, embed value, test handle.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// Controls.
    pub controls: &'static [Control],
    /// Text of the run button; none where nothing is computed.
    pub run: Option<&'static str>,
    /// Ids of the charts' elements, one per chart that [`Figure::render`] can give.
    pub plots: &'static [&'static str],
    /// Values of `data-series`, one per table.
    pub series: &'static [&'static str],
    /// Whether answers are kept from the training machine, and if so over the values of which lists; everything else
    /// at its default.
    pub kept: Option<&'static [&'static str]>,
}

/// What a figure does. Apart from [`FigureSpec`], so that the page can know a figure's settings before it has its code.
pub struct Figure {
    /// The figure.
    pub spec: &'static FigureSpec,
    /// What to ask the engine for the present settings.
    pub evaluations: fn(&FigureContext) -> Vec<Evaluate>,
    /// What to show.
    pub render: fn(&FigureContext) -> FigureOutput,
}

/// What a figure shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FigureOutput {
    /// One sentence that follows the data.
    pub finding: String,
    /// Charts, at most as many as [`FigureSpec::plots`]; the places of the others are not shown.
    pub charts: Vec<LineChart>,
    /// A bar chart.
    pub bars: Option<BarChart>,
    /// HTML; an element with `data-set="key=value"` sets that control when it is pressed.
    pub panel: String,
    /// The numbers, one table per name in [`FigureSpec::series`].
    pub tables: Vec<Table>,
    /// What could not be had, in a sentence; the reader can ask for it again.
    pub trouble: String,
}

/// What a figure's functions read.
pub struct FigureContext<'a> {
    /// The figure.
    pub spec: &'static FigureSpec,
    /// Settings.
    pub values: &'a [(String, String)],
    /// What was trained.
    pub manifest: Option<&'a Manifest>,
    /// Answers of this page.
    pub results: &'a Results,
    /// Answers kept from the training machine.
    pub kept: &'a [Kept],
    /// Engine asked for.
    pub engine: EngineChoice,
    /// Whether colours are dark.
    pub dark: bool,
    /// A text file of the site by its path, fetched when it is first asked for: [`crate::ui::runs::assets::Assets::text`].
    pub text: &'a dyn Fn(&str) -> String,
    /// Where the answers that were read came from.
    pub origin: Cell<Origin>,
}

/// Where answers came from: how many were computed in this page, by which engine, and how many were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// Computed in this page.
    pub live: usize,
    /// Kept from the training machine.
    pub kept: usize,
    /// Engine of the last one computed here.
    pub engine: EngineKind,
    /// Whether others were computed by the other one.
    pub mixed: bool,
    /// Whether a file of the site that the figure reads is still on its way.
    pub waits: bool,
}

/// An answer with its numbers.
pub struct Answer<'a> {
    /// What came back.
    pub scored: &'a Scored,
    /// Its numbers, as [`Task`] lays them out.
    pub values: Vec<f32>,
    /// Whether it was computed in this page.
    pub live: bool,
}

impl FigureContext<'_> {
    /// Value of a control of this figure.
    pub fn value(&self, key: &str) -> &str {
        value_of(self.spec, self.values, key)
    }

    /// Value of a number.
    pub fn number(&self, key: &str) -> usize {
        self.value(key).parse().unwrap_or_default()
    }

    /// The models chosen by a control, in the order of the page.
    pub fn models(&self, key: &str) -> Vec<&ModelEntry> {
        let chosen: Vec<&str> = self.value(key).split(',').collect();
        let Some(manifest) = self.manifest else { return Vec::new() };
        let mut found: Vec<&ModelEntry> = manifest.models.iter().filter(|m| chosen.contains(&m.id.as_str())).collect();
        crate::chart::sort_by_key(&mut found, |m| crate::ui::figure::curves::order(&m.id));
        found
    }

    /// The model of that id, if it was trained.
    pub fn model(&self, id: &str) -> Option<&ModelEntry> {
        self.manifest?.model(id)
    }

    /// The answer to a question: this page's own, else the kept one.
    pub fn find(&self, asked: &Evaluate) -> Option<Answer<'_>> {
        let mut origin = self.origin.get();
        let answer = if let Some(entry) = self.results.all().iter().find(|e| same_point(&e.asked, asked)) {
            origin.mixed |= origin.live > 0 && origin.engine != entry.scored.engine;
            origin.live += 1;
            origin.engine = entry.scored.engine;
            Answer { values: entry.scored.values(), scored: &entry.scored, live: true }
        } else {
            let key = asked.key();
            let kept = self.kept.iter().find(|k| k.key == key)?;
            origin.kept += 1;
            Answer { values: kept.values.clone(), scored: &kept.scored, live: false }
        };
        self.origin.set(origin);
        Some(answer)
    }

    /// The summary of the answer to a question about losses.
    pub fn summary(&self, asked: &Evaluate) -> Option<Summary> {
        let answer = self.find(asked)?;
        summarise(&answer.scored.blocks, answer.scored.n_bytes)
    }

    /// A question about a model and the held-out text.
    pub fn ask(&self, model: &str, length: usize, n_targets: usize, task: Task) -> Evaluate {
        Evaluate {
            model: model.into(),
            stream: "held-out".into(),
            length,
            first_target: crate::config::RUN_IN,
            n_targets,
            engine: self.engine,
            task,
            ..Default::default()
        }
    }
}

/// Value of a control.
pub fn value_of<'a>(spec: &'static FigureSpec, values: &'a [(String, String)], key: &str) -> &'a str {
    let set = values.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    set.unwrap_or_else(|| spec.controls.iter().find(|c| c.key == key).map_or("", |c| c.default))
}

/// Sets a control; a default is not kept.
pub fn put(values: &mut Values, control: &Control, value: String) {
    values.retain(|(k, _)| k != control.key);
    if value != control.default {
        values.push((control.key.into(), value));
    }
}

/// A text of the reader's own as a question carries it: its name, by content, and itself.
pub fn own_text(text: &str) -> (String, Option<Arc<str>>) {
    // FNV-1a, 64 bits: a name within one page, nothing more.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (format!("own:{hash:x}"), Some(text.into()))
}

/// Text with what HTML would take for markup written as references.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    crate::ui::widgets::data_table::escape(&mut out, text);
    out
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
