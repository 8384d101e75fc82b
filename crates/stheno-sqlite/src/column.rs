//! A value of a column, checked.

use std::fmt::Display;

use rusqlite::types::Type;

/// What a row has in a column, or an error that says which event has something there that Stheno never writes.
pub(crate) fn checked<T>(column: usize, event: impl Display, value: Result<T, impl Display>) -> rusqlite::Result<T> {
    value.map_err(|error| {
        let wrong = format!("event {event}: {error}");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, wrong.into())
    })
}
