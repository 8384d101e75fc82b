//! Payloads that come in several shapes: look at the JSON first, then read the one shape it has.
//!
//! Trying one shape after the other would lose what was wrong with the right one, so the shape is decided before
//! anything is read, and an error names the field of that shape.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;
use stheno::{DecodeError, decode_json};

/// A payload that comes in several shapes.
pub(crate) trait Shaped: Sized {
    /// Decides from what was looked at, and reads that shape from the source, which holds the same JSON.
    fn read<S: Source>(looked_at: &Value, source: S) -> Result<Self, S::Error>;
}

/// JSON that can be read as a type.
pub(crate) trait Source {
    type Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, Self::Error>;
}

/// The id of `{id}`: an object with an id, and with nothing else.
pub(crate) fn only_id(looked_at: &Value) -> Option<&str> {
    let mut present = present(looked_at);
    match (present.next(), present.next()) {
        (Some(("id", Value::String(id))), None) => Some(id),
        _ => None,
    }
}

/// The fields of an object that are there: null is the same as absent.
pub(crate) fn present(looked_at: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = looked_at.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.as_str(), value)).filter(|(_, value)| !value.is_null())
}

/// Reads the bytes of a body. They are parsed twice, once to look and once to read; only so does an error know its
/// path.
pub(crate) fn decode<T: Shaped>(body: &[u8]) -> Result<T, DecodeError> {
    T::read(&decode_json(body)?, body)
}

/// Reads from any deserializer.
pub(crate) fn deserialize<'de, T: Shaped, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    T::read(&value, &value).map_err(D::Error::custom)
}

impl Source for &[u8] {
    type Error = DecodeError;

    fn read<T: DeserializeOwned>(self) -> Result<T, DecodeError> {
        decode_json(self)
    }
}

impl Source for &Value {
    type Error = serde_json::Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }
}
