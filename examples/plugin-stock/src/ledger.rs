//! The database: what each event did, and what that comes to.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use stheno::{
    Cx,
    sqlite::{
        handled_once,
        once::rusqlite::{self, Connection, OptionalExtension, Transaction, TransactionBehavior},
    },
};

use crate::{Change, StockError, change::Units};

/// `movements` is what each event did, by its sequence in the log; `reservations` is what all of it comes to.
const TABLES: &str = "
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS movements (
    sequence INTEGER NOT NULL,
    line     TEXT NOT NULL,
    order_id TEXT NOT NULL,
    variant  TEXT NOT NULL,
    units    INTEGER NOT NULL,
    PRIMARY KEY (sequence, line)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS movements_of_order ON movements (order_id);
CREATE INDEX IF NOT EXISTS movements_of_line ON movements (line);
CREATE VIEW IF NOT EXISTS reservations AS
    SELECT variant, sum(units) AS units FROM movements GROUP BY variant HAVING sum(units) <> 0;
";

/// How long another program may hold the database before an attempt fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database of reservations.
pub struct Ledger(Mutex<Connection>);

/// How much of one article is promised to customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The article.
    pub variant: String,
    /// How many. Negative when more came back than ever went out: somebody should look.
    pub units: i64,
}

impl Ledger {
    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// When it cannot be opened, or is none of ours.
    pub fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let database = Connection::open(path)?;
        database.busy_timeout(PATIENCE)?;
        database.execute_batch(TABLES)?;
        Ok(Self(Mutex::new(database)))
    }

    /// What is reserved now, by article.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reservations(&self) -> Result<Vec<Reservation>, rusqlite::Error> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = database.prepare_cached("SELECT variant, units FROM reservations ORDER BY variant")?;
        let rows = select.query_map([], |row| Ok(Reservation { variant: row.get(0)?, units: row.get(1)? }))?;
        rows.collect()
    }

    /// Makes a change, and marks the event of this attempt as handled, in one transaction. False if it was handled
    /// before: then nothing is changed. Blocks.
    ///
    /// # Errors
    /// [`StockError`]; nothing was changed.
    pub fn apply(&self, change: &Change, cx: &Cx) -> Result<bool, StockError> {
        let mut database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first = handled_once(&transaction, cx)?;
        if first {
            // SQLite has signed numbers; a log of 2^63 events is not reached.
            let sequence = i64::try_from(cx.sequence()).unwrap_or(i64::MAX);
            transaction.prepare_cached("DELETE FROM movements WHERE sequence = ?1")?.execute([sequence])?;
            match change {
                Change::Units(units) => move_units(&transaction, sequence, units)?,
                Change::ReleaseOrder { order } => release_order(&transaction, sequence, order)?,
            }
        }
        transaction.commit()?;
        Ok(first)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}

fn move_units(transaction: &Transaction<'_>, sequence: i64, all: &[Units]) -> Result<(), StockError> {
    for Units { order, line, variant, units } in all {
        let variant = match variant {
            Some(variant) => variant.clone(),
            None => variant_of(transaction, line)?.ok_or_else(|| StockError::UnknownLine { line: line.clone() })?,
        };
        // Two parts of one return may name one line.
        transaction
            .prepare_cached(
                "INSERT INTO movements (sequence, line, order_id, variant, units) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (sequence, line) DO UPDATE SET units = units + excluded.units",
            )?
            .execute((sequence, line, order, &variant, units))?;
    }
    Ok(())
}

/// Which article a line is, from an event that was handled before.
fn variant_of(transaction: &Transaction<'_>, line: &str) -> Result<Option<String>, rusqlite::Error> {
    let mut select = transaction.prepare_cached("SELECT variant FROM movements WHERE line = ?1 LIMIT 1")?;
    select.query_row([line], |row| row.get(0)).optional()
}

/// Only earlier events count: in a replay the later ones are there already.
fn release_order(transaction: &Transaction<'_>, sequence: i64, order: &str) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached(
            "INSERT INTO movements (sequence, line, order_id, variant, units)
             SELECT ?1, line, order_id, variant, -sum(units) FROM movements
             WHERE order_id = ?2 AND sequence < ?1 GROUP BY line HAVING sum(units) <> 0",
        )?
        .execute((sequence, order))?;
    Ok(())
}
