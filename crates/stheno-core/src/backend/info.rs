//! What a backend is and can do.

use std::time::Duration;

use serde::Serialize;

/// When an append that returned Ok survives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Durability {
    /// Until the process ends.
    Memory,
    /// `kill -9` of every process; a power failure may take the newest.
    Process,
    /// A power failure too.
    Power,
}

/// What a backend can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Abilities {
    /// What an append that returned Ok survives.
    pub durability: Durability,
    /// Most events in one append.
    pub max_batch: usize,
    /// Longest body in bytes.
    pub max_body: usize,
    /// Whether several processes may use one log at once.
    pub shared: bool,
    /// Whether other programs may append to the log, which know no catalog: their events have no key, and delivery finds
    /// it by the catalog's rule. False unless [`Abilities::foreign`] says so.
    pub foreign: bool,
}

impl Abilities {
    /// Puts the table together.
    pub const fn new(durability: Durability, max_batch: usize, max_body: usize, shared: bool) -> Self {
        Self { durability, max_batch, max_body, shared, foreign: false }
    }

    /// Other programs may append to the log.
    #[must_use]
    pub const fn foreign(self) -> Self {
        Self { foreign: true, ..self }
    }
}

/// What a log is, and where it begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogInfo {
    /// The identity of the log; another one after it was made anew.
    pub log_id: String,
    /// What kind of backend it is: `sqlite`, `nats`.
    pub backend: &'static str,
    /// Where it is, without anything secret: a path, a server.
    pub place: String,
    /// The sequence of the first event that is still there; `last + 1` when there is none.
    pub first: u64,
    /// The sequence of the last event there ever was; 0 before the first.
    pub last: u64,
    /// For how long an id is known as a duplicate.
    pub dedup_window: Duration,
}

impl LogInfo {
    /// Puts the answer together.
    pub fn new(
        log_id: String,
        backend: &'static str,
        place: String,
        first: u64,
        last: u64,
        dedup_window: Duration,
    ) -> Self {
        Self { log_id, backend, place, first, last, dedup_window }
    }
}
