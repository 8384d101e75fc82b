//! Identifiers as Saleor writes them: texts, whole numbers, and the text `None`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stheno::catalog::key_rule::KeyId;

/// An identifier that Saleor writes as a text or as a whole number, and that is written back as it was read.
///
/// It is opaque: the ids of the documented examples decode to `User:NN` whatever they identify, and some decode to
/// nothing, so nobody should decode one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Id {
    /// A text: `T3JkZXI6NTI=`, a UUID, `52-1`.
    Text(String),
    /// A whole number: `52`.
    Number(i64),
}

impl Id {
    /// Whether nothing is identified: the text is empty, or nothing but blanks.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier: a string or a whole number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Id, E> {
        Ok(text.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number).map(Id::Number).map_err(|_| E::custom("a whole number of more than 63 bits"))
    }
}

/// The id of something as notifications and webhooks carry it: a text, and a whole number in Saleor 3.0 and 3.1, which is
/// written back as it was read.
///
/// It reads like a text, `7` like `"7"`, and is as opaque as [`Id`].
///
/// ```
/// use stheno_saleor::GlobalId;
///
/// let number: GlobalId = serde_json::from_str("4711").unwrap();
/// assert_eq!(number.as_str(), "4711");
/// assert_eq!(serde_json::to_string(&number).unwrap(), "4711");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GlobalId {
    text: String,
    /// Whether it is a number in JSON.
    is_number: bool,
}

impl GlobalId {
    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::ops::Deref for GlobalId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl KeyId for GlobalId {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        (!self.text.is_empty()).then_some(Cow::Borrowed(&self.text))
    }
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_number { f.write_str(&self.text) } else { fmt::Debug::fmt(&self.text, f) }
    }
}

impl From<&str> for GlobalId {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for GlobalId {
    fn from(text: String) -> Self {
        Self { text, is_number: false }
    }
}

impl From<i64> for GlobalId {
    fn from(number: i64) -> Self {
        Self { text: number.to_string(), is_number: true }
    }
}

impl From<Id> for GlobalId {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text.into(),
            Id::Number(number) => number.into(),
        }
    }
}

impl PartialEq<str> for GlobalId {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for GlobalId {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl Serialize for GlobalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text.parse::<i64>() {
            Ok(number) if self.is_number => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for GlobalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Id::deserialize(deserializer).map(Self::from)
    }
}

/// An id that may be the text `None`: what Python prints for nothing.
///
/// The documented example has `"checkout_id": "None"`; Saleor's program sends null.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdOrNone(GlobalId);

impl IdOrNone {
    /// The id, unless the text is `None` or empty.
    pub fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !matches!(*text, "" | "None"))
    }
}

impl From<&str> for IdOrNone {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for value in [json!("VXNlcjo1MQ=="), json!(53), json!(-1), json!("53"), json!("")] {
            let id: Id = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&id).unwrap(), value);
            assert_eq!(id.is_empty(), value == json!(""));
        }
        for value in [Value::Null, json!(1.5), json!(u64::MAX), json!({}), json!(true)] {
            assert!(serde_json::from_value::<Id>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn the_text_none_is_no_id() {
        assert_eq!(IdOrNone::from("None").get(), None);
        assert_eq!(IdOrNone::from("Q2hlY2tvdXQ6MQ==").get(), Some("Q2hlY2tvdXQ6MQ=="));
    }
}
