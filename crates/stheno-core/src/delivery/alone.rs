//! Giving up an attempt that was to be made alone, before it is made.

use crate::delivery::{
    lane::Doing,
    machine::{Alone, Machine},
};

impl Machine {
    /// Whether an attempt waits to be made alone: for leave, for the record, or for its turn after that.
    pub(crate) fn waits_to_be_alone(&self) -> bool {
        self.alone.as_ref().is_some_and(|alone| alone.attempt.is_some())
    }

    /// Forgets an attempt that waits to be made alone: its lane is read back from the log later, and stays suspect.
    pub(crate) fn forget_alone(&mut self) {
        let Some(Alone { attempt: Some(attempt), .. }) = self.alone.take_if(|alone| alone.attempt.is_some()) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(&attempt.lane) else { return };
        lane.suspect = true;
        lane.doing = Doing::NeedsLoad;
        lane.leave_to_the_log();
        self.ready.push_back(attempt.lane);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        backend::Revision,
        delivery::{
            Machine, Step,
            doc::{LaneDoc, LaneState, StateDoc, Waiting},
            machine::Load,
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
        let state: StateDoc = before.take_commit(NOW).map(|commit| commit.state).expect("it is begun");
        let waiting = Waiting { attempts: 1, due: NOW, first_failed: NOW, error: vec!["not yet".to_owned()] };
        let lane = LaneDoc { key: Some(order()), run: 0, from: 3, upto: None, state: LaneState::Waiting(waiting) };
        Machine::restored(Policy::default(), PatternSet::all(), 2, state, [lane], 5)
    }

    fn load(machine: &mut Machine) -> Load {
        match machine.next(NOW) {
            Some(Step::Load(load)) => load,
            other => panic!("the lane is read back, and it is {other:?}"),
        }
    }

    fn waits(machine: &mut Machine) {
        let load = load(machine);
        machine.loaded(&load, vec![event()], load.upto, NOW);
        assert!(machine.next(NOW).is_none());
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
        machine.grant_leave(NOW);
        let commit = machine.take_commit(NOW).expect("its start is recorded");
        assert_eq!(commit.writes("probe.all", Some(Revision(1))).len(), 1);
        machine.committed(&commit);
        let Some(Step::Start(attempt)) = machine.next(NOW) else { panic!("it starts") };
        assert_eq!((attempt.event.sequence, attempt.number, attempt.alone), (3, 2, true));
        machine.forget_alone();
        assert!(machine.is_alone(), "one that has been started is not forgotten");
    }

    #[test]
    fn a_suspect_ahead_of_a_rewind_is_forgotten() {
        let mut machine = restored();
        waits(&mut machine);
        machine.forget_alone();
        machine.rewind(2, &[]);
        assert!(machine.next(NOW).is_none());
        assert!(!machine.is_alone() && machine.lanes.is_empty());
    }
}
