//! What is written: the state and everything that changed since the last write, all or nothing.

use std::collections::HashSet;

use bytes::Bytes;
use serde::Serialize;

use crate::{
    backend::{Expect, RecordName, RecordWrite, Revision},
    delivery::{
        doc::{Counts, DeadLetter, FORMAT, LaneDoc, Note, StateDoc},
        lane::{Doing, LaneId},
        machine::{Alone, AloneStage, Machine},
        names,
    },
    time::Timestamp,
};

/// What one write holds at most of each kind: with the state and a lease it fits an atomic batch of 1,000. Few in this
/// crate's own tests, so that they see writes that are split.
const PER_COMMIT: usize = if cfg!(test) { 2 } else { 160 };
/// Notes that wait at most; of more, the oldest are forgotten.
const NOTES: usize = 320;

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
        if self.notes.len() >= NOTES {
            self.notes.drain(..NOTES / 2);
        }
        self.notes.push((counts.notes, note));
        counts.notes += 1;
    }

    pub(crate) fn forget_lane(&mut self, lane: LaneId) {
        self.forget.push(lane);
    }

    fn is_empty(&self) -> bool {
        self.dead.is_empty()
            && self.undead.is_empty()
            && self.notes.is_empty()
            && self.forget.is_empty()
            && self.commands.is_empty()
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
        let dead = some(&mut self.outbox.dead);
        let sequences = |letters: &[DeadLetter]| letters.iter().map(|letter| letter.sequence).collect();
        let letters = Letters { now: sequences(&dead), later: sequences(&self.outbox.dead) };
        let (changed, later) = self.changed_lanes(&letters);
        let forget = self.ended_lanes(&letters, &changed);
        let held_back = self.held_back(&later);
        // A letter goes no earlier than its lane says that it waits for none any more.
        let undead = if later.is_empty() { some(&mut self.outbox.undead) } else { Vec::new() };
        let notes = some(&mut self.outbox.notes);
        let commands = some(&mut self.outbox.commands);
        if !later.is_empty() || !self.outbox.is_empty() {
            self.record_now();
        }
        self.changed.extend(later);

        if let Some(alone) = &mut self.alone
            && alone.stage == AloneStage::NeedsRecord
        {
            alone.stage = AloneStage::Recording;
        }
        let state = self.state_doc(held_back, now);
        let doc = |id: LaneId| Some((id.clone(), self.lanes.get(&id)?.doc(&id, self.run)));
        let lanes = changed.into_iter().filter_map(doc).collect();
        Some(Commit { state, lanes, forget, dead, undead, notes, commands })
    }

    /// The lanes whose records this write changes, and those that a later one does. A lane is said to be parked in the write
    /// that holds the letter: until then what is recorded of it holds.
    fn changed_lanes(&mut self, letters: &Letters) -> (Vec<LaneId>, Vec<LaneId>) {
        let lanes = &self.lanes;
        let changed = self.changed.drain().filter(|id| lanes.get(id).is_some_and(|lane| lane.indexed));
        let turn = |id: &LaneId| match lanes.get(id).map(|lane| &lane.doing) {
            Some(Doing::Parked { dead }) => letters.turn(*dead),
            _ => Turn::Any,
        };
        in_turn(changed.collect(), turn)
    }

    /// The lanes whose records this write deletes. That of a single event goes with the write that holds its letter; one whose
    /// key has a lane again is overwritten, in this write or in a later one.
    fn ended_lanes(&mut self, letters: &Letters, changed: &[LaneId]) -> Vec<LaneId> {
        let overwritten: HashSet<&LaneId> = changed.iter().collect();
        let mut ended = std::mem::take(&mut self.outbox.forget);
        ended.retain(|id| !overwritten.contains(id));
        let turn = |id: &LaneId| match id {
            id if self.lanes.get(id).is_some_and(|lane| lane.indexed) => Turn::Later,
            LaneId::Event(sequence) => letters.turn(*sequence),
            LaneId::Key(_) => Turn::Any,
        };
        let (now, later) = in_turn(ended, turn);
        self.outbox.forget = later;
        now
    }

    /// The first event that must not count as settled, since what becomes of it is in a later write only and no record is
    /// there yet that finds it again.
    fn held_back(&self, later: &[LaneId]) -> Option<u64> {
        let lanes = later.iter().filter_map(|id| self.lanes.get(id));
        let lanes = lanes.filter(|lane| !lane.stored).map(|lane| lane.from);
        let ended: HashSet<&LaneId> = self.outbox.forget.iter().collect();
        let is_found_again = |letter: &&DeadLetter| {
            let key = letter.key.clone().map(LaneId::Key);
            let parked = key.and_then(|id| self.lanes.get(&id)).filter(|lane| lane.is_behind(letter.sequence));
            parked.is_some_and(|lane| lane.stored) || ended.contains(&LaneId::Event(letter.sequence))
        };
        let letters = self.outbox.dead.iter().filter(|letter| !is_found_again(letter));
        lanes.chain(letters.map(|letter| letter.sequence)).min()
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
            run_epoch: self.run_epoch,
            rewound: self.rewound,
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
            former: self.former.clone(),
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

/// The dead letters of this write and of later ones, by their events.
struct Letters {
    now: HashSet<u64>,
    later: HashSet<u64>,
}

impl Letters {
    /// When something goes that has to go with this letter.
    fn turn(&self, letter: u64) -> Turn {
        match self.now.contains(&letter) {
            true => Turn::Now,
            false if self.later.contains(&letter) => Turn::Later,
            false => Turn::Any,
        }
    }
}

/// When a part of what has to be written goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Now,
    Any,
    Later,
}

/// What goes with this write, and what with a later one.
fn in_turn(mut all: Vec<LaneId>, turn: impl Fn(&LaneId) -> Turn) -> (Vec<LaneId>, Vec<LaneId>) {
    all.sort_by_cached_key(&turn);
    let now = all.iter().take(PER_COMMIT).take_while(|id| turn(id) < Turn::Later).count();
    let later = all.split_off(now);
    (all, later)
}

/// Takes the first of them, as many as a write holds.
fn some<T>(all: &mut Vec<T>) -> Vec<T> {
    let rest = all.split_off(all.len().min(PER_COMMIT));
    std::mem::replace(all, rest)
}

pub(crate) fn json(doc: &impl Serialize) -> Bytes {
    // These documents have string keys and finite numbers only, which JSON can always hold.
    serde_json::to_vec(doc).unwrap_or_default().into()
}
