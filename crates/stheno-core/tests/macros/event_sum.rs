//! `#[derive(EventSum)]`.

use std::sync::Arc;

use stheno::{
    AnyEvent, Body, DecodeError, Event, EventSum, Headers, Input, Payload, RecordedEvent, Timestamp, decode_json,
};

#[derive(Payload, Event, PartialEq)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[derive(Payload, Event, PartialEq)]
#[event(name = "order.canceled", key = "order:/id")]
struct OrderCanceled {
    #[field(example = "order_1")]
    id: String,
}

#[derive(Payload, Event, PartialEq)]
#[event(name = "order.*", name_with = changed)]
struct OrderChanged {
    id: Option<String>,
}

fn changed(_event: &OrderChanged) -> std::borrow::Cow<'static, str> {
    "order.updated".into()
}

/// A closed set; the wide pattern stands last.
#[derive(Debug, EventSum, PartialEq)]
enum OrderEvent {
    Placed(OrderPlaced),
    Canceled(OrderCanceled),
    Changed(OrderChanged),
}

/// [`OrderEvent`] as one would write it without the macro.
#[derive(Debug, PartialEq)]
enum ByHand {
    Placed(OrderPlaced),
    Canceled(OrderCanceled),
    Changed(OrderChanged),
}

impl Input for ByHand {
    const PATTERNS: &'static [&'static str] = &["order.placed", "order.canceled", "order.*"];

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        match event.name.as_str() {
            "order.placed" => decode_json(&event.body).map(Self::Placed),
            "order.canceled" => decode_json(&event.body).map(Self::Canceled),
            name if name.starts_with("order.") && name.split('.').count() == 2 => {
                decode_json(&event.body).map(Self::Changed)
            }
            _ => Err(DecodeError::new("", "another event")),
        }
    }
}

/// An open set.
#[derive(EventSum)]
enum AnyOrderEvent {
    Placed(OrderPlaced),
    #[event(other)]
    Other(AnyEvent),
}

/// An open set whose rest is a view.
#[derive(EventSum)]
enum OrderOrView {
    #[event(other)]
    Other(Body<OrderChanged>),
    Placed(OrderPlaced),
}

fn recorded(name: &str, body: &str) -> Arc<RecordedEvent> {
    let now = Timestamp::now();
    let body = body.as_bytes().to_vec().into();
    Arc::new(RecordedEvent::from_stored(1, "id".into(), name.into(), None, None, now, now, Headers::new(), body))
}

#[test]
fn every_event_becomes_its_variant() {
    let decode = |name: &str| OrderEvent::decode(&recorded(name, r#"{"id":"order_1"}"#)).unwrap();
    assert_eq!(decode("order.placed"), OrderEvent::Placed(OrderPlaced::new("order_1")));
    assert_eq!(decode("order.canceled"), OrderEvent::Canceled(OrderCanceled::new("order_1")));
    assert_eq!(decode("order.updated"), OrderEvent::Changed(OrderChanged::new().id("order_1")));
}

#[test]
fn the_catch_all_takes_the_rest_wherever_it_stands() {
    let body = r#"{"id":"order_1"}"#;
    let Ok(AnyOrderEvent::Placed(placed)) = AnyOrderEvent::decode(&recorded("order.placed", body)) else {
        panic!("the variant takes its own event");
    };
    assert_eq!(placed.id, "order_1");
    let Ok(AnyOrderEvent::Other(other)) = AnyOrderEvent::decode(&recorded("product.created", "not json")) else {
        panic!("the catch-all takes it");
    };
    assert_eq!(other.name.as_str(), "product.created");
    let Ok(OrderOrView::Placed(placed)) = OrderOrView::decode(&recorded("order.placed", body)) else {
        panic!("the variant takes its own event");
    };
    assert_eq!(placed.id, "order_1");
    let Ok(OrderOrView::Other(Body(view))) = OrderOrView::decode(&recorded("order.updated", body)) else {
        panic!("the catch-all takes it");
    };
    assert_eq!(view.id.as_deref(), Some("order_1"));
}

#[test]
fn a_closed_set_stands_for_its_events_and_an_open_one_for_none() {
    assert_eq!(OrderEvent::PATTERNS, ["order.placed", "order.canceled", "order.*"]);
    assert!(AnyOrderEvent::PATTERNS.is_empty());
}

#[test]
fn the_path_of_a_failure_is_that_of_the_variant() {
    let refused = OrderEvent::decode(&recorded("order.placed", r#"{"id":1}"#)).unwrap_err();
    assert_eq!(refused.path(), "id");
}

#[test]
fn the_derive_gives_what_the_twin_by_hand_gives() {
    assert_eq!(OrderEvent::PATTERNS, ByHand::PATTERNS);
    for name in ["order.placed", "order.canceled", "order.updated", "order.a.b", "product.created"] {
        for body in [r#"{"id":"order_1"}"#, r#"{"id":1}"#, "not json"] {
            let event = recorded(name, body);
            let shown = |result: Result<String, DecodeError>| result.map_err(|error| error.path().to_owned());
            assert_eq!(
                shown(OrderEvent::decode(&event).map(|event| format!("{event:?}"))),
                shown(ByHand::decode(&event).map(|event| format!("{event:?}"))),
                "{name} {body}"
            );
        }
    }
}
