//! The events that the suite publishes, and the catalog that documents them.

use serde_json::json;
use stheno_core::{
    Catalog, EventDescriptor, EventName, Key, KeyRule, KeySource, NewEvent, Outgoing,
    backend::{Append, Backend},
};

use crate::conformance::world::append;

/// Events about an order; the key is the order.
pub(crate) const PLACED: &str = "order.placed";
pub(crate) const CANCELED: &str = "order.canceled";
/// An event about something else; the key is the product.
pub(crate) const PRODUCT: &str = "product.updated";
/// An event without a key.
pub(crate) const PING: &str = "system.ping";

const OF_ORDER: KeyRule = KeyRule::new(&[KeySource::Body { kind: "order", pointer: "/id" }]);
const OF_PRODUCT: KeyRule = KeyRule::new(&[KeySource::Body { kind: "product", pointer: "/id" }]);

/// The names above, with the keys they have.
pub(crate) fn catalog() -> Catalog {
    let declared = |name, key| EventDescriptor::declared(name, "", env!("CARGO_PKG_NAME")).key(key);
    Catalog::new("conformance", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        .event(declared(PLACED, OF_ORDER))
        .event(declared(CANCELED, OF_ORDER))
        .event(declared(PRODUCT, OF_PRODUCT))
        .event(declared(PING, KeyRule::NONE))
}

/// `order.placed` of an order.
pub(crate) fn placed(order: impl std::fmt::Display) -> Outgoing {
    Outgoing::raw(PLACED, &json!({ "id": order.to_string() }))
}

/// `product.updated` of a product.
pub(crate) fn product(id: &str) -> Outgoing {
    Outgoing::raw(PRODUCT, &json!({ "id": id }))
}

/// `system.ping`, which has no key.
pub(crate) fn ping(number: u64) -> Outgoing {
    Outgoing::raw(PING, &json!({ "number": number }))
}

/// The key of an order.
pub(crate) fn order_key(order: impl std::fmt::Display) -> Key {
    Key::new("order", &order.to_string()).expect("a legal key")
}

/// A legal event name.
pub(crate) fn name(text: &str) -> EventName {
    EventName::new(text).expect("a legal name")
}

/// An event for a backend, without a key.
pub(crate) fn plain(body: impl std::fmt::Display) -> NewEvent {
    NewEvent::new(name(PING), body.to_string())
}

/// An event for a backend, of an order.
pub(crate) fn of_order(order: impl std::fmt::Display, body: impl std::fmt::Display) -> NewEvent {
    let mut event = NewEvent::new(name(PLACED), body.to_string());
    event.key = Some(order_key(order));
    event
}

/// Appends an event alone, and says where it is.
pub(crate) async fn stored(log: &dyn Backend, event: NewEvent) -> u64 {
    let appended = append(log, Append::one(event)).await;
    match appended[..] {
        [one] if !one.duplicate => one.sequence.expect("an event that is not scheduled has a position"),
        _ => panic!("one new event was appended, and the answer is {appended:?}"),
    }
}
