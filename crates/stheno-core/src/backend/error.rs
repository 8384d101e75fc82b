//! What can go wrong in a backend.

use std::{error::Error as StdError, fmt};

use crate::{Timestamp, backend::record::RecordName, shown::shown_because};

type BoxError = Box<dyn StdError + Send + Sync>;

/// What kind of trouble a backend has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// The address is not one this backend understands.
    Address,
    /// Reading or writing is not permitted.
    Permission,
    /// The backend cannot be reached now; trying again may help.
    Unavailable,
    /// There is no room left.
    Full,
    /// What is stored cannot be read.
    Corrupt,
    /// What is stored was written by a newer version.
    NewerSchema,
    /// The log was made anew or became shorter since it was last read.
    LogChanged,
    /// The program cannot be used as it is built: two of its catalogs define one event, for example.
    Setup,
    /// It was closed.
    Closed,
    /// Something else.
    Other,
}

impl BackendErrorKind {
    /// Whether trying again may help: a server comes back, somebody makes room or gives a permission. What does not pass ends
    /// delivery, and a host with it.
    ///
    /// ```
    /// use stheno_core::backend::BackendErrorKind;
    ///
    /// assert!(BackendErrorKind::Unavailable.may_pass());
    /// assert!(!BackendErrorKind::Corrupt.may_pass());
    /// ```
    #[must_use]
    pub const fn may_pass(self) -> bool {
        match self {
            // What answers at an address may change while a host runs: a server gets JetStream, or another certificate.
            Self::Address | Self::Permission | Self::Unavailable | Self::Full | Self::Other => true,
            Self::Corrupt | Self::NewerSchema | Self::LogChanged | Self::Setup | Self::Closed => false,
        }
    }
}

/// A backend that could not do what it was asked. Its message has the whole reason, so that it has no
/// [`source`](StdError::source); a program that looks for an error of a certain type finds it as the [`cause`](Self::cause).
#[derive(Debug)]
pub struct BackendError {
    kind: BackendErrorKind,
    message: String,
    source: Option<BoxError>,
}

impl BackendError {
    /// An error with a sentence that says what to do.
    pub fn new(kind: BackendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same, with the error behind it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> BackendErrorKind {
        self.kind
    }

    /// The error behind it, if there is one. The message has its text already.
    ///
    /// ```
    /// use stheno_core::backend::{BackendError, BackendErrorKind};
    ///
    /// let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    /// let error = BackendError::new(BackendErrorKind::Permission, "the file cannot be opened").with_source(denied);
    /// assert_eq!(error.to_string(), "the file cannot be opened: permission denied");
    /// assert!(error.cause().is_some_and(|cause| cause.is::<std::io::Error>()));
    /// ```
    pub fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|error| error as &(dyn StdError + 'static))
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may repeat what a stranger has stored.
        f.pad(&shown_because(&self.message, self.cause()))
    }
}

impl StdError for BackendError {}

/// Why an append was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendErrorKind {
    /// The last event of the key has another sequence than expected.
    Conflict {
        /// Which event of the batch.
        index: usize,
        /// What was expected; 0 for none.
        expected: u64,
        /// What is there; 0 for none.
        actual: u64,
    },
    /// Some events of the batch are in the log already and some are not.
    MixedDuplicates,
    /// More events than [`crate::backend::Abilities::max_batch`].
    TooMany {
        /// How many there are.
        events: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A body is longer than [`crate::backend::Abilities::max_body`].
    TooLarge {
        /// Which event of the batch.
        index: usize,
        /// Its length in bytes.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A batch of several events has one that is scheduled for later, which cannot be all or nothing.
    ScheduledInBatch,
    /// An event is to be stored later than the log can keep it for.
    TooFarAhead {
        /// Which event of the batch.
        index: usize,
        /// The latest time that can be kept.
        latest: Timestamp,
    },
    /// The backend could not do it; nothing was stored.
    Backend(BackendErrorKind),
    /// Nobody knows whether it was stored. Append again with the same ids.
    Unknown,
}

/// An append that was refused: what a backend answers. Its message has the reason; only where nobody knows what became of the
/// events, that is the [`source`](StdError::source).
#[derive(Debug)]
pub struct AppendError {
    kind: AppendErrorKind,
    source: Option<BackendError>,
}

impl AppendError {
    /// A refusal.
    pub fn new(kind: AppendErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Nobody knows whether it was stored.
    pub fn unknown(source: BackendError) -> Self {
        Self { kind: AppendErrorKind::Unknown, source: Some(source) }
    }

    /// Why it was refused.
    pub fn kind(&self) -> AppendErrorKind {
        self.kind
    }

    /// What the backend says, if it could not do it or does not know.
    pub(crate) fn reason(&self) -> Option<&BackendError> {
        self.source.as_ref()
    }
}

impl From<BackendError> for AppendError {
    fn from(error: BackendError) -> Self {
        Self { kind: AppendErrorKind::Backend(error.kind()), source: Some(error) }
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            AppendErrorKind::Conflict { expected, actual, .. } => write!(
                f,
                "the last event of the key has sequence {actual}, and {expected} was expected; read the newer events and decide again"
            ),
            AppendErrorKind::MixedDuplicates => f.write_str(
                "some events of the batch are in the log already and some are not; append the new ones in a batch of their own",
            ),
            AppendErrorKind::TooMany { events, limit } => {
                write!(f, "the batch has {events} events and at most {limit} are stored all or nothing; split it")
            }
            AppendErrorKind::TooLarge { length, limit, .. } => {
                write!(f, "the body has {length} bytes and at most {limit} are allowed; publish a reference instead")
            }
            AppendErrorKind::ScheduledInBatch => {
                f.write_str("an event scheduled for later cannot be in a batch of several; publish it alone")
            }
            AppendErrorKind::TooFarAhead { latest, .. } => {
                write!(f, "an event is kept until {latest} at most; publish it for an earlier time, or later")
            }
            AppendErrorKind::Backend(_) => {
                let reason = self.reason().map(|reason| reason as &(dyn StdError + 'static));
                f.write_str(&shown_because("the log did not take the events", reason))
            }
            AppendErrorKind::Unknown => {
                f.write_str("nobody knows whether the log took the events; append them again with the same ids")
            }
        }
    }
}

impl StdError for AppendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let is_said = self.kind != AppendErrorKind::Unknown;
        self.reason().filter(|_| !is_said).map(|error| error as &(dyn StdError + 'static))
    }
}

/// Why records were not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// A record was not as expected: somebody else has written it.
    Conflict {
        /// Which one.
        name: RecordName,
    },
    /// The backend could not do it.
    Backend(BackendError),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Conflict { name } => write!(f, "record `{name}` was written by somebody else meanwhile"),
            RecordError::Backend(error) => write!(f, "the backend did not take the records: {error}"),
        }
    }
}

// The message has the whole reason.
impl StdError for RecordError {}

impl From<BackendError> for RecordError {
    fn from(error: BackendError) -> Self {
        RecordError::Backend(error)
    }
}
