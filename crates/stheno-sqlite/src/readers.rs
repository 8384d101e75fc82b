//! The connections that read: a few, opened when they are first needed and used again.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use stheno_core::backend::BackendError;
use tokio::sync::Semaphore;

use crate::{
    connect,
    error::{self, Trouble},
    health::Health,
    options::SqliteOptions,
    session::{Session, lock},
};

/// Reads under way at once; more wait for their turn. Reading is bound by the processor, so more would gain nothing.
const CONNECTIONS: usize = 4;

/// Where readers get a connection.
enum Source {
    /// From the file.
    File { path: PathBuf, options: SqliteOptions },
    /// A log in memory has one connection, which the writer uses too.
    Shared(Arc<Mutex<Option<Session>>>),
}

/// The connections that read.
pub(crate) struct Readers {
    health: Arc<Health>,
    source: Source,
    /// One permit per read under way; closed when the log is.
    turns: Arc<Semaphore>,
    /// Connections nobody uses at the moment.
    idle: Mutex<Vec<Session>>,
}

impl Readers {
    pub(crate) fn of_file(path: PathBuf, options: SqliteOptions, health: Arc<Health>) -> Self {
        Self::new(health, Source::File { path, options })
    }

    pub(crate) fn sharing(session: Arc<Mutex<Option<Session>>>, health: Arc<Health>) -> Self {
        Self::new(health, Source::Shared(session))
    }

    fn new(health: Arc<Health>, source: Source) -> Self {
        Self { health, source, turns: Arc::new(Semaphore::new(CONNECTIONS)), idle: Mutex::default() }
    }

    /// Runs `read` with a connection, on a thread that may block.
    pub(crate) async fn with<T, R>(self: &Arc<Self>, read: R) -> Result<T, BackendError>
    where
        T: Send + 'static,
        R: FnOnce(&mut Session) -> rusqlite::Result<T> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| error::closed())?;
        let readers = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let result = readers.run(read);
            // Given back here and not by the caller, who may have stopped waiting.
            drop(turn);
            result
        });
        match read.await {
            Ok(result) => result.map_err(BackendError::from),
            Err(_) => Err(Trouble::vanished(&self.health.place).into()),
        }
    }

    fn run<T>(&self, read: impl FnOnce(&mut Session) -> rusqlite::Result<T>) -> Result<T, Trouble> {
        let explain = |error| self.health.explain(error);
        match &self.source {
            Source::Shared(session) => {
                let mut session = lock(session);
                let session = session.as_mut().ok_or_else(error::closed)?;
                read(session).map_err(explain)
            }
            Source::File { path, options } => {
                let idle = lock(&self.idle).pop();
                let mut session = match idle {
                    Some(session) => session,
                    None => {
                        self.health.check()?;
                        Session::new(connect::open_reader(path, options).map_err(explain)?)
                    }
                };
                let value = read(&mut session).map_err(explain)?;
                // One that failed is not used again.
                lock(&self.idle).push(session);
                Ok(value)
            }
        }
    }

    /// Waits for the reads under way; reads that come later are refused.
    pub(crate) async fn finish(&self) {
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        // With all turns taken nobody reads. An error means that they were closed before.
        if let Ok(turns) = self.turns.acquire_many(all).await {
            self.turns.close();
            drop(turns);
        }
    }

    /// Closes the connections that nobody uses. Blocks.
    pub(crate) fn let_go(&self) {
        lock(&self.idle).clear();
    }
}
