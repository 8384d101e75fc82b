//! Envelopes that nobody announces: what is a CloudEvent by its fields is opened, and no other envelope is believed.

use serde_json::{Value, json};
use stheno::{
    App, Cx, Failure, Start, Subscriber, SubscriberDef, async_trait, delivery::doc::DeadReason, medusa::OrderPlaced,
};
use stheno_system_tests::{Seen, nats, settle};
use stheno_testkit::nats::{NatsServer, Wire};

/// Notes what it was given, and as what.
struct Note(Seen);

#[async_trait]
impl Subscriber for Note {
    type Event = OrderPlaced;

    async fn handle(&self, order: OrderPlaced, cx: Cx) -> Result<(), Failure> {
        let source = cx.event().source.as_deref().unwrap_or("none");
        self.0.note(format!("{} {} {} {source}", order.id, cx.key().map_or("none", |key| key.as_str()), cx.id()));
        Ok(())
    }
}

/// A CloudEvent with these members changed; null takes one away.
fn cloud_event(changes: Value) -> Value {
    let mut event = json!({
        "specversion": "1.0", "type": "order.placed", "source": "/shop", "id": "evt-7", "data": { "id": "order_REAL" },
    });
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    event
}

#[tokio::test]
async fn an_envelope_without_a_content_type_is_opened_or_is_a_dead_letter_that_says_so() {
    let (server, seen) = (NatsServer::start(), Seen::default());
    let handler = SubscriberDef::new("interop.envelopes", Note(seen.clone())).start(Start::Beginning);
    let running = App::new(nats(&server.url()).await).subscribe(handler).start().await.unwrap();
    let mut wire = Wire::connect(server.port()).expect("the server answers");
    let mut publish = |headers: &[(&str, &str)], body: &Value| {
        let reply = wire.request("events.order.placed", headers, body.to_string().as_bytes());
        assert_eq!(reply.expect("it is acknowledged").status, None);
    };
    let dapr = json!({
        "type": "com.dapr.event.sent", "source": "checkout", "topic": "events.order.placed", "pubsubname": "jetstream",
        "traceid": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "datacontenttype": "application/json",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "",
    });
    publish(&[], &cloud_event(json!({})));
    publish(&[], &cloud_event(dapr));
    publish(&[], &cloud_event(json!({ "data": null, "data_base64": "eyJpZCI6Im9yZGVyX1JFQUwifQ==" })));
    publish(&[("Nats-Msg-Id", "of-the-message")], &cloud_event(json!({})));
    publish(&[("CONTENT-TYPE", "application/cloudevents+json; charset=utf-8")], &cloud_event(json!({ "id": "e8" })));
    publish(&[("Content-Type", "application/json; charset=utf-8")], &cloud_event(json!({ "id": "e9" })));
    let refused = [
        (cloud_event(json!({ "data": null })), "no `data`"),
        (cloud_event(json!({ "specversion": "0.3" })), "`specversion` is `0.3`"),
        (cloud_event(json!({ "type": "order.canceled" })), "`type` is `order.canceled`"),
        (json!([cloud_event(json!({}))]), "batch of CloudEvents"),
        (json!({ "id": "6a7e", "detail-type": "order.placed", "source": "s", "detail": { "id": "o" } }), "EventBridge"),
    ];
    for (body, _) in &refused {
        publish(&[], body);
    }
    publish(&[("Content-Type", "application/cloudevents-batch+json")], &json!([]));
    publish(&[("content-type", "application/cloudevents+json")], &json!({ "id": "order_1" }));
    settle(&running).await;

    let opened = |id: &str, source: &str| format!("order_REAL order:order_REAL {id} {source}");
    assert_eq!(
        seen.lines(),
        [
            opened("evt-7", "/shop"),
            opened("evt-7", "checkout"),
            opened("evt-7", "/shop"),
            opened("of-the-message", "/shop"),
            opened("e8", "/shop"),
            opened("e9", "/shop"),
        ]
    );
    let letters = running.operator().dead_letters("interop.envelopes").await.unwrap();
    assert!(
        letters.iter().all(|letter| letter.reason == DeadReason::Undecodable && letter.key.is_none()),
        "{letters:?}"
    );
    let said: Vec<String> = letters.iter().map(|letter| letter.error.join(": ")).collect();
    let expected = refused.iter().map(|(_, said)| *said).chain(["batch of CloudEvents", "no `specversion`"]);
    assert_eq!(said.len(), refused.len() + 2, "{said:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_cloud_event_in_binary_mode_that_cannot_be_read_is_a_dead_letter_that_says_so() {
    let (server, seen) = (NatsServer::start(), Seen::default());
    let handler = SubscriberDef::new("interop.binary", Note(seen.clone())).start(Start::Beginning);
    let running = App::new(nats(&server.url()).await).subscribe(handler).start().await.unwrap();
    let mut wire = Wire::connect(server.port()).expect("the server answers");
    let mut publish = |headers: &[(&str, &str)]| {
        let reply = wire.request("events.order.placed", headers, br#"{"id":"order_1"}"#);
        assert_eq!(reply.expect("it is acknowledged").status, None);
    };
    let long = "x".repeat(300);
    publish(&[("ce-specversion", "1.0"), ("ce-id", "e1"), ("ce-time", "2026-11-22T10:00:00Z")]);
    publish(&[("ce-specversion", "2.0"), ("ce-id", "e2")]);
    publish(&[("ce-specversion", "1.0"), ("ce-id", "e3"), ("ce-time", "soon")]);
    publish(&[("ce-specversion", "1.0"), ("ce-id", &long)]);
    publish(&[("ce-specversion", "1.0"), ("ce-id", &long)]);
    settle(&running).await;

    let lines = seen.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains(" e1 ") && lines[1] != lines[2], "no two events have one id: {lines:?}");
    let letters = running.operator().dead_letters("interop.binary").await.unwrap();
    let said: Vec<String> = letters.iter().map(|letter| letter.error.join(": ")).collect();
    assert!(letters.iter().all(|letter| letter.reason == DeadReason::Undecodable), "{said:?}");
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("version `2.0`, and 1.0 is read"), "{said:?}");
    assert!(said[1].contains("`ce-time` is `soon`, which is no time"), "{said:?}");
    let stored = running.bus().backend().read(stheno::backend::Query::all()).await.unwrap().events;
    assert_eq!(stored[4].headers.get("ce-id"), Some(long.as_str()), "the id of the publisher is not lost");
    running.stop().await;
}
