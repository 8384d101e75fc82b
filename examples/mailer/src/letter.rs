//! What a mail says, and to whom.

use std::fmt;

/// What a mail says, and to whom. `Debug` shows none of it: it may hold a token, and is about a person.
pub struct Letter {
    /// What it is, as a part of a file name: `receipt-1042`.
    pub(crate) label: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
}

impl Letter {
    /// A letter. The label says what it is, as a part of a file name; what cannot stand in one becomes `_`.
    pub fn new(
        label: impl Into<String>,
        to: impl Into<String>,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self { label: label.into(), to: to.into(), subject: subject.into(), text: text.into(), html: None }
    }

    /// The same, which says it in HTML too. A reader shows that, or the text.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("label", &self.label).finish_non_exhaustive()
    }
}
