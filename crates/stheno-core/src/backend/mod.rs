//! The contract of a backend: it keeps a log and small records, and promises nothing else.
//!
//! Everything about delivery (lanes, retries, parking, leases) is written once, above this contract, in
//! `crate::delivery`. The conformance suite of `stheno-testkit` checks every sentence here.
//!
//! Reading order: this file (the trait), `log` (appending and reading), `record` (records), `info` (what a backend
//! is and can do), `error`.

pub mod error;
pub mod info;
pub mod log;
pub mod record;

use std::path::Path;

use async_trait::async_trait;

use crate::{
    event::recorded::{EventId, NewEvent},
    join,
};

pub use error::{AppendError, AppendErrorKind, BackendError, BackendErrorKind, RecordError};
pub use info::{Abilities, LogInfo};
pub use log::{Append, Appended, Direction, Page, Query, Tail};
pub use record::{Expect, Record, RecordCursor, RecordName, RecordPage, RecordWrite, Revision};

/// What keeps the log and the records. Every method may be called from many tasks at once.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// What this backend can do; the conformance suite checks that it is true.
    fn abilities(&self) -> Abilities;

    /// The identity of the log, and where it begins and ends now.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn info(&self) -> Result<LogInfo, BackendError>;

    /// Appends a batch, all of it or nothing. Once this has returned Ok, the events are in the log (or scheduled, if they
    /// have a `not_before`), and as durable as [`Abilities::durability`] says.
    ///
    /// An id that is already in the log within [`LogInfo::dedup_window`] is not stored again: its [`Appended`] says
    /// `duplicate` and gives the first one's sequence. That is looked at before `expected`, so that one's own repeated
    /// append is a success and not a conflict. A batch of which only some events are duplicates is refused.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the batch was stored, unless the kind is [`AppendErrorKind::Unknown`].
    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError>;

    /// Reads one page of the log.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn read(&self, query: Query) -> Result<Page, BackendError>;

    /// Reads one page for each of several queries, in their order; each succeeds or fails by itself. A backend for which one trip for
    /// all of them is cheaper than a trip for each does better than this, which makes all trips at once.
    async fn read_each(&self, queries: Vec<Query>) -> Vec<Result<Page, BackendError>> {
        join::all(queries.into_iter().map(|query| self.read(query))).await
    }

    /// How many events a query has; its limits do not count. A backend that can count without reading bodies does better than this,
    /// which reads them all, a page at a time.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn count(&self, query: Query) -> Result<u64, BackendError> {
        count_pages(self, query).await
    }

    /// Reads forwards from a position and goes on with new events, without gap or repeat.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError>;

    /// The event of an id that waits for its time, so that another one under this id can be compared with it. `None` if no event
    /// of this id waits, and if this backend cannot say.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        let _ = id;
        Ok(None)
    }

    /// One record, unless it does not exist or has expired.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError>;

    /// The records whose name begins with a prefix, sorted by name.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError>;

    /// Some of the records whose name begins with a prefix, at most `limit` of them and at least one, in an order that the backend
    /// chooses: `after` is where the page before ended. So however many records there are, memory holds one page.
    ///
    /// Whoever reads all pages gets every record that was there from the first page to the last, also one that was written anew
    /// meanwhile, which may come twice. What is written or deleted while the pages are read may be missing, or come as it was: use
    /// [`get_record`](Self::get_record) where that matters.
    ///
    /// A backend that can do better than this, which lists all of them for each page, does so.
    ///
    /// # Errors
    /// When the backend cannot be reached or its data cannot be read.
    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        Ok(RecordPage::of_list(self.list_records(prefix).await?, after, limit.max(1)))
    }

    /// Writes and deletes records, all of them or none. Returns the new revision of each, in order (of a deleted one
    /// too). A revision never repeats for a name, also not after a deletion.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] names the first record that was not as [`RecordWrite::expect`] says.
    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError>;

    /// Copies the log and its records, as they are at one moment, into a new file, while hosts run and publish. Returns Ok
    /// once the copy is written through to the disk and was read and found whole. A file that is there is never written
    /// over, and what goes wrong leaves none behind.
    ///
    /// # Errors
    /// When there is such a file, it cannot be written, or the log is damaged. Of kind [`BackendErrorKind::Other`] when this
    /// backend keeps its log in no file.
    async fn backup(&self, to: &Path) -> Result<(), BackendError> {
        let message = format!(
            "no backup was made to {}: this log is kept in no file of its own; a nats-server's is backed up with `nats \
             stream backup`",
            to.display()
        );
        Err(BackendError::new(BackendErrorKind::Other, message))
    }

    /// Looks for damage of what is stored, for some seconds at most. A host asks this before it ends in order, so that it does not
    /// end as if all were well on a log that is damaged. A backend whose server looks after its own files finds none.
    ///
    /// # Errors
    /// [`BackendError`] of a kind that [does not pass](BackendErrorKind::may_pass) says what is damaged.
    async fn find_damage(&self) -> Result<(), BackendError> {
        Ok(())
    }

    /// Finishes what is under way and lets go of files and connections. Calls that come later fail as
    /// [`BackendErrorKind::Closed`].
    async fn close(&self);
}

/// Counts the events of a query by reading them.
pub(crate) async fn count_pages<B: Backend + ?Sized>(backend: &B, query: Query) -> Result<u64, BackendError> {
    let (mut query, mut count) = (query.limit(Query::DEFAULT_LIMIT).bytes(Query::DEFAULT_BYTES), 0);
    loop {
        let page = backend.read(query.clone()).await?;
        count += u64::try_from(page.events.len()).unwrap_or(u64::MAX);
        if page.end || !query.go_on(page.covered) {
            return Ok(count);
        }
    }
}
