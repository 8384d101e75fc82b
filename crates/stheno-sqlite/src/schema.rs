//! Which version of the tables a file has, and making them.

use rusqlite::{Connection, TransactionBehavior};
use stheno_core::{Timestamp, backend::BackendErrorKind};
use uuid::Uuid;

use crate::{error::Trouble, form, span, tables::TABLES};

/// Written into the header of the file: `STHN`.
const APPLICATION_ID: i32 = 0x5354_484E;
/// The newest form of the tables that this version knows.
const VERSION: i32 = 1;

/// What a file turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing is in it yet.
    Empty,
    /// A log in the form this version knows.
    Current,
    /// A log that a newer version has written.
    Newer(i32),
    /// A database of another program.
    Foreign,
}

/// Looks at a file without changing it. One statement, and so one snapshot: another process may be making the log now.
pub(crate) fn inspect(connection: &Connection) -> rusqlite::Result<Found> {
    let (application, version, tables): (i32, i32, i64) = connection.query_row(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(match application {
        0 if version == 0 && tables == 0 => Found::Empty,
        APPLICATION_ID if version > VERSION => Found::Newer(version),
        APPLICATION_ID if version == VERSION => Found::Current,
        _ => Found::Foreign,
    })
}

/// Whether the header of a file says that it is a log, however damaged the rest of it is.
pub(crate) fn is_ours(connection: &Connection) -> bool {
    connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i32>(0)) == Ok(APPLICATION_ID)
}

/// Refuses a file that is not ours, or not in a form we know.
pub(crate) fn check(found: Found, place: &str) -> Result<(), Trouble> {
    match found {
        Found::Empty | Found::Current => Ok(()),
        Found::Newer(version) => Err(Trouble::new(
            BackendErrorKind::NewerSchema,
            format!(
                "the log at {place} has form {version}, and this version knows forms up to {VERSION}; run the version that \
                 wrote it, or a newer one"
            ),
        )),
        Found::Foreign => Err(Trouble::new(
            BackendErrorKind::Address,
            format!("{place} is a database of another program and was left as it is; choose another file for the log"),
        )),
    }
}

/// Looks whether all tables are as they were made, and what they have agrees. A few look-ups, however long the log is.
pub(crate) fn probe(connection: &Connection, place: &str) -> Result<(), Trouble> {
    let explain = |error| Trouble::explain(place, error);
    let snapshot = connection.unchecked_transaction().map_err(explain)?;
    if let Some(found) = form::what_is_different(&snapshot).map_err(explain)? {
        return Err(Trouble::tables_changed(place, &found));
    }
    let number = |question| snapshot.query_row(question, [], |row| row.get::<_, Option<i64>>(0));
    let numbers = || {
        let names = number("SELECT max(id) FROM names")?.unwrap_or(0);
        let used = number("SELECT max(name) FROM events INDEXED BY events_name")?.unwrap_or(0);
        let newest = number("SELECT max(sequence) FROM events")?.unwrap_or(0);
        // A name comes with an event, and an event that waits for its time leaves it only for the log.
        let is_blank = names == 0 || number("SELECT 1 FROM scheduled LIMIT 1").is_ok();
        let last = span::last_sequence(&snapshot)?;
        Ok((names, used, newest, last, number("SELECT min(sequence) FROM events")?, is_blank))
    };
    let numbers = match numbers().map_err(explain) {
        Ok(numbers) => numbers,
        // Whoever reads these pages finds it; what can be read of the log is read until then.
        Err(trouble) if trouble.is_damage_of_pages() => return Ok(()),
        Err(trouble) => return Err(trouble),
    };
    match numbers {
        (names, used, ..) if used > names => Err(Trouble::tables_changed(
            place,
            &format!("an event has the name number {used}, which is not in `names`"),
        )),
        (_, _, _, 0, _, false) => Err(Trouble::tables_changed(
            place,
            "there is no last sequence in `sqlite_sequence`, and `names` has names of events",
        )),
        (_, _, newest, last, ..) if newest > last => Err(Trouble::tables_changed(
            place,
            &format!("event {newest} is beyond {last}, the last sequence in `sqlite_sequence`"),
        )),
        (.., Some(first), _) if first < 1 => {
            Err(Trouble::tables_changed(place, &format!("an event has the sequence {first}; the first one is 1")))
        }
        _ => Ok(()),
    }
}

/// Makes the tables in an empty file. Of several processes that do it at once one makes them, and the others find them.
pub(crate) fn create(connection: &mut Connection, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if inspect(&transaction)? != Found::Empty {
        return Ok(());
    }
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "INSERT INTO meta (one, log_id, created, revision) VALUES (1, ?1, ?2, 0)",
        (Uuid::now_v7().to_string(), now.as_micros()),
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
