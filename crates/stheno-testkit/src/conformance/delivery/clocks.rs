//! Clocks that were wrong: no wait is longer than the policy or the handler asked for, and none counts that was not waited.

use std::{sync::Arc, time::Duration};

use stheno_core::{
    Clock as _, Failure, SubscriberDef,
    app::{Running, Stopped},
    delivery::{doc::DeadReason, why::Why},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::placed,
        probe::Calls,
        world::{World, publish, run_out, settle, start},
    },
};

const ID: &str = "probe.late";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
/// Longer than a wait of five seconds with the random part that the policy adds.
const FIVE_SECONDS: Duration = Duration::from_secs(6);

/// A subscriber that fails so many times, and waits five seconds each time.
fn failing(calls: &Calls, times: u32) -> SubscriberDef {
    let subscriber = calls.subscriber(ID, move |_, cx| {
        let fails = cx.attempt() <= times;
        async move { if fails { Err(Failure::new("not yet")) } else { Ok(()) } }
    });
    subscriber.retry(5 * SECOND, 5 * SECOND, 6 * HOUR)
}

async fn started(world: &World<'_>, clock: &ManualClock, subscriber: SubscriberDef) -> Running {
    start(world.app().await.clock(Arc::new(clock.clone())).subscribe(subscriber)).await
}

/// A clock that was ahead at a failure, and is right now, makes no wait longer: in the process that saw it, and in the next one.
pub async fn a_clock_that_was_ahead_makes_no_wait_longer(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for (number, ahead) in [2 * HOUR, 10 * 365 * 24 * HOUR].into_iter().enumerate() {
        for restarts in [false, true] {
            let calls = Calls::new();
            let clock = ManualClock::new();
            let right = clock.now();
            clock.set(right.plus(ahead));
            let mut running = started(&world, &clock, failing(&calls, 1)).await;
            let sequence = publish(running.bus(), placed(format!("{number}{restarts}"))).await;
            settle(&running).await;
            assert_eq!(calls.len(), 1);
            clock.set(right);
            if restarts {
                assert_eq!(running.stop().await, Stopped::Drained);
                running = started(&world, &clock, failing(&calls, 1)).await;
                settle(&running).await;
            }
            assert_eq!(calls.len(), 1, "the wait is not shorter either");
            clock.advance(FIVE_SECONDS);
            calls.until_len(2).await;
            settle(&running).await;
            assert_eq!(running.operator().why(ID, sequence).await.expect("it can be read"), Why::Handled);
            assert_eq!(running.stop().await, Stopped::Drained);
        }
    }
}

/// A clock that was hours behind at the first failure, and a host that did not run for hours, use up no time for retries.
pub async fn time_that_nobody_waited_is_not_used_up(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let mut running = started(&world, &clock, failing(&calls, 3)).await;
    let sequence = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    clock.advance(7 * HOUR);
    calls.until_len(2).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    clock.advance(7 * HOUR);
    running = started(&world, &clock, failing(&calls, 3)).await;
    run_out(&running, &clock).await;
    assert_eq!(calls.len(), 4);
    assert_eq!(running.operator().why(ID, sequence).await.expect("it can be read"), Why::Handled);
}

/// An operator need not wait for an event that waits for its next attempt.
pub async fn a_waiting_event_is_handed_back_when_an_operator_asks(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let running = started(&world, &clock, failing(&calls, 1)).await;
    let sequence = publish(running.bus(), placed("a")).await;
    let behind = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    let refused = running.operator().discard(ID, sequence).await;
    assert!(refused.is_err(), "only a dead letter is given up");
    assert!(running.operator().redrive(ID, behind).await.is_err(), "it waits for the one before it");
    running.operator().redrive(ID, sequence).await.expect("the command is taken");
    calls.until_len(3).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [sequence, sequence, behind]);
    assert_eq!(running.operator().why(ID, sequence).await.expect("it can be read"), Why::Handled);
}

/// A handler that asks for a longer wait than there is time is told so in the dead letter.
pub async fn a_wait_beyond_the_time_for_retries_is_said(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let asks = calls.subscriber(ID, |_, _| async { Err(Failure::new("closed").retry_after(7 * HOUR)) });
    let running = started(&world, &clock, asks.retry(5 * SECOND, 5 * SECOND, 6 * HOUR)).await;
    let sequence = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    let letters = running.operator().dead_letters(ID).await.expect("they can be read");
    let [letter] = &letters[..] else { panic!("one dead letter: {letters:?}") };
    assert_eq!((letter.sequence, letter.reason), (sequence, DeadReason::Exhausted));
    let said = letter.error.join(" ");
    assert!(said.contains("closed") && said.contains("retry_total") && said.contains("7h"), "{said}");
}
