//! The envelope `{notify_event, payload}`: what it is called has to be what it is.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess},
};
use stheno::{DecodeError, Event, EventName, Payload, decode_json};

/// An event in the envelope.
pub(crate) trait Enveloped: Event {
    /// What stands in it.
    type Payload: Payload;

    /// What Saleor calls it.
    const NOTIFY_EVENT: &'static str;

    /// The event with this payload.
    fn in_envelope(payload: Self::Payload) -> Self;

    /// What this one is called.
    fn notify_event(&self) -> &str;
}

/// Reads an event in its envelope. Saleor's program sends some without one, as an array of one object: the envelope is
/// then put around it.
pub(crate) fn decode<T: Enveloped>(name: &EventName, body: &[u8]) -> Result<T, DecodeError> {
    if is_array(body) {
        return decode_json::<Only<T::Payload>>(body).map(|only| T::in_envelope(only.0));
    }
    let event: T = decode_json(body)?;
    if event.notify_event() != T::NOTIFY_EVENT {
        let problem = format!("is another notification's; that of `{name}` is `{}`", T::NOTIFY_EVENT);
        return Err(DecodeError::new("notify_event", problem));
    }
    Ok(event)
}

/// Reads an event that Saleor's documentation shows as an object and its program sends as an array of one.
pub(crate) fn decode_bare<T: Event>(_: &EventName, body: &[u8]) -> Result<T, DecodeError> {
    if is_array(body) { decode_json::<Only<T>>(body).map(|only| only.0) } else { decode_json(body) }
}

fn is_array(body: &[u8]) -> bool {
    // .NET writes a byte order mark in front.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"[")
}

/// What stands alone in an array. An error names its place: `[0].lines[2].quantity`.
struct Only<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OnlyVisitor(PhantomData)).map(Only)
    }
}

struct OnlyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for OnlyVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of one object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        let only = items.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        match items.next_element::<IgnoredAny>()? {
            None => Ok(only),
            Some(_) => Err(de::Error::custom("has more than one event; publish each as its own")),
        }
    }
}
