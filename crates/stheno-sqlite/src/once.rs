//! Exactly-once effects in the user's own SQLite database: the work and the marker that it was done, in one transaction.

use std::fmt;

use rusqlite::Transaction;
use stheno_core::{Cx, Timestamp, shown::shown_because};

/// The rusqlite whose transactions [`handled_once`] takes: the version this program was resolved to, of 0.32 to 0.43. A `rusqlite` of
/// your own in that range is the same one, but for 0.42, which cargo links beside 0.43 until you ask for one of them.
pub use rusqlite;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS stheno_handled (
    log        TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    event      TEXT NOT NULL,
    run        INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (log, subscriber, event, run)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stheno_epoch (
    log        TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    PRIMARY KEY (log, subscriber)
) WITHOUT ROWID;
";

/// Marks the event of this attempt as handled. True if it was not yet: do the work in the same transaction and commit.
/// False if it was: there is nothing to do.
///
/// The marker is for log, subscriber, event and run ([`Cx::marker`]), so a replay (another run) and another log do the work
/// again. What a process does that has lost its lease is refused: the tables remember the highest epoch of each subscriber of a
/// log. If it is refused although the lease is held, because the log was restored to an earlier state, the subscriber is taken over
/// anew with a higher epoch and the event is handled then. Both tables,
/// `stheno_handled` and `stheno_epoch`, are made when they are missing. Old rows of `stheno_handled` (`at` is in microseconds
/// since 1970) may be deleted once no attempt at their events can come any more.
///
/// What is *not* promised: effects outside this database, such as a mail, are not undone when the transaction is.
///
/// In a batch mark each event with its own context, `cx.of(item)`. The context of the batch is refused: the marker would be that of
/// the event which happens to be the first of the call.
///
/// # Errors
/// [`OnceError`]; roll back and return it from the handler, which tries again.
///
/// ```
/// use stheno_core::Cx;
/// use stheno_sqlite::{handled_once, once::rusqlite};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut shop = rusqlite::Connection::open_in_memory()?;
/// shop.execute_batch("CREATE TABLE stock (sold INTEGER); INSERT INTO stock VALUES (0)")?;
/// let cx = Cx::test("order.placed");
/// for _attempt in 0..3 {
///     let transaction = shop.transaction()?;
///     if handled_once(&transaction, &cx)? {
///         transaction.execute("UPDATE stock SET sold = sold + 1", [])?;
///     }
///     transaction.commit()?;
/// }
/// assert_eq!(shop.query_row("SELECT sold FROM stock", [], |row| row.get::<_, i64>(0))?, 1);
/// # Ok(())
/// # }
/// ```
pub fn handled_once(transaction: &Transaction<'_>, cx: &Cx) -> Result<bool, OnceError> {
    if cx.is_of_batch() {
        return Err(OnceError { kind: OnceErrorKind::OfBatch, source: None });
    }
    transaction.execute_batch(TABLES)?;
    // Written before it is read, so that the transaction has the write lock and sees what others have committed.
    let epoch = i64::try_from(cx.epoch()).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "INSERT INTO stheno_epoch (log, subscriber, epoch) VALUES (?1, ?2, ?3)
             ON CONFLICT (log, subscriber) DO UPDATE SET epoch = max(epoch, excluded.epoch)",
        )?
        .execute((cx.log_id(), cx.subscriber(), epoch))?;
    let highest: i64 = transaction
        .prepare_cached("SELECT epoch FROM stheno_epoch WHERE log = ?1 AND subscriber = ?2")?
        .query_row([cx.log_id(), cx.subscriber()], |row| row.get(0))?;
    if highest > epoch {
        cx.saw_epoch(highest.cast_unsigned());
        let kind = OnceErrorKind::StaleEpoch { seen: highest.cast_unsigned(), own: cx.epoch() };
        return Err(OnceError { kind, source: None });
    }
    let marker = cx.marker();
    // A marker of a lower epoch than the run's is of a run that was forgotten when the log was restored.
    let run_epoch = i64::try_from(marker.run_epoch).unwrap_or(i64::MAX);
    let at = Timestamp::now().as_micros();
    let marked = transaction
        .prepare_cached(
            "INSERT INTO stheno_handled (log, subscriber, event, run, epoch, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (log, subscriber, event, run) DO UPDATE SET epoch = excluded.epoch, at = excluded.at
             WHERE stheno_handled.epoch < ?7",
        )?
        .execute((marker.log, marker.subscriber, marker.event, marker.run, epoch, at, run_epoch))?;
    Ok(marked == 1)
}

/// Why an event was not marked as handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnceErrorKind {
    /// A later holder of the subscriber has written: another process, which handles the event, or this one before the log was
    /// restored to an earlier state. Then it is handled under a higher epoch.
    StaleEpoch {
        /// The highest epoch that has written.
        seen: u64,
        /// The epoch of this attempt.
        own: u64,
    },
    /// The context is that of a batch, and does not say which of its events is meant: take `cx.of(item)`.
    OfBatch,
    /// The database could not do it.
    Database,
}

/// An event that was not marked as handled. Roll back, and try again.
#[derive(Debug)]
pub struct OnceError {
    kind: OnceErrorKind,
    source: Option<rusqlite::Error>,
}

impl OnceError {
    /// Why.
    pub fn kind(&self) -> OnceErrorKind {
        self.kind
    }
}

impl From<rusqlite::Error> for OnceError {
    fn from(error: rusqlite::Error) -> Self {
        Self { kind: OnceErrorKind::Database, source: Some(error) }
    }
}

impl fmt::Display for OnceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            OnceErrorKind::StaleEpoch { seen, own } => write!(
                f,
                "a later holder of this subscriber has written (epoch {seen}, this attempt has {own}); roll back, the event is \
                 handled under the later epoch"
            ),
            OnceErrorKind::OfBatch => f.write_str(
                "the context of a batch does not say which of its events is meant; mark each one: `handled_once(&transaction, &cx.of(item))`",
            ),
            OnceErrorKind::Database => {
                let cause = self.source.as_ref().map(|error| error as &(dyn std::error::Error + 'static));
                f.write_str(&shown_because("the database did not take the marker; roll back and try again", cause))
            }
        }
    }
}

// The message has the whole reason.
impl std::error::Error for OnceError {}
