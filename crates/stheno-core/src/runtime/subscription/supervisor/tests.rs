//! A log that went back is noticed.

use super::*;
use crate::{
    delivery::doc::{Counts, FORMAT, LaneState},
    pattern::PatternSet,
};

fn state() -> StateDoc {
    StateDoc {
        format: FORMAT,
        log: "one".to_owned(),
        run: 0,
        run_epoch: 0,
        rewound: 0,
        epoch: 1,
        began: 0,
        floor: 50,
        done: vec![(52, 60), (62, 120)],
        reserved: 128,
        clean: true,
        suspect: None,
        suspects: Vec::new(),
        started: None,
        paused: false,
        patterns: PatternSet::all(),
        counts: Counts::default(),
        former: Vec::new(),
        beside: None,
        at: crate::time::Timestamp::from_micros(0),
    }
}

fn info(last: u64) -> LogInfo {
    LogInfo::new("one".to_owned(), "test", "nowhere".to_owned(), 1, last, Duration::from_secs(1))
}

#[test]
fn a_log_that_went_back_is_noticed_by_what_was_done_above_the_floor() {
    let alarm = another_log("probe.all", &state(), &[], &info(100)).unwrap_or_default();
    assert!(alarm.contains("it ends at 100") && alarm.contains("read up to 120"), "{alarm}");
    assert_eq!(another_log("probe.all", &state(), &[], &info(120)), None);
}

#[test]
fn a_log_that_went_back_is_noticed_by_its_lanes() {
    let state = StateDoc { done: Vec::new(), ..state() };
    let lane = LaneDoc { key: None, run: 0, from: 71, upto: None, state: LaneState::Behind };
    assert!(another_log("probe.all", &state, std::slice::from_ref(&lane), &info(69)).is_some());
    assert_eq!(another_log("probe.all", &state, &[lane], &info(70)), None);
}
