//! The port that mails leave through, and why one was not taken.

use std::{error::Error as StdError, fmt};

use stheno::{async_trait, shown::shown_because};

use crate::Mail;

/// Takes mails. A host that has one of its own provides it: `app.provide_shared::<dyn Transport>(..)`.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Hands a mail over. The same mail may come twice: its [`Mail::id`] tells.
    ///
    /// # Errors
    /// [`MailError`]; its kind says whether another attempt can help.
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError>;
}

/// Why a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailErrorKind {
    /// What the shop has as the address is none.
    BadAddress,
    /// The mail server will never take it: no such mailbox, for example.
    Rejected {
        /// Its answer: 550.
        code: u16,
    },
    /// The mail server does not take it now.
    Busy {
        /// Its answer: 451.
        code: u16,
    },
    /// The mail server does not let us in. That is not the mail's fault: it is tried again once somebody mended it.
    NotLetIn {
        /// Its answer: 535.
        code: u16,
    },
    /// The mail server does not answer, or breaks off.
    Unreachable,
    /// The file cannot be written.
    Outbox,
    /// The configuration cannot work.
    Configuration,
}

/// A mail that was not taken. It says why, and neither to whom nor what the server said: that names the address.
#[derive(Debug)]
pub struct MailError {
    kind: MailErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl MailError {
    /// A failure of a kind, with a sentence that says what to do.
    pub fn new(kind: MailErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why it was not taken.
    pub fn kind(&self) -> MailErrorKind {
        self.kind
    }

    /// Whether no other attempt can help: then the event belongs to the dead letters, where an operator sees it.
    pub fn is_final(&self) -> bool {
        matches!(self.kind, MailErrorKind::BadAddress | MailErrorKind::Rejected { .. })
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.source.as_deref().map(|source| source as &(dyn StdError + 'static));
        f.write_str(&shown_because(&self.message, cause))
    }
}

// The message has the whole reason.
impl StdError for MailError {}
