//! What SQLite's errors mean to a caller: a kind and a sentence that says what to do.

use std::sync::Arc;

use rusqlite::{Connection, Error, ErrorCode, ffi};
use stheno_core::backend::{AppendError, BackendError, BackendErrorKind, RecordError};

use crate::form;

/// What went wrong in a commit; cheap to clone, because everyone who waited for the commit is told.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    kind: BackendErrorKind,
    message: String,
    source: Option<Arc<Error>>,
    /// The commit may or may not have reached the disk.
    unknown: bool,
    /// What is damaged, if anything is.
    damaged: Option<Damaged>,
}

/// What is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damaged {
    /// Pages: of the file, or of its write-ahead log.
    Pages,
    /// Pages of the write-ahead log.
    WriteAhead,
    /// The tables themselves. Somebody has changed them by hand.
    Tables,
    /// A row in them. Somebody else than Stheno wrote it.
    Row,
    /// Rows in them that are gone. Somebody else than Stheno deleted them.
    Deleted,
}

impl Trouble {
    pub(crate) fn new(kind: BackendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, unknown: false, damaged: None }
    }

    /// Damage that is no error of SQLite: what its own checks have found.
    pub(crate) fn damaged(place: &str, found: &str) -> Self {
        Self::of_damage(Damaged::Pages, format!("{}; found: {found}", sentence(BackendErrorKind::Corrupt, place)))
    }

    /// Tables that are not as Stheno made them.
    pub(crate) fn tables_changed(place: &str, found: &str) -> Self {
        Self::of_damage(Damaged::Tables, format!("{}; found: {found}", tables_sentence(place)))
    }

    /// A write-ahead log that does not have what was written to it.
    pub(crate) fn write_ahead_log_damaged(place: &str, found: &str) -> Self {
        let message = format!(
            "the `-wal` file of the log at {place} is damaged, and nothing more is written to the log; the file {place} itself \
             was left as it is; stop every process that uses the log, and keep a copy of both files; the next start says what is \
             lost and what to do; found: {found}"
        );
        Self::of_damage(Damaged::WriteAhead, message)
    }

    /// Damage of pages, in words of its own.
    pub(crate) fn of_damage_of_pages(message: String) -> Self {
        Self::of_damage(Damaged::Pages, message)
    }

    /// Rows that are missing, in words of its own.
    pub(crate) fn of_deleted_rows(message: String) -> Self {
        Self::of_damage(Damaged::Deleted, message)
    }

    fn of_damage(damaged: Damaged, message: String) -> Self {
        Self { damaged: Some(damaged), ..Self::new(BackendErrorKind::Corrupt, message) }
    }

    /// Whether what is stored cannot be read any more.
    pub(crate) fn is_damage(&self) -> bool {
        self.kind == BackendErrorKind::Corrupt
    }

    /// Whether trying again may help.
    pub(crate) fn may_pass(&self) -> bool {
        self.kind.may_pass()
    }

    /// Whether it says that there is no log at a place.
    pub(crate) fn is_of_another_file(&self) -> bool {
        self.kind == BackendErrorKind::Address
    }

    /// The same, with the error that led to it.
    pub(crate) fn caused_by(self, other: &Trouble) -> Self {
        Self { source: other.source.clone(), ..self }
    }

    /// Whether pages cannot be read any more.
    pub(crate) fn is_damage_of_pages(&self) -> bool {
        matches!(self.damaged, Some(Damaged::Pages | Damaged::WriteAhead))
    }

    /// Whether no process opens the log again before an operator has dealt with it.
    pub(crate) fn leaves_a_sign(&self) -> bool {
        self.is_damage_of_pages() || self.is_of_deleted_rows()
    }

    /// Whether rows are missing that somebody has deleted by hand.
    pub(crate) fn is_of_deleted_rows(&self) -> bool {
        self.damaged == Some(Damaged::Deleted)
    }

    /// Whether it is known that these are pages of the write-ahead log.
    pub(crate) fn is_damage_of_write_ahead_log(&self) -> bool {
        self.damaged == Some(Damaged::WriteAhead)
    }

    /// What was found, without what to do about it.
    pub(crate) fn found(&self) -> String {
        match (&self.source, self.message.rsplit_once("found: ")) {
            (Some(source), _) => source.to_string(),
            (None, Some((_, found))) => found.to_owned(),
            (None, None) => self.message.clone(),
        }
    }

    /// What an error of SQLite means for the log at this place.
    pub(crate) fn explain(place: &str, error: Error) -> Self {
        let (kind, damaged) = (kind_of(&error), damaged_by(&error));
        let message = match (error.sqlite_error_code(), damaged) {
            // No damage that anybody could repair: most likely another file was named.
            (Some(ErrorCode::NotADatabase), _) => format!(
                "the file at {place} is no SQLite database, so it cannot be a log; name another file, or restore a \
                 backup if this was one"
            ),
            (_, Some(Damaged::Tables)) => tables_sentence(place),
            (_, Some(Damaged::Row)) => format!(
                "the log at {place} has a row that Stheno never wrote, and nothing more is written to the log; correct the row with \
                 `sqlite3 {place}`, or restore a backup, and start again"
            ),
            _ => sentence(kind, place),
        };
        Self { kind, message, source: Some(Arc::new(error)), unknown: false, damaged }
    }

    /// What an error means in a file that is not the log. Damage there is none of the log's.
    pub(crate) fn elsewhere(message: String, error: Error) -> Self {
        let kind = match kind_of(&error) {
            BackendErrorKind::Corrupt => BackendErrorKind::Other,
            kind => kind,
        };
        Self { kind, message, source: Some(Arc::new(error)), unknown: false, damaged: None }
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
            "the log at {place} was moved, replaced, set back to an earlier state or cut short while it was in use, or its `-wal` or \
             `-shm` file was; put the file back if that was a mistake; if it was not, move the `-wal` and `-shm` files aside that are \
             left of the log before; start again"
        ),
    )
}

/// A log that ends before what is known of it: its tables were changed, or the whole of it.
pub(crate) fn went_back(place: &str, connection: &Connection) -> Trouble {
    match form::what_is_different(connection) {
        Ok(Some(found)) => Trouble::tables_changed(place, &found),
        _ => log_changed(place),
    }
}

fn kind_of(error: &Error) -> BackendErrorKind {
    if damaged_by(error).is_some() {
        return BackendErrorKind::Corrupt;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => BackendErrorKind::Unavailable,
        Some(ErrorCode::DiskFull) => BackendErrorKind::Full,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => BackendErrorKind::Unavailable,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => BackendErrorKind::Permission,
        _ => BackendErrorKind::Other,
    }
}

/// What is damaged, if an error says that something is.
fn damaged_by(error: &Error) -> Option<Damaged> {
    match error {
        // A value of a type or form that we never write.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => return Some(Damaged::Row),
        // A row that is always there.
        Error::QueryReturnedNoRows => return Some(Damaged::Tables),
        _ => {}
    }
    let failure = match error {
        Error::SqliteFailure(failure, _) | Error::SqlInputError { error: failure, .. } => failure,
        _ => return None,
    };
    match failure.code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Damaged::Pages),
        // Other I/O errors may pass. These say that a part of the file is gone, or that the disk cannot read it.
        ErrorCode::SystemIoFailure if is_lasting(failure.extended_code) => Some(Damaged::Pages),
        // Our statements are right for our tables: one is missing, or has other columns, constraints or triggers.
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => Some(Damaged::Tables),
        _ if failure.extended_code & 0xff == ffi::SQLITE_ERROR => Some(Damaged::Tables),
        _ => None,
    }
}

fn is_lasting(extended_code: i32) -> bool {
    matches!(extended_code, ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS)
}

fn tables_sentence(place: &str) -> String {
    format!(
        "the tables of the log at {place} are not as Stheno made them, and nothing more is written to the log: somebody has changed \
         them by hand; undo that, or restore a backup, and start again"
    )
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
            (ffi::SQLITE_TOOBIG, BackendErrorKind::Other),
            // No table of ours, no column of ours, a constraint or trigger that is none of ours.
            (ffi::SQLITE_ERROR, BackendErrorKind::Corrupt),
            (ffi::SQLITE_CONSTRAINT, BackendErrorKind::Corrupt),
            (ffi::SQLITE_CONSTRAINT_TRIGGER, BackendErrorKind::Corrupt),
            (ffi::SQLITE_MISMATCH, BackendErrorKind::Corrupt),
        ] {
            let trouble = Trouble::explain("here", Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(trouble.kind, kind, "{code}");
        }
    }
}
