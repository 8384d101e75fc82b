//! A backend that fails for a while: nothing is lost, and order holds.

use std::{collections::HashMap, sync::Arc, time::Duration};

use stheno_core::{
    Bus, Failure,
    app::Stopped,
    backend::{AppendErrorKind, BackendErrorKind},
    bus::PublishErrorKind,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{order_key, placed},
        probe::{Called, Calls, Door},
        world::{self, World, bounded, held, publish, settle, start, until_progress},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.all";
const LEASE: Duration = Duration::from_secs(1);

/// Every call fails now and then, in every way, while events come in: all are handled, each key's in order.
pub async fn a_backend_that_fails_now_and_then_loses_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).lease(LEASE).subscribe(calls.content(ID))).await;
    held(&running, ID).await;
    let bus = world.bus().await;
    for round in 0..4 {
        let fail = || Fault::fail(BackendErrorKind::Unavailable).times(2);
        for call in [Call::Next, Call::Read, Call::ListRecords, Call::WriteRecords] {
            faulty.inject(fail().on(call));
        }
        faulty.inject(Fault::delay(Duration::from_millis(10)).on(Call::WriteRecords).times(3));
        bus.publish_all((0..50).map(|number| placed(number % 7))).await.expect("all are published");
        calls.until_len((round + 1) * 50).await;
        faulty.clear();
    }
    settle(&running).await;
    all_in_order(&calls, &world).await;
}

/// A record that was written although the answer said otherwise: the subscriber is taken up again, and nothing is lost.
pub async fn a_lost_answer_of_a_record_loses_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).lease(LEASE).subscribe(calls.content(ID))).await;
    held(&running, ID).await;
    for round in 0..3 {
        faulty.inject(Fault::lose_answer().on(Call::WriteRecords).of_records("sub/").times(1));
        publish(running.bus(), placed(round)).await;
        bounded("an answer is lost", faulty.until_hit(round + 1)).await;
        publish(running.bus(), placed(round)).await;
    }
    bounded("the subscriber is taken up again", async {
        while running.settle(Duration::from_millis(200)).await.is_err() {}
    })
    .await;
    all_in_order(&calls, &world).await;
}

/// A publish whose answer was lost says that nobody knows; repeated with its id it is stored once and handled once.
pub async fn a_lost_answer_of_a_publish_is_no_second_event(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    let faulty = FaultyBackend::new(world.handle().await);
    let bus = Bus::new(faulty.clone(), Arc::clone(running.bus().catalogs()));
    for number in 0..5 {
        let id = format!("order/{number}");
        faulty.inject(Fault::lose_answer().on(Call::Append).times(1));
        let lost = bus.publish(placed(number)).id(&id).await.expect_err("the answer is lost");
        assert_eq!(*lost.kind(), PublishErrorKind::Append(AppendErrorKind::Unknown));
        let again = bus.publish(placed(number)).id(&id).await.expect("it is known");
        assert!(again.duplicate);
    }
    settle(&running).await;
    assert_eq!((world.everything().await.len(), calls.len()), (5, 5));
}

/// A backend that is away for a while, with everything hanging: delivery goes on when it is back.
pub async fn delivery_goes_on_when_the_backend_is_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let faulty = FaultyBackend::new(world.handle().await);
    let subscriber = {
        let door = door.clone();
        calls.subscriber(ID, move |event, _| {
            let door = door.clone();
            async move {
                if event.key == Some(order_key("slow")) {
                    door.pass().await;
                }
                Ok(())
            }
        })
    };
    let running = start(world::app(faulty.clone()).lease(LEASE).subscribe(subscriber)).await;
    publish(running.bus(), placed("slow")).await;
    calls.until_len(1).await;
    faulty.inject(Fault::stall());
    let bus = world.bus().await;
    for number in 0..50 {
        publish(&bus, placed(number % 7)).await;
    }
    door.open();
    bounded("its calls hang", faulty.until_hit(2)).await;
    faulty.clear();
    bounded("everything is handled", async { while running.settle(Duration::from_millis(200)).await.is_err() {} })
        .await;
    all_in_order(&calls, &world).await;
}

/// Every event was handled, and each key's first handlings are in order.
async fn all_in_order(calls: &Calls, world: &World<'_>) {
    let mut first: HashMap<u64, usize> = HashMap::new();
    for (place, call) in calls.all().iter().enumerate() {
        first.entry(call.sequence()).or_insert(place);
    }
    let mut last_of_key: HashMap<_, usize> = HashMap::new();
    for event in world.everything().await {
        let place = *first.get(&event.sequence).unwrap_or_else(|| panic!("{} was not handled", event.sequence));
        let earlier = last_of_key.insert(event.key.clone(), place);
        assert!(earlier.is_none_or(|earlier| earlier < place), "{:?} out of order at {}", event.key, event.sequence);
    }
    assert_eq!(first.len(), calls.all().iter().map(Called::sequence).collect::<std::collections::HashSet<_>>().len());
}

/// A backend that panics while a key is read back ends its subscriber, and that is no stop in order.
pub async fn a_panic_of_the_backend_is_no_stop_in_order(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let failing = || calls.subscriber("probe.failing", |_, _| async { Err(Failure::new("not yet")) });
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(failing())).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    // The next holder has nothing in memory: it reads back what waits.
    assert_eq!(running.stop().await, Stopped::Drained);
    let faulty = FaultyBackend::new(world.handle().await);
    let app = world::app(faulty.clone()).clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(failing())).await;
    settle(&running).await;
    faulty.inject(Fault::panic().on(Call::Read).times(1));
    clock.set(world::next_due(&running).expect("it is tried again"));
    until_progress(&running, "probe.failing", "it has ended", |progress| !progress.held).await;
    assert_eq!(running.stop().await, Stopped::Failed);
}
