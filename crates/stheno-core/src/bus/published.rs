//! What a publisher is told of an event that is in the log.

use crate::event::recorded::EventId;

/// An event that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// Its id.
    pub id: EventId,
    /// Its position in the log; `None` while it is scheduled for later.
    pub sequence: Option<u64>,
    /// An event of this id was there before; nothing was stored.
    pub duplicate: bool,
    /// How that one compares with this one; `None` when there was none.
    pub comparison: Option<Comparison>,
}

/// How an event compares with the one that was in the log under its id before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// Name and body are the same.
    Same,
    /// Name or body differ. Only what a handler publishes ([`Cx::publish`](crate::Cx::publish)) has this answer: there the first
    /// attempt's event stands. For everything else it is the error [`IdTaken`](crate::PublishErrorKind::IdTaken).
    Different,
    /// The one before could not be read: the user may not, or it is gone. So it may be another event.
    NotCompared,
}
