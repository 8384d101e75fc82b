//! The `Event` trait: a payload type that belongs to one documented name.

use std::{borrow::Cow, fmt};

use crate::{
    catalog::EventDescriptor,
    event::{exact::with_rounded_marked, payload::Payload, tolerant},
    key::Key,
    name::EventName,
    shown::{shown, shown_long},
};

/// A payload type that belongs to one event name. `#[derive(Event)]` writes it for a [`Payload`].
///
/// The pattern is the name for nearly every event; `oauth.token_generated.*` is one whose last token says which
/// application it is about.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "belongs to no event name",
    note = "write `#[derive(Payload, Event)]` and `#[event(name = \"..\")]` on the type, or implement `Event` by hand"
)]
pub trait Event: Payload {
    /// The name, or the pattern of the names, that this payload is documented for.
    const PATTERN: &'static str;

    /// What the catalog says of it.
    fn descriptor() -> EventDescriptor;

    /// The name this very value is published under: the pattern, unless the type says otherwise.
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(Self::PATTERN)
    }

    /// The key this value is about, by the catalog's rule.
    fn key(&self) -> Option<Key>;

    /// Reads a payload that stands under this name. Lenient: fields nobody documented are kept.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault.
    fn decode(name: &EventName, body: &[u8]) -> Result<Self, DecodeError> {
        let _ = name;
        decode_json(body)
    }
}

/// Reads JSON, and on a failure says at which field it failed. The second pass is only made when the first one failed.
///
/// A [`Decimal`](crate::Decimal) is never read from a number that serde_json would round: that is a failure.
///
/// What other languages write by default is read: a byte order mark in front, half a character (`\ud83d`, read as U+FFFD), and
/// `NaN`, numbers larger than 64 bits hold and more than a hundred levels, each read as the text that stands there. So a field that
/// nobody documented refuses no event, and one that is documented as a number is refused by its path.
///
/// # Errors
/// [`DecodeError`] with the path of the field at fault.
///
/// ```
/// # use stheno_core::decode_json;
/// let read: serde_json::Value = decode_json(b"\xef\xbb\xbf{\"id\":7,\"ratio\":NaN}").unwrap();
/// assert_eq!(read, serde_json::json!({ "id": 7, "ratio": "NaN" }));
/// ```
pub fn decode_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    match decode_plain(body) {
        Ok(read) => Ok(read),
        Err(error) => tolerant::readable(body).map_or(Err(error), |readable| decode_plain(&readable)),
    }
}

/// The same of JSON as everybody writes it, and nothing else.
pub(crate) fn decode_plain<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    match serde_json::from_slice(body) {
        Ok(read) => match with_rounded_marked(body) {
            None => Ok(read),
            // Who takes rounded numbers takes others in their place too.
            Some(marked) => located::<T>(&marked).map(|_| read),
        },
        Err(first) => match located::<T>(body) {
            Err(error) => Err(error),
            // Trailing characters after a value: only the whole pass sees them.
            Ok(_) => Err(DecodeError { path: String::new(), reason: without_value(first.to_string()) }),
        },
    }
}

/// Reads JSON slowly, and knows where it failed.
fn located<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|located| {
        let path = located.path().to_string();
        // A dot is the whole body, and a question mark one that is not JSON.
        let path = if path == "." || path == "?" { String::new() } else { path };
        let reason = without_value(located.into_inner().to_string());
        DecodeError { path: of_missing(path, &reason), reason }
    })
}

/// An event that an enum with `#[derive(EventSum)]` was handed and has no variant for.
#[doc(hidden)]
pub fn not_of_sum(name: &EventName, sum: &str) -> DecodeError {
    let fix = "add a variant for it, or a catch-all `#[event(other)] Other(AnyEvent)`";
    DecodeError::new("", format!("`{sum}` has no variant for `{name}`; {fix}"))
}

/// The path of a field that is missing, where serde has that of the object it is missing from.
fn of_missing(path: String, reason: &str) -> String {
    match reason.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((field, _)) if path.is_empty() => field.to_owned(),
        Some((field, _)) => format!("{path}.{field}"),
        None => path,
    }
}

/// An error of serde without the value it found, which may be a secret in a field of the wrong type: what kind of value
/// it was, and what was expected, is enough.
fn without_value(reason: String) -> String {
    let Some((found, expected)) = reason.rsplit_once(", expected ") else { return reason };
    let is_about_a_value = found.starts_with("invalid type: ") || found.starts_with("invalid value: ");
    match found.find(['`', '"']) {
        Some(value) if is_about_a_value => format!("{}, expected {expected}", found[..value].trim_end()),
        _ => reason,
    }
}

/// A body that is not the payload its name documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    reason: String,
}

impl DecodeError {
    /// A failure at a field (`items[0].id`; empty for the whole body) for a reason.
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }

    /// The same failure, of a body that stands at a place (`events[3]`) of another.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => place.to_owned(),
            path if path.starts_with('[') || place.is_empty() => format!("{place}{path}"),
            path => format!("{place}.{path}"),
        };
        self
    }

    /// The path of the field at fault, also of one that is missing; empty when it is the body as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both may repeat names of fields that the publisher has chosen.
        let reason = shown_long(&self.reason);
        match self.path.as_str() {
            "" => write!(f, "the payload does not decode: {reason}"),
            path => write!(f, "the payload does not decode at `{}`: {reason}", shown(path)),
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_the_kind_of_value_it_found_and_not_the_value() {
        let reason = |error: DecodeError| error.reason;
        let number = reason(decode_json::<String>(b"81726354").unwrap_err());
        assert!(number.contains("integer, expected a string") && !number.contains("81726354"), "{number}");
        let text = reason(decode_json::<u8>(br#""se`cr\"et, expected nothing""#).unwrap_err());
        assert!(text.contains("string, expected u8") && !text.contains("cr"), "{text}");
        let large = reason(decode_json::<u8>(b"81726354").unwrap_err());
        assert!(large.contains("integer, expected u8") && !large.contains("81726354"), "{large}");
    }

    #[test]
    fn money_that_would_be_rounded_is_refused_by_field_and_any_other_number_is_not() {
        #[derive(Debug, serde::Deserialize)]
        struct Line {
            price: crate::Decimal,
            #[serde(default)]
            weight: f64,
        }
        let read = |line: &str| decode_json::<Vec<Line>>(format!(r#"[{{"price":"1"}},{line}]"#).as_bytes());
        for price in ["123456789012.3400001", "0.1000000000000000055", "0.30000000000000004", "1e15"] {
            let refused = read(&format!(r#"{{"price":{price}}}"#)).unwrap_err();
            assert_eq!(refused.path(), "[1].price");
            assert!(refused.to_string().contains("send it as a text"), "{refused}");
        }
        let line = &read(r#"{"price":"123456789012.3400001","weight":0.1000000000000000055}"#).unwrap()[1];
        assert_eq!((line.price.to_string().as_str(), line.weight), ("123456789012.3400001", 0.1));
    }

    #[test]
    fn an_error_names_what_is_missing_by_its_path() {
        #[derive(Debug, serde::Deserialize)]
        struct Placed {
            #[allow(dead_code, reason = "only read from JSON")]
            id: String,
        }
        let missing = decode_json::<Placed>(b"{}").unwrap_err();
        assert!(missing.path() == "id" && missing.reason.contains("`id`"), "{missing}");
        assert_eq!(decode_json::<Vec<Placed>>(br#"[{"id":"1"},{}]"#).unwrap_err().path(), "[1].id");
        assert_eq!(decode_json::<Placed>(br#"{"id":1}"#).unwrap_err().path(), "id");
    }
}
