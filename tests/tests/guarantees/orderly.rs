//! Nothing is consumed before everything is there; stopping drains within a deadline; what is published together keeps
//! its order, and what a handler publishes keeps its cause.

use std::{sync::Arc, time::Duration};

use stheno::{
    App, EventId, Res, Resources, SubscriberDef,
    app::{Problem, StartError, Stopped},
    backend::Query,
    headers,
    medusa::{OrderCompleted, OrderPlaced},
    prelude::*,
};
use stheno_system_tests::{Gate, LogFile, Seen, memory, noting, order_of, settle, subscriber};

struct Mailer;

struct NeedsMailer(#[expect(dead_code, reason = "it is only asked for")] Res<Mailer>);

#[stheno::async_trait]
impl Subscriber for NeedsMailer {
    type Event = OrderPlaced;

    async fn handle(&self, _order: OrderPlaced, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_is_consumed_before_every_resource_is_there() {
    let (log, seen) = (memory(), Seen::default());
    let app = || {
        let needs = SubscriberDef::built("needs", |all: &Resources| Ok(NeedsMailer(all.get()?)));
        App::new(Arc::clone(&log)).subscribe(noting("ready", ">", &seen)).subscribe(needs)
    };
    app().bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    let refused = app().start().await.unwrap_err();
    let StartError::Problems(problems) = refused else { panic!("{refused}") };
    assert!(matches!(problems.as_slice(), [Problem::MissingResource { id, .. }] if id == "needs"), "{problems:?}");
    assert!(seen.lines().is_empty());
    assert!(log.list_records("").await.unwrap().is_empty(), "nothing was noted about anybody");

    let running = app().provide(Mailer).start().await.unwrap();
    assert_eq!(seen.at_least(1).await, ["order_1/placed"]);
    running.stop().await;
}

#[tokio::test]
async fn an_event_published_right_after_the_start_is_not_missed_by_a_subscriber_that_begins_at_new() {
    let seen = Seen::default();
    let new = noting("new", "order.placed", &seen).start(stheno::Start::New);
    let running = App::new(memory()).subscribe(new).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(seen.at_least(1).await, ["order_1/placed"]);
    running.stop().await;
}

/// Notes `begun`, waits until the gate opens, notes `done`.
fn waits_for(gate: &Gate, seen: &Seen) -> SubscriberDef {
    let (gate, seen) = (gate.clone(), seen.clone());
    subscriber("waits", "order.placed", move |_, cx: Cx| {
        seen.note("begun");
        let (gate, seen) = (gate.clone(), seen.clone());
        async move {
            tokio::select! {
                () = gate.pass() => {}
                () = cx.stopping() => {
                    seen.note("asked to stop");
                    gate.pass().await;
                }
            }
            seen.note("done");
            Ok(())
        }
    })
}

#[tokio::test]
async fn stopping_lets_what_is_under_way_come_to_its_end() {
    let (file, gate, seen) = (LogFile::new(), Gate::default(), Seen::default());
    let running = App::new(file.open().await).subscribe(waits_for(&gate, &seen)).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    seen.at_least(1).await;
    let stopping = tokio::spawn(running.stop());
    seen.at_least(2).await;
    gate.open();
    assert_eq!(stopping.await.unwrap(), Stopped::Drained);
    assert_eq!(seen.lines(), ["begun", "asked to stop", "done"]);

    let again = App::new(file.open().await).subscribe(waits_for(&gate, &seen)).start().await.unwrap();
    settle(&again).await;
    again.stop().await;
    assert_eq!(seen.lines().len(), 3, "it was recorded as done");
}

#[tokio::test]
async fn what_outlives_the_drain_deadline_is_cut_and_handled_again_after_the_next_start() {
    let (file, gate, seen) = (LogFile::new(), Gate::default(), Seen::default());
    let app = App::new(file.open().await).drain(Duration::from_millis(50));
    let running = app.subscribe(waits_for(&gate, &seen)).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    seen.at_least(1).await;
    assert_eq!(running.stop().await, Stopped::Cut);
    assert_eq!(seen.lines(), ["begun", "asked to stop"]);

    gate.open();
    let again = App::new(file.open().await).subscribe(waits_for(&gate, &seen)).start().await.unwrap();
    assert_eq!(seen.at_least(4).await[2..], ["begun", "done"]);
    again.stop().await;
}

#[tokio::test]
async fn events_published_together_stand_in_the_log_in_the_order_they_were_given() {
    let log = memory();
    let bus = App::new(log.clone()).bus();
    // More than are in flight at once.
    let ids: Vec<String> = (0..1000).map(|number| format!("order_{number}")).collect();
    let published = bus.publish_all(ids.iter().map(|id| OrderPlaced::new(id.as_str()))).await.unwrap();
    let sequences: Vec<_> = published.iter().filter_map(|one| one.sequence).collect();
    assert_eq!(sequences, (1..=1000).collect::<Vec<_>>());
    let page = log.read(Query::all().limit(1000)).await.unwrap();
    let stored: Vec<_> = page.events.iter().filter_map(|event| event.key.as_ref().map(|key| key.id())).collect();
    assert_eq!(stored, ids);
}

#[tokio::test]
async fn what_a_handler_publishes_names_its_cause_and_a_retry_does_not_publish_it_twice() {
    let (log, seen) = (memory(), Seen::default());
    let noted = seen.clone();
    let complete = subscriber("complete", "order.placed", move |event, cx| {
        noted.note(order_of(&event));
        async move {
            let order: OrderPlaced = event.json()?;
            let first = cx.publish(OrderCompleted::new(order.id.as_str())).await?;
            let second = cx.publish(OrderCompleted::new(order.id)).await?;
            assert_ne!(first.id, second.id, "two events of one attempt are two events");
            assert_eq!(first.duplicate, cx.attempt() > 1);
            if cx.attempt() < 3 { Err("after it had published".into()) } else { Ok(()) }
        }
    });
    let running = App::new(log.clone()).source("shop").subscribe(complete).start().await.unwrap();
    let placed = running.bus().publish(OrderPlaced::new("order_1")).correlation("checkout_7").await.unwrap();
    seen.at_least(3).await;
    let events = log.read(Query::all()).await.unwrap().events;
    running.stop().await;
    assert_eq!(events.len(), 3, "{events:?}");
    let expected: EventId = placed.id;
    for caused in &events[1..] {
        assert_eq!(caused.headers.get(headers::CAUSATION), Some(expected.as_str()));
        assert_eq!(caused.headers.get(headers::CORRELATION), Some("checkout_7"));
        assert_eq!(caused.source.as_deref(), Some("shop"));
    }
}

#[tokio::test]
async fn an_event_without_a_correlation_begins_a_conversation() {
    let (log, seen) = (memory(), Seen::default());
    let noted = seen.clone();
    let complete = subscriber("complete", "order.placed", move |event, cx| {
        let noted = noted.clone();
        async move {
            let order: OrderPlaced = event.json()?;
            cx.publish(OrderCompleted::new(order.id)).await?;
            noted.note(cx.correlation());
            Ok(())
        }
    });
    let running = App::new(log).subscribe(complete).start().await.unwrap();
    let placed = running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(seen.at_least(1).await, [placed.id.as_str()]);
    running.stop().await;
}
