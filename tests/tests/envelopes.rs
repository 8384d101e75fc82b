//! An envelope in place of the payload, given to our own bus: an error that says so. No documented payload is taken for one.

use serde_json::{Value, json};
use stheno::{
    App, EventName, NewEvent, Outgoing, PublishErrorKind,
    backend::Append,
    delivery::doc::DeadReason,
    medusa::{OrderPlaced, OrderUpdated},
    prelude::*,
};
use stheno_system_tests::{Seen, memory, settle};

stheno::declare_event!("erp.synced", "Something was synchronised.");

/// An envelope around an order.
fn envelope(name: &str) -> Value {
    json!({ "specversion": "1.0", "type": name, "source": "/shop", "id": "evt-7", "data": { "id": "order_REAL" } })
}

#[test]
fn no_example_of_a_catalog_is_an_envelope() {
    let bus = App::new(memory()).bus();
    let events = || bus.catalogs().iter().flat_map(|catalog| catalog.events());
    let mut examples = 0;
    for event in events() {
        let Some(example) = event.example else { continue };
        let body = example();
        let name = event.pattern.replace('*', "app");
        // Also under every name that its own fields could repeat, and with an unknown field.
        for body in [body.clone(), with(body, "metadata", json!({ "data": { "id": "x" } }))] {
            let looked_at = stheno::envelope::open(&name, None, &body.to_string().into());
            assert_eq!(looked_at, stheno::envelope::Envelope::No, "{name}: {body}");
        }
        examples += 1;
    }
    assert!(examples >= 200, "{examples} examples were looked at");
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    if let Some(object) = body.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
    body
}

#[tokio::test]
async fn an_envelope_is_no_payload_however_it_is_published() {
    let bus = App::new(memory()).bus();
    let typed: OrderPlaced = serde_json::from_value(envelope("order.placed")).unwrap();
    let order = || Outgoing::raw("order.placed", &envelope("order.placed"));
    let batch = json!([envelope("erp.synced")]);
    let plain = Outgoing::raw("order.placed", &json!({ "id": "order_1" }));
    for (outgoing, said) in [
        (order(), "publish what is in its `data`"),
        (order().as_received(), "publish what is in its `data`"),
        (order().key(("order", "order_1")).id("1"), "publish what is in its `data`"),
        (typed.into(), "publish what is in its `data`"),
        (Outgoing::raw("erp.synced", &envelope("erp.synced")), "publish what is in its `data`"),
        (Outgoing::raw("erp.synced", &batch), "batch of CloudEvents"),
        (Outgoing::raw("order.placed", &envelope("order.canceled")), "`order.canceled`"),
        (plain.header("Content-Type", "application/cloudevents+json"), "no `specversion`"),
    ] {
        let refused = bus.publish(outgoing).await.unwrap_err();
        assert!(matches!(refused.kind(), PublishErrorKind::Payload(_)), "{refused:?}");
        assert!(refused.to_string().contains(said), "{refused}");
    }
    assert_eq!(bus.backend().info().await.unwrap().last, 0);
}

/// Notes what it was given.
#[subscriber("order.placed", id = "envelopes.typed", start = "beginning")]
async fn typed(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
    seen.note(order.id.clone());
    Ok(())
}

/// The same of a view of the body.
#[subscriber("order.*", id = "envelopes.view", start = "beginning")]
async fn view(order: Body<Value>, seen: Res<Seen>) -> Result<(), Failure> {
    seen.note(order.0.to_string());
    Ok(())
}

/// The same of several events.
#[derive(EventSum)]
enum Either {
    Placed(OrderPlaced),
    Updated(OrderUpdated),
}

#[subscriber(id = "envelopes.sum", start = "beginning")]
async fn sum(order: Either, seen: Res<Seen>) -> Result<(), Failure> {
    match order {
        Either::Placed(order) => seen.note(order.id.clone()),
        Either::Updated(order) => seen.note(order.id.clone()),
    }
    Ok(())
}

#[tokio::test]
async fn one_that_an_older_program_has_stored_is_a_dead_letter() {
    let (log, seen) = (memory(), Seen::default());
    let stored = NewEvent::new(EventName::new("order.placed").unwrap(), envelope("order.placed").to_string());
    log.append(Append::one(stored)).await.unwrap();
    let app = App::new(log).provide(seen.clone());
    let app = app.subscribe(typed::subscriber()).subscribe(view::subscriber()).subscribe(sum::subscriber());
    let running = app.start().await.unwrap();
    settle(&running).await;
    for id in ["envelopes.typed", "envelopes.view", "envelopes.sum"] {
        let letters = running.operator().dead_letters(id).await.unwrap();
        assert_eq!(letters.len(), 1, "{id}");
        assert_eq!(letters[0].reason, DeadReason::Undecodable);
        assert!(letters[0].error[0].contains("CloudEvents envelope"), "{:?}", letters[0].error);
    }
    assert_eq!(seen.lines(), [""; 0]);
    running.stop().await;
}
