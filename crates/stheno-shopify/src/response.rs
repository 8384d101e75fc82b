//! Responses of the Event resource: a list of event objects, or one of them; whole, or event by event.

use serde::Deserialize;
use serde_json::Value;
use stheno::{
    DecodeError, EventId, Outgoing, decode_json,
    event::parts::{Bytes, items, members},
};

use crate::{
    EventObject, Id, Verb,
    convert::{event_id, undocumented},
};

/// What Shopify answers; it has one of the two.
#[derive(Deserialize)]
struct Response {
    events: Option<Vec<EventObject>>,
    event: Option<EventObject>,
}

impl EventObject {
    /// The event objects of a response, in its order: of a list (`{"events":[..]}`), or of one event (`{"event":{..}}`).
    ///
    /// One event object that cannot be read refuses the whole response. Who polls reads a [`Page`] instead, which goes on.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault: `events[3].created_at`. A verb that is not documented is no fault
    /// here; [`to_event`](Self::to_event) refuses it.
    ///
    /// ```
    /// use stheno_shopify::EventObject;
    ///
    /// assert!(EventObject::of_response(br#"{"events":[]}"#).unwrap().is_empty());
    /// assert_eq!(EventObject::of_response(br#"{"errors":"Not Found"}"#).unwrap_err().path(), "events");
    /// ```
    pub fn of_response(body: &[u8]) -> Result<Vec<Self>, DecodeError> {
        match decode_json(body)? {
            Response { events: Some(events), event: None } => Ok(events),
            Response { events: None, event: Some(event) } => Ok(vec![event]),
            Response { events: None, event: None } => Err(missing()),
            Response { .. } => Err(both()),
        }
    }
}

fn missing() -> DecodeError {
    DecodeError::new("events", "is missing, and `event` too")
}

fn both() -> DecodeError {
    DecodeError::new("event", "stands beside `events`; a response has one of them")
}

/// A response read event by event: one that cannot be read does not hide the others, and a poller that remembers the
/// [last id](Page::last_id) goes on behind it.
///
/// ```
/// use stheno_shopify::Page;
///
/// let page = Page::read(br#"{"events":[{"id":"7","verb":"placed"},{"id":8,"verb":null}]}"#.to_vec()).unwrap();
/// assert_eq!((page.events().len(), page.last_id()), (2, Some(8)));
/// for event in page.events() {
///     if let Err(error) = event.object() {
///         println!("{error}"); // the payload does not decode at `events[0].subject_id`: ..
///     }
///     let event = event.to_event(); // to be published: what cannot be read becomes a dead letter, with its bytes
///     # let _ = event;
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Page {
    events: Vec<PageEvent>,
}

impl Page {
    /// Reads a response: a list (`{"events":[..]}`), or one event (`{"event":{..}}`).
    ///
    /// # Errors
    /// [`DecodeError`] when it is no response of the Event resource. What is wrong with one event is said by that
    /// [event](PageEvent::object).
    pub fn read(body: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let mut response = members(&body.into())?;
        let mut part = |name: &str| response.remove(name).filter(|value| value != "null");
        let events = match (part("events"), part("event")) {
            (Some(events), None) => items(&events).map_err(|error| error.within("events"))?,
            (None, Some(event)) => return Ok(Self { events: vec![PageEvent::read(event, "event")] }),
            (None, None) => return Err(missing()),
            (Some(_), Some(_)) => return Err(both()),
        };
        let places = (0..).map(|index: usize| format!("events[{index}]"));
        Ok(Self {
            events: events.into_iter().zip(places).map(|(event, place)| PageEvent::read(event, &place)).collect(),
        })
    }

    /// Its events, in the order of the response.
    pub fn events(&self) -> &[PageEvent] {
        &self.events
    }

    /// The highest id that can be read, also of an event that cannot: what a poller gives as the next `since_id`.
    pub fn last_id(&self) -> Option<u64> {
        self.events.iter().filter_map(PageEvent::id).max()
    }
}

impl IntoIterator for Page {
    type Item = PageEvent;
    type IntoIter = std::vec::IntoIter<PageEvent>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter()
    }
}

/// One event of a [`Page`], read or not.
#[derive(Debug, Clone)]
pub struct PageEvent {
    body: Bytes,
    object: Result<Box<EventObject>, DecodeError>,
    seen: Seen,
}

/// What can be read of an event object, whatever else is wrong with it.
#[derive(Debug, Clone, Default)]
struct Seen {
    id: Option<Id>,
    subject_id: Option<Id>,
    subject_type: Option<String>,
    verb: Option<String>,
}

impl Seen {
    fn of(body: &[u8]) -> Self {
        let Ok(Value::Object(mut members)) = decode_json(body) else { return Self::default() };
        let mut part = |name: &str| members.remove(name).unwrap_or_default();
        let id = |value: Value| {
            // Of a language that has no whole numbers.
            let whole = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..9e15).contains(number));
            serde_json::from_value(value).ok().or(whole.map(|number| Id::from(number as u64)))
        };
        let text = |value: Value| value.as_str().map(str::to_owned);
        Self {
            id: id(part("id")),
            subject_id: id(part("subject_id")),
            subject_type: text(part("subject_type")),
            verb: text(part("verb")),
        }
    }
}

impl PageEvent {
    fn read(body: Bytes, place: &str) -> Self {
        let object = decode_json::<Box<EventObject>>(&body).map_err(|error| error.within(place));
        Self { seen: Seen::of(&body), object, body }
    }

    /// Its id, if that can be read.
    pub fn id(&self) -> Option<u64> {
        self.seen.id.map(Id::get)
    }

    /// The event object.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault in the response: `events[3].created_at`.
    pub fn object(&self) -> Result<&EventObject, &DecodeError> {
        self.object.as_deref()
    }

    /// The event object as it stands in the response.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The event to be published, as it came. It is what [`EventObject::to_any_event`] gives of one that can be read.
    ///
    /// One that cannot be read is kept under its documented name, and becomes a dead letter of its subscribers; or under a name of
    /// its own (`shopify.undocumented.Order._`), if even its name cannot be read. It has its key if the id of its subject can be
    /// read, and one id however often it is fetched.
    pub fn to_event(&self) -> Outgoing {
        self.outgoing(None)
    }

    /// The same for a log of several shops, as [`EventObject::to_event_of`].
    pub fn to_event_of(&self, shop: &str) -> Outgoing {
        self.outgoing(Some(shop)).source(shop)
    }

    fn outgoing(&self, shop: Option<&str>) -> Outgoing {
        let Seen { id, subject_id, subject_type, verb } = &self.seen;
        let id = match id {
            Some(id) => event_id(shop, id),
            None => event_id(shop, EventId::derived(&String::from_utf8_lossy(&self.body))),
        };
        let (subject_type, verb) = (subject_type.as_deref(), verb.as_deref());
        let documented = subject_type.zip(verb).and_then(|(subject_type, verb)| Verb::find(subject_type, verb).ok());
        let event = match documented {
            Some(documented) => Outgoing::raw_bytes(documented.name(), self.body.clone()).as_received(),
            None => undocumented(subject_type, verb, *subject_id, self.body.clone()),
        };
        let event = event.id(&id);
        match self.object() {
            Ok(object) => object.dated(event),
            Err(_) => event,
        }
    }
}
