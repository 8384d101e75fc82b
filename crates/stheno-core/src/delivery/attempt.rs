//! What the machine gives out, and gets back.

use std::sync::Arc;

use crate::{
    delivery::{lane_id::LaneId, memory::Taken},
    event::recorded::RecordedEvent,
    key::Key,
};

/// One attempt at one event.
#[derive(Debug)]
#[must_use = "give it back with `Machine::settle`, or say with `Machine::suspend` that it is under way"]
pub(crate) struct Attempt {
    pub(super) lane: LaneId,
    pub(super) event: Arc<RecordedEvent>,
    pub(super) number: u32,
    /// Whether it is counted as under way.
    pub(super) suspended: bool,
    pub(super) alone: bool,
    /// The memory its event takes, unless it is over at once.
    pub(super) taken: Option<Taken>,
}

impl Attempt {
    pub(super) fn new(lane: LaneId, event: Arc<RecordedEvent>, number: u32) -> Self {
        Self { lane, event, number, suspended: false, alone: false, taken: None }
    }

    pub(crate) fn event(&self) -> &Arc<RecordedEvent> {
        &self.event
    }

    /// Which attempt at the event, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Whether it is tried alone, because it may end the process.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }
}

/// What becomes of an event that is offered.
#[derive(Debug)]
pub(crate) enum Offer {
    /// Begin this attempt now.
    Start(Attempt),
    /// The machine has it, or it needs nothing.
    Taken,
    /// Offer it again after the next commit.
    NotYet,
}

/// What the machine wants done.
#[derive(Debug)]
pub(crate) enum Step {
    /// Begin this attempt now.
    Start(Attempt),
    /// Read events of a lane and answer with [`Machine::loaded`](super::Machine::loaded).
    Load(Load),
}

/// A read of a lane's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) lane: LaneId,
    pub(crate) key: Option<Key>,
    pub(crate) after: u64,
    pub(crate) upto: u64,
    pub(crate) limit: usize,
    /// Every event of the lane in this part of the log, if that is known.
    pub(crate) sequences: Vec<u64>,
    /// An event that was there, and is the first unless it is gone.
    pub(crate) known: Option<u64>,
}
