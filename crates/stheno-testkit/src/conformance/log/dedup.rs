//! The same id is the same event.

use std::{sync::Arc, time::Duration};

use stheno_core::{
    EventId,
    backend::{Append, AppendErrorKind, Appended},
};

use crate::conformance::{
    Harness,
    orders::{of_order, plain, stored},
    world::{World, append, now},
};

/// An id that is in the log is not stored again, and the answer gives the first one's sequence.
pub async fn the_same_id_is_stored_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let event = of_order("a", "first");
    let sequence = stored(&*world.log, event.clone()).await;
    stored(&*world.log, plain("between")).await;
    let mut other = of_order("b", "second");
    other.id = event.id.clone();
    assert_eq!(append(&*world.log, Append::one(other)).await, [Appended::duplicate(Some(sequence))]);
    let events = world.everything().await;
    assert_eq!(events.iter().filter(|found| found.id == event.id).count(), 1);
    assert_eq!((events.len(), &events[0].body[..]), (2, &b"first"[..]));
}

/// Ids differ by case and by everything else.
pub async fn ids_are_compared_byte_for_byte(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let ids = ["order_1", "Order_1", "order_1/", "order_10", &"x".repeat(256), &"x".repeat(255)];
    for id in ids {
        let mut event = plain(id);
        event.id = EventId::new(id).expect("a legal id");
        stored(&*world.log, event).await;
    }
    let stored_ids: Vec<_> = world.everything().await.iter().map(|event| event.id.to_string()).collect();
    assert_eq!(stored_ids, ids);
}

/// A whole batch that is appended again is a success that stores nothing.
pub async fn a_repeated_batch_is_a_success(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let batch: Vec<_> = (0..10).map(plain).collect();
    let first = append(&*world.log, Append::batch(batch.clone())).await;
    let again = append(&*world.log, Append::batch(batch)).await;
    let expected: Vec<_> = first.iter().map(|one| Appended::duplicate(one.sequence)).collect();
    assert_eq!(again, expected);
    assert_eq!(world.everything().await.len(), 10);
}

/// A batch of which only some events are known is refused, and its new ones are not stored.
pub async fn a_batch_with_some_duplicates_is_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let known = plain("known");
    stored(&*world.log, known.clone()).await;
    for position in 0..3 {
        let mut batch: Vec<_> = (0..3).map(plain).collect();
        batch[position] = known.clone();
        let refused = world.log.append(Append::batch(batch)).await.expect_err("some are duplicates");
        assert_eq!(refused.kind(), AppendErrorKind::MixedDuplicates);
    }
    assert_eq!(world.everything().await.len(), 1);
}

/// A batch never stores one id twice, whatever it answers.
pub async fn a_batch_that_has_an_id_twice_does_not_store_it_twice(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let twice = plain("twice");
    // Whether it is refused is left to the backend.
    let _ = world.log.append(Append::batch(vec![twice.clone(), twice.clone()])).await;
    let events = world.everything().await;
    assert!(events.iter().filter(|event| event.id == twice.id).count() <= 1);
}

/// One's own append, repeated because the answer was lost, is a success although its expectation no longer holds.
pub async fn a_repeated_append_is_a_duplicate_before_it_is_a_conflict(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut event = of_order("a", "first");
    event.expected = Some(0);
    let sequence = stored(&*world.log, event.clone()).await;
    assert_eq!(append(&*world.log, Append::one(event)).await, [Appended::duplicate(Some(sequence))]);

    let mut batch = vec![of_order("b", 1), of_order("c", 1)];
    batch.iter_mut().for_each(|event| event.expected = Some(0));
    let first = append(&*world.log, Append::batch(batch.clone())).await;
    let again = append(&*world.log, Append::batch(batch)).await;
    assert_eq!(
        again.iter().map(|one| one.sequence).collect::<Vec<_>>(),
        first.iter().map(|one| one.sequence).collect::<Vec<_>>()
    );
    assert!(again.iter().all(|one| one.duplicate));
}

/// Of many appends of one id at once, one stores it and all learn where it is.
pub async fn racing_appends_of_one_id_store_it_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for round in 0..10 {
        let event = plain(round);
        let racing: Vec<_> = (0..8)
            .map(|_| {
                let (log, event) = (Arc::clone(&world.log), event.clone());
                tokio::spawn(async move { append(&*log, Append::one(event)).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in racing {
            answers.extend(task.await.expect("the task ends"));
        }
        assert_eq!(answers.iter().filter(|one| !one.duplicate).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|one| one.sequence == answers[0].sequence), "{answers:?}");
    }
    assert_eq!(world.everything().await.len(), 10);
}

/// An event that is scheduled is known by its id too, whether it comes again at once or for later.
pub async fn a_scheduled_event_is_known_by_its_id(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut event = plain("later");
    event.not_before = Some(now().plus(Duration::from_secs(3600)));
    assert_eq!(append(&*world.log, Append::one(event.clone())).await, [Appended::scheduled()]);
    assert_eq!(append(&*world.log, Append::one(event.clone())).await, [Appended::duplicate(None)]);
    event.not_before = None;
    assert_eq!(append(&*world.log, Append::one(event)).await, [Appended::duplicate(None)]);
    assert_eq!(world.everything().await.len(), 0);
}
