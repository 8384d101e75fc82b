//! Looking for what other processes wrote, and whether the file is still there.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::Connection;
use stheno_core::backend::BackendError;
use tokio::time::Instant;

use crate::{
    connect,
    error::{self, Trouble},
    examine::Examiner,
    health::Health,
    options::SqliteOptions,
    scheduled,
    session::lock,
    signal::Signal,
    span,
};

/// Looks at the file while somebody waits for news. Nobody waiting costs nothing, and many waiting cost one look.
pub(crate) struct Watcher {
    pub(crate) path: PathBuf,
    health: Arc<Health>,
    examiner: Arc<Examiner>,
    options: SqliteOptions,
    signal: Arc<Signal>,
    /// When anybody looked last.
    looked: Mutex<Instant>,
    eye: Mutex<Option<Eye>>,
}

/// The connection that looks. `PRAGMA data_version` tells a connection whether any other one has changed the file since.
struct Eye {
    connection: Connection,
    version: i64,
}

impl Watcher {
    pub(crate) fn new(
        path: PathBuf,
        health: Arc<Health>,
        examiner: Arc<Examiner>,
        options: SqliteOptions,
        signal: Arc<Signal>,
    ) -> Self {
        Self { path, health, examiner, options, signal, looked: Mutex::new(Instant::now()), eye: Mutex::default() }
    }

    /// Waits for the interval and looks, unless somebody else has looked meanwhile. Can be given up at any point.
    pub(crate) async fn wait_and_look(self: &Arc<Self>) -> Result<(), BackendError> {
        tokio::time::sleep(self.options.poll).await;
        if !self.is_my_turn(self.options.poll) {
            return Ok(());
        }
        self.examiner.when_due();
        let watcher = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || {
            watcher.health.check()?;
            watcher.look().map_err(|error| watcher.health.explain(error))?
        });
        match looked.await {
            Ok(looked) => looked.map_err(BackendError::from),
            Err(_) => Err(Trouble::vanished(&self.health.place).into()),
        }
    }

    /// Whether nobody has looked for this long; then the caller is the one who looks.
    fn is_my_turn(&self, interval: Duration) -> bool {
        let mut looked = lock(&self.looked);
        let now = Instant::now();
        let mine = now.saturating_duration_since(*looked) >= interval;
        if mine {
            *looked = now;
        }
        mine
    }

    fn look(&self) -> rusqlite::Result<Result<(), Trouble>> {
        let mut eye = lock(&self.eye);
        if !self.signal.is_open() {
            return Ok(Ok(()));
        }
        let eye = match &mut *eye {
            Some(eye) => eye,
            // A version that no file has, so that the first look reads.
            none => none.insert(Eye { connection: connect::open_reader(&self.path, &self.options)?, version: -1 }),
        };
        let version = eye.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if version == eye.version {
            return Ok(Ok(()));
        }
        // Heard before the snapshot is taken, which therefore reaches at least as far.
        let heard = self.signal.last();
        let snapshot = eye.connection.unchecked_transaction()?;
        let log_id: String = snapshot.query_row("SELECT log_id FROM meta", [], |row| row.get(0))?;
        let last = span::last_sequence(&snapshot)?.cast_unsigned();
        let due = scheduled::next_due(&snapshot)?;
        // Another log, or an older state of this one, was copied over the file.
        let is_another = log_id != self.health.log_id || last < heard;
        let trouble = is_another.then(|| error::went_back(&self.health.place, &snapshot));
        drop(snapshot);
        eye.version = version;
        match trouble {
            Some(trouble) if trouble.is_damage() => return Ok(Err(self.health.note(trouble))),
            Some(_) => self.signal.changed(),
            None => self.signal.advance(last, due),
        }
        Ok(Ok(()))
    }

    /// Closes the connection. Blocks.
    pub(crate) fn let_go(&self) {
        lock(&self.eye).take();
    }
}
