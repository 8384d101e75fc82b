//! Errors as they appear in events: documented as a text, and sent as whatever JSON the error became.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;
use stheno::{Extra, Field, Payload};

/// Why something failed.
///
/// The documentation shows a text for one event and an object for another. What Medusa sends is the JSON of a
/// JavaScript
/// error: `{}` for a plain one, `{type, message, code, date}` for one of Medusa's own.
#[derive(Debug, Clone, PartialEq)]
pub enum EventError {
    /// Only a text.
    Message(String),
    /// An object, perhaps an empty one.
    Details(Box<ErrorDetails>),
    /// What somebody threw that is neither: a list of errors, a number.
    Other(Value),
}

impl EventError {
    /// What it says, if it says anything. Errors of Stripe say it in `raw`, since JavaScript leaves the `message` of an error out of
    /// its JSON.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Message(text) => Some(text),
            Self::Details(details) => {
                let said = details.message.as_deref().or(details.nessage.as_deref());
                said.or_else(|| details.extra.get("raw")?.get("message")?.as_str())
            }
            Self::Other(value) => {
                let places = ["/0/message", "/0"];
                places.into_iter().find_map(|place| value.pointer(place)?.as_str())
            }
        }
    }
}

impl Serialize for EventError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Message(text) => serializer.serialize_str(text),
            Self::Details(details) => details.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for EventError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventErrorVisitor)
    }
}

struct EventErrorVisitor;

impl<'de> Visitor<'de> for EventErrorVisitor {
    type Value = EventError;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text of an error or an object")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<EventError, E> {
        Ok(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventError, A::Error> {
        ErrorDetails::deserialize(MapAccessDeserializer::new(map)).map(EventError::from)
    }

    // Anything can be thrown, and none of it is worth losing the event for.
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<EventError, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(EventError::Other)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<EventError, E> {
        Ok(EventError::Other(truth.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<EventError, E> {
        Ok(EventError::Other(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<EventError, E> {
        Ok(EventError::Other(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<EventError, E> {
        Ok(EventError::Other(number.into()))
    }
}

impl From<&str> for EventError {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

impl From<String> for EventError {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<ErrorDetails> for EventError {
    fn from(details: ErrorDetails) -> Self {
        Self::Details(Box::new(details))
    }
}

impl Payload for EventError {
    const FIELDS: &'static [Field] = ErrorDetails::FIELDS;

    fn example() -> Self {
        ErrorDetails::example().into()
    }
}

/// An error as an object. Everything may be missing.
#[derive(Clone, PartialEq, Default, Payload)]
pub struct ErrorDetails {
    /// Kind of the error, as documented.
    #[field(example = "Error")]
    pub name: Option<String>,
    /// What went wrong, under the name that the documentation has: with an `n`.
    #[field(example = "Your card was declined.")]
    pub nessage: Option<String>,
    /// Where it went wrong.
    pub stack: Option<String>,
    /// What went wrong, under the name that Medusa sends.
    pub message: Option<String>,
    /// Kind of one of Medusa's own errors, such as `payment_authorization_error`.
    pub r#type: Option<String>,
    /// Code of the error: a text in Medusa's own, a number in those of some libraries.
    pub code: Option<Value>,
    /// When one of Medusa's own errors was made.
    pub date: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
