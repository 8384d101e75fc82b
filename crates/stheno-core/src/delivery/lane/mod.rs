//! A lane: the events of one key inside one subscriber, handled one at a time, in log order.
//!
//! A key whose events are handled at once has no lane. What a lane is doing is changed by [`Lanes`] alone, which knows who goes
//! next.

mod lanes;
mod left;

use std::{collections::VecDeque, sync::Arc};

pub(crate) use lanes::Lanes;
use left::Left;

use crate::{
    delivery::{
        attempt::Load,
        doc::{LaneDoc, LaneState, Waiting},
        lane_id::LaneId,
        memory::{Kept, Memory, Taken},
    },
    event::recorded::RecordedEvent,
    time::Timestamp,
};

/// Live events one lane keeps in memory before it leaves further ones to the log.
pub(crate) const LANE_QUEUE: usize = 128;
/// Events one read of a lane asks for.
const LOAD_LIMIT: usize = 64;

/// What a lane is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Its next event is in memory and can be started.
    Ready,
    /// Its next events have to be read from the log.
    NeedsLoad,
    /// They are being read.
    Loading,
    /// An attempt at its next event is under way.
    Running,
    /// It goes on at this time, of the clock that nobody sets.
    Waiting(Timestamp),
    /// Its events wait behind a dead letter.
    Parked { dead: u64 },
    /// It has read back further than the live intake, and stays until that has come here.
    Resting(u64),
}

/// Where the events of a lane are that come after those it has read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backlog {
    /// In memory, as they come in. What was offered up to here was read back.
    Joined { read_upto: u64 },
    /// In the log: the lane reads them back when its turn comes.
    LeftToLog,
    /// In the log up to here, and read back so far; what comes in is queued behind that.
    ReadingBack { covered: u64, upto: u64 },
}

/// Whether a record says where the unsettled events of a lane begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indexed {
    No,
    /// The next writes say so. Until then its events hold the floor back.
    Pending,
    /// A write that was begun, or one before, says so.
    Stored,
}

/// What becomes of a live event at its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Settled,
    /// The log has it, and the lane reads it back.
    LeftToLog,
    /// Too many wait here.
    Full,
    Free,
}

/// What a lane does next that is not under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Do(Doing),
    /// Nothing is left of it.
    Over,
}

/// A lane that has something to do.
#[derive(Debug)]
pub(crate) struct Lane {
    doing: Doing,
    /// Its place among those that are ready, or need a load.
    ticket: u64,
    /// The first event of the key that is not settled.
    from: u64,
    /// Where its events end, if no order is kept any more: later ones of the key are not its own.
    upto: Option<u64>,
    /// Events read back from the log, older than the live ones.
    loaded: VecDeque<Kept>,
    /// Events taken from the live intake.
    live: VecDeque<Kept>,
    /// The memory that what is being read is expected to take.
    reading: Option<Taken>,
    backlog: Backlog,
    /// Which events the log has of it that are not in memory, as far as that is known.
    left: Left,
    indexed: Indexed,
    /// What is known of earlier failures of the event at `from`.
    failed: Option<Box<Waiting>>,
    /// Its events that hold the floor back.
    held: Vec<u64>,
}

impl Lane {
    /// A lane whose event is started for the first time.
    pub(crate) fn running(sequence: u64) -> Self {
        Self::doing_at(Doing::Running, sequence)
    }

    /// A lane whose event waits in memory to be started.
    pub(crate) fn ready(kept: Kept) -> Self {
        let mut lane = Self::doing_at(Doing::Ready, kept.event.sequence);
        lane.live.push_back(kept);
        lane
    }

    /// A lane that is read from the log, from a sequence on. Which events it has there is not known.
    pub(crate) fn in_the_log(from: u64) -> Self {
        let left = Left::unknown();
        Self { backlog: Backlog::LeftToLog, left, ..Self::doing_at(Doing::NeedsLoad, from) }
    }

    /// A lane behind an event that was given up at once: nothing of its key was offered after that.
    pub(crate) fn behind(sequence: u64) -> Self {
        Self { backlog: Backlog::LeftToLog, ..Self::doing_at(Doing::NeedsLoad, sequence + 1) }
    }

    /// A lane as its record says, which has to be read from the log again. `due` is when it goes on that waits.
    pub(crate) fn restored(doc: LaneDoc, due: impl FnOnce(&Waiting) -> Timestamp) -> Self {
        let (doing, failed) = match doc.state {
            LaneState::Behind => (Doing::NeedsLoad, None),
            LaneState::Waiting(waiting) => (Doing::Waiting(due(&waiting)), Some(Box::new(waiting))),
            LaneState::Parked { dead } => (Doing::Parked { dead }, None),
        };
        Self { doing, indexed: Indexed::Stored, failed, upto: doc.upto, ..Self::in_the_log(doc.from) }
    }

    fn doing_at(doing: Doing, from: u64) -> Self {
        Self {
            doing,
            ticket: 0,
            from,
            upto: None,
            loaded: VecDeque::new(),
            live: VecDeque::new(),
            reading: None,
            backlog: Backlog::Joined { read_upto: 0 },
            left: Left::nothing(from.saturating_sub(1)),
            indexed: Indexed::No,
            failed: None,
            held: Vec::new(),
        }
    }

    pub(crate) fn doing(&self) -> Doing {
        self.doing
    }

    /// The first event of the key that is not settled.
    pub(crate) fn from(&self) -> u64 {
        self.from
    }

    pub(crate) fn indexed(&self) -> Indexed {
        self.indexed
    }

    pub(crate) fn failed(&self) -> Option<&Waiting> {
        self.failed.as_deref()
    }

    /// The event that has failed before and comes next.
    fn failed_at(&self) -> Option<u64> {
        self.failed.as_ref().map(|_| self.from)
    }

    /// Whether its events wait behind this dead letter.
    pub(crate) fn is_behind(&self, letter: u64) -> bool {
        self.doing == Doing::Parked { dead: letter }
    }

    /// Where it ends, if no order is kept any more.
    pub(crate) fn end_at(&mut self, upto: u64) {
        self.upto = self.upto.or(Some(upto));
    }

    pub(crate) fn ends(&self) -> bool {
        self.upto.is_some()
    }

    /// Whether a live event has to be queued here.
    pub(crate) fn room(&self, sequence: u64) -> Room {
        let read_back = match self.backlog {
            Backlog::LeftToLog => true,
            Backlog::Joined { read_upto: upto } | Backlog::ReadingBack { upto, .. } => sequence <= upto,
        };
        match self.live.len() {
            // Its record was ahead of the floor.
            _ if sequence < self.from => Room::Settled,
            _ if read_back => Room::LeftToLog,
            LANE_QUEUE.. => Room::Full,
            _ => Room::Free,
        }
    }

    pub(crate) fn queue(&mut self, kept: Kept) {
        self.live.push_back(kept);
    }

    /// Keeps in mind that an event that was offered is in the log alone.
    pub(crate) fn leave(&mut self, event: &RecordedEvent, memory: &Memory) {
        if self.backlog == Backlog::LeftToLog {
            self.left.push(event, memory);
        }
    }

    /// Keeps in mind that an event of it holds the floor back.
    pub(crate) fn holds(&mut self, sequence: u64) {
        self.held.push(sequence);
    }

    pub(crate) fn held(&self) -> &[u64] {
        &self.held
    }

    /// Says that a record will say where its events are. Whether that is new.
    pub(crate) fn index(&mut self) -> bool {
        let is_new = self.indexed == Indexed::No;
        if is_new {
            self.indexed = Indexed::Pending;
        }
        is_new
    }

    /// Says that a write was begun with its record. What no longer holds the floor back.
    pub(crate) fn write(&mut self) -> Vec<u64> {
        self.indexed = Indexed::Stored;
        std::mem::take(&mut self.held)
    }

    /// What its record has to say.
    pub(crate) fn doc(&self, id: &LaneId, run: u32) -> LaneDoc {
        let state = match &self.doing {
            Doing::Parked { dead } => LaneState::Parked { dead: *dead },
            // An attempt at an event that has failed before: if it never ends, the failures are still counted.
            _ => self.failed.as_deref().cloned().map_or(LaneState::Behind, LaneState::Waiting),
        };
        LaneDoc { key: id.key().cloned(), run, from: self.from, upto: self.upto, state }
    }

    /// What to read back next of what the log has of this lane; nothing if it has all. What comes in from here on is queued
    /// behind what is read. `offered` is how far anybody was offered events.
    pub(crate) fn load(&mut self, id: &LaneId, offered: u64) -> Option<Load> {
        if self.peek().is_some() {
            return None;
        }
        if self.backlog == Backlog::LeftToLog
            && let Some(key) = id.key()
        {
            let sequences = self.left.first(LOAD_LIMIT);
            if let (Some(first), Some(upto)) = (sequences.first().copied(), sequences.last().copied()) {
                let (lane, key, limit) = (id.clone(), Some(key.clone()), sequences.len());
                let known = (self.failed.is_some() && first == self.from).then_some(first);
                return Some(Load { lane, key, after: first.saturating_sub(1), upto, limit, known, sequences });
            }
            if let Some(read_upto) = self.left.is_nothing() {
                self.backlog = Backlog::Joined { read_upto };
                return None;
            }
        }
        if self.backlog == Backlog::LeftToLog {
            self.live.clear();
            // Never further than events are known to exist: one that is stored after the read would be missed.
            let upto = match id {
                LaneId::Key(_) if self.failed.is_some() => offered.max(self.from),
                LaneId::Key(_) => offered,
                LaneId::Event(sequence) => *sequence,
            };
            let upto = self.upto.map_or(upto, |end| upto.min(end.max(self.from)));
            let known = if id.key().is_some() { self.left.upto() } else { 0 };
            self.read_so_far(known.max(self.from.saturating_sub(1)), upto);
        }
        let Backlog::ReadingBack { covered, upto } = self.backlog else { return None };
        let limit = if id.key().is_some() { LOAD_LIMIT } else { 1 };
        // The first event is one we know of when it has failed before, or has a lane of its own.
        let is_known = (self.failed.is_some() || id.key().is_none()) && covered < self.from;
        let known = is_known.then_some(self.from);
        let (key, sequences) = (id.key().cloned(), Vec::new());
        Some(Load { lane: id.clone(), key, after: covered, upto, limit, known, sequences })
    }

    /// Takes the memory that a read which is begun is expected to bring.
    pub(crate) fn expect(&mut self, load: &Load, memory: &Memory) {
        self.reading = Some(match load.sequences.len() {
            0 => memory.expect(load.limit),
            known => self.left.expect(known, memory),
        });
    }

    /// Takes what was read back, and how far that goes.
    pub(crate) fn loaded(&mut self, events: Vec<Kept>, covered: u64) {
        (self.loaded, self.reading) = (events.into(), None);
        match self.backlog {
            Backlog::ReadingBack { upto, .. } => self.read_so_far(covered, upto),
            Backlog::LeftToLog => {
                self.left.read(covered);
                if let Some(read_upto) = self.left.is_nothing() {
                    self.backlog = Backlog::Joined { read_upto };
                }
            }
            Backlog::Joined { .. } => {}
        }
    }

    fn read_so_far(&mut self, covered: u64, upto: u64) {
        self.backlog = match covered < upto {
            true => Backlog::ReadingBack { covered, upto },
            false => Backlog::Joined { read_upto: upto },
        };
    }

    /// The next event in memory. Live ones wait until everything older has been read back.
    pub(crate) fn peek(&self) -> Option<&Arc<RecordedEvent>> {
        let next = self.loaded.front().or_else(|| self.live.front().filter(|_| !self.reads_back()));
        next.map(|kept| &kept.event)
    }

    /// Takes the event that [`Lane::peek`] shows; it is the first that is not settled.
    pub(crate) fn begin(&mut self) -> Option<Kept> {
        let kept = match self.loaded.pop_front() {
            None if !self.reads_back() => self.live.pop_front(),
            loaded => loaded,
        }?;
        self.from = kept.event.sequence;
        Some(kept)
    }

    fn reads_back(&self) -> bool {
        matches!(self.backlog, Backlog::ReadingBack { .. })
    }

    /// Its first event is settled.
    pub(crate) fn settled(&mut self, sequence: u64) {
        self.failed = None;
        self.from = sequence + 1;
        self.held.retain(|held| *held != sequence);
    }

    /// An event has failed, and is tried again. It stays in memory, with what comes after it: see [`Lanes::keep`].
    pub(crate) fn fail(&mut self, kept: Kept, waiting: Waiting) {
        self.failed = Some(Box::new(waiting));
        self.from = kept.event.sequence;
        self.loaded.push_front(kept);
    }

    /// The event at a sequence is given up.
    pub(crate) fn bury(&mut self, sequence: u64, memory: &Memory) {
        self.failed = None;
        self.from = sequence + 1;
        self.leave_to_the_log(memory);
    }

    /// The event at a sequence comes next, again.
    pub(crate) fn hand_back(&mut self, from: u64, waiting: Option<Waiting>, memory: &Memory) {
        self.failed = waiting.map(Box::new);
        self.leave_to_the_log(memory);
        if from + 1 == self.from {
            self.left.again(from, memory);
        } else if from != self.from {
            self.left = Left::unknown();
        }
        self.from = from;
    }

    /// The event at `from` is no longer in the log. What is known of it.
    pub(crate) fn gone(&mut self) -> (u64, Option<Waiting>) {
        let sequence = self.from;
        self.from += 1;
        (sequence, self.failed.take().map(|waiting| *waiting))
    }

    /// Forgets the events in memory, and keeps in mind which they were; the log has them.
    fn leave_to_the_log(&mut self, memory: &Memory) {
        let (loaded, live) = (std::mem::take(&mut self.loaded), std::mem::take(&mut self.live));
        let from = self.from;
        self.left = match self.backlog {
            Backlog::Joined { read_upto } => Left::all(loaded.into_iter().chain(live), from, read_upto, memory),
            // The live ones come after what is not read yet.
            Backlog::ReadingBack { covered, .. } => Left::some(loaded, from, covered, memory),
            Backlog::LeftToLog => std::mem::take(&mut self.left).behind(loaded.into_iter().chain(live), from, memory),
        };
        (self.backlog, self.reading) = (Backlog::LeftToLog, None);
    }

    /// Forgets the events in memory, and which they were: they are looked for in the log.
    fn forget(&mut self) {
        self.loaded.clear();
        self.live.clear();
        (self.backlog, self.reading, self.left) = (Backlog::LeftToLog, None, Left::unknown());
    }

    /// A read failed: it takes no memory until it is asked for again.
    pub(crate) fn not_read(&mut self) {
        self.reading = None;
    }

    /// Leaves what comes in to the log from here on; what is in memory is handled.
    pub(crate) fn join_no_more(&mut self) {
        match self.backlog {
            Backlog::Joined { read_upto } => {
                // With nothing in memory, `from` comes next: it may be the very event that is left to the log.
                let kept = self.live.back().or(self.loaded.back());
                let last = kept.map_or(self.from.saturating_sub(1), |kept| kept.event.sequence);
                self.left = Left::nothing(read_upto.max(last));
            }
            Backlog::ReadingBack { .. } => {
                // It comes after what is not read yet.
                self.live.clear();
                self.left = Left::unknown();
            }
            Backlog::LeftToLog => {}
        }
        self.backlog = Backlog::LeftToLog;
    }

    /// What comes next when nothing of it is under way. `position` is how far the live intake has come.
    pub(crate) fn next(&self, id: &LaneId, position: u64) -> Next {
        if self.peek().is_some() {
            return Next::Do(Doing::Ready);
        }
        let Backlog::Joined { read_upto } = self.backlog else { return Next::Do(Doing::NeedsLoad) };
        let until = read_upto.max(self.from - 1);
        if until > position && id.key().is_some() { Next::Do(Doing::Resting(until)) } else { Next::Over }
    }

    /// Whether nothing it says is about events up to a sequence, or no record will say it.
    pub(crate) fn is_ahead_of(&self, sequence: u64) -> bool {
        match self.doing {
            Doing::Parked { dead } => dead > sequence,
            _ => self.from > sequence || self.indexed == Indexed::No,
        }
    }
}

#[cfg(test)]
mod tests;
