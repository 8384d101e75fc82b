//! Records that are read page by page on the control thread, while the worker does something else.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    task::{JoinError, JoinSet},
};

use crate::backend::{Backend, BackendError, RecordCursor, RecordPage};

/// What was read.
pub(super) type Read = Result<RecordPage, BackendError>;

pub(super) struct Pager {
    prefix: String,
    limit: usize,
    after: Option<RecordCursor>,
    is_over: bool,
    /// The read that is under way. The set ends it when it is dropped.
    tasks: JoinSet<Read>,
}

impl Pager {
    /// Of records whose names begin with a prefix, so many at once. Nothing is left to be read before it
    /// [begins](Self::begin_again).
    pub(super) fn new(prefix: String, limit: usize) -> Self {
        Self { prefix, limit, after: None, is_over: true, tasks: JoinSet::new() }
    }

    /// Whether nothing is left to be read.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn is_under_way(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Begins with the first page.
    pub(super) fn begin_again(&mut self) {
        (self.after, self.is_over) = (None, false);
    }

    /// Reads the next page, after a while.
    pub(super) fn read(&mut self, backend: &Arc<dyn Backend>, control: &Handle, wait: Duration) {
        let backend = Arc::clone(backend);
        let (prefix, after, limit) = (self.prefix.clone(), self.after.clone(), self.limit);
        let read = async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            backend.read_records(&prefix, after.as_ref(), limit).await
        };
        self.tasks.spawn_on(read, control);
    }

    /// The page that is being read; never, if none is.
    pub(super) async fn next(&mut self) -> Result<Read, JoinError> {
        match self.tasks.join_next().await {
            Some(read) => read,
            None => std::future::pending().await,
        }
    }

    /// Goes on where a page ended.
    pub(super) fn took(&mut self, next: Option<RecordCursor>) {
        (self.is_over, self.after) = (next.is_none(), next);
    }
}
