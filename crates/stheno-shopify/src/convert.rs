//! Event objects as events of a log, and back: a log can be served as Shopify's Event resource.

use stheno::{DecodeError, Outgoing, RecordedEvent, decode_json};

use crate::{EventObject, UnknownVerb};

impl EventObject {
    /// The event to be published: under the name of its verb, about its subject, at its time, its id made of Shopify's
    /// (`shopify-event-164748010`), so that an event that is fetched twice is stored once.
    ///
    /// An event object does not say of which shop it is, so this id does not either: in a log of several shops use
    /// [`to_event_of`](Self::to_event_of).
    ///
    /// # Errors
    /// [`UnknownVerb`] when the documentation does not have its resource or verb.
    pub fn to_event(&self) -> Result<Outgoing, UnknownVerb> {
        self.outgoing(&format!("shopify-event-{}", self.id))
    }

    /// The same for a log of several shops: the shop, `example.myshopify.com`, stands in the id
    /// (`shopify-event-example.myshopify.com/164748010`) and is the source of the event. Its key is still that of the
    /// subject alone: should subjects of two shops have one id, their events are kept in one order.
    ///
    /// # Errors
    /// [`UnknownVerb`] as before. A shop that is empty or is no part of an id (up to 200 characters of printable ASCII
    /// without spaces) is refused by the bus when the event is published.
    ///
    /// ```
    /// use stheno_core::Payload;
    /// use stheno_shopify::EventObject;
    ///
    /// let fetched = EventObject::example();
    /// let event = fetched.to_event_of("example.myshopify.com").unwrap(); // to be published
    /// # let _ = event;
    /// ```
    pub fn to_event_of(&self, shop: &str) -> Result<Outgoing, UnknownVerb> {
        // Without a shop there is no id, and the bus refuses that.
        let id = if shop.is_empty() { String::new() } else { format!("shopify-event-{shop}/{}", self.id) };
        Ok(self.outgoing(&id)?.source(shop))
    }

    fn outgoing(&self, id: &str) -> Result<Outgoing, UnknownVerb> {
        let verb = self.documented_verb()?;
        // An event object always is JSON, unless a documented field stands among the extra ones: then the bus refuses it.
        let body = serde_json::to_vec(self).unwrap_or_default();
        Ok(Outgoing::raw_bytes(verb.name(), body).id(id).time(self.created_at.timestamp()))
    }

    /// The event object that a recorded event holds: the one that was published. The log counts time in microseconds and
    /// in UTC; `created_at`, its offset and further digits are in the body. What else the log says of the event (its
    /// sequence, id, source and headers) is no part of an event object.
    ///
    /// # Errors
    /// [`ObjectError`] when it is no event of Shopify, or its body is not the event object of its name.
    pub fn of(event: &RecordedEvent) -> Result<Self, ObjectError> {
        let named = crate::Verb::all().iter().find(|verb| verb.name() == event.name.as_str());
        let verb = named.ok_or_else(|| ObjectError::OtherEvent { name: event.name.to_string() })?;
        let object: Self = decode_json(event.payload()?)?;
        object.check(verb).map_err(|wrong| DecodeError::new(wrong.field(), wrong.to_string()))?;
        Ok(object)
    }
}

/// A recorded event that holds no event object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is no event of Shopify.
    #[error("`{name}` is no event of Shopify")]
    OtherEvent {
        /// Its name.
        name: String,
    },
    /// Its body is not the event object of its name; the error has the field.
    #[error(transparent)]
    Body(#[from] DecodeError),
}
