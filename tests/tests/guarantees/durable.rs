//! A publish that returned Ok is in the log; every matching subscriber gets it; nothing is lost silently.

use stheno::{
    App, Bus, FailureExt as _, Start,
    backend::Query,
    delivery::why::Why,
    medusa::{OrderCanceled, OrderPlaced},
    prelude::*,
};
use stheno_system_tests::{LogFile, Seen, memory, noting, settle, subscriber};

#[tokio::test]
async fn a_publish_that_returned_ok_is_in_the_log_when_the_file_is_opened_again() {
    let file = LogFile::new();
    let bus = Bus::connect(&file.url()).await.unwrap();
    let published = bus.publish(OrderPlaced::new("order_1")).id("order_1/placed").await.unwrap();
    // Dropped as a process that ends would drop it: nothing is closed, nothing is flushed on purpose.
    drop(bus);

    let page = file.open().await.read(Query::all()).await.unwrap();
    let [event] = page.events.as_slice() else { panic!("one event was published: {page:?}") };
    assert_eq!(Some(event.sequence), published.sequence);
    assert_eq!(event.id.as_str(), "order_1/placed");
    assert_eq!(event.body.as_ref(), br#"{"id":"order_1"}"#);
}

#[tokio::test]
async fn every_matching_subscriber_gets_an_event_whether_it_was_there_before_or_starts_at_the_beginning() {
    let log = memory();
    let early = App::new(log.clone()).bus();
    early.publish(OrderPlaced::new("early")).await.unwrap();

    let (all, family, one, other, new) =
        (Seen::default(), Seen::default(), Seen::default(), Seen::default(), Seen::default());
    let running = App::new(log)
        .subscribe(noting("see.all", ">", &all))
        .subscribe(noting("see.family", "order.*", &family))
        .subscribe(noting("see.one", "order.placed", &one))
        .subscribe(noting("see.other", "cart.>", &other))
        .subscribe(noting("see.new", "order.placed", &new).start(Start::New))
        .start()
        .await
        .unwrap();
    running.bus().publish(OrderCanceled::new("early")).await.unwrap();
    running.bus().publish(OrderPlaced::new("late")).await.unwrap();
    settle(&running).await;
    running.stop().await;

    // Two keys go side by side, so only what was seen is compared, and not in which order.
    let sorted = |seen: Seen| {
        let mut lines = seen.lines();
        lines.sort();
        lines
    };
    assert_eq!(sorted(all), ["early/canceled", "early/placed", "late/placed"]);
    assert_eq!(sorted(family), ["early/canceled", "early/placed", "late/placed"]);
    assert_eq!(sorted(one), ["early/placed", "late/placed"]);
    assert_eq!(sorted(new), ["late/placed"]);
    assert!(other.lines().is_empty());
}

#[tokio::test]
async fn no_event_is_lost_silently_each_is_handled_or_dead_or_skipped_with_a_reason() {
    const EVENTS: u64 = 60;
    let judge = subscriber("judge", "order.placed", |event, cx| async move {
        match event.sequence % 3 {
            0 => cx.skip("its number divides by three"),
            1 => Err("nothing can mend it").terminal(),
            _ => Ok(()),
        }
    });
    let running = App::new(memory()).subscribe(judge).start().await.unwrap();
    let events = (1..=EVENTS).map(|number| OrderPlaced::new(format!("order_{number}")));
    running.bus().publish_all(events).await.unwrap();
    settle(&running).await;

    let operator = running.operator();
    for sequence in 1..=EVENTS {
        match (sequence % 3, operator.why("judge", sequence).await.unwrap()) {
            (0, Why::Skipped { reason }) => assert_eq!(reason, "its number divides by three"),
            (1, Why::Dead(letter)) => assert_eq!(letter.error, ["nothing can mend it"]),
            (2, Why::Handled) => {}
            (_, other) => panic!("event {sequence}: {other}"),
        }
    }
    let status = operator.subscribers().await.unwrap().into_iter().find(|one| one.id == "judge").unwrap();
    let counts = status.state.counts;
    assert_eq!((counts.handled, counts.skipped, counts.dead), (EVENTS / 3, EVENTS / 3, EVENTS / 3));
    assert_eq!(operator.dead_letters("judge").await.unwrap().len() as u64, EVENTS / 3);
    running.stop().await;
}
