//! What can be chosen when a log is opened, and the defaults.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use stheno_core::{
    Clock, SystemClock,
    backend::{BackendError, BackendErrorKind, info::Durability},
};

use crate::place::Place;

/// When a commit is written through to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SyncMode {
    /// At every commit (`synchronous=FULL`): what was acknowledged survives a power failure, as far as the disk keeps what
    /// it says it has written. A disk or hypervisor that acknowledges `fsync` from a volatile cache breaks that promise,
    /// and no program can notice. On macOS `F_FULLFSYNC` is used.
    #[default]
    Full,
    /// At checkpoints (`synchronous=NORMAL`): what was acknowledged survives `kill -9` of every process; a power failure or
    /// a crash of the machine may take the newest events. The file stays whole in either case.
    Normal,
}

/// Where a log is and how it is kept: `SqliteOptions::file("stheno.db").sync(SyncMode::Normal)`.
///
/// Options are values to start from: a setter replaces what was chosen before. Opening a log refuses what cannot be.
///
/// The same as an address: [`SqliteOptions::from_url`].
#[derive(Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    pub(crate) place: Place,
    pub(crate) sync: SyncMode,
    pub(crate) dedup_window: Duration,
    pub(crate) max_body: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_size: Option<u64>,
    pub(crate) poll: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SqliteOptions {
    /// For how long an id is known as a duplicate.
    pub const DEDUP_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
    /// Longest body in bytes.
    pub const MAX_BODY: usize = 1024 * 1024;
    /// How long a write waits while another process writes.
    pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
    /// How often a waiting tail looks for what other processes wrote.
    pub const POLL: Duration = Duration::from_millis(20);
    /// How small [`SqliteOptions::max_size`] can be, in bytes: less would hold no events.
    pub const MIN_SIZE: u64 = 1024 * 1024;
    /// What [`SqliteOptions::poll`] can be at least.
    pub const SHORTEST_POLL: Duration = Duration::from_millis(1);
    /// What [`SqliteOptions::poll`] can be at most: what another process publishes is not seen for so long.
    pub const LONGEST_POLL: Duration = Duration::from_secs(60);
    /// What [`SqliteOptions::dedup_window`] can be at most.
    pub const LONGEST_DEDUP: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
    /// What [`SqliteOptions::busy_timeout`] can be at most.
    pub const LONGEST_BUSY: Duration = Duration::from_secs(24 * 60 * 60);
    /// How large [`SqliteOptions::max_size`] can be: SQLite keeps no larger file with pages of 4 KiB.
    pub const MAX_SIZE_LIMIT: u64 = 16 * 1024 * 1024 * 1024 * 1024 - 8 * 1024;
    /// What [`SqliteOptions::max_body`] can be at most: SQLite keeps no row of 1 GB.
    pub const MAX_BODY_LIMIT: usize = 512 * 1024 * 1024;

    /// A log in a file, which is made when it does not exist. Its directory must exist.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(Place::File(path.into()))
    }

    /// A log of its own in memory, which is gone when the backend is dropped.
    pub fn memory() -> Self {
        Self::new(Place::Memory)
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            sync: SyncMode::default(),
            dedup_window: Self::DEDUP_WINDOW,
            max_body: Self::MAX_BODY,
            busy_timeout: Self::BUSY_TIMEOUT,
            max_size: None,
            poll: Self::POLL,
            clock: Arc::new(SystemClock),
        }
    }

    /// When a commit is written through to the disk; [`SyncMode::Full`] by default.
    #[must_use]
    pub fn sync(mut self, mode: SyncMode) -> Self {
        self.sync = mode;
        self
    }

    /// For how long an id is known as a duplicate; [`SqliteOptions::DEDUP_WINDOW`] by default, zero for not at all,
    /// and at most [`SqliteOptions::LONGEST_DEDUP`].
    #[must_use]
    pub fn dedup_window(mut self, window: Duration) -> Self {
        self.dedup_window = window;
        self
    }

    /// Longest body in bytes, 1 to [`SqliteOptions::MAX_BODY_LIMIT`]; [`SqliteOptions::MAX_BODY`] by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How long a write waits while another process writes; [`SqliteOptions::BUSY_TIMEOUT`] by default, zero for not at
    /// all, and at most [`SqliteOptions::LONGEST_BUSY`].
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How large this process lets the file become, in bytes, so that a log cannot fill the disk of its neighbours; what
    /// does not fit is refused as [`Full`](stheno_core::backend::BackendErrorKind::Full). Unlimited by default, and
    /// [`SqliteOptions::MIN_SIZE`] to [`SqliteOptions::MAX_SIZE_LIMIT`], and no less than [`SqliteOptions::max_body`]. The write-ahead log beside the file (some megabytes) is not counted.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// How often a waiting tail looks for what other processes wrote; [`SqliteOptions::POLL`] by default. Events of this
    /// process need no looking. [`SqliteOptions::SHORTEST_POLL`] to [`SqliteOptions::LONGEST_POLL`].
    #[must_use]
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = interval;
        self
    }

    /// Where storing times, due times, the dedup window and the expiry of records get their time from; the system's
    /// clock by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Refuses what cannot be.
    pub(crate) fn check(&self) -> Result<(), BackendError> {
        let wrong = [
            (self.max_body == 0, "`max_body` is 0, and no event would fit; leave it out, or write more"),
            (
                self.max_body > Self::MAX_BODY_LIMIT,
                "`max_body` is over 512 MiB, and SQLite keeps no row so large; write less",
            ),
            (
                self.max_size.is_some_and(|bytes| bytes < Self::MIN_SIZE),
                "`max_size` is below 1 MiB, and the log would be full at once; leave it out, or write more",
            ),
            (
                self.max_size.is_some_and(|bytes| bytes < self.max_body as u64),
                "`max_size` is below `max_body`, and the log could not keep one such event; raise the one or lower the other",
            ),
            (
                self.max_size.is_some_and(|bytes| bytes > Self::MAX_SIZE_LIMIT),
                "`max_size` is over 16 TiB, and SQLite keeps no file so large; leave it out, or write less",
            ),
            (self.poll < Self::SHORTEST_POLL, "`poll` is below 1 ms, and would keep a processor busy; write more"),
            (
                self.poll > Self::LONGEST_POLL,
                "`poll` is over a minute, and what another process publishes would not be seen for as long; write less",
            ),
            (
                self.dedup_window > Self::LONGEST_DEDUP,
                "`dedup` is over 100 years, and the log keeps every id for as long; write less",
            ),
            (
                self.busy_timeout > Self::LONGEST_BUSY,
                "`busy` is over a day, and a publisher would not hear for as long that another process is writing; write less",
            ),
        ];
        match wrong.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, message)) => Err(BackendError::new(BackendErrorKind::Address, message)),
            None => Ok(()),
        }
    }

    pub(crate) fn durability(&self) -> Durability {
        match (&self.place, self.sync) {
            (Place::Memory, _) => Durability::Memory,
            (Place::File(_), SyncMode::Full) => Durability::Power,
            (Place::File(_), SyncMode::Normal) => Durability::Process,
        }
    }
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("place", &self.place)
            .field("sync", &self.sync)
            .field("dedup_window", &self.dedup_window)
            .field("max_body", &self.max_body)
            .field("busy_timeout", &self.busy_timeout)
            .field("max_size", &self.max_size)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}
