//! Events that are not in the log before their time.

use std::time::Duration;

use stheno_core::{
    Timestamp,
    backend::{Append, AppendErrorKind, Appended, Query},
};

use crate::conformance::{
    Harness,
    orders::{of_order, plain, stored},
    world::{World, append, now, take},
};

/// A scheduled event comes to those who wait for it, stored no earlier than its time, and is complete.
pub async fn a_scheduled_event_is_not_in_the_log_before_its_time(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let mut later = of_order("a", "later");
    later.source = Some("test".into());
    later.not_before = Some(now().plus(Duration::from_millis(300)));
    assert_eq!(append(&*world.log, Append::one(later.clone())).await, [Appended::scheduled()]);
    assert_eq!(world.last().await, 0, "it has no position yet");
    let events = take(&mut *tail, 1).await;
    let [event] = &events[..] else { panic!("one event was scheduled: {events:?}") };
    assert!(Some(event.stored) >= later.not_before, "stored at {}, due at {:?}", event.stored, later.not_before);
    assert_eq!((&event.id, &event.key, &event.source), (&later.id, &later.key, &later.source));
    assert_eq!(event.body, later.body);
    assert_eq!(world.everything().await.len(), 1);
}

/// Scheduled events come in the order of their times, not of their appends.
pub async fn scheduled_events_come_in_the_order_of_their_times(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let begin = now();
    for step in [3_u64, 1, 4, 2] {
        let mut event = plain(step);
        event.not_before = Some(begin.plus(Duration::from_millis(100 + 60 * step)));
        append(&*world.log, Append::one(event)).await;
    }
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let bodies: Vec<_> = take(&mut *tail, 4).await.iter().map(|event| event.body.to_vec()).collect();
    assert_eq!(bodies, [b"1", b"2", b"3", b"4"]);
}

/// An event whose time has passed is stored at once.
pub async fn an_event_whose_time_has_passed_is_stored_at_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut event = plain("overdue");
    event.not_before = Some(stheno_core::Timestamp::from_micros(1_000_000));
    stored(&*world.log, event.clone()).await;
    let mut batch = vec![plain("now"), plain("overdue too")];
    batch[1].not_before = event.not_before;
    let appended = append(&*world.log, Append::batch(batch)).await;
    assert!(appended.iter().all(|one| one.sequence.is_some()), "{appended:?}");
    assert_eq!(world.everything().await.len(), 3);
}

/// A scheduled event is still scheduled after the log was opened again, and comes when its time comes.
pub async fn a_scheduled_event_outlives_its_publisher(harness: &dyn Harness) {
    let mut world = World::new(harness).await;
    if !world.outlives_handles() {
        return;
    }
    let mut later = plain("later");
    later.not_before = Some(now().plus(Duration::from_millis(200)));
    append(&*world.log, Append::one(later.clone())).await;
    world.reopen().await;
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let events = take(&mut *tail, 1).await;
    assert_eq!(events[0].id, later.id);
    assert!(Some(events[0].stored) >= later.not_before);
}

/// An event for the far future is kept until then or refused with the latest time that is possible, and never stored at once.
pub async fn an_event_for_a_far_time_is_kept_or_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let far = ["2262-04-11T23:47:16Z", "2262-04-11T23:47:17Z", "2262-04-12T00:00:00Z", "9999-12-31T23:59:59Z"];
    let far = far.map(|text| text.parse::<Timestamp>().expect("a time"));
    let ends = [Timestamp::now().plus(Duration::MAX), Timestamp::from_micros(i64::MAX - 1)];
    for (number, time) in far.into_iter().chain(ends).enumerate() {
        for key in [None, Some("a")] {
            let mut event = key.map_or_else(|| plain(number), |key| of_order(key, number));
            event.not_before = Some(time);
            match world.log.append(Append::one(event.clone())).await {
                Ok(appended) => assert_eq!(appended, [Appended::scheduled()], "{time}"),
                Err(error) => {
                    let AppendErrorKind::TooFarAhead { index: 0, latest } = error.kind() else {
                        panic!("{time}: {error}")
                    };
                    assert!(latest < time, "{latest} is possible");
                    event.not_before = Some(latest);
                    assert_eq!(append(&*world.log, Append::one(event)).await, [Appended::scheduled()], "{latest}");
                }
            }
        }
    }
    // What was to be stored at once would stand before this.
    stored(&*world.log, plain("now")).await;
    let there = world.everything().await;
    assert_eq!(there.len(), 1, "{there:?}");
    // One that is due is not held up by those that are not.
    let mut soon = plain("soon");
    soon.not_before = Some(now().plus(Duration::from_millis(50)));
    append(&*world.log, Append::one(soon.clone())).await;
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let events = take(&mut *tail, 2).await;
    assert_eq!(events[1].id, soon.id);
}
