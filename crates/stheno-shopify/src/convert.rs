//! Event objects as events of a log, and back: a log can be served as Shopify's Event resource.

use stheno::{DecodeError, Outgoing, RecordedEvent, decode_json};

use crate::{EventObject, UnknownVerb};

impl EventObject {
    /// The event to be published: under the name of its verb, about its subject, at its time, its id made of Shopify's, so
    /// that an event that is fetched twice is stored once.
    ///
    /// # Errors
    /// [`UnknownVerb`] when the documentation does not have its resource or verb.
    pub fn to_event(&self) -> Result<Outgoing, UnknownVerb> {
        let verb = self.documented_verb()?;
        // An event object always is JSON, unless a documented field stands among the extra ones: then the bus refuses it.
        let body = serde_json::to_vec(self).unwrap_or_default();
        let event = Outgoing::raw_bytes(verb.name(), body).id(&event_id(self.id));
        Ok(event.time(self.created_at.timestamp()))
    }

    /// The event object that a recorded event holds. The offset of its time, which the log does not keep, is in the body.
    ///
    /// # Errors
    /// [`ObjectError`] when it is no event of Shopify, or its body is not the event object of its name.
    pub fn of(event: &RecordedEvent) -> Result<Self, ObjectError> {
        let named = crate::Verb::all().iter().find(|verb| verb.name() == event.name.as_str());
        let verb = named.ok_or_else(|| ObjectError::OtherEvent { name: event.name.to_string() })?;
        let object: Self = decode_json(&event.body)?;
        object.check(verb).map_err(|wrong| DecodeError::new(wrong.field(), wrong.to_string()))?;
        Ok(object)
    }
}

/// The id of the event with this id of Shopify's.
fn event_id(id: i64) -> String {
    format!("shopify-event-{id}")
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
