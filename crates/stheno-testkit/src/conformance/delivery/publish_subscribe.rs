//! Every event reaches every subscriber that takes it.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;
use stheno_core::{Bus, Failure, Outgoing, Start, app::Stopped};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{self, CANCELED, PING, PLACED, PRODUCT, ping, placed},
        probe::{Called, Calls},
        world::{World, bounded, progress, publish, run_out, settle, start},
    },
};

/// What was published is handled once, complete: body, headers, key, id.
pub async fn every_event_reaches_its_subscriber(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    let events = (0..100).map(|number| placed(number).header("x-number", &number.to_string()).source("shop"));
    let published = running.bus().publish_all(events).await.expect("all are published");
    settle(&running).await;
    let mut handled = calls.all();
    handled.sort_by_key(Called::sequence);
    assert_eq!(handled.len(), 100);
    for (number, (call, published)) in handled.iter().zip(published).enumerate() {
        assert_eq!((call.attempt, call.run, Some(call.sequence())), (1, 0, published.sequence));
        assert_eq!((call.id(), call.key()), (&published.id, Some(&orders::order_key(number))));
        assert_eq!(call.event.headers.get("x-number"), Some(&*number.to_string()));
        assert_eq!(call.event.source.as_deref(), Some("shop"));
        assert_eq!(call.event.body, json!({ "id": number.to_string() }).to_string());
    }
}

/// Ten publishers at once, ten subscribers: each of them handles everything once.
pub async fn every_subscriber_gets_what_every_publisher_sends(harness: &dyn Harness) {
    const PUBLISHERS: u64 = 10;
    const EACH: u64 = 30;
    let world = World::new(harness).await;
    let calls = Calls::new();
    let ids: Vec<_> = (0..10).map(|number| format!("probe.s{number}")).collect();
    let app = ids.iter().fold(world.app().await, |app, id| app.subscribe(calls.content(id)));
    let running = start(app).await;
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let bus = running.bus().clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    publish(&bus, placed(publisher * EACH + number)).await;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.expect("the publisher ends");
    }
    settle(&running).await;
    let everything: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
    assert_eq!(everything.len() as u64, PUBLISHERS * EACH);
    for id in &ids {
        let mut handled: Vec<_> = calls.of(id).iter().map(Called::sequence).collect();
        handled.sort_unstable();
        assert_eq!(handled, everything, "{id}");
    }
}

/// A subscriber gets the names that it takes and no others, and one that two of its patterns match once.
pub async fn patterns_keep_events_apart(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let taking = |id, patterns: &[&str]| calls.content(id).on_all(patterns);
    let app = world.app().await;
    let app = app.subscribe(taking("probe.placed", &[PLACED])).subscribe(taking("probe.orders", &["order.*"]));
    let app = app.subscribe(taking("probe.twice", &["*.updated", PRODUCT, "product.>"]));
    let running = start(app.subscribe(taking("probe.all", &[">"]))).await;
    for number in 0..25 {
        publish(running.bus(), placed(number)).await;
        publish(running.bus(), Outgoing::raw(CANCELED, &json!({ "id": "x" }))).await;
        publish(running.bus(), Outgoing::raw(PRODUCT, &json!({ "id": "x" }))).await;
        publish(running.bus(), ping(number)).await;
    }
    settle(&running).await;
    let names_of = |id: &str| {
        let mut names = BTreeMap::new();
        calls.of(id).iter().for_each(|call| *names.entry(call.event.name.to_string()).or_insert(0) += 1);
        names
    };
    let expected = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 25)).collect::<BTreeMap<_, _>>();
    assert_eq!(names_of("probe.placed"), expected(&[PLACED]));
    assert_eq!(names_of("probe.orders"), expected(&[PLACED, CANCELED]));
    assert_eq!(names_of("probe.twice"), expected(&[PRODUCT]));
    assert_eq!(names_of("probe.all"), expected(&[PLACED, CANCELED, PRODUCT, PING]));
}

/// The same id is the same event: published again, also by somebody else, it is handled once.
pub async fn an_event_that_is_published_twice_is_handled_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    let other = world.bus().await;
    let first = running.bus().publish(placed("a")).id("a/placed").await.expect("it is published");
    let second = other.publish(placed("a")).id("a/placed").await.expect("it is known");
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!(first.sequence, second.sequence);
    settle(&running).await;
    assert_eq!(calls.sequences(), [first.sequence.expect("it is stored")]);
}

/// Events that fail at first, some of them several times, all arrive in the end.
pub async fn events_that_fail_at_first_all_arrive(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let failing = calls.subscriber("probe.failing", |event, cx| async move {
        match u64::from(cx.attempt()) <= event.sequence % 4 {
            true => Err(Failure::new("not yet")),
            false => Ok(()),
        }
    });
    let running = start(world.app().await.clock(Arc::new(clock.clone())).subscribe(failing)).await;
    for number in 0..100 {
        publish(running.bus(), placed(number % 40)).await;
    }
    run_out(&running, &clock).await;
    let events = world.everything().await;
    assert_eq!(events.len(), 100);
    for event in events {
        let attempts: Vec<_> =
            calls.all().iter().filter(|call| call.sequence() == event.sequence).map(|call| call.attempt).collect();
        let expected = u32::try_from(event.sequence % 4).expect("a small number") + 1;
        assert_eq!(attempts, (1..=expected).collect::<Vec<_>>(), "event {}", event.sequence);
    }
    let counts = progress(&running, "probe.failing").counts;
    assert_eq!((counts.handled, counts.dead), (100, 0));
    assert_eq!(counts.handled + counts.failed, calls.len() as u64);
}

/// An app that is stopped in the middle goes on there: stopped and started five times, it handles everything once.
pub async fn an_app_goes_on_where_it_stopped(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let bus = world.bus().await;
    let app = |calls: &Calls| calls.content("probe.all").start(Start::Beginning).concurrency(2);
    for round in 1..=5 {
        bus.publish_all((0..60).map(|number| placed(round * 60 + number))).await.expect("all are published");
        let running = start(world.app().await.subscribe(app(&calls))).await;
        calls.until_len(usize::try_from(round * 40).expect("a small number")).await;
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    let running = start(world.app().await.subscribe(app(&calls))).await;
    settle(&running).await;
    each_once(&calls, &world).await;
}

/// Started and stopped many times while others publish, it loses nothing and repeats nothing.
pub async fn starting_and_stopping_many_times_loses_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let bus = world.bus().await;
    let publishing = tokio::spawn(async move {
        for number in 0..200 {
            publish(&bus, placed(number % 20)).await;
        }
    });
    for _ in 0..8 {
        let subscriber = calls.content("probe.all").start(Start::Beginning);
        let running = start(world.app().await.subscribe(subscriber)).await;
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    publishing.await.expect("the publisher ends");
    let running = start(world.app().await.subscribe(calls.content("probe.all").start(Start::Beginning))).await;
    settle(&running).await;
    each_once(&calls, &world).await;
}

/// Several apps with the same subscribers run each of them in one place, and hand over when they stop.
pub async fn several_apps_run_each_subscriber_in_one_place(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let mut apps = Vec::new();
    for _ in 0..3 {
        let app =
            (0..4).fold(world.app().await, |app, number| app.subscribe(calls.content(&format!("probe.s{number}"))));
        apps.push(start(app).await);
    }
    let bus = world.bus().await;
    let mut published = 0;
    while let Some(leaving) = apps.pop() {
        for number in 0..20 {
            publish(&bus, placed(number)).await;
        }
        published += 20;
        calls.until_len(4 * published).await;
        assert_eq!(leaving.stop().await, Stopped::Drained);
    }
    for number in 0..4 {
        let handled: Vec<_> = calls.of(&format!("probe.s{number}")).iter().map(Called::sequence).collect();
        assert_eq!(handled.len(), published);
        assert_eq!(handled.iter().collect::<std::collections::BTreeSet<_>>().len(), published);
    }
}

/// A subscriber that comes late gets what comes after it, and one that asks for the beginning gets everything, also when
/// its neighbours have long had it.
pub async fn a_late_subscriber_begins_where_it_says(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let early = Calls::new();
    let running = start(world.app().await.subscribe(early.content("probe.early"))).await;
    for number in 0..50 {
        publish(running.bus(), placed(number)).await;
    }
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    let (new, old) = (Calls::new(), Calls::new());
    let app = world.app().await.subscribe(early.content("probe.early")).subscribe(new.content("probe.new"));
    let running = start(app.subscribe(old.content("probe.old").start(Start::Beginning))).await;
    settle(&running).await;
    assert_eq!((new.len(), old.len(), early.len()), (0, 50, 50));
    let next = publish(running.bus(), placed("next")).await;
    settle(&running).await;
    assert_eq!(new.sequences(), [next]);
    assert_eq!((old.len(), early.len()), (51, 51));
}

/// Delivery goes on after whatever keeps the log was ended hard and started again.
pub async fn delivery_goes_on_when_the_log_comes_back(harness: &dyn Harness) {
    let world = World::alone(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    for round in 0..3 {
        for number in 0..20 {
            publish_until_taken(running.bus(), round * 20 + number).await;
        }
        world.restart().await;
    }
    publish_until_taken(running.bus(), 60).await;
    calls
        .until("everything is handled", |calls| {
            let handled: std::collections::BTreeSet<_> = calls.iter().map(Called::sequence).collect();
            handled.len() == 61
        })
        .await;
}

async fn publish_until_taken(bus: &Bus, number: u64) {
    let taken = async {
        while bus.publish(placed(number)).id(&format!("restart/{number}")).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    bounded("the log takes the event", taken).await;
}

async fn each_once(calls: &Calls, world: &World<'_>) {
    let mut handled = calls.sequences();
    handled.sort_unstable();
    let everything: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
    assert_eq!(handled, everything);
}
