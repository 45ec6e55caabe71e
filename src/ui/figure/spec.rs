//! Figures as data: what is known of one before it is drawn, what it asks the engine, and a plain function from the
//! answers to what is shown. One component ([`crate::ui::figure::view`]) draws them all, so that a further figure costs the
//! page its arithmetic and its words and nothing else. This is not the place for the arithmetic of a figure: that is in
//! its own folder.

use std::sync::Arc;

use leptos::prelude::AnyView;

use crate::chart::{BarChart, LineChart, sort_by_key};
use crate::config::{Manifest, ModelEntry, is_yours};
use crate::position::{METHODS, by_id};
use crate::protocol::{EngineChoice, EngineKind, Job, Precomputed, Protocol, Scored, Stretch, Task};
use crate::ui::figure::curves::{order, parts};
use crate::ui::format::table::Table;
use crate::ui::runs::assets::Loaded;
use crate::ui::runs::results::{Entry, Results, Summary, summarise};
use crate::ui::settings::control::{Choice, Control, Kind};
use crate::ui::settings::setting::{ENGINES, Setting};
use crate::ui::settings::value::{Value, parts as parts_of};

/// Engine that figures compute with.
pub static ENGINE: Setting<EngineChoice> = Setting::new("engine", "Engine", Kind::Pick(ENGINES), "auto");
/// Targets that the reader can ask for per point; 0 stands for "as the engine allows".
pub static TARGETS: Setting<usize> =
    Setting::new("targets", "Tokens scored", Kind::Nearest(&[0, 2_048, 8_192, 16_384, 32_768]), "0");

/// A choice among the position methods.
pub const ANY_METHOD: Kind = Kind::ListOf(methods);

/// A choice of one model: [`FigureContext::trained`].
pub const ANY_MODEL: Kind = Kind::OneModel(methods);

/// Every position method, by id and name, in the page's order.
pub fn methods() -> Vec<Choice> {
    METHODS.iter().map(|m| (m.id(), m.name())).collect()
}

/// Stands for the models that figures compare before the reader has chosen any: the first training at [`TRAINED`] of every
/// method that is compared.
pub const COMPARED: &str = "compared";
/// Stands for the first training at [`TRAINED`] of every method.
pub const EVERY: &str = "every";
/// Training length of the models that stand for their methods, tokens.
pub const TRAINED: usize = 256;
/// The models that the page begins with.
pub const FIRST_MODELS: &str = "sinusoidal-256,rotary-256,alibi-256";

/// The models that a list of ids, or one of the words for several, stands for, in the order of the page.
pub fn chosen<'a>(manifest: &'a Manifest, value: &str) -> Vec<&'a ModelEntry> {
    let compared = |m: &ModelEntry| by_id(&m.config.method).is_some_and(|method| method.compared());
    let first = |m: &ModelEntry| m.config.train_length == TRAINED && parts(&m.id).2.is_none();
    let wanted = |m: &&ModelEntry| match value {
        COMPARED => first(m) && compared(m),
        EVERY => first(m),
        ids => ids.split(',').any(|id| id == m.id),
    };
    let mut found: Vec<&ModelEntry> = manifest.models.iter().filter(wanted).collect();
    sort_by_key(&mut found, |m| order(&m.id));
    found
}

/// The text of a choice of models, or its default where it names none but models of the reader's own that are not here.
pub fn standing<'a>(manifest: &Manifest, control: &'static Control, value: &'a str) -> &'a str {
    let gone = |id: &str| is_yours(id) && manifest.model(id).is_none();
    if !value.is_empty() && parts_of(value).all(gone) { control.default } else { value }
}

/// The model that a choice of [`Kind::OneModel`] stands for: one of the reader's own, else the first training at [`TRAINED`] of a
/// method; of the default, where one of the reader's own is not here.
pub fn one_model<'a>(manifest: &'a Manifest, control: &'static Control, value: &str) -> Option<&'a ModelEntry> {
    let method = standing(manifest, control, value);
    manifest.model(method).or_else(|| manifest.model(&format!("{method}-{TRAINED}")))
}

/// What is known of a figure before it is drawn.
pub struct FigureSpec {
    /// Id: anchor, embed value, test handle.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// The question it answers: the heading of its section.
    pub question: &'static str,
    /// Height of its embed in a frame of 760 CSS pixels across, CSS pixels, as it opens; a browser test holds it.
    pub height: usize,
    /// Its settings.
    pub controls: &'static [&'static Control],
    /// Settings of others that it reads.
    pub shared: &'static [&'static Control],
    /// Text of the run button; none where nothing is computed.
    pub run: Option<&'static str>,
    /// Ids of the charts' elements, one per chart that [`Figure::render`] can give.
    pub plots: &'static [&'static str],
    /// Values of `data-series`, one per table.
    pub series: &'static [&'static str],
    /// Whether answers are precomputed on the training machine, and if so over the values of which lists; everything else
    /// at its default.
    pub precomputed: Option<&'static [&'static Control]>,
}

impl FigureSpec {
    /// A figure with its own drawing and nothing computed, to be completed.
    pub const BLANK: Self = Self {
        id: "",
        title: "",
        question: "",
        height: 0,
        controls: &[],
        shared: &[],
        run: None,
        plots: &[],
        series: &[],
        precomputed: None,
    };

    /// Every setting that it reads, colours and what is hidden apart.
    pub fn reads(&self) -> impl Iterator<Item = &'static Control> + use<> {
        self.controls.iter().chain(self.shared).copied()
    }
}

/// How a figure comes to be drawn. Apart from [`FigureSpec`], so that the page can know a figure before it has its code.
#[derive(Clone, Copy)]
pub enum Drawing {
    /// From its data, as every figure is.
    Data(&'static Figure),
    /// By a component of its own.
    Own(fn() -> AnyView),
    /// By a component that stands in a further file, fetched when a reader comes near.
    Apart,
}

/// What a figure that is drawn from its data does.
pub struct Figure {
    /// The figure.
    pub spec: &'static FigureSpec,
    /// What to ask the engine for the present settings.
    pub evaluations: fn(&FigureContext) -> Vec<Job>,
    /// The questions whose answers it shows, where there are any.
    pub shown: fn(&FigureContext) -> Vec<Job>,
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
    /// Answers precomputed on the training machine.
    pub precomputed: &'a [Precomputed],
    /// Engine asked for.
    pub engine: EngineChoice,
    /// Whether colours are dark.
    pub dark: bool,
    /// A text file of the site by its path, fetched when it is first asked for: [`crate::ui::runs::assets::Assets::text`].
    pub text: &'a dyn Fn(&str) -> Loaded<String>,
}

/// Where answers came from: how many were computed in this page, by which engine, and how many were precomputed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// Computed in this page.
    pub live: usize,
    /// Kept from the training machine.
    pub precomputed: usize,
    /// Engine of the last one computed here.
    pub engine: EngineKind,
    /// Whether others were computed by the other one.
    pub mixed: bool,
    /// Whether a file of the site that the figure reads is still on its way.
    pub waits: bool,
    /// Whether nothing is known of a model of the reader's own.
    pub unrecorded: bool,
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

impl<'a> Answer<'a> {
    /// One of this page's own.
    fn own(entry: &'a Entry) -> Self {
        Self { values: entry.scored.values(), scored: &entry.scored, live: true }
    }
}

impl FigureContext<'_> {
    /// Text of a setting of this figure. One that its [`FigureSpec::controls`] do not list would stay at its default.
    fn text_of(&self, control: &'static Control) -> &str {
        debug_assert!(self.spec.controls.iter().any(|c| c.key == control.key), "{} is not listed", control.key);
        control.value(self.values)
    }

    /// Value of a setting of this figure.
    pub fn get<T: Value>(&self, setting: &'static Setting<T>) -> T {
        T::read(self.text_of(&setting.control))
    }

    /// The models chosen by a setting, in the order of the page.
    pub fn models(&self, setting: &'static Setting<Vec<String>>) -> Vec<&ModelEntry> {
        let value = self.text_of(&setting.control);
        let of = |manifest| chosen(manifest, standing(manifest, &setting.control, value));
        self.manifest.map(of).unwrap_or_default()
    }

    /// The model that a choice of one stands for: [`one_model`].
    pub fn trained(&self, setting: &'static Setting<String>) -> Option<&ModelEntry> {
        one_model(self.manifest?, &setting.control, self.text_of(&setting.control))
    }

    /// The models that figures compare before the reader has chosen any.
    pub fn compared(&self) -> Vec<&ModelEntry> {
        self.manifest.map(|manifest| chosen(manifest, COMPARED)).unwrap_or_default()
    }

    /// The model of that id, if it was trained.
    pub fn model(&self, id: &str) -> Option<&ModelEntry> {
        self.manifest?.model(id)
    }

    /// The answer to a question: this page’s own, else the precomputed one, else what there is of one that was not finished.
    pub fn find(&self, asked: &Job) -> Option<Answer<'_>> {
        if let Some(entry) = self.results.find(asked) {
            return Some(Answer::own(entry));
        }
        let key = asked.key();
        match self.precomputed.iter().find(|k| k.key == key) {
            Some(kept) => Some(Answer { values: kept.values.clone(), scored: &kept.scored, live: false }),
            None => self.results.stump(asked).map(Answer::own),
        }
    }

    /// Where the answers to these questions came from.
    pub fn origin(&self, asked: &[Job]) -> Origin {
        let mut origin = Origin::default();
        for job in asked {
            if let Some(entry) = self.results.find(job) {
                origin.mixed |= origin.live > 0 && origin.engine != entry.scored.engine;
                origin.live += 1;
                origin.engine = entry.scored.engine;
            } else {
                origin.unrecorded |= is_yours(&job.model);
                let key = job.key();
                origin.precomputed += usize::from(self.precomputed.iter().any(|k| k.key == key));
            }
        }
        origin
    }

    /// The summary of the answer to a question about losses.
    pub fn summary(&self, asked: &Job) -> Option<Summary> {
        let answer = self.find(asked)?;
        summarise(&answer.scored.blocks, answer.scored.n_bytes)
    }

    /// A question about a model and the held-out text.
    pub fn ask(&self, model: &str, task: Task) -> Job {
        Job { model: model.into(), stream: "held-out".into(), engine: self.engine, task, ..Default::default() }
    }

    /// So many targets of the held-out text, in inputs of that length that are scored each by itself.
    pub fn stretch(&self, length: usize, n_targets: usize) -> Stretch {
        Stretch { protocol: Protocol::Nonoverlapping, length, first: crate::config::RUN_IN, n_targets }
    }
}

/// A text of the reader's own as a question carries it: its name, by content, and itself.
pub fn own_text(text: &str) -> (String, Option<Arc<str>>) {
    // FNV-1a, 64 bits: a name within one page, nothing more.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (format!("own:{hash:x}"), Some(text.into()))
}
