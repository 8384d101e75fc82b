//! An open transaction, as what is written in it sees it.

use std::time::Duration;

use rusqlite::{CachedStatement, Connection, OptionalExtension};
use stheno_core::Timestamp;

use crate::{names::Names, span};

/// An open transaction and what is known in it.
pub(crate) struct Writing<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) names: &'c mut Names,
    /// The time of this commit: everything in it is stored at once.
    pub(crate) now: Timestamp,
    /// An id is known as a duplicate if its event was stored after this time.
    pub(crate) known_after: Timestamp,
    /// The last sequence so far.
    pub(crate) last: i64,
    /// The revision of the last record that was written, if one was.
    pub(crate) revision: Option<i64>,
    /// How many more events wait for their time than before.
    pub(crate) waiting: i64,
    /// When the next scheduled event is due.
    pub(crate) next_due: Option<Timestamp>,
    /// The statements that run once per event, looked up once per commit.
    pub(crate) statements: Statements<'c>,
    /// Whether the clock was compared with the last event's time.
    clock_checked: bool,
}

impl<'c> Writing<'c> {
    /// Begins with what is in the log.
    pub(crate) fn begin(
        connection: &'c Connection,
        names: &'c mut Names,
        now: Timestamp,
        dedup_window: Duration,
        next_due: Option<Timestamp>,
    ) -> rusqlite::Result<Self> {
        let window = i64::try_from(dedup_window.as_micros()).unwrap_or(i64::MAX);
        Ok(Self {
            connection,
            names,
            now,
            known_after: Timestamp::from_micros(now.as_micros().saturating_sub(window)),
            last: span::last_sequence(connection)?,
            revision: None,
            waiting: 0,
            next_due,
            statements: Statements::prepare(connection)?,
            clock_checked: false,
        })
    }

    /// Before the first event of a commit: notes it if the clock was set back since the event before.
    pub(crate) fn note_clock_step(&mut self) -> rusqlite::Result<()> {
        if self.clock_checked {
            return Ok(());
        }
        self.clock_checked = true;
        let newest = "SELECT stored FROM events ORDER BY sequence DESC LIMIT 1";
        let newest = self.connection.prepare_cached(newest)?.query_row([], |row| row.get::<_, i64>(0)).optional()?;
        if newest.is_some_and(|newest| newest > self.now.as_micros()) {
            let step = "INSERT INTO clock_steps (sequence) VALUES (?1)";
            self.connection.prepare_cached(step)?.execute([self.last + 1])?;
        }
        Ok(())
    }
}

/// The statements that run once per event.
pub(crate) struct Statements<'c> {
    pub(crate) newest_of_id: CachedStatement<'c>,
    pub(crate) insert: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            newest_of_id: connection.prepare_cached(
                "SELECT sequence, stored FROM events INDEXED BY events_id WHERE id = ?1
                 ORDER BY sequence DESC LIMIT 1",
            )?,
            insert: connection.prepare_cached(
                "INSERT INTO events (name, stored, time, id, key, source, headers, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
        })
    }
}
