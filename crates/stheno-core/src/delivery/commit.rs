//! What is written: the state and everything that changed since the last write, all or nothing.

use bytes::Bytes;
use serde::Serialize;

use crate::{
    backend::{Expect, RecordName, RecordWrite, Revision},
    delivery::{
        doc::{Counts, DeadLetter, FORMAT, LaneDoc, Note, StateDoc},
        lane::LaneId,
        machine::{Alone, AloneStage, Machine},
        names,
    },
    time::Timestamp,
};

/// Lanes, and dead letters, that one write holds at most: with the rest of it, it fits an atomic batch of 1,000.
const PER_COMMIT: usize = 256;

/// How soon something has to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ToRecord {
    Nothing,
    /// Events were handled: a write may wait a moment for further ones, which a crash would repeat with them.
    Soon,
    /// More hangs on it than a repetition.
    Now,
}

/// What waits to be written beside the state and the lanes.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Dead letters. None is among those that go, too: one write says one thing of each.
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) undead: Vec<u64>,
    notes: Vec<(u64, Note)>,
    forget: Vec<LaneId>,
    /// Commands that were carried out.
    commands: Vec<RecordName>,
}

impl Outbox {
    /// Says that a command was carried out: it goes with the same write that says what it changed.
    pub(crate) fn carried_out(&mut self, command: RecordName) {
        self.commands.push(command);
    }

    /// Whether a command was carried out that no write holds yet.
    pub(crate) fn is_carried_out(&self, command: &RecordName) -> bool {
        self.commands.contains(command)
    }

    /// Leaves a dead letter.
    pub(crate) fn bury(&mut self, letter: DeadLetter) {
        self.undead.retain(|sequence| *sequence != letter.sequence);
        self.dead.push(letter);
    }

    /// Takes a dead letter away.
    pub(crate) fn unbury(&mut self, sequence: u64) {
        self.dead.retain(|letter| letter.sequence != sequence);
        self.undead.push(sequence);
    }

    /// Adds a note to the ring. Of many between two writes only the newest are kept.
    pub(crate) fn note(&mut self, counts: &mut Counts, note: Note) {
        if self.notes.len() >= 2 * PER_COMMIT {
            self.notes.drain(..PER_COMMIT);
        }
        self.notes.push((counts.notes, note));
        counts.notes += 1;
    }

    pub(crate) fn forget_lane(&mut self, lane: LaneId) {
        self.forget.push(lane);
    }
}

/// One write.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) state: StateDoc,
    pub(crate) lanes: Vec<(LaneId, LaneDoc)>,
    pub(crate) forget: Vec<LaneId>,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) undead: Vec<u64>,
    pub(crate) notes: Vec<(u64, Note)>,
    pub(crate) commands: Vec<RecordName>,
}

impl Machine {
    /// What has to be written now, unless nothing has or a write is under way.
    pub(crate) fn take_commit(&mut self, now: Timestamp) -> Option<Commit> {
        if !self.has_to_record() || self.committing {
            return None;
        }
        self.to_record = ToRecord::Nothing;
        self.committing = true;
        self.adjust_reserve();
        let mut changed: Vec<LaneId> = self.changed.drain().collect();
        changed.retain(|id| self.lanes.get(id).is_some_and(|lane| lane.indexed));
        let later = changed.split_off(changed.len().min(PER_COMMIT));
        let dead_later = self.outbox.dead.split_off(self.outbox.dead.len().min(PER_COMMIT));
        let dead = std::mem::replace(&mut self.outbox.dead, dead_later);

        // What this write does not hold yet must not count as settled.
        let new_later =
            later.iter().filter_map(|id| self.lanes.get(id)).filter(|lane| !lane.stored).map(|lane| lane.from);
        let held_back = new_later.chain(self.outbox.dead.iter().map(|letter| letter.sequence)).min();
        if !later.is_empty() || !self.outbox.dead.is_empty() {
            self.record_now();
        }
        self.changed.extend(later);

        if let Some(alone) = &mut self.alone
            && alone.stage == AloneStage::NeedsRecord
        {
            alone.stage = AloneStage::Recording;
        }
        let state = self.state_doc(held_back, now);
        let lanes: Vec<_> = changed
            .into_iter()
            .filter_map(|id| self.lanes.get(&id).map(|lane| lane.doc(&id)).map(|doc| (id, doc)))
            .collect();
        let mut forget = std::mem::take(&mut self.outbox.forget);
        forget.retain(|id| !self.lanes.get(id).is_some_and(|lane| lane.indexed));
        Some(Commit {
            state,
            lanes,
            forget,
            dead,
            undead: std::mem::take(&mut self.outbox.undead),
            notes: std::mem::take(&mut self.outbox.notes),
            commands: std::mem::take(&mut self.outbox.commands),
        })
    }

    /// Says that the write was taken.
    pub(crate) fn committed(&mut self, commit: &Commit) {
        self.committing = false;
        self.reserved = self.reserved.max(commit.state.reserved);
        self.recorded_floor = commit.state.floor;
        for (id, _) in &commit.lanes {
            match self.lanes.get_mut(id) {
                Some(lane) if lane.indexed => lane.stored = true,
                // It ended while it was being written.
                _ => {
                    self.outbox.forget_lane(id.clone());
                    self.record_now();
                }
            }
        }
        if let Some(Alone { stage: stage @ AloneStage::Recording, .. }) = &mut self.alone {
            *stage = AloneStage::Recorded;
        }
        // Reserve ahead before it runs out.
        if self.reserve_runs_out() {
            self.record_now();
        }
    }

    /// Whether something has to be recorded.
    pub(crate) fn has_to_record(&self) -> bool {
        self.to_record > ToRecord::Nothing
    }

    /// Whether something is held up until it is recorded, or would be tried again if the process ended now.
    pub(crate) fn has_to_record_now(&self) -> bool {
        self.to_record == ToRecord::Now || self.reserve_runs_out()
    }

    /// Asks for a write that may wait for others.
    pub(crate) fn record_soon(&mut self) {
        self.to_record = self.to_record.max(ToRecord::Soon);
    }

    /// Asks for a write that waits for nothing.
    pub(crate) fn record_now(&mut self) {
        self.to_record = ToRecord::Now;
    }

    fn state_doc(&self, held_back: Option<u64>, now: Timestamp) -> StateDoc {
        let floor = self.floor();
        let (floor, done) = match held_back {
            Some(first) if first <= self.position => (floor.min(first - 1), Vec::new()),
            _ => (floor, self.done_ranges(floor)),
        };
        StateDoc {
            format: FORMAT,
            log: self.log.to_string(),
            run: self.run,
            epoch: self.epoch,
            began: self.began,
            floor,
            done,
            // What an earlier holder may have started stays suspect until it is settled.
            reserved: (self.position.max(self.wanted) + self.ahead).max(self.suspects_upto),
            clean: false,
            suspect: self.suspect,
            paused: self.paused,
            patterns: self.patterns.clone(),
            counts: self.counts,
            at: now,
        }
    }

    /// What is settled above the floor: the gaps between open sequences, and what an earlier holder had settled.
    fn done_ranges(&self, floor: u64) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        let mut next = floor + 1;
        for open in &self.open {
            if next < *open {
                ranges.push((next, open - 1));
            }
            next = open + 1;
        }
        if !self.open.is_empty() && next <= self.position {
            ranges.push((next, self.position));
        }
        let ahead = self.done_before.iter().filter(|(_, last)| *last > self.position);
        ranges.extend(ahead.map(|(first, last)| (*first.max(&(self.position + 1)), *last)));
        ranges
    }
}

impl Commit {
    /// Marks it as a write of a holder that stops in order: it begins nothing any more, and what is under way is not what
    /// will have ended the process.
    pub(crate) fn clean(mut self) -> Self {
        self.state.clean = true;
        self.state.reserved = self.state.floor;
        self
    }

    /// The write as records. The state's revision guards all of it: a process that was frozen cannot move anything.
    pub(crate) fn writes(&self, subscriber: &str, guard: Option<Revision>) -> Vec<RecordWrite> {
        let expect = guard.map_or(Expect::Absent, Expect::Revision);
        let mut writes = vec![RecordWrite::put(names::state(subscriber), json(&self.state)).expect(expect)];
        writes.extend(self.lanes.iter().map(|(id, doc)| RecordWrite::put(names::lane(subscriber, id), json(doc))));
        writes.extend(self.forget.iter().map(|id| RecordWrite::delete(names::lane(subscriber, id))));
        let dead = self.dead.iter();
        writes
            .extend(dead.map(|letter| RecordWrite::put(names::dead_letter(subscriber, letter.sequence), json(letter))));
        writes
            .extend(self.undead.iter().map(|sequence| RecordWrite::delete(names::dead_letter(subscriber, *sequence))));
        writes.extend(
            self.notes.iter().map(|(number, note)| RecordWrite::put(names::note(subscriber, *number), json(note))),
        );
        writes.extend(self.commands.iter().map(|command| RecordWrite::delete(command.clone())));
        writes
    }
}

pub(crate) fn json(doc: &impl Serialize) -> Bytes {
    // These documents have string keys and finite numbers only, which JSON can always hold.
    serde_json::to_vec(doc).unwrap_or_default().into()
}
