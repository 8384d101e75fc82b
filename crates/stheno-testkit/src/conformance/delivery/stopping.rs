//! Stopping: what is under way comes to its end, within a deadline, and somebody else goes on at once.

use std::time::Duration;

use stheno_core::{app::Stopped, backend::BackendErrorKind};

use crate::{
    conformance::{
        Harness,
        orders::placed,
        probe::{Calls, Door},
        world::{self, LIMIT, World, bounded, held, publish, settle, start},
    },
    fault::{Call, Fault, FaultyBackend},
};

/// Longer than any test: what happens before it has passed does not wait for a lease.
const FOREVER: Duration = Duration::from_secs(3600);

/// A stop waits for the handlers under way; what they have done is recorded and not done again.
pub async fn a_stop_waits_for_what_is_under_way(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let subscriber = {
        let door = door.clone();
        calls.subscriber("probe.slow", move |_, _| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let running = start(world.app().await.drain(LIMIT).subscribe(subscriber.concurrency(4))).await;
    for number in 0..10 {
        publish(running.bus(), placed(number)).await;
    }
    calls.until_len(4).await;
    let stopping = tokio::spawn(running.stop());
    tokio::task::yield_now().await;
    door.open();
    let stopped = bounded("the app stops", stopping).await.expect("stopping does not panic");
    assert_eq!(stopped, Stopped::Drained);
    let begun = calls.len();

    let again = Calls::new();
    let running = start(world.app().await.subscribe(again.content("probe.slow"))).await;
    settle(&running).await;
    let mut handled = [calls.sequences(), again.sequences()].concat();
    handled.sort_unstable();
    assert_eq!(handled, (1..=10).collect::<Vec<u64>>(), "each once; {begun} of them before the stop");
}

/// What is still under way at the drain deadline is cut, said to be cut, and handled again after the next start.
pub async fn the_drain_deadline_cuts_what_is_under_way(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let hanging = calls.subscriber("probe.hanging", |event, _| async move {
        if event.sequence == 2 {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let app = world.app().await.drain(Duration::from_millis(100)).lease(FOREVER);
    let running = start(app.subscribe(hanging)).await;
    for number in 0..3 {
        publish(running.bus(), placed(number)).await;
    }
    calls.until_len(3).await;
    assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Cut);

    let again = Calls::new();
    let running = start(world.app().await.subscribe(again.content("probe.hanging"))).await;
    settle(&running).await;
    assert_eq!(again.sequences(), [2], "the others are recorded as handled");
}

/// A handler hears that it shall stop, and has until the deadline.
pub async fn a_handler_hears_that_it_shall_stop(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, heard) = (Calls::new(), Door::closed());
    let subscriber = {
        let heard = heard.clone();
        calls.subscriber("probe.listening", move |_, cx| {
            let heard = heard.clone();
            async move {
                cx.stopping().await;
                if cx.is_stopping() {
                    heard.open();
                }
                Ok(())
            }
        })
    };
    let running = start(world.app().await.drain(LIMIT).subscribe(subscriber)).await;
    publish(running.bus(), placed("a")).await;
    calls.until_len(1).await;
    assert!(!heard.is_open());
    assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Drained);
    assert!(heard.is_open());
}

/// A stop in order hands over at once: whoever waits goes on long before the lease could run out.
pub async fn a_stop_in_order_hands_over_at_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (first, second) = (Calls::new(), Calls::new());
    let holding = start(world.app().await.lease(FOREVER).subscribe(first.content("probe.all"))).await;
    held(&holding, "probe.all").await;
    let waiting = start(world.app().await.lease(Duration::from_secs(160)).subscribe(second.content("probe.all"))).await;
    let one = publish(waiting.bus(), placed("a")).await;
    settle(&holding).await;
    assert_eq!(holding.stop().await, Stopped::Drained);
    let other = publish(waiting.bus(), placed("a")).await;
    second.until_len(1).await;
    settle(&waiting).await;
    assert_eq!((first.sequences(), second.sequences()), (vec![one], vec![other]));
    assert!(second.all()[0].epoch > first.all()[0].epoch, "each holder has a higher epoch");
}

/// An app that is stopped right after its start, in whatever it was doing, leaves no lease behind for the next one.
pub async fn a_stop_right_after_the_start_leaves_no_lease_behind(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let app = async || {
        let app = world.app().await.lease(FOREVER);
        (0..3).fold(app, |app, number| app.subscribe(calls.content(&format!("probe.s{number}"))))
    };
    for round in 0..20 {
        let running = start(app().await).await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Drained);
    }
    let running = start(app().await).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(calls.len(), 3);
}

/// After a stop nothing more is begun.
pub async fn nothing_is_begun_after_a_stop(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let bus = world.bus().await;
    let running = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    publish(&bus, placed("a")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let missed = publish(&bus, placed("a")).await;
    let running = start(world.app().await.subscribe(Calls::new().content("probe.other"))).await;
    let marker = publish(running.bus(), placed("b")).await;
    settle(&running).await;
    assert_eq!(calls.len(), 1);
    let again = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    settle(&again).await;
    assert_eq!(calls.sequences()[1..], [missed, marker]);
}

/// A hand-over that fails at first is tried again: whoever waits goes on at once. So does one whose answer was lost.
pub async fn a_hand_over_that_fails_at_first_is_tried_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for fault in [Fault::fail(BackendErrorKind::Unavailable).times(2), Fault::lose_answer().times(1)] {
        let calls = Calls::new();
        let faulty = FaultyBackend::new(world.handle().await);
        let running = start(world::app(faulty.clone()).lease(FOREVER).subscribe(calls.content("probe.all"))).await;
        publish(running.bus(), placed("a")).await;
        settle(&running).await;
        faulty.inject(fault.on(Call::WriteRecords).of_records("lease/"));
        assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Drained);
        assert!(faulty.hits() > 0);
    }
    let running = start(world.app().await.lease(FOREVER).subscribe(Calls::new().content("probe.all"))).await;
    held(&running, "probe.all").await;
}

/// A hand-over that cannot be recorded is not called one.
pub async fn a_hand_over_that_is_not_recorded_is_said(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let faulty = FaultyBackend::new(world.handle().await);
    let app = world::app(faulty.clone()).drain(Duration::from_millis(100)).lease(FOREVER);
    let running = start(app.subscribe(calls.content("probe.all"))).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(Call::WriteRecords).of_records("lease/"));
    assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Cut);
}

/// A backend that does not close is left after a while, and that is said.
pub async fn a_backend_that_does_not_close_is_left(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).subscribe(Calls::new().content("probe.all"))).await;
    settle(&running).await;
    faulty.inject(Fault::stall().on(Call::Close));
    assert_eq!(bounded("the app stops", running.stop()).await, Stopped::Cut);
    faulty.clear();
}
