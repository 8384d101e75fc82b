//! Shorthand for what all 50 events share: the event object, which is the whole payload.

use stheno::{DecodeError, Event, EventName, decode_json};

use crate::{EventObject, Verb};

/// An event of Shopify: an event object of one verb.
pub trait ShopifyEvent: Event {
    /// The resource and the verb.
    const VERB: &'static Verb;

    /// The event object.
    fn object(&self) -> &EventObject;

    /// The event object itself.
    fn into_object(self) -> EventObject;
}

/// Defines events: `pub struct OrderClosed("shopify.order.closed");`.
macro_rules! verbs {
    ($(
        $(#[$about:meta])*
        pub struct $event:ident($name:literal);
    )+) => {$(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, stheno::Event)]
        #[serde(transparent)]
        $(#[$about])*
        #[event(decode_with = crate::define::decode)]
        pub struct $event {
            object: crate::EventObject,
        }

        impl $event {
            /// The event of an event object.
            ///
            /// # Errors
            /// [`WrongVerb`](crate::WrongVerb) when the object is of another resource or verb.
            pub fn new(object: crate::EventObject) -> Result<Self, crate::WrongVerb> {
                object.check(<Self as crate::ShopifyEvent>::VERB)?;
                Ok(Self { object })
            }
        }

        impl crate::ShopifyEvent for $event {
            const VERB: &'static crate::Verb = crate::Verb::named($name);

            fn object(&self) -> &crate::EventObject {
                &self.object
            }

            fn into_object(self) -> crate::EventObject {
                self.object
            }
        }

        impl stheno::Payload for $event {
            const FIELDS: &'static [stheno::Field] = <crate::EventObject as stheno::Payload>::FIELDS;

            fn example() -> Self {
                Self { object: crate::EventObject::example_of(<Self as crate::ShopifyEvent>::VERB) }
            }
        }
    )+};
}

/// Reads an event object, which has to be of the verb that the name says.
pub(crate) fn decode<E: ShopifyEvent>(_: &EventName, body: &[u8]) -> Result<E, DecodeError> {
    let event: E = decode_json(body)?;
    event.object().check(E::VERB).map_err(|wrong| DecodeError::new(wrong.field(), wrong.to_string()))?;
    Ok(event)
}

pub(crate) use verbs;
