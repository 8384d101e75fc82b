//! Failed attempts: how often, how long after, and when it is enough.

use std::{sync::Arc, time::Duration};

use stheno_core::{
    Clock as _, Cx, Failure, FailureExt, Start, SubscriberDef,
    app::{Running, Stopped},
    delivery::{doc::DeadReason, why::Why},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{ping, placed},
        probe::Calls,
        world::{World, next_due, publish, run_out, settle, start},
    },
};

const SECOND: Duration = Duration::from_secs(1);

/// A subscriber that fails in some way for so many attempts.
fn failing(calls: &Calls, times: u32, how: impl Fn(&Cx) -> Failure + Send + Sync + 'static) -> SubscriberDef {
    calls.subscriber("probe.failing", move |_, cx| {
        let failure = (cx.attempt() <= times).then(|| how(&cx));
        async move { failure.map_or(Ok(()), Err) }
    })
}

async fn started(world: &World<'_>, clock: &ManualClock, subscriber: SubscriberDef) -> Running {
    start(world.app().await.clock(Arc::new(clock.clone())).subscribe(subscriber)).await
}

async fn dead_reason(running: &Running, sequence: u64) -> (DeadReason, u32) {
    match running.operator().why("probe.failing", sequence).await.expect("the log can be read") {
        Why::Dead(letter) => (letter.reason, letter.attempts),
        other => panic!("{sequence} should be a dead letter: {other:?}"),
    }
}

/// Attempts are counted from one, in every way to fail: an error, a panic at once, a panic later.
pub async fn every_failure_counts_as_an_attempt(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = calls.subscriber("probe.failing", |_, cx| {
        assert!(cx.attempt() != 2, "a test panics before the first wait");
        async move {
            match cx.attempt() {
                1 => Err(Failure::new("an error")),
                3 => {
                    tokio::task::yield_now().await;
                    panic!("a test panics after a wait")
                }
                _ => Ok(()),
            }
        }
    });
    let running = started(&world, &clock, subscriber).await;
    publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    assert_eq!(calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let keys: Vec<_> = calls.all().into_iter().map(|call| call.idempotency_key).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "every attempt has the same idempotency key: {keys:?}");
}

/// An attempt that takes too long is ended and counts as failed.
pub async fn an_attempt_that_takes_too_long_counts_as_failed(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = calls.subscriber("probe.failing", |_, cx| async move {
        if cx.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let running = started(&world, &clock, subscriber.timeout(Duration::from_millis(50))).await;
    let sequence = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    let why = running.operator().why("probe.failing", sequence).await.expect("the log can be read");
    assert!(matches!(&why, Why::Retrying(waiting) if waiting.attempts == 1), "{why:?}");
    run_out(&running, &clock).await;
    assert_eq!(calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2]);
}

/// The policy's delays are floors: they double up to the cap, and not a microsecond sooner is an event tried again.
pub async fn a_retry_never_comes_before_its_delay(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = failing(&calls, 5, |cx| match cx.name().as_str() {
        "system.ping" => Failure::new("a marker fails for good").terminal(),
        _ => Failure::new("not yet"),
    });
    let running = started(&world, &clock, subscriber.retry(SECOND, 5 * SECOND, 3600 * SECOND)).await;
    let sequence = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    for (attempt, seconds) in [(1_usize, 1), (2, 2), (3, 4), (4, 5), (5, 5)] {
        let failed_at = clock.now();
        let due = next_due(&running).expect("it is tried again");
        let wait = due.since(failed_at);
        assert!(wait >= seconds * SECOND && wait <= seconds * SECOND * 11 / 10, "{wait:?} after attempt {attempt}");
        clock.set(stheno_core::Timestamp::from_micros(due.as_micros() - 1));
        // A marker that is handled shows that the worker has looked at its clock since.
        publish(running.bus(), ping(0)).await;
        settle(&running).await;
        let attempts = calls.all().iter().filter(|call| call.sequence() == sequence).count();
        assert_eq!(attempts, attempt, "one microsecond too early");
        clock.set(due);
        settle(&running).await;
    }
    let attempts: Vec<_> =
        calls.all().iter().filter(|call| call.sequence() == sequence).map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6]);
}

/// A handler that asks for a longer wait gets it.
pub async fn a_handler_may_ask_for_a_longer_wait(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let asking =
        failing(&calls, 1, |_| Err::<(), _>(Failure::new("busy")).retry_after(60 * SECOND).expect_err("it failed"));
    let running = started(&world, &clock, asking.retry(SECOND, 5 * SECOND, 3600 * SECOND)).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    let due = next_due(&running).expect("it is tried again");
    assert_eq!(due.since(clock.now()), 60 * SECOND);
    run_out(&running, &clock).await;
    assert_eq!(calls.len(), 2);
}

/// When the attempts are used up the event is a dead letter, and says how many there were.
pub async fn an_event_is_given_up_when_its_attempts_are_used_up(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = failing(&calls, u32::MAX, |_| Failure::new("never")).attempts(3);
    let running = started(&world, &clock, subscriber).await;
    let sequence = publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    assert_eq!(dead_reason(&running, sequence).await, (DeadReason::Exhausted, 3));
    assert_eq!(calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3]);
}

/// When the time for retries is used up the event is a dead letter, however few attempts there were.
pub async fn an_event_is_given_up_when_its_time_is_used_up(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = failing(&calls, u32::MAX, |_| Failure::new("never")).retry(SECOND, 4 * SECOND, 10 * SECOND);
    let running = started(&world, &clock, subscriber).await;
    let begin = clock.now();
    let sequence = publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    let (reason, attempts) = dead_reason(&running, sequence).await;
    assert_eq!(reason, DeadReason::Exhausted);
    // After 1, 2 and 4 seconds; the next wait would end after the tenth.
    assert_eq!((attempts, calls.len()), (4, 4));
    assert!(clock.now().since(begin) <= 10 * SECOND);
}

/// What waits for a retry is not forgotten by a restart: the count goes on, and the delay is kept.
pub async fn attempts_and_delays_outlive_a_restart(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = || failing(&calls, 4, |_| Failure::new("not yet")).retry(60 * SECOND, 60 * SECOND, 3600 * SECOND);
    let mut running = started(&world, &clock, subscriber()).await;
    let sequence = publish(running.bus(), placed("a")).await;
    let behind = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    for attempt in 1..=4 {
        let due = next_due(&running).expect("it is tried again");
        assert_eq!(running.stop().await, Stopped::Drained);
        running = started(&world, &clock, subscriber()).await;
        settle(&running).await;
        assert_eq!(calls.len(), attempt, "a restart is no attempt");
        assert_eq!(next_due(&running), Some(due), "a restart does not move the time");
        clock.set(due);
        settle(&running).await;
    }
    let attempts: Vec<_> = calls.all().iter().map(|call| (call.sequence(), call.attempt)).collect();
    assert_eq!(attempts[..5], [1, 2, 3, 4, 5].map(|attempt| (sequence, attempt)));
    assert_eq!(attempts[5], (behind, 1), "what was behind it comes next");
}

/// After an outage thousands of keys wait; a restart in the middle of it, and all of them recover in order.
pub async fn thousands_of_waiting_keys_recover_after_an_outage(harness: &dyn Harness) {
    const KEYS: usize = 2_000;
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let bus = world.bus().await;
    // Two events of every key, a whole round of keys apart.
    bus.publish_all((0..2 * KEYS).map(|number| placed(number % KEYS))).await.expect("all are published");
    let outage = || failing(&calls, 1, |_| Failure::new("the other side is down")).start(Start::Beginning);
    let running = started(&world, &clock, outage()).await;
    settle(&running).await;
    assert_eq!(calls.len(), KEYS, "the first event of every key was tried");
    assert_eq!(running.stop().await, Stopped::Drained);

    let handled = Calls::new();
    let mended = handled.content("probe.failing");
    let running = started(&world, &clock, mended).await;
    run_out(&running, &clock).await;
    assert_eq!(handled.len(), 2 * KEYS);
    let mut last_of_key = std::collections::HashMap::new();
    for call in handled.all() {
        let earlier = last_of_key.insert(call.key().cloned(), call.sequence());
        assert!(earlier.is_none_or(|earlier| earlier < call.sequence()), "{:?} out of order", call.key());
        assert_eq!(call.attempt, if earlier.is_none() { 2 } else { 1 });
    }
}
