//! The documented responses: read, recorded, and given back without loss.

use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, EventName, PublishErrorKind, backend::Query};
use stheno_shopify::{EventObject, ObjectError, Verb};
use stheno_sqlite::SqliteBackend;

use crate::{
    every_type::{every_type, type_of},
    fixtures::objects,
};

pub fn bus() -> Bus {
    Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_shopify::catalog()], []).0.into())
}

fn object(value: &Value) -> EventObject {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_object_of_every_response_is_written_back_as_it_was_read() {
    let objects = objects();
    assert_eq!(objects.len(), 1 + 3 + 1 + 3 + 2 + 3 + 1 + 1);
    for body in objects {
        let read = object(&body);
        assert_eq!(serde_json::to_value(&read).unwrap(), body);
        assert!(read.extra.is_empty());
        let event = type_of(read.documented_verb().unwrap().name());
        let decoded = (event.decode)(&event.name(), &body).unwrap();
        assert_eq!((decoded.body, decoded.survives), (body, true));
    }
}

#[tokio::test]
async fn event_objects_become_recorded_events_and_come_back_without_loss() {
    let bus = bus();
    let of_verbs = every_type().into_iter().map(|event| (event.example)().body);
    let mut distinct: Vec<Value> = Vec::new();
    for (index, mut body) in of_verbs.chain(objects()).enumerate() {
        // Examples of verbs have the id of a documented one.
        if body["id"] == 164_748_010 && index < 50 {
            body["id"] = json!(index);
        }
        if !distinct.contains(&body) {
            distinct.push(body);
        }
    }
    assert_eq!(distinct.len(), 50 + 5);
    for body in &distinct {
        let first = bus.publish(object(body).to_event().unwrap()).await.unwrap();
        let again = bus.publish(object(body).to_event().unwrap()).await.unwrap();
        assert!(!first.duplicate && again.duplicate, "an event that is fetched twice is stored once");
    }
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let served: Vec<Value> =
        stored.iter().map(|event| serde_json::to_value(EventObject::of(event).unwrap()).unwrap()).collect();
    assert_eq!(served, distinct);
    for (event, body) in stored.iter().zip(&distinct) {
        let object = object(body);
        assert_eq!(event.name.as_str(), object.documented_verb().unwrap().name());
        assert_eq!(event.time, object.created_at.timestamp());
        assert_eq!(event.id.as_str(), format!("shopify-event-{}", object.id));
        let kind = format!("shopify.{}", object.subject_type.to_lowercase());
        assert_eq!(event.key.as_ref().unwrap().as_str(), format!("{kind}:{}", object.subject_id));
    }
}

#[tokio::test]
async fn one_id_in_two_shops_is_two_events() {
    let bus = bus();
    let fetched = object(&objects()[0]);
    for shop in ["one.myshopify.com", "other.myshopify.com", "one.myshopify.com"] {
        bus.publish(fetched.to_event_of(shop).unwrap()).await.unwrap();
    }
    bus.publish(fetched.to_event().unwrap()).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let seen: Vec<_> = stored.iter().map(|event| (event.id.as_str(), event.source.as_deref())).collect();
    let id = |shop: &str| format!("shopify-event-{shop}{}", fetched.id);
    assert_eq!(
        seen,
        [
            (id("one.myshopify.com/").as_str(), Some("one.myshopify.com")),
            (id("other.myshopify.com/").as_str(), Some("other.myshopify.com")),
            (id("").as_str(), None),
        ]
    );
    assert!(stored.iter().all(|event| EventObject::of(event).unwrap() == fetched));
    for shop in ["", "my shop", "läden.example"] {
        let refused = bus.publish(fetched.to_event_of(shop).unwrap()).await.unwrap_err();
        assert!(matches!(refused.kind(), PublishErrorKind::Id(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn what_holds_no_event_object_is_refused_by_field() {
    let bus = bus();
    let closed = Verb::find("Order", "closed").unwrap();
    let object = EventObject::of_verb(closed, 1, 2, "2008-01-10T06:00:00-05:00".parse().unwrap(), Vec::<&str>::new());
    bus.publish(object.unwrap().to_event().unwrap()).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events.remove(0);
    let mut other = (*stored).clone();
    other.name = EventName::new("order.placed").unwrap();
    assert_eq!(EventObject::of(&other).unwrap_err(), ObjectError::OtherEvent { name: "order.placed".into() });
    let mut other = (*stored).clone();
    other.name = EventName::new("shopify.order.placed").unwrap();
    assert!(matches!(EventObject::of(&other).unwrap_err(), ObjectError::Body(error) if error.path() == "verb"));
    let mut other = (*stored).clone();
    other.body = br#"{"id":"one"}"#.to_vec().into();
    assert!(matches!(EventObject::of(&other).unwrap_err(), ObjectError::Body(error) if error.path() == "id"));
}
