//! How a new holder goes on from what the last one recorded.

use std::{collections::HashSet, time::Duration};

use crate::{
    delivery::{
        doc::{Counts, LaneDoc, StateDoc, Waiting},
        lane::{Doing, Lane, Lanes},
        lane_id::LaneId,
        machine::Machine,
        memory::Memory,
        outbox::Outbox,
        reservation::Reservation,
        settled::Settled,
        trial::Trial,
    },
    marker::Run,
    pattern::PatternSet,
    subscriber::policy::Policy,
    time::{Now, Timestamp},
};

impl Machine {
    /// A machine for a subscriber that has never run: it begins after a sequence.
    pub(crate) fn fresh(policy: Policy, patterns: PatternSet, epoch: u64, begin_after: u64) -> Self {
        Self {
            policy,
            patterns,
            log: "".into(),
            run: Run::default(),
            former: Vec::new(),
            rewound: begin_after,
            epoch,
            began: begin_after,
            paused: false,
            counts: Counts::default(),
            settled: Settled::upto(begin_after),
            reservation: Reservation::at(begin_after),
            lanes: Lanes::default(),
            memory: Memory::default(),
            trial: Trial::default(),
            outbox: Outbox::default(),
            running: 0,
            loading: 0,
            filling: true,
            given: None,
            seen: Timestamp::from_micros(i64::MIN),
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
        now: Now,
    ) -> Self {
        let mut machine = Self::fresh(policy, patterns, epoch, state.floor);
        machine.run = Run { number: state.run, epoch: state.run_epoch };
        machine.former = state.former;
        machine.rewound = state.rewound;
        machine.began = state.began;
        machine.settled = Settled::restored(state.floor, state.done.clone());
        machine.paused = state.paused;
        machine.counts = state.counts;
        machine.outbox.has_letters(state.beside.map_or(0, |beside| beside.letters));
        let started: Option<HashSet<u64>> = state.started.map(|marks| marks.into_iter().collect());
        let mut suspects = Vec::new();
        for doc in lanes {
            let id = match &doc.key {
                Some(key) => LaneId::Key(key.clone()),
                None => LaneId::Event(doc.from),
            };
            machine.outbox.has_record(&id);
            if doc.run < state.run && doc.is_ahead_of(state.rewound) {
                // A write that was to delete it did not come any more.
                machine.outbox.change(&id);
                continue;
            }
            let was_started = started.as_ref().is_none_or(|marks| marks.contains(&id.mark()));
            let longest = machine.policy.retry_total;
            let mut lane = Lane::restored(doc, |waiting| now.steady.plus(waiting.left(now.wall, longest)));
            if !machine.policy.ordered && id.key().is_some() {
                lane.end_at(machine.settled.offered());
            }
            let (ends, is_parked) = (lane.ends(), matches!(lane.doing(), Doing::Parked { .. }));
            if !state.clean && was_started && !is_parked {
                suspects.push(id.clone());
            }
            machine.lanes.insert(id.clone(), lane);
            if ends && id.key().is_some() && !machine.policy.ordered {
                machine.outbox.change(&id);
                if is_parked {
                    // Where no order is kept any more, nothing has to wait behind a dead letter.
                    machine.lanes.turn_to(&id, Doing::NeedsLoad);
                }
            }
        }
        if !state.clean {
            let upto = state.reserved.min(log_last);
            let tried = state.suspect.into_iter().chain(state.suspects);
            machine.trial = Trial::after_crash(state.floor, state.done, upto, suspects, tried);
        }
        machine
    }

    /// The same on the log of this identity, which what is recorded is of.
    pub(crate) fn on_log(mut self, log: &str) -> Self {
        self.log = log.into();
        self
    }

    /// The same with so many dead letters, which an older version did not count.
    pub(crate) fn with_letters(mut self, recorded: u64) -> Self {
        self.outbox.has_letters(recorded);
        self
    }

    /// Begins on another log, as a new run after this sequence: of what was recorded nothing is true there. `dead_letters` are all
    /// that are recorded, by sequence.
    pub(crate) fn begin_anew(&mut self, after: u64, dead_letters: &[u64]) {
        self.rewind(0, dead_letters);
        // The events of this log are others.
        self.former.clear();
        self.began = after;
        self.settled = Settled::upto(after);
        self.reservation = Reservation::at(after);
    }

    /// Goes to another position, as a new run. Nothing may be under way. What waits or is parked behind the position stays,
    /// with what is parked with it; what is ahead is forgotten, dead letters too, since the run comes to it again. `dead_letters` are
    /// all that are recorded, by sequence.
    pub(crate) fn rewind(&mut self, after: u64, dead_letters: &[u64]) {
        self.run = Run { number: self.run.number + 1, epoch: self.epoch };
        self.rewound = after;
        self.outbox.unbury_ahead_of(after, dead_letters.iter().copied());
        let ahead = self.lanes.iter().filter(|(_, lane)| lane.is_ahead_of(after)).map(|(id, _)| id.clone());
        for id in ahead.collect::<Vec<_>>() {
            self.end(&id);
        }
        let kept: Vec<LaneId> = self.lanes.iter().map(|(id, _)| id.clone()).collect();
        let mut held: Vec<u64> = self.outbox.letters().collect();
        for id in kept {
            let Some(lane) = self.lanes.get(&id) else { continue };
            held.extend(lane.held());
            let goes_on = matches!(lane.doing(), Doing::Ready | Doing::Resting(_));
            self.lanes.forget(&id);
            if goes_on {
                self.lanes.turn_to(&id, Doing::NeedsLoad);
            }
        }
        self.settled.restart(after, held);
        self.reservation.restart(after);
        let lanes = &self.lanes;
        self.trial.restart(after, |id| lanes.contains(id));
        self.outbox.record_now();
    }
}

impl Waiting {
    /// How long it has to wait still: never longer than was asked for, whatever the clock shows. An older version did not record
    /// that; then no longer than `longest`.
    fn left(&self, now: Timestamp, longest: Duration) -> Duration {
        self.due.since(now).min(self.wait_ms.map_or(longest, Duration::from_millis))
    }
}
