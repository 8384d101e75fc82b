//! Event objects as events of a log, and back: a log can be served as Shopify's Event resource.

use std::fmt;

use stheno::{DecodeError, Key, Outgoing, RecordedEvent, decode_json, encode_token, event::parts::Bytes};

use crate::{EventObject, Id, UnknownVerb};

/// What the names begin with that events get whose resource or verb is not documented; the subject type and the verb follow.
const UNDOCUMENTED: &str = "shopify.undocumented.";
/// Stands in a name for what cannot be read.
const NONE: &str = "_";

stheno::declare_event!(
    "shopify.undocumented.*.*",
    "An event of Shopify whose subject type or verb is not documented, or cannot be read; the name has both."
);

/// The id that an event has in a log. Without a shop where there should be one there is no id, and the bus refuses that.
pub(crate) fn event_id(shop: Option<&str>, id: impl fmt::Display) -> String {
    match shop {
        None => format!("shopify-event-{id}"),
        Some("") => String::new(),
        Some(shop) => format!("shopify-event-{shop}/{id}"),
    }
}

/// An event that has no documented name, under one of its own.
pub(crate) fn undocumented(
    subject_type: Option<&str>,
    verb: Option<&str>,
    subject_id: Option<Id>,
    body: impl Into<Bytes>,
) -> Outgoing {
    let token = |text: Option<&str>| {
        // Both come from outside, and a name has an end.
        let text: String = text.unwrap_or_default().chars().take(24).collect();
        encode_token(&text).unwrap_or_else(|| NONE.to_owned())
    };
    let event = Outgoing::undocumented(&format!("{UNDOCUMENTED}{}.{}", token(subject_type), token(verb)), body);
    let key = subject_type.zip(subject_id).and_then(|(subject, id)| Key::new(&kind(subject), &id.to_string()).ok());
    match key {
        Some(key) => event.key(key),
        None => event,
    }
}

/// The kind of the keys of a resource, as documented ones have it: `shopify.order`.
fn kind(subject_type: &str) -> String {
    let letter = |character: char| match character.to_ascii_lowercase() {
        plain @ ('a'..='z' | '0'..='9' | '_' | '-') => plain,
        _ => '_',
    };
    format!("shopify.{}", subject_type.chars().map(letter).collect::<String>())
}

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
        self.outgoing(&event_id(None, self.id))
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
        Ok(self.outgoing(&event_id(Some(shop), self.id))?.source(shop))
    }

    /// The same of any event object: one whose resource or verb is not documented has a name of its own,
    /// `shopify.undocumented.Order.edited`, and the key of its subject. Subscribe to `shopify.undocumented.*.*` for those.
    ///
    /// ```
    /// use stheno_core::Payload;
    /// use stheno_shopify::EventObject;
    ///
    /// let mut edited = EventObject::example();
    /// edited.verb = "edited".into();
    /// assert!(edited.to_event().is_err());
    /// let event = edited.to_any_event(); // to be published
    /// # let _ = event;
    /// ```
    pub fn to_any_event(&self) -> Outgoing {
        self.any_outgoing(&event_id(None, self.id))
    }

    /// The same for a log of several shops, as [`to_event_of`](Self::to_event_of).
    pub fn to_any_event_of(&self, shop: &str) -> Outgoing {
        self.any_outgoing(&event_id(Some(shop), self.id)).source(shop)
    }

    fn outgoing(&self, id: &str) -> Result<Outgoing, UnknownVerb> {
        let verb = self.documented_verb()?;
        Ok(self.dated(Outgoing::raw_bytes(verb.name(), self.to_json()).as_received()).id(id))
    }

    fn any_outgoing(&self, id: &str) -> Outgoing {
        self.outgoing(id).unwrap_or_else(|_| {
            let (subject, verb) = (Some(self.subject_type.as_str()), Some(self.verb.as_str()));
            self.dated(undocumented(subject, verb, Some(self.subject_id), self.to_json())).id(id)
        })
    }

    /// An event object always is JSON, unless a documented field stands among the extra ones: then the bus refuses it.
    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The event at its time; a time without an offset is not known well enough.
    pub(crate) fn dated(&self, event: Outgoing) -> Outgoing {
        if self.created_at.has_offset() { event.time(self.created_at.timestamp()) } else { event }
    }

    /// The event object that a recorded event holds: the one that was published. The log counts time in microseconds and
    /// in UTC; `created_at`, its offset and further digits are in the body. What else the log says of the event (its
    /// sequence, id, source and headers) is no part of an event object.
    ///
    /// # Errors
    /// [`ObjectError`] when it is no event of Shopify, or its body is not the event object of its name.
    pub fn of(event: &RecordedEvent) -> Result<Self, ObjectError> {
        if event.name.as_str().starts_with(UNDOCUMENTED) {
            return Ok(decode_json(event.payload()?)?);
        }
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
