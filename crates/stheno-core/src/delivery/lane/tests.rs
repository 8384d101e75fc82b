//! What a lane keeps in mind of events that are in the log alone.

use std::sync::Arc;

use super::*;
use crate::{headers::Headers, time::Timestamp};

fn event(sequence: u64) -> Arc<RecordedEvent> {
    let at = Timestamp::from_micros(0);
    let (id, name) = ("i".into(), "a.b".into());
    Arc::new(RecordedEvent::from_stored(sequence, id, name, None, None, at, at, Headers::new(), "{}".into()))
}

#[test]
fn a_lane_that_rests_keeps_in_mind_the_very_next_event_that_is_left_to_the_log() {
    let memory = Memory::default();
    let id = LaneId::Key("order:1".parse().expect("a key"));
    // It has read back and settled everything up to 100.
    let mut lane = Lane::doing_at(Doing::Resting(100), 101);
    lane.backlog = Backlog::Joined { read_upto: 100 };
    lane.join_no_more();
    lane.leave(&event(101), &memory);
    lane.leave(&event(107), &memory);
    let load = lane.load(&id, 107).expect("there is something to read back");
    assert_eq!(load.sequences, [101, 107]);
}

#[test]
fn a_lane_is_small() {
    // Every parked key has one: 100,000 letters are 100,000 of these.
    assert!(size_of::<Lane>() <= 264, "{}", size_of::<Lane>());
}
