//! How far a subscriber is: for status, health and tests that wait for it.

use serde::Serialize;

use crate::{delivery::doc::Counts, time::Timestamp};

/// How far a subscriber is in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Progress {
    /// Whether this process holds its lease.
    pub held: bool,
    /// Every event up to here was taken in.
    pub position: u64,
    /// Every event up to here is recorded as settled, or waits in a lane.
    pub floor: u64,
    /// Nothing is to do before new events come or a time is due, and everything is recorded.
    pub idle: bool,
    /// When a waiting event is tried again.
    pub next_due: Option<Timestamp>,
    /// Attempts under way.
    pub running: usize,
    /// How many events were settled in which way.
    pub counts: Counts,
    /// Which run this is.
    pub run: u32,
    /// Whether it stands still.
    pub paused: bool,
    /// Attempts that take longer than their time-out and cannot be cut, because they hold their thread.
    pub overdue: usize,
    /// The same as [`next_due`](Self::next_due) on the clock that nobody sets: what was reported stays true when somebody does.
    #[serde(skip)]
    pub(crate) next_due_steady: Option<Timestamp>,
}
