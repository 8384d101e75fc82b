//! Who may have ended the process, tried one at a time.
//!
//! A holder that did not stop in order may have been ended by what it was trying. The next holder tries each of these alone: with
//! leave of the whole process, and after the record says that it is being started. The one that ends the process so and so often
//! is given up.

use std::collections::{BTreeMap, HashMap};

use crate::delivery::{attempt::Attempt, doc::Suspect, lane_id::LaneId};

/// Suspects whose starts are remembered.
const REMEMBERED: usize = 16;
/// Events of a lane with a record that are tried alone: the record may be a few behind.
const OF_A_LANE: u32 = 16;

/// The suspects of one subscriber, and the one on trial.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// Live events above this
    after: u64,
    /// and up to here may have been started by a holder that did not stop in order,
    upto: u64,
    /// but for these, which it had settled or left to the record of their lane.
    settled: Vec<(u64, u64)>,
    /// Lanes with a record that it may have been trying, and how many of their events are suspects still.
    lanes: HashMap<LaneId, u32>,
    /// How often each event was started alone, and ended the process.
    starts: BTreeMap<u64, u32>,
    now: OnTrial,
}

/// What is on trial.
#[derive(Debug, Default)]
enum OnTrial {
    #[default]
    Nothing,
    /// It is not started yet.
    Waits(Attempt, Stage),
    /// This event is being tried.
    Started(u64),
}

/// What an attempt waits for that is made alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Leave,
    Record,
    Recording,
    Turn,
}

/// What follows from leave to try the suspect.
#[derive(Debug)]
pub(crate) enum Leave {
    /// Nobody has asked for it.
    NotNeeded,
    /// It is tried once the record says so.
    Granted,
    /// It has ended the process so often, and is not tried again.
    TooOften(Attempt, u32),
}

impl Trial {
    /// After a holder that had this floor, had settled these ranges above it, may have started live events up to `upto` and
    /// lanes that have a record, and had been trying these.
    pub(crate) fn after_crash(
        floor: u64,
        settled: Vec<(u64, u64)>,
        upto: u64,
        lanes: impl IntoIterator<Item = LaneId>,
        suspects: impl IntoIterator<Item = Suspect>,
    ) -> Self {
        let starts = suspects.into_iter().map(|suspect| (suspect.sequence, suspect.starts)).collect();
        let lanes = lanes.into_iter().map(|id| (id, OF_A_LANE)).collect();
        Self { after: floor, upto, settled, lanes, starts, now: OnTrial::Nothing }
    }

    /// Whether an event may have ended the process, at a lane that has a record or not.
    pub(crate) fn suspects(&self, id: &LaneId, sequence: u64) -> bool {
        if self.starts.contains_key(&sequence) || self.lanes.contains_key(id) {
            return true;
        }
        let at = self.settled.partition_point(|(_, last)| *last < sequence);
        let was_settled = self.settled.get(at).is_some_and(|(first, _)| *first <= sequence);
        sequence > self.after && sequence <= self.upto && !was_settled
    }

    /// What the record has to say of live events that may have been started before this holder.
    pub(crate) fn upto(&self) -> u64 {
        self.upto
    }

    /// Whether an event is on trial: nothing else is started.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.now, OnTrial::Nothing)
    }

    /// Puts an attempt on trial.
    pub(crate) fn call(&mut self, mut attempt: Attempt) {
        attempt.alone = true;
        self.now = OnTrial::Waits(attempt, Stage::Leave);
    }

    /// Whether the attempt waits for leave to be the only one in the whole process.
    pub(crate) fn needs_leave(&self) -> bool {
        matches!(self.now, OnTrial::Waits(_, Stage::Leave))
    }

    /// Gives that leave, unless the event has ended the process `limit` times.
    pub(crate) fn grant_leave(&mut self, limit: u32) -> Leave {
        let OnTrial::Waits(attempt, stage @ Stage::Leave) = &mut self.now else { return Leave::NotNeeded };
        let sequence = attempt.event.sequence;
        let starts = self.starts.entry(sequence).or_default();
        if *starts < limit {
            *starts += 1;
            *stage = Stage::Record;
            while self.starts.len() > REMEMBERED {
                let other = self.starts.keys().rev().find(|other| **other != sequence).copied();
                other.and_then(|other| self.starts.remove(&other));
            }
            return Leave::Granted;
        }
        let starts = self.starts.remove(&sequence).unwrap_or(limit);
        match std::mem::take(&mut self.now) {
            OnTrial::Waits(attempt, _) => Leave::TooOften(attempt, starts),
            other => {
                self.now = other;
                Leave::NotNeeded
            }
        }
    }

    /// A write is begun that says what is tried.
    pub(crate) fn write(&mut self) {
        if let OnTrial::Waits(_, stage @ Stage::Record) = &mut self.now {
            *stage = Stage::Recording;
        }
    }

    /// It was taken.
    pub(crate) fn recorded(&mut self) {
        if let OnTrial::Waits(_, stage @ Stage::Recording) = &mut self.now {
            *stage = Stage::Turn;
        }
    }

    /// The attempt, once it may be made.
    pub(crate) fn start(&mut self) -> Option<Attempt> {
        let OnTrial::Waits(attempt, Stage::Turn) = &self.now else { return None };
        let sequence = attempt.event.sequence;
        match std::mem::replace(&mut self.now, OnTrial::Started(sequence)) {
            OnTrial::Waits(attempt, _) => Some(attempt),
            _ => None,
        }
    }

    /// The attempt has come to an end, and the process has not.
    pub(crate) fn end(&mut self, attempt: &Attempt) {
        self.starts.remove(&attempt.event.sequence);
        if let Some(left) = self.lanes.get_mut(&attempt.lane) {
            *left -= 1;
            if *left == 0 {
                self.lanes.remove(&attempt.lane);
            }
        }
        if matches!(self.now, OnTrial::Started(sequence) if sequence == attempt.event.sequence) {
            self.now = OnTrial::Nothing;
        }
    }

    /// Takes back an attempt that waits to be made: its event stays suspect.
    pub(crate) fn take_back(&mut self) -> Option<Attempt> {
        match std::mem::take(&mut self.now) {
            OnTrial::Waits(attempt, stage) => {
                if stage != Stage::Leave
                    && let Some(starts) = self.starts.get_mut(&attempt.event.sequence)
                {
                    // It was not started.
                    *starts -= 1;
                }
                self.lanes.entry(attempt.lane.clone()).or_insert(OF_A_LANE);
                Some(attempt)
            }
            other => {
                self.now = other;
                None
            }
        }
    }

    /// Whether an attempt waits to be made alone.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.now, OnTrial::Waits(..))
    }

    /// How often which events were started alone, the one on trial first.
    pub(crate) fn doc(&self) -> (Option<Suspect>, Vec<Suspect>) {
        let on_trial = match &self.now {
            OnTrial::Nothing => None,
            OnTrial::Waits(attempt, _) => Some(attempt.event.sequence),
            OnTrial::Started(sequence) => Some(*sequence),
        };
        let started = self.starts.iter().filter(|(_, starts)| **starts > 0);
        let all = started.map(|(sequence, starts)| Suspect { sequence: *sequence, starts: *starts });
        let (now, others): (Vec<_>, Vec<_>) = all.partition(|suspect| Some(suspect.sequence) == on_trial);
        (now.into_iter().next(), others)
    }

    /// A lane has come to its end.
    pub(crate) fn forget(&mut self, id: &LaneId) {
        if !self.lanes.is_empty() {
            self.lanes.remove(id);
        }
    }

    /// Goes to another position: live events are met anew there, and of the lanes only those stay suspect that are kept.
    pub(crate) fn restart(&mut self, after: u64, kept: impl Fn(&LaneId) -> bool) {
        (self.after, self.upto) = (after, 0);
        self.settled.clear();
        self.starts.retain(|sequence, _| *sequence <= after);
        self.lanes.retain(|id, _| kept(id));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        backend::Revision,
        delivery::{
            Machine, Step,
            attempt::Load,
            doc::{LaneDoc, LaneState, StateDoc, Waiting},
            lane_id::LaneId,
        },
        event::recorded::RecordedEvent,
        headers::Headers,
        key::Key,
        pattern::PatternSet,
        subscriber::policy::Policy,
        time::Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_micros(1_000);

    fn order() -> Key {
        Key::new("order", "a").unwrap()
    }

    fn event() -> Arc<RecordedEvent> {
        let (name, key) = ("order.placed".into(), Some(order().as_str().into()));
        let body = "{}".into();
        Arc::new(RecordedEvent::from_stored(3, "id".into(), name, key, None, NOW, NOW, Headers::new(), body))
    }

    /// After a crash: event 3 had failed once and was being tried again.
    fn restored() -> Machine {
        let mut before = Machine::fresh(Policy::default(), PatternSet::all(), 1, 5);
        let mut state: StateDoc = before.take_commit(NOW.into()).map(|commit| commit.state).expect("it is begun");
        state.started = Some(vec![LaneId::Key(order()).mark()]);
        let waiting = Waiting {
            attempts: 1,
            due: NOW,
            first_failed: NOW,
            error: vec!["not yet".to_owned()],
            wait_ms: None,
            waited_ms: None,
            paused: false,
        };
        let lane = LaneDoc { key: Some(order()), run: 0, from: 3, upto: None, state: LaneState::Waiting(waiting) };
        Machine::restored(Policy::default(), PatternSet::all(), 2, state, [lane], 5, NOW.into())
    }

    fn load(machine: &mut Machine) -> Load {
        match machine.next(NOW.into()) {
            Some(Step::Load(load)) => load,
            other => panic!("the lane is read back, and it is {other:?}"),
        }
    }

    fn waits(machine: &mut Machine) {
        // Nothing is started before the record says that it may be.
        let commit = machine.take_commit(NOW.into()).expect("it is to be recorded");
        machine.committed(&commit);
        let load = load(machine);
        machine.loaded(&load, vec![event()], load.upto, NOW.into());
        assert!(machine.next(NOW.into()).is_none());
        assert!(machine.needs_leave() && machine.waits_to_be_alone());
    }

    #[test]
    fn a_suspect_behind_a_rewind_is_tried_alone_after_it() {
        let mut machine = restored();
        waits(&mut machine);
        machine.forget_alone();
        machine.rewind(4, &[]);
        assert!(!machine.is_alone());
        waits(&mut machine);
        machine.grant_leave(NOW.into());
        let commit = machine.take_commit(NOW.into()).expect("its start is recorded");
        assert_eq!(commit.writes("probe.all", Some(Revision(1))).len(), 1);
        machine.committed(&commit);
        let Some(Step::Start(attempt)) = machine.next(NOW.into()) else { panic!("it starts") };
        assert_eq!((attempt.event().sequence, attempt.number(), attempt.is_alone()), (3, 2, true));
        machine.forget_alone();
        assert!(machine.is_alone(), "one that has been started is not forgotten");
    }

    #[test]
    fn a_suspect_ahead_of_a_rewind_is_forgotten() {
        let mut machine = restored();
        waits(&mut machine);
        machine.forget_alone();
        machine.rewind(2, &[]);
        assert!(machine.next(NOW.into()).is_none());
        assert!(!machine.is_alone() && machine.lanes.iter().next().is_none());
    }
}
