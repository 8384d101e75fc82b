//! Responses of the Event resource: a list of event objects, or one of them.

use serde::Deserialize;
use stheno::{DecodeError, decode_json};

use crate::EventObject;

/// What Shopify answers; it has one of the two.
#[derive(Deserialize)]
struct Response {
    events: Option<Vec<EventObject>>,
    event: Option<EventObject>,
}

impl EventObject {
    /// The event objects of a response, in its order: of a list (`{"events":[..]}`), or of one event (`{"event":{..}}`).
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault: `events[3].created_at`. One event object that cannot be read
    /// refuses the whole response, so that nobody who remembers the last id passes over it unseen. A verb that is not
    /// documented is no fault here; [`to_event`](Self::to_event) refuses it.
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
            Response { events: None, event: None } => Err(DecodeError::new("events", "is missing, and `event` too")),
            Response { .. } => Err(DecodeError::new("event", "stands beside `events`; a response has one of them")),
        }
    }
}
