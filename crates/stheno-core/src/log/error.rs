//! Why the log was not read.

use crate::backend::{BackendError, BackendErrorKind};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogErrorKind {
    /// It cannot be meant: a pattern that is none, one thing said twice, a cursor that goes the other way.
    #[error("{0}")]
    Asked(String),
    /// The backend could not be read.
    #[error("{0}")]
    Backend(BackendError),
}

/// A question to the log that was not answered. Its message says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct LogError {
    kind: Box<LogErrorKind>,
}

impl LogError {
    pub(super) fn asked(mistake: impl Into<String>) -> Self {
        Self { kind: Box::new(LogErrorKind::Asked(format!("the log was not asked: {}", mistake.into()))) }
    }

    /// What is wrong.
    pub fn kind(&self) -> &LogErrorKind {
        &self.kind
    }

    /// Whether asking again may help; see [`BackendErrorKind::may_pass`].
    pub fn may_pass(&self) -> bool {
        matches!(&*self.kind, LogErrorKind::Backend(error) if error.kind().may_pass())
    }

    /// What kind of trouble the backend has, if it is the backend.
    pub fn backend(&self) -> Option<BackendErrorKind> {
        match &*self.kind {
            LogErrorKind::Backend(error) => Some(error.kind()),
            LogErrorKind::Asked(_) => None,
        }
    }
}

impl From<BackendError> for LogError {
    fn from(error: BackendError) -> Self {
        Self { kind: Box::new(LogErrorKind::Backend(error)) }
    }
}
