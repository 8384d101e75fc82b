//! Payloads as Medusa and its plugins really send them: read, published as received, keyed.

use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, Event, EventName, Outgoing, backend::Query, headers::UNREAD};
use stheno_medusa::{OrderPaymentCaptureFailed, entity::EventError};
use stheno_sqlite::SqliteBackend;

use crate::{
    every_type::every_type,
    fixtures::{quirks, real, without_nulls},
};

fn bus() -> Bus {
    Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_medusa::catalog()], []).0.into())
}

#[tokio::test]
async fn every_real_payload_is_read_and_published_as_it_was_received() {
    let quirks = quirks().into_iter().map(|quirk| (quirk.quirk, quirk.event, quirk.body));
    for (case, name, body) in real().into_iter().map(|real| (real.case, real.name, real.body)).chain(quirks) {
        let name = EventName::new(name).unwrap();
        let event = every_type().into_iter().find(|event| event.descriptor.matches(&name)).unwrap();
        let read = (event.decode)(&name, &body).unwrap_or_else(|error| panic!("{case}: {error}"));
        if let Value::Object(members) = without_nulls(body.clone()) {
            for (member, value) in members {
                assert_eq!(without_nulls(read.body[&member].clone()), value, "{case}: {member}");
            }
        }
        let bus = bus();
        let published = bus.publish(Outgoing::raw(name.as_str(), &body).as_received()).await;
        published.unwrap_or_else(|error| panic!("{case}: {error}"));
        let stored = &bus.backend().read(Query::all()).await.unwrap().events[0];
        assert_eq!(stored.headers.get(UNREAD), None, "{case}");
        assert_eq!(stored.body, body.to_string(), "{case}");
        assert_eq!(stored.key.as_ref().map(ToString::to_string), read.key, "{case}");
    }
}

/// What an error of a failed capture says.
fn said(error: Value) -> (Option<String>, Value) {
    let body = json!({ "id": "order_1", "payment_id": "pay_1", "error": error });
    let name = EventName::new("order.payment_capture_failed").unwrap();
    let read = OrderPaymentCaptureFailed::decode(&name, body.to_string().as_bytes()).unwrap();
    (read.error.message().map(str::to_owned), serde_json::to_value(&read.error).unwrap())
}

#[test]
fn an_error_says_what_it_says_wherever_it_says_it() {
    for (error, message) in [
        (json!("Declined."), Some("Declined.")),
        (json!({}), None),
        (json!({ "message": "a", "raw": { "message": "b" } }), Some("a")),
        (json!({ "type": "StripeCardError", "raw": { "message": "b" } }), Some("b")),
        (json!({ "raw": "b" }), None),
        (json!([{ "message": "a" }, 7]), Some("a")),
        (json!(["a"]), Some("a")),
        (json!(402), None),
        (json!(false), None),
    ] {
        assert_eq!(said(error.clone()), (message.map(str::to_owned), error));
    }
    assert!(serde_json::from_str::<EventError>("null").is_err());
}
