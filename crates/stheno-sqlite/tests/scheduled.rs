//! Events that are not in the log before their time.

mod common;

use std::{sync::Arc, time::Duration};

use common::{BOUND, TestClock, TestFile, append, event, expecting, keyed, patterns, read_all, take, with_id};
use stheno_core::{
    Clock, NewEvent,
    backend::{Append, AppendErrorKind, Appended, Backend, Query},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

const HOUR: Duration = Duration::from_secs(3_600);

fn later(clock: &TestClock, id: &str, after: Duration) -> NewEvent {
    let mut event = with_id("order.placed", id);
    event.not_before = Some(clock.now().plus(after));
    event
}

async fn schedule(log: &SqliteBackend, event: NewEvent) -> Appended {
    log.append(Append::one(event)).await.unwrap()[0]
}

async fn ids(log: &SqliteBackend) -> Vec<String> {
    read_all(log, Query::all()).await.iter().map(|event| event.id.to_string()).collect()
}

async fn memory(clock: &TestClock) -> Arc<SqliteBackend> {
    SqliteBackend::open(SqliteOptions::memory().clock(Arc::new(clock.clone()))).await.unwrap()
}

#[tokio::test]
async fn an_event_that_waits_is_found_by_its_id_until_it_is_in_the_log() {
    let (file, clock) = (TestFile::new(), TestClock::new());
    let log = SqliteBackend::open(file.options().clock(Arc::new(clock.clone()))).await.unwrap();
    let mut event = later(&clock, "a", HOUR);
    event.key = keyed("order.placed", "order:1").key;
    schedule(&log, event.clone()).await;
    let found = log.scheduled(&event.id).await.unwrap().expect("it waits");
    assert_eq!((&found.id, &found.name, &found.key, &found.body), (&event.id, &event.name, &event.key, &event.body));
    assert_eq!(found.not_before, event.not_before);
    assert!(log.scheduled(&"b".parse().unwrap()).await.unwrap().is_none());
    clock.advance(HOUR);
    append(&log, with_id("order.placed", "b")).await;
    assert!(log.scheduled(&event.id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_event_is_not_in_the_log_before_its_time() {
    let clock = TestClock::new();
    let log = memory(&clock).await;
    assert_eq!(schedule(&log, later(&clock, "a", HOUR)).await, Appended::scheduled());
    clock.advance(HOUR - Duration::from_micros(1));
    append(&log, with_id("order.placed", "b")).await;
    assert_eq!(ids(&log).await, ["b"]);

    clock.advance(Duration::from_micros(1));
    append(&log, with_id("order.placed", "c")).await;
    assert_eq!(ids(&log).await, ["b", "a", "c"]);
    let moved = &read_all(&log, Query::all()).await[1];
    assert_eq!((moved.stored, moved.time), (clock.now(), clock.now()));
}

#[tokio::test]
async fn a_waiting_tail_moves_events_when_they_are_due_in_the_order_they_are_due() {
    let clock = TestClock::new();
    let log = memory(&clock).await;
    for (id, hours) in [("third", 3), ("second", 2), ("second_too", 2), ("first", 1)] {
        schedule(&log, later(&clock, id, HOUR * hours)).await;
    }
    let mut tail = log.tail(Query::all()).await.unwrap();
    let moving = tokio::spawn(async move { take(&mut *tail, 4).await });
    clock.advance(HOUR * 2);
    // The tail moves what is due; the third follows with the clock.
    let reading = async {
        while ids(&log).await.len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, reading).await.unwrap();
    assert_eq!(ids(&log).await, ["first", "second", "second_too"]);
    clock.advance(HOUR);
    let events = tokio::time::timeout(BOUND, moving).await.unwrap().unwrap();
    let order: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(order, ["first", "second", "second_too", "third"]);
}

#[tokio::test]
async fn the_id_of_a_scheduled_event_is_known_before_and_after_it_is_due() {
    let clock = TestClock::new();
    let log = memory(&clock).await;
    schedule(&log, later(&clock, "a", HOUR)).await;
    assert_eq!(schedule(&log, later(&clock, "a", HOUR)).await, Appended::duplicate(None));
    assert_eq!(schedule(&log, with_id("order.placed", "a")).await, Appended::duplicate(None));
    clock.advance(HOUR);
    assert_eq!(schedule(&log, with_id("order.placed", "a")).await, Appended::duplicate(Some(1)));
    assert_eq!(schedule(&log, later(&clock, "a", HOUR)).await, Appended::duplicate(Some(1)));
    assert_eq!(ids(&log).await, ["a"]);
}

#[tokio::test]
async fn an_expectation_of_a_scheduled_event_is_checked_when_it_is_appended() {
    let clock = TestClock::new();
    let log = memory(&clock).await;
    append(&log, keyed("order.placed", "order:1")).await;
    let mut event = expecting("order:1", 0);
    event.not_before = Some(clock.now().plus(HOUR));
    let refused = log.append(Append::one(event.clone())).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected: 0, actual: 1 });
    event.expected = Some(1);
    assert_eq!(schedule(&log, event).await, Appended::scheduled());
}

#[tokio::test]
async fn a_scheduled_event_survives_a_restart_with_all_it_carries() {
    let file = TestFile::new();
    let clock = TestClock::new();
    let options = || file.options().clock(Arc::new(clock.clone()));
    let log = SqliteBackend::open(options()).await.unwrap();
    let mut event = keyed("order.placed", "order:1");
    event.source = Some("shop".into());
    event.headers.set("traceparent", "00-1-2-03").unwrap();
    event.not_before = Some(clock.now().plus(HOUR));
    schedule(&log, event.clone()).await;
    log.close().await;

    clock.advance(HOUR * 5);
    let log = SqliteBackend::open(options()).await.unwrap();
    let mut tail = log.tail(Query::new(patterns(&["order.*"]))).await.unwrap();
    let moved = take(&mut *tail, 1).await.remove(0);
    assert_eq!(
        (&moved.id, &moved.name, &moved.key, &moved.source),
        (&event.id, &event.name, &event.key, &event.source)
    );
    assert_eq!((&moved.headers, &moved.body, moved.stored), (&event.headers, &event.body, clock.now()));
}

#[tokio::test]
async fn any_process_that_has_the_file_open_moves_what_another_one_scheduled() {
    let file = TestFile::new();
    let clock = TestClock::new();
    let options = || file.options().clock(Arc::new(clock.clone()));
    let scheduler = SqliteBackend::open(options()).await.unwrap();
    let other = SqliteBackend::open(options()).await.unwrap();
    let mut tail = other.tail(Query::all()).await.unwrap();
    schedule(&scheduler, later(&clock, "a", HOUR)).await;
    scheduler.close().await;
    clock.advance(HOUR);
    assert_eq!(take(&mut *tail, 1).await[0].id.as_str(), "a");
}

#[tokio::test]
async fn more_events_than_fit_one_commit_are_all_moved_and_none_twice() {
    let clock = TestClock::new();
    let log = memory(&clock).await;
    let begun = (0..2_500).map(|number| log.append(Append::one(later(&clock, &number.to_string(), HOUR)))).collect();
    for answer in common::all(begun).await {
        assert_eq!(answer.unwrap(), [Appended::scheduled()]);
    }
    clock.advance(HOUR);
    let mut tail = log.tail(Query::all()).await.unwrap();
    let moved = take(&mut *tail, 2_500).await;
    let order: Vec<String> = moved.iter().map(|event| event.id.to_string()).collect();
    assert_eq!(order, (0..2_500).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(append(&log, event("order.placed")).await, 2_501);
}
