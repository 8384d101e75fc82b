//! How many bytes of events a subscriber has in memory: those under way, those read back, and those that queue behind
//! others of their key. What is being offered, and waits to be, the intake bounds.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::event::recorded::RecordedEvent;

/// Bytes of events in memory at which a subscriber takes no more, until some are settled.
const MEMORY: usize = 32 * 1024 * 1024;
/// Bytes in memory beyond which no live event queues any more, and nothing that waits for a retry stays: its lane reads it back
/// later. It is less than a subscriber may have, so that what waits never keeps it from taking others.
const QUEUE: usize = MEMORY / 2;
/// What an event takes beside its bytes.
const EACH: usize = 512;
/// Bytes for the sequences of events that only the log has.
const LEFT: usize = 8 * 1024 * 1024;
/// A read of a lane ends with the event that makes it this large.
pub(crate) const LOAD_BYTES: usize = 1024 * 1024;
/// How large an event is taken to be before any was read back.
const UNKNOWN: usize = 64 * 1024;

/// The bytes of one subscriber's events.
#[derive(Debug)]
pub(crate) struct Memory {
    used: Arc<AtomicUsize>,
    /// What is taken by what is known of events that only the log has.
    left: Arc<AtomicUsize>,
    /// How large events are that were read back lately.
    large: usize,
}

/// Bytes that count as used until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

/// An event in memory.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) event: Arc<RecordedEvent>,
    pub(crate) taken: Taken,
}

impl Default for Memory {
    fn default() -> Self {
        Self { used: Arc::default(), left: Arc::default(), large: UNKNOWN }
    }
}

impl Memory {
    /// Whether more events may be taken.
    pub(crate) fn has_room(&self) -> bool {
        self.used() < MEMORY
    }

    /// Whether an event may queue behind others.
    pub(crate) fn may_queue(&self, event: &RecordedEvent) -> bool {
        self.used() + EACH + event.size() <= QUEUE
    }

    /// Whether what waits has to be left to the log.
    pub(crate) fn is_crowded(&self) -> bool {
        self.used() > QUEUE
    }

    pub(crate) fn keep(&self, event: &Arc<RecordedEvent>) -> Kept {
        Kept { event: Arc::clone(event), taken: self.take(EACH + event.size()) }
    }

    /// Whether more may be known of events that only the log has.
    pub(crate) fn may_leave(&self) -> bool {
        self.left() < LEFT
    }

    /// Room for what is known of events that only the log has.
    pub(crate) fn leave(&self, bytes: usize) -> Taken {
        self.left.fetch_add(bytes, Ordering::Relaxed);
        Taken { used: Arc::clone(&self.left), bytes }
    }

    /// The bytes of that.
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// What a read of so many events is expected to take.
    pub(crate) fn expect(&self, events: usize) -> Taken {
        self.take(self.large.saturating_mul(events).min(LOAD_BYTES + self.large))
    }

    /// What a read of events of these sizes is expected to take; 0 is a size that nobody knows.
    pub(crate) fn expect_each(&self, sizes: impl Iterator<Item = usize>) -> Taken {
        let bytes = |size| if size == 0 { self.large } else { EACH + size };
        self.take(sizes.map(bytes).fold(0, usize::saturating_add))
    }

    /// Keeps what was read back, and in mind how large such events are.
    pub(crate) fn keep_all(&mut self, events: &[Arc<RecordedEvent>]) -> Vec<Kept> {
        let largest = events.iter().map(|event| event.size()).max().unwrap_or(0);
        self.large = largest.max(self.large - self.large / 4);
        events.iter().map(|event| self.keep(event)).collect()
    }

    pub(crate) fn take(&self, bytes: usize) -> Taken {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Taken { used: Arc::clone(&self.used), bytes }
    }

    /// The bytes in memory, with those that reads under way are expected to bring.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

impl Taken {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
    }

    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
