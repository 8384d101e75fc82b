//! Records: small documents under a name, written by compare-and-set.

use std::collections::HashMap;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row};
use stheno_core::{
    Timestamp,
    backend::{
        BackendError, BackendErrorKind, Expect, Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite,
        Revision,
    },
};

use crate::{marks, pending::Pending, writing::Writing};

/// Longest content of a record in bytes. Records are small documents; this only keeps one from spoiling a commit.
const MAX_RECORD: usize = 64 * 1024 * 1024;

/// Writes and who waits for them.
pub(crate) type RecordsOp = Pending<Vec<RecordWrite>, Vec<Revision>, RecordError>;

/// Refuses what can be refused without looking at the records.
pub(crate) fn check(writes: &[RecordWrite]) -> Result<(), RecordError> {
    let too_long = |write: &&RecordWrite| write.value.as_ref().is_some_and(|value| value.len() > MAX_RECORD);
    match writes.iter().find(too_long) {
        Some(write) => {
            let message = format!("record `{}` is over {MAX_RECORD} bytes; split it into several", write.name);
            Err(BackendError::new(BackendErrorKind::Other, message).into())
        }
        None => Ok(()),
    }
}

/// Writes and deletes records, all of them or none.
pub(crate) fn write(
    writing: &mut Writing<'_>,
    writes: &[RecordWrite],
) -> rusqlite::Result<Result<Vec<Revision>, RecordError>> {
    let connection = writing.connection;
    let now = writing.now.as_micros();
    let mut last = connection.prepare_cached("SELECT revision FROM meta")?.query_row([], |row| row.get::<_, i64>(0))?;
    if let Some(name) = conflict(connection, writes, last, now)? {
        return Ok(Err(RecordError::Conflict { name }));
    }
    let mut revisions = Vec::with_capacity(writes.len());
    let mut added = 0;
    for write in writes {
        last += 1;
        revisions.push(Revision(last.cast_unsigned()));
        let name = write.name.as_str();
        let mut before = connection.prepare_cached("SELECT expires IS NULL FROM records WHERE name = ?1")?;
        let was_kept = before.query_row([name], |row| row.get::<_, bool>(0)).optional()?.unwrap_or(false);
        let is_kept = write.value.is_some() && write.expires.is_none();
        added += i64::from(is_kept) - i64::from(was_kept);
        match &write.value {
            Some(value) => {
                let expires = write.expires.map(|after| writing.now.plus(after).as_micros());
                let mut statement = connection.prepare_cached(
                    "INSERT INTO records (name, revision, expires, value) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (name) DO UPDATE
                     SET revision = excluded.revision, expires = excluded.expires, value = excluded.value",
                )?;
                statement.execute((name, last, expires, &value[..]))?;
            }
            None => {
                connection.prepare_cached("DELETE FROM records WHERE name = ?1")?.execute([name])?;
            }
        }
    }
    connection.prepare_cached("UPDATE meta SET revision = ?1")?.execute([last])?;
    // Expired records are as if deleted; those who write sweep them away.
    connection.prepare_cached("DELETE FROM records WHERE expires <= ?1")?.execute([now])?;
    if added != 0 {
        marks::count(connection, added, last)?;
    }
    writing.revision = Some(last);
    Ok(Ok(revisions))
}

/// The first record that is not as expected. A write meets the records as the writes before it leave them.
fn conflict(
    connection: &Connection,
    writes: &[RecordWrite],
    last_revision: i64,
    now: i64,
) -> rusqlite::Result<Option<RecordName>> {
    // What the writes themselves have made of a record by then; `None` is deleted.
    let mut own: HashMap<&str, Option<i64>> = HashMap::new();
    let mut statement = connection
        .prepare_cached("SELECT revision FROM records WHERE name = ?1 AND (expires IS NULL OR expires > ?2)")?;
    for (write, revision) in writes.iter().zip(last_revision + 1..) {
        let name = write.name.as_str();
        if write.expect != Expect::Any {
            let actual: Option<i64> = match own.get(name) {
                Some(revision) => *revision,
                None => statement.query_row((name, now), |row| row.get(0)).optional()?,
            };
            let as_expected = match write.expect {
                Expect::Absent => actual.is_none(),
                Expect::Revision(Revision(expected)) => actual.map(i64::cast_unsigned) == Some(expected),
                // A kind of expectation that is newer than this backend is never taken as met.
                _ => false,
            };
            if !as_expected {
                return Ok(Some(write.name.clone()));
            }
        }
        own.insert(name, write.value.as_ref().map(|_| revision));
    }
    Ok(None)
}

/// One record, unless it does not exist or has expired.
pub(crate) fn get(connection: &Connection, name: &RecordName, now: Timestamp) -> rusqlite::Result<Option<Record>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, revision, value FROM records WHERE name = ?1 AND (expires IS NULL OR expires > ?2)",
    )?;
    statement.query_row((name.as_str(), now.as_micros()), record).optional()
}

/// The records whose name begins with a prefix, sorted by name.
pub(crate) fn list(connection: &Connection, prefix: &str, now: Timestamp) -> rusqlite::Result<Vec<Record>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, revision, value FROM records
         WHERE name >= ?1 AND name < ?2 AND (expires IS NULL OR expires > ?3) ORDER BY name",
    )?;
    statement.query_map((prefix, end(prefix), now.as_micros()), record)?.collect()
}

/// Some of them, sorted by name, and where the next page begins.
pub(crate) fn page(
    connection: &Connection,
    prefix: &str,
    after: Option<&RecordCursor>,
    limit: usize,
    now: Timestamp,
) -> rusqlite::Result<RecordPage> {
    let mut statement = connection.prepare_cached(
        "SELECT name, revision, value FROM records
         WHERE name > ?1 AND name >= ?2 AND name < ?3 AND (expires IS NULL OR expires > ?4) ORDER BY name LIMIT ?5",
    )?;
    let after = after.map_or("", RecordCursor::as_str);
    let limit = limit.max(1);
    // One more says whether something is left.
    let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let found = statement.query_map((after, prefix, end(prefix), now.as_micros(), more), record)?;
    let mut records = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let is_all = records.len() <= limit;
    records.truncate(limit);
    let next = records.last().filter(|_| !is_all).map(|last| RecordCursor::new(last.name.as_str()));
    Ok(RecordPage::new(records, next))
}

/// Names are ASCII, so every one that begins with the prefix comes before the prefix and the last character there is.
fn end(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let name = RecordName::trusted(row.get_ref(0)?.as_str()?);
    let revision = Revision(row.get_ref(1)?.as_i64()?.cast_unsigned());
    Ok(Record::new(name, revision, Bytes::copy_from_slice(row.get_ref(2)?.as_blob()?)))
}
