//! What is written: the state and everything that changed since the last write, all or nothing.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::{
    backend::{Expect, RecordName, RecordWrite, Revision},
    delivery::{
        doc::{Beside, DeadLetter, FORMAT, LaneDoc, Note, StateDoc},
        lane::Indexed,
        lane_id::LaneId,
        machine::Machine,
        names,
        reservation::LANES,
    },
    time::Now,
};

/// A lane that waits for longer may be started after a later write only.
const SOON: Duration = Duration::from_secs(10);

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
    pub(crate) fn take_commit(&mut self, now: Now) -> Option<Commit> {
        let lanes = &self.lanes;
        // The lane that waits for a letter is recorded with it, and that of a single event goes with it.
        let with_letter = |letter: &DeadLetter| {
            let parked = letter.key.clone().map(LaneId::Key);
            let parked = parked.filter(|id| lanes.get(id).is_some_and(|lane| lane.is_behind(letter.sequence)));
            parked.unwrap_or(LaneId::Event(letter.sequence))
        };
        let parcel = self.outbox.take(with_letter)?;
        for letter in &parcel.dead {
            self.settled.release(letter.sequence);
        }
        let (mut lanes, mut forget) = (Vec::new(), Vec::new());
        for id in parcel.lanes {
            match self.lanes.get_mut(&id) {
                Some(lane) if lane.indexed() != Indexed::No => {
                    for sequence in lane.write() {
                        self.settled.release(sequence);
                    }
                    let doc = lane.doc(&id, self.run.number);
                    self.outbox.has_record(&id);
                    lanes.push((id, doc));
                }
                _ if self.outbox.delete_record(&id) => forget.push(id),
                _ => {}
            }
        }
        let (dead, undead, notes, commands) = (parcel.dead, parcel.undead, parcel.notes, parcel.commands);
        Some(Commit { lanes, forget, dead, undead, notes, commands, ..self.commit_of_state(now) })
    }

    /// A write of the state alone, which reserves further sequences while records of lanes wait for more. None while a write is
    /// under way.
    pub(crate) fn take_commit_of_state(&mut self, now: Now) -> Option<Commit> {
        self.outbox.take_nothing().then(|| self.commit_of_state(now))
    }

    fn commit_of_state(&mut self, now: Now) -> Commit {
        self.trial.write();
        let state = self.state_doc(now);
        self.settled.write(state.floor);
        Commit {
            state,
            lanes: Vec::new(),
            forget: Vec::new(),
            dead: Vec::new(),
            undead: Vec::new(),
            notes: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Says that the write was taken.
    pub(crate) fn committed(&mut self, commit: &Commit) {
        self.outbox.written();
        self.reservation.grant(commit.state.reserved);
        self.settled.record(commit.state.floor);
        self.trial.recorded();
        // Reserve ahead before it runs out.
        if self.reserve_runs_out() {
            self.outbox.record_soon();
        }
    }

    /// Whether something has to be recorded.
    pub(crate) fn has_to_record(&self) -> bool {
        self.outbox.has_to_record()
    }

    /// Whether something is held up until it is recorded, or would be tried again if the process ended now.
    pub(crate) fn has_to_record_now(&self) -> bool {
        self.outbox.has_to_record_now() || self.reserve_runs_out()
    }

    /// Whether events were handled of which no write says so.
    pub(crate) fn has_to_record_soon(&self) -> bool {
        self.outbox.has_to_record_soon()
    }

    /// Asks for a write that may wait for more.
    pub(crate) fn record_soon(&mut self) {
        self.outbox.record_soon();
    }

    /// Whether what has to be recorded may wait for more of its kind.
    pub(crate) fn may_gather(&self) -> bool {
        self.outbox.may_gather()
    }

    /// Asks for a write that waits for nothing.
    pub(crate) fn record_now(&mut self) {
        self.outbox.record_now();
    }

    /// Whether events will soon have to wait for a write that reserves more sequences.
    pub(crate) fn reserve_runs_out(&self) -> bool {
        self.reservation.runs_out(self.settled.position())
    }

    fn state_doc(&mut self, now: Now) -> StateDoc {
        let soon = self.lanes.busy_soon(LANES, now.steady.plus(SOON));
        let mut started: Vec<u64> = soon.iter().map(LaneId::mark).collect();
        started.sort_unstable();
        let reserved = self.reservation.write(self.settled.position(), self.policy.concurrency, soon);
        let (suspect, suspects) = self.trial.doc();
        let (letters, lanes) = self.outbox.recorded();
        StateDoc {
            format: FORMAT,
            log: self.log.to_string(),
            run: self.run.number,
            run_epoch: self.run.epoch,
            rewound: self.rewound,
            epoch: self.epoch,
            began: self.began,
            floor: self.settled.floor(),
            done: self.settled.ranges(),
            // What an earlier holder may have started stays suspect until it is settled.
            reserved: reserved.max(self.trial.upto()),
            clean: false,
            suspect,
            suspects,
            started: Some(started),
            paused: self.paused,
            patterns: self.patterns.clone(),
            counts: self.counts,
            former: self.former.clone(),
            beside: Some(Beside { lanes, parked: (self.lanes.parked() as u64).min(lanes), letters }),
            at: now.wall,
        }
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
