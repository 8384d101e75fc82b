//! Why a lookup failed, and whether another attempt can help.

use std::{error::Error as StdError, fmt, time::Duration};

/// Why a lookup failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommerceErrorKind {
    /// The shop has no such thing.
    NotFound,
    /// The shop understood, and will not answer: the token is wrong, or may not read this.
    Refused,
    /// The shop cannot be reached, is busy or is broken for now.
    Unavailable {
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer is not what this version of the port understands.
    Unreadable,
}

/// A lookup that failed. It says what was looked up, and never what was found.
#[derive(Debug)]
pub struct CommerceError {
    kind: CommerceErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl CommerceError {
    /// A failure of a kind, with a sentence that says what to do.
    pub fn new(kind: CommerceErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The shop has no such thing.
    pub fn not_found(what: &str, id: &str) -> Self {
        let shown: String = id.chars().take(80).collect();
        Self::new(CommerceErrorKind::NotFound, format!("the shop has no {what} {shown:?}"))
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why the lookup failed.
    pub fn kind(&self) -> CommerceErrorKind {
        self.kind
    }

    /// Whether no other attempt can help: then the event belongs to the dead letters, where an operator sees it.
    pub fn is_final(&self) -> bool {
        match self.kind {
            CommerceErrorKind::NotFound | CommerceErrorKind::Refused => true,
            CommerceErrorKind::Unavailable { .. } | CommerceErrorKind::Unreadable => false,
        }
    }

    /// How long the shop asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            CommerceErrorKind::Unavailable { retry_after } => retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for CommerceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source.as_deref().map(|source| source as &(dyn StdError + 'static));
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

// The message has the whole reason.
impl StdError for CommerceError {}
