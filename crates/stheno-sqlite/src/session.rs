//! A connection and what it remembers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::names::Names;

/// A connection and the event names it has read so far.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) names: Names,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, names: Names::default() }
    }
}

/// Locks, also after a panic elsewhere: what our mutexes guard is whole between any two statements, and an open
/// transaction is rolled back when it is dropped.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
