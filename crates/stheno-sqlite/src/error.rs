//! What SQLite's errors mean to a caller: a kind and a sentence that says what to do.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode, ffi};
use stheno_core::backend::{AppendError, BackendError, BackendErrorKind, RecordError};

/// What went wrong in a commit; cheap to clone, because everyone who waited for the commit is told.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    kind: BackendErrorKind,
    message: String,
    source: Option<Arc<Error>>,
    /// The commit may or may not have reached the disk.
    unknown: bool,
}

impl Trouble {
    pub(crate) fn new(kind: BackendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, unknown: false }
    }

    /// Damage that is no error of SQLite: what its own checks have found.
    pub(crate) fn damaged(place: &str, found: &str) -> Self {
        let message = format!("{}; found: {found}", sentence(BackendErrorKind::Corrupt, place));
        Self::new(BackendErrorKind::Corrupt, message)
    }

    /// Whether what is stored cannot be read any more.
    pub(crate) fn is_damage(&self) -> bool {
        self.kind == BackendErrorKind::Corrupt
    }

    /// What an error of SQLite means for the log at this place.
    pub(crate) fn explain(place: &str, error: Error) -> Self {
        let kind = kind_of(&error);
        let message = match error.sqlite_error_code() {
            // No damage that anybody could repair: most likely another file was named.
            Some(ErrorCode::NotADatabase) => format!(
                "the file at {place} is no SQLite database, so it cannot be a log; name another file, or restore a \
                 backup if this was one"
            ),
            _ => sentence(kind, place),
        };
        Self { kind, message, source: Some(Arc::new(error)), unknown: false }
    }

    /// What an error means in a file that is not the log. Damage there is none of the log's.
    pub(crate) fn elsewhere(message: String, error: Error) -> Self {
        let kind = match kind_of(&error) {
            BackendErrorKind::Corrupt => BackendErrorKind::Other,
            kind => kind,
        };
        Self { kind, message, source: Some(Arc::new(error)), unknown: false }
    }

    /// The same for an error of the commit itself. An I/O error there leaves it open whether the end of the transaction
    /// is on the disk: this process goes on without it, but a crash right now could bring it back.
    pub(crate) fn explain_commit(place: &str, error: Error) -> Self {
        let unknown = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        Self { unknown, ..Self::explain(place, error) }
    }

    /// The task that did the work went away in the middle of it: it panicked, or its runtime was shut down.
    pub(crate) fn vanished(place: &str) -> Self {
        let message = format!("the task that used the log at {place} ended early; try again");
        Self { unknown: true, ..Self::new(BackendErrorKind::Unavailable, message) }
    }
}

impl From<Trouble> for BackendError {
    fn from(trouble: Trouble) -> Self {
        let error = BackendError::new(trouble.kind, trouble.message);
        match trouble.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl From<Trouble> for AppendError {
    fn from(trouble: Trouble) -> Self {
        if trouble.unknown { AppendError::unknown(trouble.into()) } else { BackendError::from(trouble).into() }
    }
}

impl From<Trouble> for RecordError {
    fn from(trouble: Trouble) -> Self {
        RecordError::Backend(trouble.into())
    }
}

pub(crate) fn closed() -> Trouble {
    Trouble::new(BackendErrorKind::Closed, "the log was closed; open it again")
}

pub(crate) fn log_changed(place: &str) -> Trouble {
    Trouble::new(
        BackendErrorKind::LogChanged,
        format!(
            "the log at {place} was moved, replaced or cut short while it was in use, or its `-wal` or `-shm` file was; \
             put the file back if that was a mistake, and start again"
        ),
    )
}

fn kind_of(error: &Error) -> BackendErrorKind {
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => BackendErrorKind::Unavailable,
            ErrorCode::DiskFull => BackendErrorKind::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => BackendErrorKind::Corrupt,
            // Other I/O errors may pass. These say that a part of the file is gone, or that the disk cannot read it.
            ErrorCode::SystemIoFailure if is_lasting(failure.extended_code) => BackendErrorKind::Corrupt,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => BackendErrorKind::Unavailable,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => BackendErrorKind::Permission,
            _ => BackendErrorKind::Other,
        },
        // A value of a type or form that we never write.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..)
        | Error::QueryReturnedNoRows => BackendErrorKind::Corrupt,
        _ => BackendErrorKind::Other,
    }
}

fn is_lasting(extended_code: i32) -> bool {
    matches!(extended_code, ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS)
}

fn sentence(kind: BackendErrorKind, place: &str) -> String {
    match kind {
        BackendErrorKind::Unavailable => format!(
            "the log at {place} cannot be used now (another process holds it, or the disk does not answer); try again"
        ),
        BackendErrorKind::Full => format!(
            "there is no room left for the log at {place}; free space on its disk or raise `max_size`, and try again"
        ),
        BackendErrorKind::Corrupt => format!(
            "the log at {place} is damaged, and nothing more is written to it; stop every process that uses it, keep a \
             copy of it and of its `-wal` file, look at it with `sqlite3 {place} 'PRAGMA integrity_check'`, and restore a \
             backup or rescue what is left with `sqlite3 {place} .recover`"
        ),
        BackendErrorKind::Permission => {
            format!("the log at {place} may not be written; let this user write the file and its directory")
        }
        _ => format!("SQLite could not do it for the log at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_that_the_file_is_damaged_is_damage() {
        for (code, kind) in [
            (ffi::SQLITE_CORRUPT, BackendErrorKind::Corrupt),
            (ffi::SQLITE_CORRUPT_INDEX, BackendErrorKind::Corrupt),
            (ffi::SQLITE_NOTADB, BackendErrorKind::Corrupt),
            (ffi::SQLITE_IOERR_SHORT_READ, BackendErrorKind::Corrupt),
            (ffi::SQLITE_IOERR_CORRUPTFS, BackendErrorKind::Corrupt),
            (ffi::SQLITE_IOERR_READ, BackendErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_WRITE, BackendErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_FSYNC, BackendErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_NOMEM, BackendErrorKind::Unavailable),
            (ffi::SQLITE_CANTOPEN, BackendErrorKind::Unavailable),
            (ffi::SQLITE_BUSY, BackendErrorKind::Unavailable),
            (ffi::SQLITE_BUSY_SNAPSHOT, BackendErrorKind::Unavailable),
            (ffi::SQLITE_LOCKED, BackendErrorKind::Unavailable),
            (ffi::SQLITE_FULL, BackendErrorKind::Full),
            (ffi::SQLITE_READONLY, BackendErrorKind::Permission),
            (ffi::SQLITE_PERM, BackendErrorKind::Permission),
            (ffi::SQLITE_NOMEM, BackendErrorKind::Other),
            (ffi::SQLITE_INTERRUPT, BackendErrorKind::Other),
        ] {
            let trouble = Trouble::explain("here", Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(trouble.kind, kind, "{code}");
        }
    }
}
