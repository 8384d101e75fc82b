//! The database: the entries of every order.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use stheno::{
    Key, Timestamp,
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
    platform TEXT NOT NULL,
    moment   TEXT NOT NULL,
    detail   TEXT
);
CREATE INDEX IF NOT EXISTS entries_of_order ON entries (about, micros, sequence);
";

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
    /// Which platform says so: `medusa`, `saleor`, `shopify`.
    pub platform: &'static str,
    /// What happened.
    pub moment: Moment,
    /// How much, or what.
    pub detail: Option<String>,
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
        let mut select = database.prepare_cached(
            "SELECT sequence, micros, platform, moment, detail FROM entries WHERE about = ?1 ORDER BY micros, sequence",
        )?;
        let rows = select.query_map([order.as_str()], |row| {
            Ok(Entry {
                sequence: row.get::<_, i64>(0)?.unsigned_abs(),
                time: Timestamp::from_micros(row.get(1)?),
                platform: match row.get::<_, String>(2)?.as_str() {
                    "saleor" => "saleor",
                    "shopify" => "shopify",
                    _ => "medusa",
                },
                moment: Moment::from(row.get::<_, String>(3)?.as_str()),
                detail: row.get(4)?,
            })
        })?;
        rows.collect()
    }

    /// Writes an entry in its place. Blocks.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write(&self, order: &Key, entry: &Entry) -> Result<(), rusqlite::Error> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SQLite has signed numbers; a log of 2^63 events is not reached.
        let sequence = i64::try_from(entry.sequence).unwrap_or(i64::MAX);
        let Entry { time, platform, moment, detail, .. } = entry;
        database
            .prepare_cached(
                "INSERT OR REPLACE INTO entries (sequence, about, micros, platform, moment, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((sequence, order.as_str(), time.as_micros(), platform, moment.to_string(), detail))?;
        Ok(())
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book")
    }
}
