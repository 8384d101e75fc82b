//! A handle of its own to a backend that others use as well.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use stheno_core::{
    EventId, NewEvent,
    backend::{
        Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, LogInfo, Page, Query,
        Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail,
    },
};

/// Lends a backend: closing this handle closes it for this handle only. An app that stops closes its backend, and a log in
/// memory would be gone with it.
pub struct Lent {
    inner: Arc<dyn Backend>,
    closed: Arc<AtomicBool>,
}

impl Lent {
    /// A handle to a backend that stays open when the handle is closed.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { inner, closed: Arc::default() })
    }

    fn inner(&self) -> Result<&dyn Backend, BackendError> {
        check(&self.closed).map(|()| &*self.inner)
    }
}

fn check(closed: &AtomicBool) -> Result<(), BackendError> {
    match closed.load(Ordering::Acquire) {
        true => Err(BackendError::new(BackendErrorKind::Closed, "this handle was closed")),
        false => Ok(()),
    }
}

#[async_trait]
impl Backend for Lent {
    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        self.inner()?.info().await
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        self.inner()?.append(batch).await
    }

    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        self.inner()?.read(query).await
    }

    async fn count(&self, query: Query) -> Result<u64, BackendError> {
        self.inner()?.count(query).await
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        let inner = self.inner()?.tail(query).await?;
        Ok(Box::new(LentTail { inner, closed: Arc::clone(&self.closed) }))
    }

    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        self.inner()?.scheduled(id).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        self.inner()?.get_record(name).await
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        self.inner()?.list_records(prefix).await
    }

    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        self.inner()?.read_records(prefix, after, limit).await
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        self.inner()?.write_records(writes).await
    }

    async fn backup(&self, to: &Path) -> Result<(), BackendError> {
        self.inner()?.backup(to).await
    }

    async fn find_damage(&self) -> Result<(), BackendError> {
        self.inner()?.find_damage().await
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("closed", &self.closed).finish_non_exhaustive()
    }
}

struct LentTail {
    inner: Box<dyn Tail>,
    closed: Arc<AtomicBool>,
}

#[async_trait]
impl Tail for LentTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        check(&self.closed)?;
        self.inner.next().await
    }
}
