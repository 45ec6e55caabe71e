//! The values of all settings as signals, one per setting: a context of everything that is drawn.

use leptos::prelude::*;

use crate::choices;
use crate::ui::settings::control::{Control, Kind, Values};
use crate::ui::settings::setting::Setting;
use crate::ui::settings::value::Value;

choices! {
    /// Light, dark, or as the system says.
    ThemeChoice {
        /// As the system says.
        Auto = ("auto", "Auto"),
        /// Light.
        Light = ("light", "Light"),
        /// Dark.
        Dark = ("dark", "Dark"),
    }
}

/// Colours.
pub static THEME: Setting<ThemeChoice> = Setting::new("theme", "Colours", Kind::Pick(ThemeChoice::CHOICES), "auto");
/// Controls that are out of the way, by their test handles.
pub static HIDE: Setting<Vec<String>> = Setting::new("hide", "Hidden controls", Kind::Names { of: "control" }, "");
/// Characters of the longest question.
pub const LONGEST_QUESTION: usize = 300;
/// A teacher's question, shown above a figure.
pub static ASK: Setting<String> = Setting::new("ask", "Question", Kind::Hidden(LONGEST_QUESTION), "");
/// The figure in the article that the question and what is hidden belong to. Without one, what is hidden is so in all of
/// them. A figure by itself needs none.
pub static LESSON: Setting<Vec<String>> =
    Setting::new("lesson", "Figure of the lesson", Kind::Names { of: "figure" }, "");

type Held = (&'static Control, ArcRwSignal<String>);

/// All settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    all: StoredValue<Vec<Held>>,
    /// Whether the page is being printed; kept up to date by the page.
    pub printing: RwSignal<bool>,
    /// Whether the system prefers dark colours; kept up to date by the page.
    pub system_dark: RwSignal<bool>,
}

impl Settings {
    /// Signals for these settings, at these values. One that is not among them has its default and no place in the address.
    pub fn new(controls: impl IntoIterator<Item = &'static Control>, values: &Values) -> Self {
        let hold = |control: &'static Control| (control, ArcRwSignal::new(control.value(values).to_string()));
        Self {
            all: StoredValue::new(controls.into_iter().map(hold).collect()),
            printing: RwSignal::new(false),
            system_dark: RwSignal::new(false),
        }
    }

    fn signal(&self, control: &'static Control) -> ArcRwSignal<String> {
        let found = |all: &mut Vec<Held>| match all.iter().find(|(c, _)| c.key == control.key) {
            Some((_, signal)) => signal.clone(),
            None => {
                let signal = ArcRwSignal::new(control.default.to_string());
                all.push((control, signal.clone()));
                signal
            }
        };
        // Gone with the page itself only.
        self.all.try_update_value(found).unwrap_or_else(|| ArcRwSignal::new(control.default.to_string()))
    }

    /// Every setting, in the order of the page's list.
    pub fn controls(&self) -> Vec<&'static Control> {
        self.all.with_value(|all| all.iter().map(|(control, _)| *control).collect())
    }

    /// The value of a setting as text; what counts among others is held to their number. Tracks both.
    pub fn text(&self, control: &'static Control) -> String {
        let text = self.signal(control).get();
        match control.kind {
            Kind::Among(of) => usize::read(&text).min(usize::read(&self.text(of))).to_string(),
            _ => text,
        }
    }

    /// The value of a setting. Tracks it.
    pub fn get<T: Value>(&self, setting: &'static Setting<T>) -> T {
        T::read(&self.text(&setting.control))
    }

    /// The value of a setting as a signal.
    pub fn of<T: Value + Send + Sync + 'static>(self, setting: &'static Setting<T>) -> Signal<T> {
        Signal::derive(move || self.get(setting))
    }

    /// Sets a setting.
    pub fn set<T: Value>(&self, setting: &'static Setting<T>, value: T) {
        self.put(&setting.control, value.write());
    }

    /// Changes a setting.
    pub fn update<T: Value>(&self, setting: &'static Setting<T>, change: impl FnOnce(&mut T)) {
        let mut value = untrack(|| self.get(setting));
        change(&mut value);
        self.set(setting, value);
    }

    /// Sets a setting to a text within its bounds. What is as it was is not told.
    pub fn put(&self, control: &'static Control, value: String) {
        let signal = self.signal(control);
        if signal.with_untracked(|now| *now != value) {
            signal.set(value);
        }
    }

    /// Those of these settings that differ from their defaults. Tracks all of them.
    pub fn values_of(&self, controls: &[&'static Control]) -> Values {
        let all = controls.iter().map(|control| (control, self.text(control)));
        all.filter(|(c, text)| text != c.default).map(|(c, text)| (c.key.to_string(), text)).collect()
    }

    /// All that differ from their defaults, in the order of the page's list. Tracks every setting.
    pub fn values(&self) -> Values {
        self.values_of(&self.controls())
    }

    /// Sets every setting as these values have it.
    pub fn adopt(&self, values: &Values) {
        for control in self.controls() {
            self.put(control, control.value(values).to_string());
        }
    }

    /// Whether dark colours are in use: as chosen, else as the system has it; never on paper. Tracks all three.
    pub fn dark(&self) -> bool {
        match self.get(&THEME) {
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
        let settings = Settings::new([], &Values::new());
        provide_context(settings);
        settings
    })
}
