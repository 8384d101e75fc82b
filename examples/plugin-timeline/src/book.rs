//! The database: the entries of every order.

use std::{
    collections::HashSet,
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use stheno::{
    Event, Key, Timestamp,
    saleor::{CustomerNoteAddedToOrder, OrderNoteAdded},
    sqlite::once::rusqlite::{self, Connection},
};

use crate::Moment;

/// Each entry under the sequence of its event: writing it twice is writing it once.
const TABLE: &str = "
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS entries (
    sequence INTEGER PRIMARY KEY,
    about    TEXT NOT NULL,
    micros   INTEGER NOT NULL,
    event    TEXT NOT NULL,
    moment   TEXT NOT NULL,
    detail   TEXT,
    author   TEXT
);
CREATE INDEX IF NOT EXISTS entries_of_order ON entries (about, micros, sequence);
";

/// The entries of an order.
const TIMELINE: &str = "
SELECT sequence, micros, event, moment, detail, author FROM entries WHERE about = ?1 ORDER BY micros, sequence
";

/// How far apart Saleor writes the two events of one note, at most.
const ONE_NOTE: Duration = Duration::from_secs(5);

/// How long another program may hold the database before an attempt fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database of timelines.
pub struct Book(Mutex<Connection>);

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position of its event in the log.
    pub sequence: u64,
    /// When it happened.
    pub time: Timestamp,
    /// Name of its event.
    pub event: String,
    /// What happened.
    pub moment: Moment,
    /// How much, or what.
    pub detail: Option<String>,
    /// Who did it, as the platform knows them.
    pub author: Option<String>,
}

impl Entry {
    /// Which platform says so: `medusa`, `saleor`, `shopify`. Medusa's names are bare.
    pub fn platform(&self) -> &'static str {
        match self.event.split('.').next() {
            Some("saleor") => "saleor",
            Some("shopify") => "shopify",
            _ => "medusa",
        }
    }
}

impl Book {
    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// When it cannot be opened, or is none of ours.
    pub fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let database = Connection::open(path)?;
        database.busy_timeout(PATIENCE)?;
        database.execute_batch(TABLE)?;
        Ok(Self(Mutex::new(database)))
    }

    /// The timeline of an order, oldest first: by when things happened, not by when they were heard of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn timeline(&self, order: &Key) -> Result<Vec<Entry>, rusqlite::Error> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = database.prepare_cached(TIMELINE)?;
        let rows = select.query_map((order.as_str(),), |row| {
            Ok(Entry {
                sequence: row.get::<_, i64>(0)?.unsigned_abs(),
                time: Timestamp::from_micros(row.get(1)?),
                event: row.get(2)?,
                moment: Moment::from(row.get::<_, String>(3)?.as_str()),
                detail: row.get(4)?,
                author: row.get(5)?,
            })
        })?;
        Ok(each_note_once(rows.collect::<Result<_, _>>()?))
    }

    /// Writes an entry in its place. Blocks.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write(&self, order: &Key, entry: &Entry) -> Result<(), rusqlite::Error> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SQLite has signed numbers; a log of 2^63 events is not reached.
        let sequence = i64::try_from(entry.sequence).unwrap_or(i64::MAX);
        let Entry { time, event, moment, detail, author, .. } = entry;
        database
            .prepare_cached(
                "INSERT OR REPLACE INTO entries (sequence, about, micros, event, moment, detail, author)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((sequence, order.as_str(), time.as_micros(), event, moment.to_string(), detail, author))?;
        Ok(())
    }
}

/// Leaves out a customer's note where the order has it too, one for one: the same words of the same known author, at nearly
/// the same time. All that is heard of is kept, and what is shown does not depend on which of the two came first.
fn each_note_once(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut twice = HashSet::new();
    for note in entries.iter().filter(|entry| entry.event == OrderNoteAdded::PATTERN && entry.author.is_some()) {
        let is_same = |other: &&Entry| {
            other.event == CustomerNoteAddedToOrder::PATTERN
                && (&other.author, &other.detail) == (&note.author, &note.detail)
                && u128::from(other.time.as_micros().abs_diff(note.time.as_micros())) <= ONE_NOTE.as_micros()
                && !twice.contains(&other.sequence)
        };
        if let Some(other) = entries.iter().find(is_same) {
            twice.insert(other.sequence);
        }
    }
    entries.retain(|entry| !twice.contains(&entry.sequence));
    entries
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book")
    }
}
