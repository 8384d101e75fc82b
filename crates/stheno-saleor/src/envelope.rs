//! The envelope `{notify_event, payload}`: what it is called has to be what it is.

use serde_json::{Value, json};
use stheno::{DecodeError, Event, EventName, decode_json};

/// An event in the envelope.
pub(crate) trait Enveloped: Event {
    /// What Saleor calls it.
    const NOTIFY_EVENT: &'static str;

    /// What this one is called.
    fn notify_event(&self) -> &str;
}

/// Reads an event in its envelope. Saleor's program sends some without one, as an array of one object: the envelope is
/// then put around it.
pub(crate) fn decode<T: Enveloped>(name: &EventName, body: &[u8]) -> Result<T, DecodeError> {
    let event: T = match decode_json(body) {
        Ok(event) => event,
        Err(error) => match bare(body) {
            Some(payload) => {
                let body = json!({ "notify_event": T::NOTIFY_EVENT, "payload": payload });
                decode_json(body.to_string().as_bytes())?
            }
            None => return Err(error),
        },
    };
    if event.notify_event() != T::NOTIFY_EVENT {
        let problem = format!("is another notification's; that of `{name}` is `{}`", T::NOTIFY_EVENT);
        return Err(DecodeError::new("notify_event", problem));
    }
    Ok(event)
}

/// Reads an event that Saleor's documentation shows as an object and its program sends as an array of one.
pub(crate) fn decode_bare<T: Event>(_: &EventName, body: &[u8]) -> Result<T, DecodeError> {
    decode_json(body).or_else(|error| match bare(body) {
        Some(payload) => decode_json(payload.to_string().as_bytes()),
        None => Err(error),
    })
}

/// The object of an array of one object.
fn bare(body: &[u8]) -> Option<Value> {
    let Ok(Value::Array(items)) = serde_json::from_slice(body) else { return None };
    let [only] = <[Value; 1]>::try_from(items).ok()?;
    only.is_object().then_some(only)
}
