//! What is around a worker, and what it leaves when it ends.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{Semaphore, watch},
};

use crate::{
    backend::Backend,
    runtime::{
        alarm::Alarm,
        log::{intake::SharedIntake, keys::Keys},
        pool::Pool,
    },
    time::Clock,
};

/// What a worker needs from outside; the same for every worker of a process.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) backend: Arc<dyn Backend>,
    /// What the backend finds the keys of events by that were stored without one.
    pub(crate) keys: Arc<Keys>,
    pub(crate) control: Handle,
    /// Where handlers run.
    pub(crate) handlers: Arc<Pool>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) intake: Arc<SharedIntake>,
    pub(crate) alarm: Arc<Alarm>,
    /// One suspect is tried at a time in the whole process, so that the one to blame is known.
    pub(crate) alone: Arc<Semaphore>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// How long what is under way may take after the stop.
    pub(crate) drain: Duration,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was asked to stop, and has handed over.
    Stopped,
    /// It was asked to stop, and what was still under way at the drain deadline was cut off before it handed over.
    Cut,
    /// The lease went to somebody else.
    LostLease,
    /// A store outside of the log has seen a later holder: there is one, or the log was restored to an earlier state.
    Outrun,
    /// The log is not the one it was, is damaged, or was written by a newer version.
    LogUnusable,
    /// It panicked, or the runtime of the handlers is gone.
    Broken,
}
