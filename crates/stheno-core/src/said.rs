//! What a builder was told: a setting that is given twice, or that cannot be meant, is a mistake that is said later, together
//! with everything else that is wrong.

/// Settings that were given, and mistakes among them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    names: Vec<&'static str>,
    /// Each with the setting it is about.
    mistakes: Vec<(&'static str, String)>,
}

impl Said {
    /// Takes note of a setting. A second time it is a mistake: one of the two values would be lost.
    pub(crate) fn once(&mut self, name: &'static str, fix: &str) {
        match self.names.contains(&name) {
            true => self.refuse(true, name, &format!("`{name}` is said twice; {fix}")),
            false => self.names.push(name),
        }
    }

    /// Takes note of a value that cannot be meant.
    pub(crate) fn refuse(&mut self, wrong: bool, name: &'static str, mistake: &str) {
        if wrong && !self.mistakes.iter().any(|(_, known)| known == mistake) {
            self.mistakes.push((name, mistake.to_owned()));
        }
    }

    /// Everything that is wrong.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.mistakes.iter().map(|(_, mistake)| mistake.as_str())
    }

    /// What is wrong with these settings.
    pub(crate) fn mistakes_of(&self, names: &[&str]) -> impl Iterator<Item = &(&'static str, String)> {
        self.mistakes.iter().filter(|(name, _)| names.contains(name))
    }
}
