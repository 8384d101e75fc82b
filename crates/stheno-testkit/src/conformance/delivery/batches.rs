//! Handlers that take many events at once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value};
use stheno_core::{
    AnyEvent, Batch, BatchItem, Body, Cx, Failure, Start, Subscriber, SubscriberDef,
    delivery::{doc::DeadReason, why::Why},
};
use tokio::sync::watch;

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{of_order, ping, placed, stored},
        probe::{Calls, Door},
        world::{self, World, bounded, publish, run_out, settle, start, until_progress},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.batch";
/// Longer than any test: such a batch is only begun because it is full.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(5);

type Bodies = Batch<Body<Map<String, Value>>>;

/// The sequences of each call, and what to do with them.
struct Gather<F> {
    calls: watch::Sender<Vec<Vec<u64>>>,
    then: F,
}

#[async_trait]
impl<F> Subscriber for Gather<F>
where
    F: Fn(&Bodies, &Cx) -> Result<(), Failure> + Send + Sync + 'static,
{
    type Event = Bodies;

    async fn handle(&self, batch: Bodies, cx: Cx) -> Result<(), Failure> {
        let sequences = batch.iter().map(|item| item.recorded().sequence).collect();
        self.calls.send_modify(|calls| calls.push(sequences));
        (self.then)(&batch, &cx)
    }
}

fn gather<F>(calls: &watch::Sender<Vec<Vec<u64>>>, then: F) -> SubscriberDef
where
    F: Fn(&Bodies, &Cx) -> Result<(), Failure> + Send + Sync + 'static,
{
    SubscriberDef::new(ID, Gather { calls: calls.clone(), then }).on(">").start(Start::Beginning)
}

fn flat(calls: &watch::Sender<Vec<Vec<u64>>>) -> Vec<u64> {
    let mut all = calls.borrow().concat();
    all.sort_unstable();
    all
}

/// A batch is begun when it is full, and none is larger than the policy says.
pub async fn a_batch_is_begun_when_it_is_full(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    bus.publish_all((0..100).map(ping)).await.expect("all are published");
    let calls = watch::Sender::default();
    let running = start(world.app().await.subscribe(gather(&calls, |_, _| Ok(())).batch(25, LONG))).await;
    let mut heard = calls.subscribe();
    // The sender lives in `calls`, so it cannot go while this waits.
    let _ = bounded("four full batches", heard.wait_for(|calls| calls.len() == 4)).await;
    settle(&running).await;
    assert!(calls.borrow().iter().all(|batch| batch.len() == 25 && batch.is_sorted()));
    assert_eq!(flat(&calls), (1..=100).collect::<Vec<_>>());
}

/// A batch that does not become full is begun after it has lingered.
pub async fn a_batch_that_does_not_fill_is_begun_after_a_while(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = watch::Sender::default();
    let running = start(world.app().await.subscribe(gather(&calls, |_, _| Ok(())).batch(100, SHORT))).await;
    for number in 0..3 {
        publish(running.bus(), ping(number)).await;
    }
    settle(&running).await;
    assert_eq!(flat(&calls), [1, 2, 3]);
}

/// An event of a batch that is marked as failed is tried again, or given up, alone; the others are done.
pub async fn single_events_of_a_batch_may_fail(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (watch::Sender::default(), ManualClock::new());
    let bus = world.bus().await;
    bus.publish_all((0..10).map(ping)).await.expect("all are published");
    let marking = gather(&calls, |batch, cx| {
        for item in batch.iter() {
            match item.recorded().sequence {
                3 if cx.attempt() == 1 => batch.fail(item, "not yet"),
                7 => batch.fail(item, Failure::new("never").terminal()),
                _ => {}
            }
        }
        Ok(())
    });
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(marking.batch(10, SHORT))).await;
    run_out(&running, &clock).await;
    assert_eq!(flat(&calls), [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10]);
    let why = running.operator().why(ID, 7).await.expect("the log can be read");
    assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Terminal), "{why:?}");
    assert_eq!(running.operator().why(ID, 3).await.ok(), Some(Why::Handled));
}

/// A batch that fails as a whole fails for each of its events; one it cannot read is a dead letter and spoils no other.
pub async fn a_batch_that_fails_is_tried_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (watch::Sender::default(), ManualClock::new());
    for order in 0..5 {
        stored(&*world.log, of_order(order, if order == 2 { "no JSON" } else { "{}" })).await;
    }
    let failing = gather(&calls, |_, cx| if cx.attempt() == 1 { Err(Failure::new("not yet")) } else { Ok(()) });
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(failing.batch(5, SHORT))).await;
    run_out(&running, &clock).await;
    assert_eq!(flat(&calls), [1, 1, 2, 2, 4, 4, 5, 5]);
    let why = running.operator().why(ID, 3).await.expect("the log can be read");
    assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Undecodable), "{why:?}");
}

/// The events of a key come in order also in batches, and a failed one holds its followers back.
pub async fn batches_keep_the_order_of_a_key(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (watch::Sender::default(), ManualClock::new());
    let bus = world.bus().await;
    bus.publish_all((0..200).map(|number| placed(number % 10))).await.expect("all are published");
    let done = Calls::new();
    let noting = done.clone();
    let failing = gather(&calls, move |batch, cx| {
        for item in batch.iter() {
            match item.recorded().sequence % 7 == 0 && cx.attempt() == 1 {
                true => batch.fail(item, "not yet"),
                false => noting.note(&any(item), cx),
            }
        }
        Ok(())
    });
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(failing.batch(20, SHORT))).await;
    run_out(&running, &clock).await;
    assert_eq!(done.len(), 200);
    for order in 0..10_u64 {
        let sequences: Vec<_> = done.sequences().into_iter().filter(|sequence| (sequence - 1) % 10 == order).collect();
        assert_eq!(sequences.len(), 20);
        assert!(sequences.is_sorted_by(|earlier, later| earlier < later), "order {order}: {sequences:?}");
    }
}

fn any<T>(item: &BatchItem<T>) -> AnyEvent {
    AnyEvent::new(Arc::new(item.recorded().clone()))
}

/// A stop flushes what has gathered instead of waiting for more.
pub async fn a_stop_begins_the_batch_that_has_gathered(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = watch::Sender::default();
    let begun = Door::closed();
    let opening = begun.clone();
    let subscriber = gather(&calls, move |_, _| {
        opening.open();
        Ok(())
    });
    let running = start(world.app().await.subscribe(subscriber.batch(100, LONG))).await;
    for number in 0..3 {
        publish(running.bus(), ping(number)).await;
    }
    until_progress(&running, ID, "all three have gathered", |progress| progress.running == 3).await;
    assert!(!begun.is_open());
    assert_eq!(running.stop().await, stheno_core::app::Stopped::Drained);
    assert_eq!(flat(&calls), [1, 2, 3]);
    let running = start(world.app().await.subscribe(gather(&calls, |_, _| Ok(())).batch(100, SHORT))).await;
    settle(&running).await;
    assert_eq!(flat(&calls), [1, 2, 3], "they are recorded as handled");
}

/// A stop does not flush what has gathered when the lease has run out meanwhile: somebody else may have begun it.
pub async fn a_stop_begins_no_batch_without_its_lease(harness: &dyn Harness) {
    const LEASE: Duration = Duration::from_secs(1);
    let world = World::new(harness).await;
    let calls = watch::Sender::default();
    let faulty = FaultyBackend::new(world.handle().await);
    let app = world::app(faulty.clone()).lease(LEASE);
    let running = start(app.subscribe(gather(&calls, |_, _| Ok(())).batch(100, LONG))).await;
    for number in 0..3 {
        publish(running.bus(), ping(number)).await;
    }
    until_progress(&running, ID, "all three have gathered", |progress| progress.running == 3).await;
    faulty.inject(Fault::stall().on(Call::WriteRecords).of_records("lease/"));
    faulty.until_hit(1).await;
    tokio::time::sleep(LEASE).await;
    let stopping = tokio::spawn(running.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    faulty.clear();
    bounded("the app stops", stopping).await.expect("stopping does not panic");
    assert!(flat(&calls).is_empty(), "{:?}", flat(&calls));
}
