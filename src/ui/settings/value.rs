//! What the text of a setting stands for.

/// What a setting's text can stand for.
pub trait Value {
    /// Reads a text that [`Control::check`] has let through.
    fn read(text: &str) -> Self;
    /// The text.
    fn write(&self) -> String;
}

impl Value for usize {
    fn read(text: &str) -> Self {
        text.parse().unwrap_or_default()
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn read(text: &str) -> Self {
        text == "on"
    }

    fn write(&self) -> String {
        if *self { "on".into() } else { "off".into() }
    }
}

impl Value for String {
    fn read(text: &str) -> Self {
        text.into()
    }

    fn write(&self) -> String {
        self.clone()
    }
}

impl Value for Vec<String> {
    fn read(text: &str) -> Self {
        parts(text).map(String::from).collect()
    }

    fn write(&self) -> String {
        self.join(",")
    }
}

impl Value for Vec<usize> {
    fn read(text: &str) -> Self {
        parts(text).filter_map(|p| p.parse().ok()).collect()
    }

    fn write(&self) -> String {
        self.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
    }
}

/// What stands between commas.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|p| !p.is_empty())
}
