//! Every setting of the page: its type, its bounds, its default. [`State`] is the plain value that goes into the URL;
//! [`Settings`] the same as signals, given to components as a context.

use std::sync::Arc;

use leptos::prelude::*;

use crate::config::MAX_LENGTH;
use crate::protocol::{EngineChoice, Protocol};
use crate::ui::figure::spec::Values;

/// Most heads that the slope and bias figures draw.
pub const MAX_HEADS: usize = 64;
/// Shortest and longest sequence of the bias figure, tokens.
pub const BIAS_LENGTHS: (usize, usize) = (2, 4_096);
/// Shortest input that can be evaluated, tokens; lengths are powers of two.
pub const MIN_LENGTH: usize = 32;
/// Models that can be chosen at once.
pub const MAX_MODELS: usize = 16;
/// Numbers of targets that the reader can ask for; 0 stands for "as the engine allows".
pub const TARGETS: [usize; 5] = [0, 2_048, 8_192, 16_384, 32_768];

/// Order in which slopes are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the authors' code lists them, head by head.
    #[default]
    Authors,
    /// Steepest first.
    Sorted,
}

/// Which of the two equivalent biases is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// −m(i − j), as the paper writes it.
    #[default]
    Paper,
    /// +m·j, as the authors' code adds it.
    Code,
}

/// One head, or all of them as small multiples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The head of [`State::head`].
    #[default]
    One,
    /// Every head.
    All,
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How the laboratory cuts the text; the stride is kept apart so that switching back and forth keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProtocolKind {
    /// Segments, each scored by itself.
    #[default]
    Nonoverlapping,
    /// A window that advances by the stride.
    Sliding,
    /// The last targets of every block, with context growing to the left.
    LastTokens,
}

/// Which text the laboratory scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextChoice {
    /// Addresses held out from training.
    #[default]
    HeldOut,
    /// Another domain.
    MobyDick,
    /// The reader's own.
    Own,
}

/// All settings as plain values.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Head count H of the slope and bias figures, 1 to [`MAX_HEADS`].
    pub heads: usize,
    /// Sequence length of the bias figure, tokens, within [`BIAS_LENGTHS`].
    pub length: usize,
    /// Head shown, counted from 0, below `heads`. (The page and the URL count from 1.)
    pub head: usize,
    /// Order of the slopes.
    pub order: Order,
    /// Form of the bias.
    pub form: Form,
    /// One head or all.
    pub view: View,
    /// Colours.
    pub theme: ThemeChoice,
    /// Ids of the models chosen in the laboratory, as in the manifest.
    pub models: Vec<String>,
    /// Input lengths chosen in the laboratory: powers of two, ascending, within [`MIN_LENGTH`]..=[`MAX_LENGTH`].
    pub lengths: Vec<usize>,
    /// How the text is cut.
    pub protocol: ProtocolKind,
    /// Text scored. The reader's own is not part of the address.
    pub text: TextChoice,
    /// Stride of the sliding window, tokens, 1 to [`MAX_LENGTH`].
    pub stride: usize,
    /// Targets per length, one of [`TARGETS`].
    pub targets: usize,
    /// Engine.
    pub engine: EngineChoice,
    /// Settings of the laboratory's figures that differ from their defaults.
    pub labs: Values,
    /// Test handles of controls that are out of the way.
    pub hide: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            heads: 8,
            length: 64,
            head: 0,
            order: Order::default(),
            form: Form::default(),
            view: View::default(),
            theme: ThemeChoice::default(),
            models: ["sinusoidal-256", "rotary-256", "alibi-256"].map(String::from).to_vec(),
            lengths: lengths().take_while(|&l| l <= 4_096).collect(),
            protocol: ProtocolKind::default(),
            text: TextChoice::default(),
            stride: 64,
            targets: 0,
            engine: EngineChoice::default(),
            labs: Values::new(),
            hide: Vec::new(),
        }
    }
}

/// Every input length that can be chosen, ascending.
pub fn lengths() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(MIN_LENGTH), |l| Some(l * 2)).take_while(|&l| l <= MAX_LENGTH)
}

/// The protocol as the worker understands it.
pub fn protocol_of(kind: ProtocolKind, stride: usize) -> Protocol {
    match kind {
        ProtocolKind::Nonoverlapping => Protocol::Nonoverlapping,
        ProtocolKind::Sliding => Protocol::Sliding { stride },
        ProtocolKind::LastTokens => Protocol::LastTokens,
    }
}

/// All settings as signals; a context of every figure. See [`State`] for units and bounds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Head count.
    pub heads: RwSignal<usize>,
    /// Sequence length of the bias figure, tokens.
    pub length: RwSignal<usize>,
    /// Head shown, from 0; may lag behind `heads`, so read [`Settings::shown_head`].
    pub head: RwSignal<usize>,
    /// Order of the slopes.
    pub order: RwSignal<Order>,
    /// Form of the bias.
    pub form: RwSignal<Form>,
    /// One head or all.
    pub view: RwSignal<View>,
    /// Colours as chosen.
    pub theme: RwSignal<ThemeChoice>,
    /// Ids of the chosen models.
    pub models: RwSignal<Vec<String>>,
    /// Chosen input lengths, ascending.
    pub lengths: RwSignal<Vec<usize>>,
    /// How the text is cut.
    pub protocol: RwSignal<ProtocolKind>,
    /// Text scored.
    pub text: RwSignal<TextChoice>,
    /// The reader's own text, as last taken.
    pub own: RwSignal<Arc<str>>,
    /// Stride, tokens.
    pub stride: RwSignal<usize>,
    /// Targets per length, or 0.
    pub targets: RwSignal<usize>,
    /// Engine.
    pub engine: RwSignal<EngineChoice>,
    /// Settings of the laboratory's figures that differ from their defaults.
    pub labs: RwSignal<Values>,
    /// Controls that are out of the way.
    pub hide: RwSignal<Vec<String>>,
    /// Whether the page is being printed; kept up to date by the page.
    pub printing: RwSignal<bool>,
    /// Whether the system prefers dark colours; kept up to date by the page.
    pub system_dark: RwSignal<bool>,
}

impl Settings {
    /// Signals that start at `state`.
    pub fn new(state: State) -> Self {
        Self {
            heads: RwSignal::new(state.heads),
            length: RwSignal::new(state.length),
            head: RwSignal::new(state.head),
            order: RwSignal::new(state.order),
            form: RwSignal::new(state.form),
            view: RwSignal::new(state.view),
            theme: RwSignal::new(state.theme),
            models: RwSignal::new(state.models),
            lengths: RwSignal::new(state.lengths),
            protocol: RwSignal::new(state.protocol),
            text: RwSignal::new(state.text),
            own: RwSignal::new("".into()),
            stride: RwSignal::new(state.stride),
            targets: RwSignal::new(state.targets),
            engine: RwSignal::new(state.engine),
            labs: RwSignal::new(state.labs),
            hide: RwSignal::new(state.hide),
            printing: RwSignal::new(false),
            system_dark: RwSignal::new(false),
        }
    }

    /// The settings at this moment; tracks every one of them.
    pub fn snapshot(&self) -> State {
        State {
            heads: self.heads.get(),
            length: self.length.get(),
            head: self.shown_head(),
            order: self.order.get(),
            form: self.form.get(),
            view: self.view.get(),
            theme: self.theme.get(),
            models: self.models.get(),
            lengths: self.lengths.get(),
            protocol: self.protocol.get(),
            text: self.text.get(),
            stride: self.stride.get(),
            targets: self.targets.get(),
            engine: self.engine.get(),
            labs: self.labs.get(),
            hide: self.hide.get(),
        }
    }

    /// Sets what differs from `state`.
    pub fn adopt(&self, state: State) {
        fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
            if signal.with_untracked(|now| *now != value) {
                signal.set(value);
            }
        }
        set(self.heads, state.heads);
        set(self.length, state.length);
        set(self.head, state.head);
        set(self.order, state.order);
        set(self.form, state.form);
        set(self.view, state.view);
        set(self.theme, state.theme);
        set(self.models, state.models);
        set(self.lengths, state.lengths);
        set(self.protocol, state.protocol);
        set(self.text, state.text);
        set(self.stride, state.stride);
        set(self.targets, state.targets);
        set(self.engine, state.engine);
        set(self.labs, state.labs);
        set(self.hide, state.hide);
    }

    /// The head shown, from 0, always below the head count. Tracks both.
    pub fn shown_head(&self) -> usize {
        self.head.get().min(self.heads.get().saturating_sub(1))
    }

    /// Whether dark colours are in use: as chosen, else as the system has it; never on paper. Tracks all three.
    pub fn dark(&self) -> bool {
        match self.theme.get() {
            _ if self.printing.get() => false,
            ThemeChoice::Auto => self.system_dark.get(),
            ThemeChoice::Light => false,
            ThemeChoice::Dark => true,
        }
    }
}

/// The page's settings. Components outside the page (a test, say) get a set of their own, at the defaults.
pub fn use_settings() -> Settings {
    use_context::<Settings>().unwrap_or_else(|| {
        let settings = Settings::new(State::default());
        provide_context(settings);
        settings
    })
}
