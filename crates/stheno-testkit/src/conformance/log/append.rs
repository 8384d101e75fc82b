//! Appending: order, wholeness, and that what comes back is what went in.

use std::{collections::HashMap, sync::Arc};

use stheno_core::{
    Headers, NewEvent, RecordedEvent, Timestamp,
    backend::{Append, AppendErrorKind, Query},
};

use crate::conformance::{
    Harness,
    orders::{name, of_order, order_key, ping, plain, stored},
    world::{World, append, now, read},
};

/// The events of a batch stand in the log in the order of the batch, with rising sequences, and the answer says them.
pub async fn a_batch_stands_in_the_log_in_its_order(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut answered = Vec::new();
    for round in 0..5 {
        let batch = (0..20).map(|index| plain(round * 20 + index)).collect();
        answered.extend(append(&*world.log, Append::batch(batch)).await);
    }
    let events = world.everything().await;
    let bodies: Vec<_> = events.iter().map(|event| event.body.to_vec()).collect();
    assert_eq!(bodies, (0..100).map(|number| number.to_string().into_bytes()).collect::<Vec<_>>());
    let sequences: Vec<_> = events.iter().map(|event| Some(event.sequence)).collect();
    assert_eq!(answered.iter().map(|one| one.sequence).collect::<Vec<_>>(), sequences);
    assert!(answered.iter().all(|one| !one.duplicate));
    assert!(sequences.is_sorted_by(|earlier, later| earlier < later));
}

/// Every part of an event comes back as it was appended, byte for byte.
pub async fn an_event_comes_back_as_it_was_appended(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut whole = NewEvent::new(name("order-edit-item-change.CREATED"), vec![0, 159, 146, 150, b'"', b'\n', 255]);
    whole.key = Some(stheno_core::Key::new("shopify.order", "45 / ümläut.*>%:").expect("a legal key"));
    whole.source = Some("https://shop.example/admin".into());
    whole.time = Some(Timestamp::from_micros(1_700_000_000_123_456));
    whole.headers = headers(&[("ce-correlationid", "c-1"), ("x-empty", ""), ("x-text", "a: b, \"c\"; d=")]);
    let mut bare = plain("");
    bare.id = stheno_core::EventId::new("order_1/placed?x=*.>").expect("a legal id");

    let before = now();
    stored(&*world.log, whole.clone()).await;
    stored(&*world.log, bare.clone()).await;
    let after = now();
    let events = world.everything().await;
    let [first, second] = &events[..] else { panic!("two events were appended: {events:?}") };
    same(first, &whole);
    same(second, &bare);
    assert_eq!(Some(first.time), whole.time);
    assert_eq!(second.time, second.stored, "without a time of its own an event happened when it was stored");
    for event in [first, second] {
        // The clock of a server may differ a little from ours.
        let tolerance = std::time::Duration::from_secs(60);
        assert!(event.stored.plus(tolerance) >= before && event.stored <= after.plus(tolerance), "{event:?}");
    }
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    pairs.iter().for_each(|(name, value)| headers.set(name, value).expect("a legal header"));
    headers
}

fn same(recorded: &RecordedEvent, appended: &NewEvent) {
    assert_eq!((&recorded.id, &recorded.name), (&appended.id, &appended.name));
    assert_eq!((&recorded.key, &recorded.source), (&appended.key, &appended.source));
    assert_eq!((&recorded.headers, &recorded.body), (&appended.headers, &appended.body));
}

/// A batch that is refused leaves nothing behind, wherever in it the reason stands.
pub async fn a_refused_batch_leaves_nothing_behind(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let actual = stored(&*world.log, of_order("a", 0)).await;
    for bad in 0..3 {
        let mut batch: Vec<_> = (0..3).map(|index| of_order(format!("new-{index}"), index)).collect();
        batch[bad].key = Some(order_key("a"));
        batch[bad].expected = Some(0);
        let refused = world.log.append(Append::batch(batch)).await.expect_err("the order has an event already");
        assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: bad, expected: 0, actual });
    }
    assert_eq!(world.everything().await.len(), 1);
    let next = stored(&*world.log, plain("after")).await;
    assert_eq!(world.everything().await.last().map(|event| event.sequence), Some(next));
}

/// Whoever reads while batches are appended sees each of them whole or not at all.
pub async fn a_reader_never_sees_a_part_of_a_batch(harness: &dyn Harness) {
    const BATCHES: usize = 60;
    const SIZE: usize = 7;
    let world = World::new(harness).await;
    let log = Arc::clone(&world.log);
    let writing = tokio::spawn(async move {
        for batch in 0..BATCHES {
            append(&*log, Append::batch((0..SIZE).map(|_| plain(batch)).collect())).await;
        }
    });
    loop {
        let finished = writing.is_finished();
        let page = read(&*world.log, Query::all().limit(10_000)).await;
        let mut parts: HashMap<_, usize> = HashMap::new();
        page.events.iter().for_each(|event| *parts.entry(event.body.clone()).or_default() += 1);
        assert!(parts.values().all(|seen| *seen == SIZE), "a part of a batch was seen: {parts:?}");
        if finished {
            assert_eq!(parts.len(), BATCHES);
            break;
        }
    }
    writing.await.expect("the writer ends");
}

/// Appends of many tasks are all stored, once each, and those of one task in its order.
pub async fn appends_of_many_tasks_are_all_stored_once(harness: &dyn Harness) {
    const TASKS: usize = 8;
    const EACH: usize = 50;
    let world = World::new(harness).await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let log = Arc::clone(&world.log);
            tokio::spawn(async move {
                let mut sequences = Vec::new();
                for index in 0..EACH {
                    sequences.push(stored(&*log, of_order(task, index)).await);
                }
                sequences
            })
        })
        .collect();
    let mut answered = Vec::new();
    for task in tasks {
        let sequences = task.await.expect("the task ends");
        assert!(sequences.is_sorted_by(|earlier, later| earlier < later));
        answered.extend(sequences);
    }
    answered.sort_unstable();
    let events = world.everything().await;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), answered);
    for task in 0..TASKS {
        let key = Some(order_key(task));
        let own = events.iter().filter(|event| event.key == key).map(|event| event.body.to_vec());
        assert_eq!(own.collect::<Vec<_>>(), (0..EACH).map(|index| index.to_string().into_bytes()).collect::<Vec<_>>());
    }
}

/// Many appends in flight from one task stand in the log in the order they were begun: a bus publishes like this.
pub async fn appends_in_flight_keep_the_order_they_were_begun_in(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let published = bus.publish_all((0..600).map(ping)).await.expect("all are published");
    let sequences: Vec<_> = published.iter().map(|one| one.sequence).collect();
    assert!(sequences.is_sorted_by(|earlier, later| earlier < later), "{sequences:?}");
    assert_eq!(world.everything().await.len(), 600);
}
