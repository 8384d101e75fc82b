//! Info, closing, opening again, and several handles on one log.

use std::{sync::Arc, time::Duration};

use stheno_core::backend::{
    Append, AppendErrorKind, Appended, Backend, BackendErrorKind, Expect, Query, RecordError, RecordName, RecordWrite,
};

use crate::conformance::{
    Harness,
    orders::{of_order, plain, stored},
    world::{World, append, bounded, everything, take},
};

/// A log says what it is and where it begins and ends.
pub async fn info_says_where_the_log_begins_and_ends(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let empty = world.log.info().await.expect("the log can be asked");
    assert_eq!((empty.first, empty.last), (1, 0), "the first event will be number 1");
    assert!(!empty.log_id.is_empty() && !empty.backend.is_empty() && !empty.place.is_empty());
    let first = stored(&*world.log, plain(1)).await;
    let last = stored(&*world.log, plain(2)).await;
    let info = world.log.info().await.expect("the log can be asked");
    assert_eq!((info.first, info.last), (first, last));
    assert_eq!((info.log_id, info.backend, info.place), (empty.log_id, empty.backend, empty.place));
}

/// Every call after closing fails as closed, and so does a tail that was opened before.
pub async fn every_call_after_closing_fails_as_closed(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &world.log;
    stored(&**log, plain(1)).await;
    let mut tail = log.tail(Query::all()).await.expect("a tail");
    let waiting = tokio::spawn({
        let mut tail = log.tail(Query::all().after(1)).await.expect("a tail");
        async move { while tail.next().await.is_ok() {} }
    });
    log.close().await;
    log.close().await;
    let closed = BackendErrorKind::Closed;
    assert_eq!(log.info().await.expect_err("closed").kind(), closed);
    assert_eq!(log.append(Append::one(plain(2))).await.expect_err("closed").kind(), AppendErrorKind::Backend(closed));
    assert_eq!(log.read(Query::all()).await.expect_err("closed").kind(), closed);
    assert_eq!(log.tail(Query::all()).await.err().map(|error| error.kind()), Some(closed));
    assert_eq!(tail.next().await.expect_err("closed").kind(), closed);
    let name = RecordName::trusted("a");
    assert_eq!(log.get_record(&name).await.expect_err("closed").kind(), closed);
    assert_eq!(log.list_records("").await.expect_err("closed").kind(), closed);
    assert_eq!(log.read_records("", None, 1).await.expect_err("closed").kind(), closed);
    match log.write_records(vec![RecordWrite::put(name, "1")]).await {
        Err(RecordError::Backend(error)) => assert_eq!(error.kind(), closed),
        other => panic!("a closed backend was expected: {other:?}"),
    }
    bounded("a tail that waits hears of the closing", waiting).await.expect("the tail ends");
}

/// Closing waits for what is under way: whatever was answered with Ok is there afterwards.
pub async fn closing_lets_appends_under_way_come_to_their_end(harness: &dyn Harness) {
    let mut world = World::new(harness).await;
    if !world.outlives_handles() {
        return;
    }
    let appending: Vec<_> = (0..50)
        .map(|number| {
            let log = Arc::clone(&world.log);
            tokio::spawn(async move { log.append(Append::one(plain(number))).await.ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    world.reopen().await;
    let mut acknowledged = Vec::new();
    for task in appending {
        acknowledged.extend(task.await.expect("the task ends").into_iter().flatten().filter_map(|one| one.sequence));
    }
    acknowledged.sort_unstable();
    let found: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
    assert!(acknowledged.iter().all(|sequence| found.contains(sequence)), "{acknowledged:?} of {found:?}");
}

/// Everything is there after the log was opened again, and goes on as if nothing had been.
pub async fn everything_is_there_after_opening_again(harness: &dyn Harness) {
    let mut world = World::new(harness).await;
    if !world.outlives_handles() {
        return;
    }
    let known = of_order("a", "known");
    let mut last = stored(&*world.log, known.clone()).await;
    let write = RecordWrite::put(RecordName::trusted("record"), "kept");
    let mut revision = world.log.write_records(vec![write]).await.expect("the record is written")[0];
    let identity = world.log.info().await.expect("the log can be asked").log_id;
    for round in 0..3 {
        world.reopen().await;
        let info = world.log.info().await.expect("the log can be asked");
        assert_eq!((info.last, &info.log_id), (last, &identity));
        assert_eq!(append(&*world.log, Append::one(known.clone())).await, [Appended::duplicate(Some(1))]);
        let name = RecordName::trusted("record");
        let record = world.log.get_record(&name).await.expect("a record can be read").expect("it was written");
        assert_eq!((record.revision, &record.value[..]), (revision, &b"kept"[..]));
        let write = RecordWrite::put(name, "kept").expect(Expect::Revision(revision));
        let written = world.log.write_records(vec![write]).await.expect("the record is written")[0];
        assert!(written > revision);
        revision = written;
        let mut next = of_order("a", round);
        next.expected = Some(last);
        let sequence = stored(&*world.log, next).await;
        assert!(sequence > last);
        last = sequence;
    }
    assert_eq!(world.everything().await.len(), 4);
}

/// What was acknowledged is there after whatever keeps the log was ended hard, and the handles go on.
pub async fn acknowledged_events_outlive_a_restart_of_the_log(harness: &dyn Harness) {
    let world = World::alone(harness).await;
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        for number in 0..20 {
            acknowledged.push(append_until_taken(&*world.log, of_order(round, number)).await);
        }
        world.restart().await;
    }
    let found: Vec<_> = bounded("the log can be read again", async {
        loop {
            match world.log.read(Query::all()).await {
                Ok(page) => break page.events.iter().map(|event| event.sequence).collect(),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await;
    assert_eq!(found, acknowledged);
    let mut given = Vec::new();
    bounded("the tail goes on", async {
        while given.len() < acknowledged.len() {
            if let Ok(page) = tail.next().await {
                given.extend(page.events.iter().map(|event| event.sequence));
            }
        }
    })
    .await;
    assert_eq!(given, acknowledged);
}

/// Appends like a publisher that does not give up: with the same id, so that it is stored once.
async fn append_until_taken(log: &dyn Backend, event: stheno_core::NewEvent) -> u64 {
    bounded("the log takes the event", async {
        loop {
            match log.append(Append::one(event.clone())).await {
                Ok(appended) => return appended[0].sequence.expect("it is stored"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await
}

/// Two handles have one log: what one writes the other reads, knows as a duplicate and conflicts with.
pub async fn two_handles_have_one_log(harness: &dyn Harness) {
    let world = World::new(harness).await;
    if !world.is_shared() {
        return;
    }
    let (one, other) = (Arc::clone(&world.log), world.handle().await);
    let identity = |info: stheno_core::backend::LogInfo| info.log_id;
    assert_eq!(one.info().await.map(identity).ok(), other.info().await.map(identity).ok());

    let mut tail = other.tail(Query::all()).await.expect("a tail");
    let event = of_order("a", "from one");
    let sequence = stored(&*one, event.clone()).await;
    assert_eq!(take(&mut *tail, 1).await[0].sequence, sequence);
    assert_eq!(append(&*other, Append::one(event)).await, [Appended::duplicate(Some(sequence))]);
    let mut late = of_order("a", "late");
    late.expected = Some(0);
    let refused = other.append(Append::one(late)).await.expect_err("the order has an event");
    assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected: 0, actual: sequence });

    let put = || RecordWrite::put(RecordName::trusted("a"), "1").expect(Expect::Absent);
    let revision = one.write_records(vec![put()]).await.expect("the record is written")[0];
    assert!(matches!(other.write_records(vec![put()]).await, Err(RecordError::Conflict { .. })));
    let name = RecordName::trusted("a");
    let seen = other.get_record(&name).await.expect("a record can be read").map(|record| record.revision);
    assert_eq!(seen, Some(revision));

    other.close().await;
    stored(&*one, plain("the first handle goes on")).await;
}

/// Two handles that write at once lose nothing, give every sequence once, and a tail on either has all in one order.
pub async fn two_handles_that_write_at_once_lose_nothing(harness: &dyn Harness) {
    const EACH: usize = 100;
    let world = World::new(harness).await;
    if !world.is_shared() {
        return;
    }
    let (one, other) = (Arc::clone(&world.log), world.handle().await);
    let mut tail = other.tail(Query::all()).await.expect("a tail");
    let writing: Vec<_> = [Arc::clone(&one), Arc::clone(&other)]
        .into_iter()
        .map(|log| {
            tokio::spawn(async move {
                for number in 0..EACH {
                    stored(&*log, plain(number)).await;
                }
            })
        })
        .collect();
    for writer in writing {
        writer.await.expect("the writer ends");
    }
    let given: Vec<_> = take(&mut *tail, 2 * EACH).await.iter().map(|event| event.sequence).collect();
    for log in [&one, &other] {
        let found = everything(&**log, Query::all()).await;
        assert_eq!(found.iter().map(|event| event.sequence).collect::<Vec<_>>(), given);
    }
}
