//! An operator hands back an event that waits.

use std::sync::Arc;

use super::*;
use crate::{
    delivery::{Offer, Step},
    headers::Headers,
    pattern::PatternSet,
    subscriber::policy::Policy,
};

const NOW: Timestamp = Timestamp::from_micros(1_000);

fn event(sequence: u64) -> Arc<RecordedEvent> {
    let (id, name, key) = (format!("i{sequence}").into(), "order.placed".into(), format!("order:{sequence}"));
    let (key, body) = (Some(key.as_str().into()), "{}".into());
    Arc::new(RecordedEvent::from_stored(sequence, id, name, key, None, NOW, NOW, Headers::new(), body))
}

fn write(machine: &mut Machine) {
    while let Some(commit) = machine.take_commit(NOW.into()) {
        machine.committed(&commit);
    }
}

/// A machine whose events have all failed once, each of a key of its own.
fn failed(events: u64) -> Machine {
    let mut machine = Machine::fresh(Policy::default(), PatternSet::all(), 1, 0);
    write(&mut machine);
    for sequence in 1..=events {
        let offered = match machine.offer(&event(sequence)) {
            Offer::NotYet => {
                write(&mut machine);
                machine.offer(&event(sequence))
            }
            offered => offered,
        };
        let Offer::Start(attempt) = offered else { panic!("event {sequence} is started") };
        machine.settle(attempt, Outcome::Failed(Failure::new("not yet")), NOW.into(), 0.0);
    }
    write(&mut machine);
    machine
}

#[test]
fn an_event_that_waits_is_found_with_one_look_however_many_wait() {
    let looks = |events: u64| {
        let mut machine = failed(events);
        let before = machine.lanes.looked_at();
        assert!(machine.retry_now(events / 2, NOW.into()));
        machine.lanes.looked_at() - before
    };
    assert_eq!(looks(10), looks(2_000));
}

#[test]
fn only_an_event_that_waits_is_tried_now() {
    let mut machine = failed(3);
    assert!(!machine.retry_now(4, NOW.into()), "it has not failed");
    assert!(machine.next(NOW.into()).is_none());
    assert!(machine.retry_now(2, NOW.into()) && !machine.retry_now(2, NOW.into()));
    write(&mut machine);
    let Some(Step::Start(attempt)) = machine.next(NOW.into()) else { panic!("it is started") };
    assert_eq!((attempt.event().sequence, attempt.number()), (2, 2));
    assert!(!machine.retry_now(2, NOW.into()), "it is under way");
    machine.settle(attempt, Outcome::Failed(Failure::new("still not")), NOW.into(), 0.0);
    assert!(machine.retry_now(2, NOW.into()), "it waits again");
}
