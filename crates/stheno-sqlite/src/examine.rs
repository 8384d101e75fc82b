//! Looking at the whole log now and then while it is open, so that damage is found that nobody happens to read.
//!
//! A look reads every page (`PRAGMA quick_check`) with a connection that remembers none. It is repeated after five seconds, or
//! after fifty times as long as it took, so that it costs a large log a fiftieth of one processor and of its disk.

use std::{
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::InterruptHandle;

use crate::{connect, error::Trouble, health::Health, options::SqliteOptions, session::lock};

/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// A pause is this many times as long as the look before.
const PAUSE_FACTOR: u32 = 50;
/// How long the look may take when a log is closed in order. A large log is then seen in part.
const LAST_LOOK: Duration = Duration::from_secs(3);
/// How often a look that shall end is interrupted: one that is just about to begin does not hear it.
const NUDGE: Duration = Duration::from_millis(2);

/// Looks at an open log.
pub(crate) struct Examiner {
    health: Arc<Health>,
    options: SqliteOptions,
    /// When the next look is due.
    due: Mutex<Instant>,
    /// Held by the one who looks.
    looking: Mutex<()>,
    /// The connection that looks, so that it can be interrupted.
    connection: Mutex<Option<InterruptHandle>>,
    /// Set once the log is being closed: nobody begins to look.
    ended: AtomicBool,
}

impl Examiner {
    pub(crate) fn new(health: Arc<Health>, options: SqliteOptions) -> Self {
        Self {
            health,
            options,
            due: Mutex::new(Instant::now() + PAUSE),
            looking: Mutex::default(),
            connection: Mutex::default(),
            ended: AtomicBool::new(false),
        }
    }

    /// Begins to look, on a thread that may block, if it is time. Called by whoever uses the log; inside of a runtime.
    pub(crate) fn when_due(self: &Arc<Self>) {
        let now = Instant::now();
        {
            let mut due = lock(&self.due);
            if *due > now {
                return;
            }
            // Set anew when the look has ended. If it is never begun, somebody else does so after this.
            *due = now + PAUSE;
        }
        let examiner = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            // Damage is noted, and everybody who uses the log hears of it.
            let _ = examiner.look();
            let took = now.elapsed();
            *lock(&examiner.due) = Instant::now() + (took * PAUSE_FACTOR).max(PAUSE);
        });
    }

    /// Looks once more before the log is closed in order.
    pub(crate) async fn look_at_last(self: &Arc<Self>) -> Result<(), Trouble> {
        let examiner = Arc::clone(self);
        let mut looking = tokio::task::spawn_blocking(move || examiner.look());
        let looked = tokio::select! {
            looked = &mut looking => looked,
            () = tokio::time::sleep(LAST_LOOK) => {
                self.interrupt();
                looking.await
            }
        };
        // A look that went away has found nothing.
        looked.unwrap_or(Ok(()))
    }

    /// Ends a look that is under way, and begins none any more. Blocks until it has ended.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        while let Err(TryLockError::WouldBlock) = self.looking.try_lock() {
            self.interrupt();
            thread::sleep(NUDGE);
        }
    }

    fn interrupt(&self) {
        if let Some(connection) = &*lock(&self.connection) {
            connection.interrupt();
        }
    }

    fn look(&self) -> Result<(), Trouble> {
        let _looking = lock(&self.looking);
        let Some(file) = self.health.file.as_ref().filter(|_| !self.ended.load(Ordering::SeqCst)) else {
            return Ok(());
        };
        self.health.check()?;
        let connection = match connect::open_reader(&file.path, &self.options) {
            Ok(connection) => connection,
            Err(error) => return self.health.only_damage(self.health.explain(error)),
        };
        *lock(&self.connection) = Some(connection.get_interrupt_handle());
        let found = self.health.examine(&connection);
        *lock(&self.connection) = None;
        found
    }
}
