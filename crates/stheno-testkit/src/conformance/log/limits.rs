//! That the abilities are true: what is allowed is taken, and what is not is refused with its numbers.

use std::time::Duration;

use stheno_core::{
    EventId, EventName, Key, NewEvent,
    backend::{Append, AppendErrorKind, Query},
    key::MAX_KEY_LEN,
    name::MAX_NAME_LEN,
};

use crate::conformance::{
    Harness,
    orders::{name, plain, stored},
    world::{World, append, everything, now},
};

/// A batch of `max_batch` events is stored whole; one more is refused, and nothing of it is stored.
pub async fn a_batch_may_be_as_large_as_the_abilities_say(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let limit = world.log.abilities().max_batch;
    assert!((1..=100_000).contains(&limit), "a test has to be able to fill a batch: {limit}");
    let batch = |events| Append::batch((0..events).map(plain).collect());
    assert_eq!(append(&*world.log, batch(limit)).await.len(), limit);
    let refused = world.log.append(batch(limit + 1)).await.expect_err("one too many");
    assert_eq!(refused.kind(), AppendErrorKind::TooMany { events: limit + 1, limit });
    assert_eq!(world.everything().await.len(), limit);
}

/// A body of `max_body` bytes is stored; one byte more is refused, alone and in a batch.
pub async fn a_body_may_be_as_long_as_the_abilities_say(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let limit = world.log.abilities().max_body;
    let of_length = |length| NewEvent::new(name("order.placed"), vec![b'x'; length]);
    stored(&*world.log, of_length(limit)).await;
    let refused = world.log.append(Append::one(of_length(limit + 1))).await.expect_err("one byte too many");
    assert_eq!(refused.kind(), AppendErrorKind::TooLarge { index: 0, length: limit + 1, limit });
    let batch = Append::batch(vec![plain("fits"), of_length(limit + 1)]);
    let refused = world.log.append(batch).await.expect_err("one byte too many");
    assert_eq!(refused.kind(), AppendErrorKind::TooLarge { index: 1, length: limit + 1, limit });
    let events = world.everything().await;
    assert_eq!(events.iter().map(|event| event.body.len()).collect::<Vec<_>>(), [limit]);
}

/// The longest legal name, key and id are stored, and found again by name and by key.
pub async fn the_longest_names_keys_and_ids_are_taken(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let longest_name = format!("order.{}", "n".repeat(MAX_NAME_LEN - "order.".len()));
    let longest_id = "i".repeat(stheno_core::event::recorded::MAX_ID_LEN);
    let longest_key = Key::new("order", &"k".repeat(MAX_KEY_LEN - "order:".len())).expect("a legal key");
    let mut event = NewEvent::new(EventName::new(&longest_name).expect("a legal name"), "{}");
    event.key = Some(longest_key.clone());
    event.id = EventId::new(&longest_id).expect("a legal id");
    stored(&*world.log, event).await;
    let patterns = stheno_core::PatternSet::parse([&longest_name]).expect("a legal pattern");
    for query in [Query::new(patterns), Query::all().key(longest_key)] {
        let found = everything(&*world.log, query).await;
        let [event] = &found[..] else { panic!("one event was stored: {found:?}") };
        assert_eq!((event.name.as_str(), event.id.as_str()), (&*longest_name, &*longest_id));
    }
}

/// A batch of several with one for later is refused: it could not be all or nothing.
pub async fn a_batch_with_a_scheduled_event_is_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut later = plain("later");
    later.not_before = Some(now().plus(Duration::from_secs(3600)));
    let refused = world.log.append(Append::batch(vec![plain("now"), later])).await.expect_err("one is for later");
    assert_eq!(refused.kind(), AppendErrorKind::ScheduledInBatch);
    assert_eq!(world.everything().await.len(), 0);
}
