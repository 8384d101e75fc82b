//! Each user can do its work.

use std::{sync::Arc, time::Duration};

use stheno::{
    App, Comparison, Config, FailureExt as _, Operator, SubscriberDef,
    backend::Backend,
    delivery::why::Why,
    medusa::{OrderCanceled, OrderPlaced},
};
use stheno_system_tests::{Gate, Seen, eventually, noting, settle, subscriber};

use crate::world::World;

/// A subscriber under an id of the manifest, which takes nothing before it was mended.
fn broken(mended: &Gate, seen: &Seen) -> SubscriberDef {
    let (mended, seen) = (mended.clone(), seen.clone());
    subscriber("notifications.receipt", "order.placed", move |event, _| {
        let outcome = if mended.is_open() { Ok(()) } else { Err("not yet mended").terminal() };
        if outcome.is_ok() {
            seen.note(event.id.to_string());
        }
        async { outcome }
    })
}

/// What an operator says to have handed over what was passed over.
fn asked() -> Config {
    Config::parse("[subscribers.'audit.record']\nbackfill = true", "the test").unwrap()
}

/// Publishes in every way there is, each acknowledged.
async fn publish(log: &Arc<dyn Backend>) {
    let bus = App::new(log.clone()).bus();
    let first = bus.publish(OrderPlaced::new("order_1")).id("order_1/placed").await.unwrap();
    let again = bus.publish(OrderPlaced::new("order_1")).id("order_1/placed").await.unwrap();
    assert!(!first.duplicate && again.duplicate, "{first:?}, {again:?}");
    // A publisher may not read.
    assert_eq!(again.comparison, Some(Comparison::NotCompared));
    bus.publish_all([OrderCanceled::new("order_1"), OrderCanceled::new("order_2")]).atomic().await.unwrap();
    bus.publish(OrderCanceled::new("order_3")).delay(Duration::from_millis(300)).await.unwrap();
    let next = bus.publish(OrderCanceled::new("order_4")).expect_last(0).await.unwrap();
    assert!(next.sequence > first.sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_can_do_its_work() {
    let world = World::start().await;
    let operators = world.make().await;
    let operator = Operator::new(App::new(operators.clone()).bus());
    let (all, mended, receipts) = (Seen::default(), Gate::default(), Seen::default());
    let app = App::new(world.open("host").await).subscribe(noting("audit.record", ">", &all));
    let running = app.subscribe(broken(&mended, &receipts)).start().await.unwrap();

    let publishers = world.open("publisher").await;
    publish(&publishers).await;
    let mut lines = all.at_least(5).await;
    lines.sort();
    assert_eq!(
        lines,
        ["order_1/canceled", "order_1/placed", "order_2/canceled", "order_3/canceled", "order_4/canceled"]
    );
    settle(&running).await;

    let subscribers = operator.subscribers().await.unwrap();
    let audit = subscribers.iter().find(|one| one.id == "audit.record").expect("it has run");
    assert_eq!((audit.state.counts.handled, audit.behind), (5, 0));
    let letters = operator.dead_letters("notifications.receipt").await.unwrap();
    let [letter] = letters.as_slice() else { panic!("one event is a dead letter: {letters:?}") };
    mended.open();
    operator.redrive("notifications.receipt", letter.sequence).await.unwrap();
    assert_eq!(receipts.at_least(1).await, ["order_1/placed"]);
    let why = || operator.why("notifications.receipt", letter.sequence);
    eventually(why, |why| matches!(why, Ok(Why::Handled))).await.unwrap();
    assert_eq!(
        operator.event(letter.sequence).await.unwrap().expect("it is in the log").body,
        &br#"{"id":"order_1"}"#[..]
    );

    running.stop().await;
    publishers.close().await;
    operators.close().await;
}

/// A release that takes more than the one before, and is asked to hand over what was passed over, needs no further permission.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_may_hand_over_what_was_passed_over() {
    let world = World::start().await;
    let operators = world.make().await;
    let publishers = world.open("publisher").await;
    let bus = App::new(publishers.clone()).bus();
    let app = || async { App::new(world.open("host").await).config(asked()).without_unknown_names() };
    let release = |patterns: &'static str, seen: &Seen| noting("audit.record", patterns, seen);

    let first = Seen::default();
    let running = app().await.subscribe(release("order.placed", &first)).start().await.unwrap();
    bus.publish(OrderPlaced::new("order_1")).await.unwrap();
    bus.publish(OrderCanceled::new("order_1")).await.unwrap();
    settle(&running).await;
    running.stop().await;
    // The release that takes more notices it, and hands it over; the next start finds nothing left.
    let (second, third) = (Seen::default(), Seen::default());
    for seen in [&second, &third] {
        let running = app().await.subscribe(release("order.*", seen)).start().await.unwrap();
        settle(&running).await;
        running.stop().await;
    }
    assert_eq!((first.lines().len(), second.lines().len(), third.lines().len()), (1, 1, 0));

    publishers.close().await;
    operators.close().await;
}
