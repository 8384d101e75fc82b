//! A lane: the events of one key inside one subscriber, handled one at a time, in log order.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    delivery::{
        doc::{LaneDoc, LaneState, Waiting},
        machine::{LOAD_LIMIT, Load},
    },
    event::recorded::RecordedEvent,
    key::Key,
};

/// What is kept in order: the events of a key, or a single event that has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LaneId {
    Key(Key),
    Event(u64),
}

impl LaneId {
    pub(crate) fn of(event: &RecordedEvent, ordered: bool) -> Self {
        match &event.key {
            Some(key) if ordered => LaneId::Key(key.clone()),
            _ => LaneId::Event(event.sequence),
        }
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        match self {
            LaneId::Key(key) => Some(key),
            LaneId::Event(_) => None,
        }
    }
}

/// What a lane is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Its next event is in memory and can be started.
    Ready,
    /// Its next events have to be read from the log.
    NeedsLoad,
    /// They are being read.
    Loading,
    /// An attempt at this event is under way.
    Running(u64),
    /// Its first event failed and is tried again when it is due.
    Waiting(Waiting),
    /// Its events wait behind a dead letter.
    Parked { dead: u64 },
    /// It has read back further than the live intake has come.
    Resting,
}

/// A lane that has something to do. A key whose events are handled at once never has one.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) doing: Doing,
    /// The first event of the key that is not settled.
    pub(crate) from: u64,
    /// Where its events end, if no order is kept any more: later ones of the key are not its own.
    pub(crate) upto: Option<u64>,
    /// Events read back from the log, older than the live ones.
    pub(crate) loaded: VecDeque<Arc<RecordedEvent>>,
    /// Events taken from the live intake.
    pub(crate) live: VecDeque<Arc<RecordedEvent>>,
    /// Whether live events are queued here. If not, they are left to the log: `from` finds them again.
    pub(crate) joined: bool,
    /// Reading back goes up to here; what is offered up to here is not queued, since the read brings it.
    pub(crate) read_upto: u64,
    /// Reading back has come so far.
    pub(crate) covered: u64,
    /// Whether a record says where the unsettled events of this key begin (or will, with the next commit): then none of
    /// them holds the floor back.
    pub(crate) indexed: bool,
    /// Whether that record is in the backend.
    pub(crate) stored: bool,
    /// What is known of earlier failures of the event at `from`.
    pub(crate) failed: Option<Waiting>,
    /// Whether its next start may end the process: the last holder did not stop in order.
    pub(crate) suspect: bool,
}

impl Lane {
    /// A lane whose event is started for the first time.
    pub(crate) fn running(sequence: u64) -> Self {
        Self { doing: Doing::Running(sequence), ..Self::ready(sequence) }
    }

    /// A lane whose event waits to be started.
    pub(crate) fn ready(sequence: u64) -> Self {
        Self {
            doing: Doing::Ready,
            from: sequence,
            upto: None,
            loaded: VecDeque::new(),
            live: VecDeque::new(),
            joined: true,
            read_upto: 0,
            covered: 0,
            indexed: false,
            stored: false,
            failed: None,
            suspect: false,
        }
    }

    /// A lane as its record says, which has to be read from the log again.
    pub(crate) fn restored(doc: LaneDoc, suspect: bool) -> Self {
        let (doing, failed) = match doc.state {
            LaneState::Behind => (Doing::NeedsLoad, None),
            LaneState::Waiting(waiting) => (Doing::Waiting(waiting.clone()), Some(waiting)),
            LaneState::Parked { dead } => (Doing::Parked { dead }, None),
        };
        Self {
            doing,
            joined: false,
            indexed: true,
            stored: true,
            failed,
            suspect,
            upto: doc.upto,
            ..Self::ready(doc.from)
        }
    }

    /// Whether its events wait behind this dead letter.
    pub(crate) fn is_behind(&self, letter: u64) -> bool {
        self.doing == Doing::Parked { dead: letter }
    }

    /// What its record has to say.
    pub(crate) fn doc(&self, id: &LaneId, run: u32) -> LaneDoc {
        let state = match &self.doing {
            Doing::Waiting(waiting) => LaneState::Waiting(waiting.clone()),
            Doing::Parked { dead } => LaneState::Parked { dead: *dead },
            // An attempt at an event that has failed before: if it never ends, the failures are still counted.
            _ => self.failed.clone().map_or(LaneState::Behind, LaneState::Waiting),
        };
        LaneDoc { key: id.key().cloned(), run, from: self.from, upto: self.upto, state }
    }

    /// Begins to read back what the log has of this lane, unless there is nothing to read. What comes in from here on is
    /// queued behind what is read.
    pub(crate) fn begin_load(&mut self, id: &LaneId, offered: u64) -> Option<Load> {
        if !self.joined {
            self.live.clear();
            self.joined = true;
            self.covered = self.from.saturating_sub(1);
            // Never further than events are known to exist: one that is stored after the read would be missed.
            self.read_upto = match id {
                LaneId::Key(_) if self.failed.is_some() => offered.max(self.from),
                LaneId::Key(_) => offered,
                LaneId::Event(sequence) => *sequence,
            };
            if let Some(upto) = self.upto {
                self.read_upto = self.read_upto.min(upto.max(self.from));
            }
        }
        if !self.has_more_to_read() {
            return None;
        }
        self.doing = Doing::Loading;
        let limit = if id.key().is_some() { LOAD_LIMIT } else { 1 };
        // The first event is one we know of when it has failed before, or has a lane of its own.
        let is_known = (self.failed.is_some() || id.key().is_none()) && self.covered < self.from;
        let known = is_known.then_some(self.from);
        Some(Load { lane: id.clone(), key: id.key().cloned(), after: self.covered, upto: self.read_upto, limit, known })
    }

    /// How far the live intake has to come before the lane can be forgotten.
    pub(crate) fn rests_until(&self) -> u64 {
        self.read_upto.max(self.from - 1)
    }

    /// The next event in memory. Live ones wait until everything older has been read back.
    pub(crate) fn peek(&self) -> Option<&Arc<RecordedEvent>> {
        let live = if self.has_more_to_read() { None } else { self.live.front() };
        self.loaded.front().or(live)
    }

    /// Takes the event that [`Lane::peek`] shows.
    pub(crate) fn pop(&mut self) -> Option<Arc<RecordedEvent>> {
        let live = !self.has_more_to_read();
        let next = self.loaded.pop_front();
        if next.is_none() && live { self.live.pop_front() } else { next }
    }

    /// Whether the last read stopped before its end.
    pub(crate) fn has_more_to_read(&self) -> bool {
        self.covered < self.read_upto
    }

    /// The sequences that hold the floor back unless the lane is indexed.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = u64> + '_ {
        let running = match self.doing {
            Doing::Running(sequence) => Some(sequence),
            _ => None,
        };
        running.into_iter().chain(self.loaded.iter().chain(self.live.iter()).map(|event| event.sequence))
    }

    /// Forgets the events in memory; the log has them.
    pub(crate) fn leave_to_the_log(&mut self) {
        self.loaded.clear();
        self.live.clear();
        self.joined = false;
        (self.read_upto, self.covered) = (0, 0);
    }
}
