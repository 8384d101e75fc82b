//! One subscriber's trouble is nobody else's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use stheno_core::Failure;

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{ping, placed},
        probe::{Calls, Door},
        world::{World, progress, publish, run_out, settle, start, until},
    },
};

const EVENTS: usize = 300;

/// A subscriber that stands still holds nobody up, however much waits for it.
pub async fn a_slow_subscriber_does_not_delay_another(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (slow, quick, door) = (Calls::new(), Calls::new(), Door::closed());
    let waiting = {
        let door = door.clone();
        slow.subscriber("probe.slow", move |_, _| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let running = start(world.app().await.subscribe(waiting).subscribe(quick.content("probe.quick"))).await;
    running.bus().publish_all((0..EVENTS).map(placed)).await.expect("all are published");
    quick.until_len(EVENTS).await;
    assert!(slow.len() < EVENTS);
    door.open();
    settle(&running).await;
    assert_eq!((slow.len(), quick.len()), (EVENTS, EVENTS));
}

/// A subscriber that fails, panics or gives up repeats nothing for its neighbours.
pub async fn a_failing_subscriber_repeats_nothing_for_another(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (bad, good, clock) = (Calls::new(), Calls::new(), ManualClock::new());
    let failing = bad.subscriber("probe.bad", |event, cx| async move {
        match event.sequence % 3 {
            0 => panic!("a test panics"),
            1 if cx.attempt() == 1 => Err(Failure::new("not yet")),
            1 => Ok(()),
            _ => Err(Failure::new("never").terminal()),
        }
    });
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(failing.attempts(2)).subscribe(good.content("probe.good"))).await;
    running.bus().publish_all((0..EVENTS as u64).map(ping)).await.expect("all are published");
    good.until_len(EVENTS).await;
    run_out(&running, &clock).await;
    assert!(good.all().iter().all(|call| call.attempt == 1));
    assert_eq!(good.len(), EVENTS);
    let counts = progress(&running, "probe.bad").counts;
    assert_eq!(counts.handled + counts.dead, EVENTS as u64);
}

/// A handler that blocks its thread keeps its lease, and the other subscribers go on meanwhile.
pub async fn a_blocking_handler_keeps_its_lease_and_delays_nobody(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (blocking, quick) = (Calls::new(), Calls::new());
    let released = Arc::new(AtomicBool::new(false));
    let blocks = {
        let released = Arc::clone(&released);
        blocking.subscriber("probe.blocking", move |_, _| {
            let released = Arc::clone(&released);
            async move {
                while !released.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            }
        })
    };
    let app = world.app().await.lease(Duration::from_secs(4));
    let running = start(app.subscribe(blocks).subscribe(quick.content("probe.quick"))).await;
    // Another process would take over as soon as it could.
    let waiting =
        start(world.app().await.lease(Duration::from_secs(4)).subscribe(blocking.content("probe.blocking"))).await;
    publish(running.bus(), placed("a")).await;
    blocking.until_len(1).await;
    let _release_at_the_end = ReleaseOnDrop(Arc::clone(&released));
    for number in 0..20 {
        publish(running.bus(), placed(number)).await;
    }
    quick.until_len(21).await;
    for _ in 0..4 {
        let before = renewals(&world).await;
        until("the lease is renewed", true, async || renewals(&world).await > before).await;
    }
    assert_eq!(blocking.len(), 1, "nobody took over");
    released.store(true, Ordering::Release);
    settle(&running).await;
    assert_eq!(blocking.len(), 21);
    assert!(blocking.all().iter().all(|call| (call.attempt, call.epoch) == (1, blocking.all()[0].epoch)));
    drop(waiting);
}

/// A failed assertion must not leave a thread blocked.
struct ReleaseOnDrop(Arc<AtomicBool>);

impl Drop for ReleaseOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The revision of the blocking subscriber's lease.
async fn renewals(world: &World<'_>) -> u64 {
    let leases = world.log.list_records("lease/probe.blocking").await.expect("records can be listed");
    leases.first().map_or(0, |lease| lease.revision.0)
}
