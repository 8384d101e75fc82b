//! Which failures another attempt can mend.

use commerce::CommerceError;
use stheno::{
    Failure,
    shown::shown,
    sqlite::{OnceError, once::rusqlite},
};

/// Why stock was neither reserved nor released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StockError {
    /// What the event is about could not be looked up.
    #[error(transparent)]
    Commerce(#[from] CommerceError),
    /// The mark could not be set, or another process has taken over.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// The database could not do it.
    #[error("the stock database could not do it ({0}); is its disk full, or does another program hold it?")]
    Database(rusqlite::Error),
    /// Something came back that nobody knows to have gone out: the event that says so may still be on its way.
    #[error("line `{}` came back, and no event handled so far says which article it is", shown(line))]
    UnknownLine {
        /// The line.
        line: String,
    },
    /// The task that wrote was ended, by a panic or with the process.
    #[error("the change was cut off ({0})")]
    CutOff(tokio::task::JoinError),
}

// Without `#[from]`: the message has the reason already, which a source would repeat.
impl From<rusqlite::Error> for StockError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<tokio::task::JoinError> for StockError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::CutOff(error)
    }
}

/// What a failure means for delivery.
pub(crate) fn classify(error: StockError) -> Failure {
    match &error {
        StockError::Commerce(lookup) if lookup.is_final() => Failure::new(error).terminal(),
        StockError::Commerce(lookup) => match lookup.retry_after() {
            Some(delay) => Failure::new(error).retry_after(delay),
            None => Failure::new(error),
        },
        _ => Failure::new(error),
    }
}
