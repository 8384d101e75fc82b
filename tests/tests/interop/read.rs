//! They read what we publish: key and name from the subject, the body as documented, and with `headers=cloudevents` an event
//! that their CloudEvents SDK understands.

use serde_json::{Value, json};
use stheno::{App, Timestamp, medusa::OrderPlaced};
use stheno_system_tests::nats;
use stheno_testkit::nats::NatsServer;

use crate::scripts::Language;

/// When the order was placed that says all it can.
const TIME: &str = "2026-11-22T10:00:00.500000Z";

async fn is_read_in(language: Language) {
    let server = NatsServer::start();
    let lean = App::new(nats(&server.url()).await).bus();
    lean.publish(OrderPlaced::new("order_1")).id("order_1/placed").await.unwrap();
    let full = App::new(nats(&format!("{}?headers=cloudevents", server.url())).await).bus();
    let time: Timestamp = TIME.parse().unwrap();
    full.publish(OrderPlaced::new("order 2"))
        .id("order_2/placed")
        .source("/shops/\"one\" 100%")
        .time(time)
        .await
        .unwrap();

    let lines = language.run("read", &[&server.url(), "2"]).await;
    let read: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("it prints JSON")).collect();
    let [lean, full] = read.as_slice() else { panic!("two events were published: {lines:?}") };
    assert_eq!(
        *lean,
        json!({
            "sequence": 1, "name": "order.placed", "key": "order:order_1", "id": "order_1/placed",
            "body": { "id": "order_1" }, "cloudevent": null
        })
    );
    assert_eq!((&full["key"], &full["id"]), (&json!("order:order 2"), &json!("order_2/placed")));
    let event = &full["cloudevent"];
    for (attribute, value) in [
        ("specversion", json!("1.0")),
        ("id", json!("order_2/placed")),
        ("type", json!("order.placed")),
        ("source", json!("/shops/\"one\" 100%")),
        ("subject", json!("order:order 2")),
        ("datacontenttype", json!("application/json")),
        ("data", json!({ "id": "order 2" })),
    ] {
        assert_eq!(event[attribute], value, "{attribute} of {event}");
    }
    let said = event["time"].as_str().expect("a time").replace("+00:00", "Z");
    assert_eq!(said.parse::<Timestamp>().unwrap(), time);
}

#[tokio::test]
async fn python_reads_what_we_publish() {
    is_read_in(Language::Python).await;
}

#[tokio::test]
async fn node_reads_what_we_publish() {
    is_read_in(Language::Node).await;
}
