//! A backend without a log, for calling handlers by hand.

use async_trait::async_trait;

use crate::backend::{
    Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, LogInfo, Page, Query, Record,
    RecordError, RecordName, RecordWrite, Revision, Tail, info::Durability,
};

/// Refuses everything and says why.
pub(crate) struct NoLog;

fn refused() -> BackendError {
    BackendError::new(
        BackendErrorKind::Closed,
        "`Cx::test` has no log behind it; use the `TestApp` of stheno-testkit to publish",
    )
}

#[async_trait]
impl Backend for NoLog {
    fn abilities(&self) -> Abilities {
        Abilities::new(Durability::Memory, 1, crate::bus::DEFAULT_MAX_BODY, false)
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        Err(refused())
    }

    async fn append(&self, _batch: Append) -> Result<Vec<Appended>, AppendError> {
        Err(refused().into())
    }

    async fn read(&self, _query: Query) -> Result<Page, BackendError> {
        Err(refused())
    }

    async fn tail(&self, _query: Query) -> Result<Box<dyn Tail>, BackendError> {
        Err(refused())
    }

    async fn get_record(&self, _name: &RecordName) -> Result<Option<Record>, BackendError> {
        Err(refused())
    }

    async fn list_records(&self, _prefix: &str) -> Result<Vec<Record>, BackendError> {
        Err(refused())
    }

    async fn write_records(&self, _writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        Err(refused().into())
    }

    async fn close(&self) {}
}
