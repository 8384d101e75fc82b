//! Events that were read together.

use std::sync::Arc;

use crate::event::recorded::RecordedEvent;

/// Events that are asked for at once.
pub(crate) const BATCH: usize = 1024;
/// Bytes that are asked for at once: a batch ends with the event that makes it so large.
pub(crate) const BATCH_BYTES: usize = 2 * 1024 * 1024;
/// Fewer events than this in a full batch are large. A reader that goes on has many bytes under way, so such events are
/// asked for page by page.
const FEW: usize = BATCH / 16;
/// Bytes of events that weigh as much as one event: the ring keeps 32 MiB of them at most.
pub(crate) const HEAVY: usize = 1024;

/// Events of the log: all that match with `after < sequence <= covered`.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) after: u64,
    pub(crate) covered: u64,
    pub(crate) events: Vec<Arc<RecordedEvent>>,
    /// What it takes to keep it: about the number of its events, more when they are large.
    pub(crate) weight: usize,
    /// What its events take.
    pub(crate) bytes: usize,
}

impl Batch {
    pub(crate) fn new(after: u64, covered: u64, events: Vec<Arc<RecordedEvent>>) -> Self {
        let bytes: usize = events.iter().map(|event| event.size()).sum();
        let weight = 1 + events.len() + bytes / HEAVY;
        Self { after, covered, events, weight, bytes }
    }

    /// Whether it holds as much as was asked for.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// Whether it is full of few large events.
    pub(crate) fn is_of_large_events(&self) -> bool {
        self.is_full() && self.events.len() < FEW
    }
}
