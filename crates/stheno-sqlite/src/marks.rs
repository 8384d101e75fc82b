//! What a log has, said in a second place: rows that somebody deletes by hand are missed.
//!
//! The marks are rows of `sqlite_sequence`, where SQLite keeps the last sequence too: a commit that appends writes this page
//! anyway, older programs do not look at them, and copies have them. Old events may be deleted, since that is what room is made
//! with, and so may single ones. The newest event stays, and so do records that no program has deleted.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::{refusal::events_that, span};

/// The newest event in the table.
const NEWEST: &str = "stheno.newest";
/// How many records there are that do not expire.
const KEPT: &str = "stheno.kept";
/// The revision of the last record when they were counted.
const COUNTED_AT: &str = "stheno.counted";

/// How many events wait for their time.
const WAITING: &str = "stheno.waiting";

/// Whether the counts can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Everybody who writes counts.
    Always,
    /// Older programs may have written since; not if the last record has the revision that is noted beside the log.
    Until(Option<u64>),
}

/// The newest event of a commit.
pub(crate) fn raise_newest(connection: &Connection, newest: i64) -> rusqlite::Result<()> {
    set(connection, NEWEST, newest)
}

/// Takes the newest event that is there for the newest one.
pub(crate) fn lower_newest(connection: &Connection) -> rusqlite::Result<()> {
    match newest(connection)? {
        newest if newest < get(connection, NEWEST)?.unwrap_or(0) => set(connection, NEWEST, newest),
        _ => Ok(()),
    }
}

/// Counts records that a commit has added or deleted, all of which do not expire.
pub(crate) fn count(connection: &Connection, added: i64, revision: i64) -> rusqlite::Result<()> {
    let count = match get(connection, KEPT)? {
        Some(before) => before + added,
        None => kept(connection)?,
    };
    set(connection, KEPT, count)?;
    set(connection, COUNTED_AT, revision)
}

/// Counts events that begin to wait for their time, or have been moved into the log.
pub(crate) fn count_waiting(connection: &Connection, added: i64) -> rusqlite::Result<()> {
    let count = match get(connection, WAITING)? {
        Some(before) => before + added,
        None => waiting(connection)?,
    };
    set(connection, WAITING, count)
}

/// What is missing, if anything is. The connection is in one snapshot.
pub(crate) fn missing(connection: &Connection, counted: Counted) -> rusqlite::Result<Option<String>> {
    let (newest, marked) = (newest(connection)?, get(connection, NEWEST)?.unwrap_or(0));
    if newest < marked {
        let gone = events_that(newest.cast_unsigned() + 1, marked.cast_unsigned(), "is gone", "are gone");
        return Ok(Some(format!("{gone} from the table `events`")));
    }
    let (waiting, marked) = (waiting(connection)?, get(connection, WAITING)?.unwrap_or(0));
    if waiting < marked && (counted == Counted::Always || !is_appended_to_by_others(connection)?) {
        return Ok(Some(format!(
            "{} of {marked} events that waited for their time are gone from the table `scheduled`",
            marked - waiting
        )));
    }
    let (kept, marked) = (kept(connection)?, get(connection, KEPT)?.unwrap_or(0));
    let is_exact = match counted {
        Counted::Always => true,
        Counted::Until(noted) => {
            let revision = revision(connection)?;
            get(connection, COUNTED_AT)? == Some(revision) || noted == Some(revision.cast_unsigned())
        }
    };
    Ok((kept < marked && (is_exact || kept == 0)).then(|| {
        format!(
            "{} of {marked} records are gone from the table `records`, which say where subscribers stand",
            marked - kept
        )
    }))
}

/// Whether an older program, which raises no mark, has appended last.
fn is_appended_to_by_others(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(get(connection, NEWEST)?.unwrap_or(0) < span::last_sequence(connection)?)
}

/// Takes what is there for what should be there.
pub(crate) fn accept(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    raise_newest(&transaction, newest(&transaction)?)?;
    set(&transaction, KEPT, kept(&transaction)?)?;
    set(&transaction, COUNTED_AT, revision(&transaction)?)?;
    set(&transaction, WAITING, waiting(&transaction)?)?;
    transaction.commit()
}

/// Counts anew what older programs may have written.
pub(crate) fn count_anew(connection: &mut Connection) -> rusqlite::Result<()> {
    let differs = |mark, count| Ok::<_, rusqlite::Error>(get(connection, mark)?.is_some_and(|marked| marked != count));
    if differs(KEPT, kept(connection)?)? || differs(WAITING, waiting(connection)?)? {
        return accept(connection);
    }
    Ok(())
}

/// Looks at the marks before the log is closed in order, and says what is missing. In a log without records nobody has read
/// anything yet, and what is deleted there is deleted.
pub(crate) fn settle(connection: &mut Connection) -> rusqlite::Result<Option<String>> {
    let snapshot = connection.unchecked_transaction()?;
    let has_records = get(&snapshot, KEPT)?.unwrap_or(0) > 0;
    let missing = missing(&snapshot, Counted::Always)?.filter(|_| has_records);
    let is_settled = newest(&snapshot)? >= get(&snapshot, NEWEST)?.unwrap_or(0)
        && (!has_records || get(&snapshot, COUNTED_AT)? == Some(revision(&snapshot)?));
    drop(snapshot);
    if missing.is_none() && !is_settled {
        accept(connection)?;
    }
    Ok(missing)
}

fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT max(sequence) FROM events")?;
    Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0))
}

/// Counted in the indexes, which are small.
fn kept(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(
        "SELECT (SELECT count(*) FROM records)
              - (SELECT count(*) FROM records INDEXED BY records_expires WHERE expires IS NOT NULL)",
    )?;
    statement.query_row([], |row| row.get(0))
}

fn waiting(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT count(*) FROM scheduled")?.query_row([], |row| row.get(0))
}

fn revision(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT revision FROM meta")?.query_row([], |row| row.get(0))
}

fn get(connection: &Connection, mark: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = ?1")?;
    statement.query_row([mark], |row| row.get(0)).optional()
}

fn set(connection: &Connection, mark: &str, value: i64) -> rusqlite::Result<()> {
    let changed =
        connection.prepare_cached("UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1")?.execute((mark, value))?;
    if changed == 0 {
        connection.prepare_cached("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)")?.execute((mark, value))?;
    }
    Ok(())
}
