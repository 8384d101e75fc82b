//! All event types behind one signature, so that a test can ask each of them.

use std::fmt::Debug;

use serde_json::Value;
use stheno_core::{DecodeError, Event, EventDescriptor, EventName};
use stheno_shopify::*;

/// What a test can do with an event type without naming it.
pub struct EventType {
    pub descriptor: EventDescriptor,
    /// The example of the type.
    pub example: fn() -> Sample,
    /// Reads a body the way a subscriber of this type does.
    pub decode: fn(&EventName, &Value) -> Result<Sample, DecodeError>,
}

/// A value of an event type, seen from outside.
#[derive(Debug, PartialEq)]
pub struct Sample {
    pub name: EventName,
    pub key: Option<String>,
    pub body: Value,
    pub debug: String,
    /// Whether the value, written and read again, is the same.
    pub survives: bool,
}

impl Sample {
    fn of<E: Event + Debug + PartialEq>(event: &E) -> Self {
        let name = EventName::new(event.name()).unwrap();
        let bytes = serde_json::to_vec(event).unwrap();
        Self {
            key: event.key().map(|key| key.to_string()),
            body: serde_json::from_slice(&bytes).unwrap(),
            debug: format!("{event:?}\n{event:#?}"),
            survives: E::decode(&name, &bytes).is_ok_and(|read| read == *event),
            name,
        }
    }
}

impl EventType {
    fn of<E: Event + Debug + PartialEq>() -> Self {
        Self {
            descriptor: E::descriptor(),
            example: || Sample::of(&E::example()),
            decode: |name, body| E::decode(name, body.to_string().as_bytes()).map(|event| Sample::of(&event)),
        }
    }

    /// A name that this type is for.
    pub fn name(&self) -> EventName {
        (self.example)().name
    }
}

/// The type that stands for an event.
pub fn type_of(name: &str) -> EventType {
    every_type().into_iter().find(|event| event.descriptor.pattern == name).unwrap()
}

/// All of them. That none is missing is a test of its own.
pub fn every_type() -> Vec<EventType> {
    macro_rules! types {
        ($($event:ident),* $(,)?) => { vec![$(EventType::of::<$event>()),*] };
    }
    types![
        ArticleCreate,
        ArticleDestroy,
        ArticlePublished,
        ArticleUnpublished,
        ArticleUpdate,
        BlogCreate,
        BlogDestroy,
        BlogUpdate,
        CollectionCreate,
        CollectionDestroy,
        CollectionPublished,
        CollectionUnpublished,
        CollectionUpdate,
        CommentCreate,
        OrderAuthorizationFailure,
        OrderAuthorizationPending,
        OrderAuthorizationSuccess,
        OrderCancelled,
        OrderCaptureFailure,
        OrderCapturePending,
        OrderCaptureSuccess,
        OrderClosed,
        OrderConfirmed,
        OrderFulfillmentCancelled,
        OrderFulfillmentPending,
        OrderFulfillmentSuccess,
        OrderMailSent,
        OrderPlaced,
        OrderReOpened,
        OrderRefundFailure,
        OrderRefundPending,
        OrderRefundSuccess,
        OrderRestockLineItems,
        OrderSaleFailure,
        OrderSalePending,
        OrderSaleSuccess,
        OrderUpdate,
        OrderVoidFailure,
        OrderVoidPending,
        OrderVoidSuccess,
        PageCreate,
        PageDestroy,
        PagePublished,
        PageUnpublished,
        PageUpdate,
        ProductCreate,
        ProductDestroy,
        ProductPublished,
        ProductUnpublished,
        ProductUpdate,
    ]
}
