//! All event types of a catalog behind one signature, so that a test can ask each of them.

use std::fmt::Debug;

use serde_json::Value;
use stheno_core::{DecodeError, Event, EventDescriptor, EventName};

/// What a test can do with an event type without naming it.
pub struct EventType {
    /// What the type says of its event.
    pub descriptor: EventDescriptor,
    /// The example of the type.
    pub example: fn() -> Sample,
    /// Reads a body the way a subscriber of this type does.
    pub decode: fn(&EventName, &Value) -> Result<Sample, DecodeError>,
}

/// A value of an event type, seen from outside.
#[derive(Debug, PartialEq)]
pub struct Sample {
    /// What the event is called.
    pub name: EventName,
    /// Its key.
    pub key: Option<String>,
    /// Its JSON.
    pub body: Value,
    /// What `Debug` shows of it, short and long.
    pub debug: String,
    /// Whether the value, written and read again, is the same.
    pub survives: bool,
}

impl Sample {
    /// The sample of a value.
    ///
    /// # Panics
    /// When the value has no name that an event can have, or cannot be written: both are defects of its type.
    pub fn of<E: Event + Debug + PartialEq>(event: &E) -> Self {
        let name = EventName::new(event.name()).expect("an event has a name");
        let bytes = serde_json::to_vec(event).expect("an event can be written");
        Self {
            key: event.key().map(|key| key.as_str().to_owned()),
            body: serde_json::from_slice(&bytes).expect("what was written is JSON"),
            debug: format!("{event:?}\n{event:#?}"),
            survives: E::decode(&name, &bytes).is_ok_and(|read| read == *event),
            name,
        }
    }
}

impl EventType {
    /// The type itself.
    pub fn of<E: Event + Debug + PartialEq>() -> Self {
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

/// Lists event types, and writes `pub fn every_type() -> Vec<EventType>` and `pub fn type_of(name: &str) -> EventType`.
///
/// It is a second list beside `catalog!`, so that a test can say that neither has what the other lacks.
///
/// ```
/// use stheno_core::{Event, Payload};
///
/// /// A customer earned points.
/// #[derive(Clone, PartialEq, Payload, Event)]
/// #[event(name = "points.earned", key = "customer:/customer_id")]
/// struct PointsEarned {
///     /// Who.
///     #[field(example = "cus_01")]
///     customer_id: String,
/// }
///
/// stheno_testkit::event_types![PointsEarned];
///
/// # extern crate stheno_core as stheno;
/// # fn main() {
/// for event in every_type() {
///     let example = (event.example)();
///     assert!(example.survives && (event.decode)(&event.name(), &example.body).unwrap() == example);
/// }
/// assert_eq!((type_of("points.earned").example)().key.as_deref(), Some("customer:cus_01"));
/// # }
/// ```
#[macro_export]
macro_rules! event_types {
    ($($event:ty),* $(,)?) => {
        /// All event types. That none is missing is a test of its own.
        pub fn every_type() -> ::std::vec::Vec<$crate::event_types::EventType> {
            ::std::vec![$($crate::event_types::EventType::of::<$event>()),*]
        }

        /// The type that stands for an event.
        pub fn type_of(name: &str) -> $crate::event_types::EventType {
            let found = every_type().into_iter().find(|event| event.descriptor.pattern == name);
            found.unwrap_or_else(|| ::std::panic!("no type is listed for `{name}`"))
        }
    };
}
