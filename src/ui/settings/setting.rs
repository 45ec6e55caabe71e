//! A setting as it is declared: a control, and the type of its value.

use std::marker::PhantomData;

use crate::protocol::EngineChoice;
use crate::ui::settings::control::{Choice, Control, Kind};
use crate::ui::settings::value::Value;

/// A setting whose value is read as a `T`.
pub struct Setting<T> {
    /// What it is.
    pub control: Control,
    value: PhantomData<fn() -> T>,
}

impl<T: Value> Setting<T> {
    /// Declares a setting.
    pub const fn new(key: &'static str, label: &'static str, kind: Kind, default: &'static str) -> Self {
        Self { control: Control { key, label, kind, default }, value: PhantomData }
    }
}

/// Choices of a switch.
pub const ON_OFF: &[Choice] = &[("off", "off"), ("on", "on")];

/// Declares an enum whose values have names in the address and labels in a control; the first is the default.
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $name:ident { $(#[$about_first:meta])* $first:ident = ($id:literal, $label:literal),
        $($(#[$about_other:meta])* $other:ident = ($id_other:literal, $label_other:literal),)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $(#[$about_first])*
            #[default]
            $first,
            $($(#[$about_other])* $other,)*
        }

        impl $name {
            /// Names and labels, in the order of the values.
            pub const CHOICES: &'static [$crate::ui::settings::control::Choice] =
                &[($id, $label), $(($id_other, $label_other),)*];
        }

        impl $crate::ui::settings::value::Value for $name {
            fn read(text: &str) -> Self {
                match text {
                    $($id_other => Self::$other,)*
                    _ => Self::$first,
                }
            }

            fn write(&self) -> String {
                Self::CHOICES[*self as usize].0.into()
            }
        }
    };
}

/// Engines, in the order of [`EngineChoice`].
pub const ENGINES: &[Choice] = &[("auto", "Auto"), ("cpu", "CPU"), ("gpu", "GPU")];

impl Value for EngineChoice {
    fn read(text: &str) -> Self {
        match text {
            "cpu" => Self::Cpu,
            "gpu" => Self::Gpu,
            _ => Self::Auto,
        }
    }

    fn write(&self) -> String {
        ENGINES[*self as usize].0.into()
    }
}
