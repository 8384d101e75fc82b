//! What does not pass ends a host, whichever of its tasks meets it; what may pass is tried again.

use std::{sync::Arc, time::Duration};

use stheno::{
    App, Failure, Outgoing,
    app::{Running, Stopped},
    backend::{Backend, BackendErrorKind},
    medusa::OrderPlaced,
};
use stheno_system_tests::{LIMIT, Seen, eventually, memory, settle, subscriber};
use stheno_testkit::fault::{Call, Fault, FaultyBackend};

const LASTING: [BackendErrorKind; 3] =
    [BackendErrorKind::Corrupt, BackendErrorKind::NewerSchema, BackendErrorKind::LogChanged];
const PASSING: [BackendErrorKind; 4] =
    [BackendErrorKind::Unavailable, BackendErrorKind::Full, BackendErrorKind::Permission, BackendErrorKind::Other];

/// What a host waits for that takes over from one that did not stop in order.
const LEASE: Duration = Duration::from_millis(500);

/// A host on a log, whose subscriber fails at an order's first attempt.
async fn host(log: Arc<dyn Backend>, seen: &Seen) -> Running {
    let noted = seen.clone();
    let retried = subscriber("probe.retried", "order.placed", move |_, cx| {
        noted.note(format!("attempt {}", cx.attempt()));
        let first = cx.attempt() == 1;
        async move { if first { Err(Failure::new("not yet")) } else { Ok(()) } }
    });
    App::new(log).lease(LEASE).subscribe(retried).start().await.unwrap()
}

async fn runs_every_subscriber(running: &Running) {
    let held = || async { running.progress().iter().all(|(_, progress)| progress.held) };
    assert!(eventually(held, |held| *held).await);
}

async fn ended(running: Running) -> Stopped {
    tokio::time::timeout(LIMIT, running.until_signal()).await.expect("the host ends by itself")
}

#[tokio::test]
async fn what_does_not_pass_ends_a_running_host_whoever_meets_it() {
    for kind in LASTING {
        for call in [Call::Next, Call::Read, Call::WriteRecords, Call::ListRecords] {
            let log = memory();
            let faulty = FaultyBackend::new(Arc::clone(&log));
            let running = host(faulty.clone(), &Seen::default()).await;
            runs_every_subscriber(&running).await;
            faulty.inject(Fault::fail(kind).on(call));
            // More than a key has in memory: the rest is read back from the log.
            let orders = (0..200).map(|_| OrderPlaced::new("order_1").into());
            running.bus().publish_all(orders.collect::<Vec<Outgoing>>()).atomic().await.unwrap();
            assert_eq!(ended(running).await, Stopped::Failed, "{kind:?} of {call:?}");
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_a_host_that_waits_for_another() {
    for kind in LASTING {
        for call in [Call::GetRecord, Call::Info, Call::ListRecords, Call::WriteRecords] {
            let log = memory();
            let first = host(Arc::clone(&log), &Seen::default()).await;
            runs_every_subscriber(&first).await;
            let faulty = FaultyBackend::new(log);
            let second = host(faulty.clone(), &Seen::default()).await;
            faulty.inject(Fault::fail(kind).on(call));
            // As in a crash: stopped in order, it would close the log that both use.
            drop(first);
            assert_eq!(ended(second).await, Stopped::Failed, "{kind:?} of {call:?}");
        }
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_nothing_is_lost() {
    for kind in PASSING {
        let (seen, log) = (Seen::default(), memory());
        let faulty = FaultyBackend::new(Arc::clone(&log));
        let running = host(faulty.clone(), &seen).await;
        runs_every_subscriber(&running).await;
        for call in [Call::Next, Call::Read, Call::WriteRecords, Call::ListRecords] {
            faulty.inject(Fault::fail(kind).on(call).times(1));
        }
        running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
        assert_eq!(seen.at_least(2).await, ["attempt 1", "attempt 2"], "{kind:?}");
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained, "{kind:?}");
    }
}
