//! What waits to be written. Many failures at once make many records: they go in several writes, each of which leaves a record that
//! is true, and what a later write says holds the floor back until then.

use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::{
    backend::RecordName,
    delivery::{
        doc::{Counts, DeadLetter, Note},
        lane_id::LaneId,
    },
};

/// What one write holds at most of each kind but lanes. Few in this crate's own tests, so that they see writes that are split.
pub(crate) const PER_WRITE: usize = if cfg!(test) { 2 } else { 160 };
/// What it holds at most in all: with the state and a lease it fits an atomic batch of 1,000.
const IN_ALL: usize = if cfg!(test) { 6 } else { 960 };
/// Records that may wait. With more, nothing new is begun: a crash repeats what was not written.
const ROOM: usize = if cfg!(test) { 6 } else { 768 };
/// Letters to be taken away that one write looks at.
const LOOKED_AT: usize = 4_096;
/// Notes that wait at most; of more, the oldest are forgotten.
const NOTES: usize = 320;

/// How soon something has to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Urgency {
    Nothing,
    /// Events were handled: a write may wait a moment for further ones, which a crash would repeat with them.
    Soon,
    /// More hangs on it than a repetition.
    #[default]
    Now,
}

/// A command that was carried out: its record goes no earlier than what it changed is written.
#[derive(Debug)]
struct CarriedOut {
    record: RecordName,
    /// How many lanes had been changed by then.
    after: u64,
    /// The dead letter that it took away.
    letter: Option<u64>,
}

/// A dead letter that waits to be written.
#[derive(Debug)]
struct Buried {
    letter: DeadLetter,
    /// Whether its record is there already, from before it came back.
    is_recorded: bool,
}

/// A dead letter that waits to be taken away.
#[derive(Debug)]
struct Unburied {
    /// The lane that no longer waits for it.
    lane: Option<LaneId>,
    /// Whether it has a record.
    is_recorded: bool,
}

/// What waits to be written beside the state.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    urgency: Urgency,
    /// Whether attempts failed, or lanes changed while such wait. Of many in a short time, a write may wait for further ones: several
    /// records cost a backend more than one.
    failed: bool,
    /// Whether a write is under way.
    writing: bool,
    /// Lanes whose record changes, in the order in which they changed.
    lanes: VecDeque<LaneId>,
    /// Those of them that are not written yet.
    changed: HashSet<LaneId>,
    /// Lanes that have a record, or will with the write under way.
    recorded: HashSet<LaneId>,
    /// How many lanes have ever stood in the queue, and how many have left it.
    queued: u64,
    left: u64,
    /// Dead letters. None is among those that go, too: one write says one thing of each.
    dead: BTreeMap<u64, Buried>,
    /// Dead letters that go.
    undead: BTreeMap<u64, Unburied>,
    /// Dead letters that have a record, or will with the write under way.
    letters: u64,
    notes: VecDeque<(u64, Note)>,
    commands: VecDeque<CarriedOut>,
}

/// What one write takes of it.
#[derive(Debug, Default)]
pub(crate) struct Parcel {
    /// Lanes whose records are written, or deleted if there is no such lane any more.
    pub(crate) lanes: Vec<LaneId>,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) undead: Vec<u64>,
    pub(crate) notes: Vec<(u64, Note)>,
    pub(crate) commands: Vec<RecordName>,
}

impl Outbox {
    /// Says that the record of a lane has to change.
    pub(crate) fn change(&mut self, id: &LaneId) {
        if self.changed.insert(id.clone()) {
            self.lanes.push_back(id.clone());
            self.queued += 1;
        }
    }

    /// Says that a lane is over: its record goes, if it has one. Whether it has.
    pub(crate) fn end(&mut self, id: &LaneId) -> bool {
        let has_record = self.recorded.contains(id);
        if has_record {
            self.change(id);
        } else {
            self.changed.remove(id);
        }
        has_record
    }

    /// Says that a lane has a record.
    pub(crate) fn has_record(&mut self, id: &LaneId) {
        self.recorded.insert(id.clone());
    }

    /// Says that a lane will have none. Whether it has one now.
    pub(crate) fn delete_record(&mut self, id: &LaneId) -> bool {
        self.recorded.remove(id)
    }

    /// Leaves a dead letter.
    pub(crate) fn bury(&mut self, letter: DeadLetter) {
        let is_recorded = self.undead.remove(&letter.sequence).is_some_and(|unburied| unburied.is_recorded);
        self.dead.insert(letter.sequence, Buried { letter, is_recorded });
    }

    /// Takes a dead letter away, once the record of this lane says that it no longer waits for it.
    pub(crate) fn unbury(&mut self, sequence: u64, lane: Option<LaneId>) {
        let is_recorded = self.dead.remove(&sequence).is_none_or(|buried| buried.is_recorded);
        self.undead.insert(sequence, Unburied { lane, is_recorded });
    }

    /// Forgets the letters of what is ahead of a sequence, and takes away those that are recorded.
    pub(crate) fn unbury_ahead_of(&mut self, after: u64, recorded: impl IntoIterator<Item = u64>) {
        self.dead.retain(|sequence, _| *sequence <= after);
        let ahead = recorded.into_iter().filter(|sequence| *sequence > after);
        self.undead.extend(ahead.map(|sequence| (sequence, Unburied { lane: None, is_recorded: true })));
    }

    /// Says how many dead letters have a record.
    pub(crate) fn has_letters(&mut self, recorded: u64) {
        self.letters = recorded;
    }

    /// How many dead letters and lanes have a record, or will with the write under way.
    pub(crate) fn recorded(&self) -> (u64, u64) {
        (self.letters, self.recorded.len() as u64)
    }

    /// Whether a letter waits to be written.
    pub(crate) fn has_letter(&self, sequence: u64) -> bool {
        self.dead.contains_key(&sequence)
    }

    /// Whether a letter waits to be taken away.
    pub(crate) fn takes_away(&self, sequence: u64) -> bool {
        self.undead.contains_key(&sequence)
    }

    /// The events of the letters that wait.
    pub(crate) fn letters(&self) -> impl Iterator<Item = u64> {
        self.dead.keys().copied()
    }

    /// Adds a note to the ring. Of many between two writes only the newest are kept.
    pub(crate) fn note(&mut self, counts: &mut Counts, note: Note) {
        if self.notes.len() >= NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back((counts.notes, note));
        counts.notes += 1;
    }

    /// Says that a command was carried out, which took away this letter.
    pub(crate) fn carried_out(&mut self, record: RecordName, letter: Option<u64>) {
        self.commands.push_back(CarriedOut { record, after: self.queued, letter });
    }

    /// Whether a command was carried out that no write holds yet.
    pub(crate) fn is_carried_out(&self, command: &RecordName) -> bool {
        self.commands.iter().any(|carried_out| carried_out.record == *command)
    }

    /// Whether so little of what operators asked waits that more of it may be done.
    pub(crate) fn has_room_for_commands(&self) -> bool {
        self.has_room() && self.undead.len() + self.commands.len() < ROOM
    }

    /// Whether a dead letter waits to be taken away.
    pub(crate) fn takes_any_away(&self) -> bool {
        !self.undead.is_empty()
    }

    /// Whether so little waits that more may be begun.
    pub(crate) fn has_room(&self) -> bool {
        self.changed.len() + self.dead.len() < ROOM
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty()
            && self.dead.is_empty()
            && self.undead.is_empty()
            && self.notes.is_empty()
            && self.commands.is_empty()
    }

    /// Asks for a write that may wait for others.
    pub(crate) fn record_soon(&mut self) {
        self.urgency = self.urgency.max(Urgency::Soon);
    }

    /// Asks for a write of attempts that failed.
    pub(crate) fn record_failed(&mut self) {
        self.failed = true;
    }

    /// Asks for a write that waits for nothing.
    pub(crate) fn record_now(&mut self) {
        self.urgency = Urgency::Now;
    }

    /// Whether something has to be recorded.
    pub(crate) fn has_to_record(&self) -> bool {
        self.urgency > Urgency::Nothing || self.failed
    }

    /// Whether it is about events that were handled.
    pub(crate) fn has_to_record_soon(&self) -> bool {
        self.urgency == Urgency::Soon
    }

    /// Whether more hangs on it than a repetition.
    pub(crate) fn has_to_record_now(&self) -> bool {
        self.urgency == Urgency::Now || self.failed
    }

    /// Whether it is about attempts that failed and lanes that changed, and so few that a write of these may wait for more.
    pub(crate) fn may_gather(&self) -> bool {
        self.urgency < Urgency::Now && !self.changed.is_empty() && self.changed.len() < ROOM / 2
    }

    /// Whether a write is under way.
    pub(crate) fn is_writing(&self) -> bool {
        self.writing
    }

    /// Begins a write of nothing but the state. Whether it may.
    pub(crate) fn take_nothing(&mut self) -> bool {
        let may = !self.writing;
        if may {
            (self.urgency, self.failed) = (Urgency::Nothing, self.failed || !self.is_empty());
        }
        self.writing = true;
        may
    }

    /// What the next write holds, unless nothing has to be written or a write is under way. `with_letter` says whose record goes
    /// with a letter, so that no lane ever waits for a letter that is not there.
    pub(crate) fn take(&mut self, with_letter: impl Fn(&DeadLetter) -> LaneId) -> Option<Parcel> {
        if !self.has_to_record() || self.writing {
            return None;
        }
        (self.urgency, self.failed, self.writing) = (Urgency::Nothing, false, true);
        let mut parcel = Parcel::default();
        while parcel.dead.len() < PER_WRITE
            && let Some((_, Buried { letter, is_recorded })) = self.dead.pop_first()
        {
            self.letters += u64::from(!is_recorded);
            parcel.lanes.extend(Some(with_letter(&letter)).filter(|id| self.changed.remove(id)));
            parcel.dead.push(letter);
        }
        let others = [self.undead.len(), self.notes.len(), self.commands.len()].map(|waiting| waiting.min(PER_WRITE));
        let most = IN_ALL.saturating_sub(parcel.dead.len() + others.iter().sum::<usize>());
        // What is left may wait for a letter that comes later.
        while self.dead.is_empty()
            && parcel.lanes.len() < most
            && let Some(id) = self.lanes.pop_front()
        {
            self.left += 1;
            if self.changed.remove(&id) {
                parcel.lanes.push(id);
            }
        }
        let changed = &self.changed;
        let free = |unburied: &Unburied| unburied.lane.as_ref().is_none_or(|id| !changed.contains(id));
        let undead = self.undead.iter().take(LOOKED_AT).filter(|(_, unburied)| free(unburied));
        parcel.undead = undead.map(|(sequence, _)| *sequence).take(PER_WRITE).collect();
        for sequence in &parcel.undead {
            let gone = self.undead.remove(sequence);
            self.letters = self.letters.saturating_sub(u64::from(gone.is_some_and(|gone| gone.is_recorded)));
        }
        parcel.notes = self.notes.drain(..self.notes.len().min(PER_WRITE)).collect();
        while parcel.commands.len() < PER_WRITE
            && let Some(CarriedOut { record, .. }) = self.commands.pop_front_if(|command| {
                command.after <= self.left && command.letter.is_none_or(|letter| !self.undead.contains_key(&letter))
            })
        {
            parcel.commands.push(record);
        }
        if !self.is_empty() {
            self.record_now();
        }
        Some(parcel)
    }

    /// The write was taken.
    pub(crate) fn written(&mut self) {
        self.writing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(outbox: &mut Outbox) -> Vec<LaneId> {
        outbox.take(|letter| LaneId::Event(letter.sequence)).map(|parcel| parcel.lanes).unwrap_or_default()
    }

    #[test]
    fn few_attempts_that_failed_may_wait_for_more_while_the_state_is_written() {
        let mut outbox = Outbox::default();
        take(&mut outbox);
        outbox.written();
        outbox.change(&LaneId::Event(1));
        outbox.record_failed();
        outbox.record_soon();
        assert!(outbox.may_gather() && outbox.has_to_record_now() && outbox.has_to_record_soon());
        assert!(outbox.take_nothing() && !outbox.take_nothing());
        outbox.written();
        assert!(outbox.may_gather() && outbox.has_to_record() && !outbox.has_to_record_soon());
        assert_eq!(take(&mut outbox), [LaneId::Event(1)]);
        outbox.written();
        assert!(!outbox.has_to_record());
    }

    #[test]
    fn many_and_whatever_else_there_is_wait_for_nothing() {
        let mut outbox = Outbox::default();
        take(&mut outbox);
        outbox.written();
        outbox.change(&LaneId::Event(1));
        outbox.record_failed();
        (2..=ROOM as u64 / 2).for_each(|number| outbox.change(&LaneId::Event(number)));
        assert!(!outbox.may_gather());
        take(&mut outbox);
        outbox.written();
        outbox.change(&LaneId::Event(1));
        outbox.record_now();
        assert!(!outbox.may_gather());
    }
}
