//! Events that are not in the log before their time.
//!
//! Whoever has the file open moves them once they are due: every commit does it before its own events, and a tail that
//! waits keeps a timer. Moved twice is impossible, because moving is a transaction like any other.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};
use stheno_core::{EventId, EventName, Key, NewEvent, Timestamp};

use crate::{column, row::headers_text, session::Session, writing::Writing};

/// Most events moved in one commit; the rest follows in the next.
const MOVED_AT_ONCE: i64 = 1_000;

/// When the next event is due.
pub(crate) fn next_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let mut statement = connection.prepare_cached("SELECT min(due) FROM scheduled")?;
    let due: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(due.map(Timestamp::from_micros))
}

/// Whether an event of this id is scheduled.
pub(crate) fn is_scheduled(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM scheduled WHERE id = ?1")?;
    Ok(statement.query_row([id], |_| Ok(())).optional()?.is_some())
}

/// The event of an id that is scheduled.
pub(crate) fn find(session: &mut Session, id: &EventId) -> rusqlite::Result<Option<NewEvent>> {
    let Session { connection, names } = session;
    let snapshot = connection.transaction()?;
    names.refresh(&snapshot)?;
    let mut statement = snapshot.prepare_cached("SELECT name, key, due, body FROM scheduled WHERE id = ?1")?;
    let mut rows = statement.query([id.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let name = names.name(row.get(0)?)?;
    let body = Bytes::copy_from_slice(row.get_ref(3)?.as_blob()?);
    let mut event = NewEvent::new(column::checked(0, id.as_str(), EventName::new(&*name))?, body);
    event.id = id.clone();
    let key: Option<String> = row.get(1)?;
    event.key = key.map(|key| column::checked(1, id.as_str(), Key::parse(&key))).transpose()?;
    event.not_before = Some(Timestamp::from_micros(row.get(2)?));
    Ok(Some(event))
}

/// Keeps an event until it is due.
pub(crate) fn schedule(writing: &mut Writing<'_>, event: &NewEvent, due: Timestamp) -> rusqlite::Result<()> {
    let name = writing.names.intern(writing.connection, event.name.as_str())?;
    let mut statement = writing.connection.prepare_cached(
        "INSERT INTO scheduled (due, name, time, id, key, source, headers, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute((
        due.as_micros(),
        name,
        event.time.map(Timestamp::as_micros),
        event.id.as_str(),
        event.key.as_ref().map(|key| key.as_str()),
        event.source.as_deref(),
        headers_text(&event.headers),
        &event.body[..],
    ))?;
    writing.next_due = Some(writing.next_due.map_or(due, |next| next.min(due)));
    writing.waiting += 1;
    Ok(())
}

/// Moves what is due into the log, in the order it is due.
pub(crate) fn move_due(writing: &mut Writing<'_>) -> rusqlite::Result<()> {
    let now = writing.now;
    if writing.next_due.is_none_or(|due| due > now) {
        return Ok(());
    }
    writing.note_clock_step()?;
    let connection = writing.connection;
    connection
        .prepare_cached(
            "INSERT INTO events (name, stored, time, id, key, source, headers, body)
             SELECT name, ?1, time, id, key, source, headers, body FROM scheduled
             WHERE due <= ?1 ORDER BY due, position LIMIT ?2",
        )?
        .execute([now.as_micros(), MOVED_AT_ONCE])?;
    let moved = connection
        .prepare_cached(
            "DELETE FROM scheduled WHERE position IN
             (SELECT position FROM scheduled WHERE due <= ?1 ORDER BY due, position LIMIT ?2)",
        )?
        .execute([now.as_micros(), MOVED_AT_ONCE])?;
    writing.waiting -= i64::try_from(moved).unwrap_or(i64::MAX);
    writing.last = connection.last_insert_rowid();
    writing.next_due = next_due(connection)?;
    Ok(())
}
