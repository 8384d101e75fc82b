//! How a new holder goes on from what the last one recorded.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::{
    delivery::{
        commit::{Outbox, ToRecord},
        doc::{Counts, DeadLetter, LaneDoc, StateDoc},
        lane::{Doing, Lane, LaneId},
        machine::Machine,
    },
    pattern::PatternSet,
    subscriber::policy::Policy,
};

impl Machine {
    /// A machine for a subscriber that has never run: it begins after a sequence.
    pub(crate) fn fresh(policy: Policy, patterns: PatternSet, epoch: u64, begin_after: u64) -> Self {
        Self {
            policy,
            patterns,
            log: "".into(),
            run: 0,
            run_epoch: 0,
            former: Vec::new(),
            rewound: begin_after,
            epoch,
            began: begin_after,
            position: begin_after,
            done_before: Vec::new(),
            offered_before: begin_after,
            open: BTreeSet::new(),
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            resting: BTreeSet::new(),
            running: 0,
            loading: 0,
            reserved: 0,
            ahead: 0,
            written_at: begin_after,
            wanted: 0,
            suspects_upto: 0,
            alone: None,
            suspect: None,
            paused: false,
            counts: Counts::default(),
            changed: HashSet::new(),
            outbox: Outbox::default(),
            to_record: ToRecord::Now,
            committing: false,
            recorded_floor: begin_after,
        }
    }

    /// A machine that goes on from records. If the last holder did not stop in order, what it may have been trying is
    /// tried again one event at a time; `log_last` is the end of the log now.
    pub(crate) fn restored(
        policy: Policy,
        patterns: PatternSet,
        epoch: u64,
        state: StateDoc,
        lanes: impl IntoIterator<Item = LaneDoc>,
        log_last: u64,
    ) -> Self {
        let mut machine = Self::fresh(policy, patterns, epoch, state.floor);
        machine.run = state.run;
        machine.run_epoch = state.run_epoch;
        machine.former = state.former;
        machine.rewound = state.rewound;
        machine.began = state.began;
        machine.offered_before = state.done.last().map_or(state.floor, |(_, last)| *last);
        machine.done_before = state.done;
        machine.paused = state.paused;
        machine.counts = state.counts;
        if !state.clean {
            machine.suspects_upto = state.reserved.min(log_last);
            machine.suspect = state.suspect;
        }
        for doc in lanes {
            let id = match &doc.key {
                Some(key) => LaneId::Key(key.clone()),
                None => LaneId::Event(doc.from),
            };
            if doc.run < state.run && doc.is_ahead_of(state.rewound) {
                // A write that was to delete it did not come any more.
                machine.outbox.forget_lane(id);
                continue;
            }
            let mut lane = Lane::restored(doc, !state.clean);
            lane.upto = match (machine.policy.ordered, &id) {
                (false, LaneId::Key(_)) => lane.upto.or(Some(machine.offered_before)),
                _ => None,
            };
            if lane.upto.is_some() {
                machine.changed.insert(id.clone());
                if matches!(lane.doing, Doing::Parked { .. }) {
                    // Where no order is kept any more, nothing has to wait behind a dead letter.
                    lane.doing = Doing::NeedsLoad;
                }
            }
            match &lane.doing {
                Doing::Waiting(waiting) => {
                    machine.timers.insert((waiting.due, id.clone()));
                }
                Doing::NeedsLoad => machine.ready.push_back(id.clone()),
                _ => {}
            }
            machine.lanes.insert(id, lane);
        }
        machine
    }

    /// The same on the log of this identity, which what is recorded is of.
    pub(crate) fn on_log(mut self, log: &str) -> Self {
        self.log = log.into();
        self
    }

    /// Begins on another log, as a new run after this sequence: of what was recorded nothing is true there.
    pub(crate) fn begin_anew(&mut self, after: u64, dead_letters: &[DeadLetter]) {
        self.rewind(0, dead_letters);
        // The events of this log are others.
        self.former.clear();
        self.began = after;
        (self.position, self.written_at, self.offered_before, self.recorded_floor) = (after, after, after, after);
    }

    /// Goes to another position, as a new run. Nothing may be under way. What waits or is parked behind the position stays,
    /// with what is parked with it; what is ahead is forgotten, dead letters too, since the run comes to it again.
    pub(crate) fn rewind(&mut self, after: u64, dead_letters: &[DeadLetter]) {
        self.run_epoch = self.epoch;
        self.run += 1;
        self.rewound = after;
        self.position = after;
        self.written_at = after;
        self.offered_before = after;
        self.recorded_floor = after;
        self.done_before.clear();
        self.open.clear();
        (self.suspects_upto, self.suspect) = (0, None);
        self.outbox.dead.retain(|letter| letter.sequence <= after);
        self.outbox
            .undead
            .extend(dead_letters.iter().map(|letter| letter.sequence).filter(|sequence| *sequence > after));
        let is_ahead = |lane: &Lane| match lane.doing {
            Doing::Parked { dead } => dead > after,
            _ => lane.from > after || !lane.indexed,
        };
        let ahead: Vec<LaneId> =
            self.lanes.iter().filter(|(_, lane)| is_ahead(lane)).map(|(id, _)| id.clone()).collect();
        for id in ahead {
            if self.lanes.remove(&id).is_some_and(|lane| lane.stored) {
                self.outbox.forget_lane(id.clone());
            }
            self.changed.remove(&id);
        }
        self.timers.retain(|(_, id)| self.lanes.contains_key(id));
        // What comes in again is not queued twice.
        self.resting.clear();
        for (id, lane) in &mut self.lanes {
            lane.leave_to_the_log();
            if matches!(lane.doing, Doing::Ready | Doing::Resting) {
                lane.doing = Doing::NeedsLoad;
                self.ready.push_back(id.clone());
            }
        }
        self.record_now();
    }
}
